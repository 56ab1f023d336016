# SPDX-License-Identifier: GPL-2.0-or-later
"""The sample logs that Debian's fail2ban package installs, as data.

Lines of a sample log that stand in a comment say what the next line is:
  # failJSON: {"match": true, "host": "192.0.2.1", "time": "..."}
  # filterOptions: [{"mode": "extra"}, {}]    with which options to try it
  # fileOptions: {...}                        the same, for the whole file
  # addFILE: "name"                           another log for the same filter
Nothing of it is kept in this tree: it is read out of the tests' Debian.
"""
import dataclasses
import datetime
import json
import os
import re
import shutil
import subprocess
import time

import hosts

PACKAGE = "usr/lib/python3/dist-packages/fail2ban/tests"
# The zone and the day on which the annotated dates are true.
ZONE = "CET-01CEST-02,M3.5.0,M10.5.0"
NOW = 1124013600
ANNOTATION = re.compile(r"^#+ ?(failJSON|(?:file|filter)Options|addFILE):(.+)$")


@dataclasses.dataclass
class Sample:
    filter: str
    file: str
    number: int     
    line: str
    facts: dict       # the annotation; {} if the line has none
    options: dict

    def wanted(self):
        """(host, time) that must come out, each None if not told; or None."""
        if not self.facts.get("match", False):
            return None
        return self.facts.get("host"), self.facts.get("time")


def evaluate(condition, name, options):
    """The package's own conditions, which are Python."""
    return not condition or eval(condition, {"name": name, "opts": options})


def read_samples(logs, name):
    """All samples of a filter, with each of the options to be tried."""
    files, samples = [name], []
    common, tests = {}, None
    for file in files:
        skip, facts = False, {}
        text = (logs / file).read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), 1):
            mark = ANNOTATION.match(line)
            if mark and mark[1] != "failJSON":
                value = json.loads(mark[2])
                if mark[1] == "fileOptions":
                    common = value
                elif mark[1] == "addFILE":
                    files.append(value)
                else:
                    tests, skip = [], False
                    for options in value if isinstance(value, list) \
                            else [value]:
                        options = {**common, **options}
                        skip = not evaluate(options.get("test.condition"),
                                            name, options)
                        if not skip:
                            tests.append(options)
                continue
            if mark:
                facts = json.loads(mark[2])
                continue
            if skip or (not facts and (line.startswith("#")
                                       or not line.strip())):
                facts = {}
                continue
            for options in tests or [{}]:
                if evaluate(facts.get("constraint"), name, options):
                    samples.append(Sample(name, file, number,
                                          line.rstrip("\r\n"), facts, options))
            facts = {}
    return samples


def held_clock(folder):
    """A library that stops the time of day at NOW, for LD_PRELOAD."""
    source, library = folder / "held.c", folder / "held.so"
    source.write_text(f"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t)
{{
	if (id != CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, id, t);
	t->tv_sec = {NOW};
	t->tv_nsec = 0;
	return 0;
}}
""")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source],
                   check=True)
    return library


def run_samples(spec, lines, confdir, library, folder):
    """What mailban test answers to each line, by a filter of that tree."""
    program = hosts.built("mailban")
    log = folder / "log"
    log.write_bytes("".join(line + "\n" for line in lines)
                    .encode("utf-8", "replace"))
    env = {**os.environ, **hosts.SANITIZER_ENV, "TZ": ZONE,
           "MAILBAN_DATADIR": str(folder), "LD_PRELOAD": str(library)}
    env["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
    done = subprocess.run(
        [program, "test", "-c", confdir, "--json", spec, log],
        capture_output=True, timeout=300, env=env)
    said = done.stderr.decode(errors="replace")
    if done.returncode not in (0, 1):
        raise AssertionError(f"{spec}: exit {done.returncode}: {said}")
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert len(answers) == len(lines), said
    return answers


def moment(text):
    """An annotated date as seconds since 1970, in the zone of the samples."""
    form = "%Y-%m-%dT%H:%M:%S.%f" if "." in text else "%Y-%m-%dT%H:%M:%S"
    local = datetime.datetime.strptime(text, form)
    kept = os.environ.get("TZ")
    os.environ["TZ"] = ZONE
    time.tzset()
    try:
        return time.mktime(local.timetuple()) + local.microsecond / 1e6
    finally:
        if kept is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = kept
        time.tzset()


def make_tree(package, folder):
    """A configuration of all filters: the package's, and its tests' own.

    Those lie where their include of common.conf leads nowhere.
    """
    here = folder / "filter.d"
    shutil.copytree(package.parents[5] / "etc/fail2ban/filter.d", here)
    for path in (package / "config/filter.d").glob("zzz-*.conf"):
        text = re.sub(r"(?m)^(before *= *)\S*/(\S+)$", r"\1\2",
                      path.read_text())
        (here / path.name).write_text(text)
    return folder


def filters(confdir):
    """The name of each filter, which has a sample log of the same name."""
    return [path.stem for path in sorted((confdir / "filter.d").glob("*.conf"))
            if not path.stem.endswith("common")]
