# SPDX-License-Identifier: GPL-2.0-or-later
"""What fail2ban's own classes say of lines; runs where fail2ban is.

Standard input: {"now": seconds, "cases": [{"folder", "name", "options",
"lines"}]}. Standard output: for each case an object, "refused" with why, or
"answers" with for each line the failures found, each as (who, when).
"""
import json
import logging
import sys

from fail2ban.client.filterreader import FilterReader
from fail2ban.server.filter import Filter
from fail2ban.server.mytime import MyTime

SETTERS = {
    "addfailregex": Filter.addFailRegex,
    "addignoreregex": Filter.addIgnoreRegex,
    "maxlines": Filter.setMaxLines,
    "datepattern": Filter.setDatePattern,
    "usedns": Filter.setUseDns,
    "prefregex": lambda found, value: setattr(found, "prefRegex", value),
}


class Refused(Exception):
    pass


def read(case):
    found = Filter(None)
    found.returnRawHost = True
    found.checkFindTime = False
    found.active = True
    reader = FilterReader(case["name"], "jail", dict(case["options"]),
                          basedir=case["folder"])
    if not reader.read():
        raise Refused("not read")
    reader.getOptions({})
    for command, _, key, value in reader.convert():
        for one in value if command == "multi-set" else [value]:
            if key in SETTERS:
                SETTERS[key](found, one)
    return found


def answers(case):
    found = read(case)
    for line in case["lines"]:
        try:
            failures = found.processLine(line)
        except Exception as e:
            yield {"error": repr(e)}
            continue
        yield [(str(who), when) for _, who, when, fail in failures
               if who is not None and not fail.get("nofail")]


def main():
    logging.disable(logging.CRITICAL)
    question = json.load(sys.stdin)
    MyTime.setTime(question["now"])
    said = []
    for case in question["cases"]:
        try:
            said.append({"answers": list(answers(case))})
        except Exception as e:
            said.append({"refused": repr(e)})
    json.dump(said, sys.stdout)


main()
