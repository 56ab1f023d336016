# SPDX-License-Identifier: GPL-2.0-or-later
"""Filters made by chance say of lines what fail2ban's own classes say.

The seed is fixed, so the same filters come each time; MAILBAN_TEST_CASES makes
it more of them. Both see the same common.conf, that of the package.
"""
import collections
import concurrent.futures
import ipaddress
import json
import os
import pathlib
import random
import shutil

import pytest

import fail2ban_samples as f2b
import filtergen
import hosts

CASES = int(os.environ.get("MAILBAN_TEST_CASES", "600"))
SEED = 20261121


@pytest.fixture
def zone():
    kept = os.environ.get("TZ")
    filtergen.clock(f2b.ZONE)
    yield
    filtergen.clock(kept if kept is not None else "")
    if kept is None:
        del os.environ["TZ"]


def host_of(text):
    """An address however it is written, else the text."""
    try:
        found = ipaddress.ip_network(text.strip("[]"))
    except ValueError:
        return text
    return getattr(found.network_address, "ipv4_mapped", None) or found


def same_host(a, b):
    a, b = host_of(a), host_of(b)
    return a == b or str(a) == str(b).removesuffix("/32")


def same_time(wanted, got):
    """Without a date fail2ban takes that of a line of the last minute, we
    take now."""
    if got is None:
        return abs(wanted - f2b.NOW) <= 60
    return int(wanted) == int(got)


def two_families(a, b):
    """Of a connection that has both, fail2ban takes the IPv4 address always,
    we take the last."""
    a, b = host_of(a), host_of(b)
    return not isinstance(a, str) and not isinstance(b, str) \
        and a.version != b.version


def ours(folder, spec, lines, library):
    """A list of (who, when) or None; a text if the filter is refused."""
    try:
        said = f2b.run_samples(spec, lines, folder, library, folder)
    except AssertionError as e:
        return str(e)
    return [(row["address"] or row.get("name"), row["time"])
            if row["verdict"] in ("match", "named") else None for row in said]


def differences(case, wanted, got):
    if isinstance(got, str) or "refused" in wanted:
        if isinstance(got, str) != ("refused" in wanted):
            yield "load", f"{wanted.get('refused')} / {got}"
        return
    for line, want, have in zip(case["lines"], wanted["answers"], got):
        if isinstance(want, dict):
            want = []
        want = want[0] if want else None
        if want and have and case["joined"] and two_families(want[0], have[0]):
            continue
        if (want is None) != (have is None) or \
                (want and not same_host(want[0], have[0])):
            yield "verdict", f"{want} / {have}\n    {line}"
        elif want and not same_time(want[1] or f2b.NOW, have[1]):
            yield "time", f"{want} / {have}\n    {line}"


@pytest.mark.builds("san")  # both ask the same program
def test_format(host, zone, tmp_path, capsys):
    chance = random.Random(SEED)
    tree = pathlib.Path(hosts.testroot())
    common = tree / "etc/fail2ban/filter.d/common.conf"
    library = f2b.held_clock(tmp_path)
    cases = []
    for number in range(CASES):
        files, options, lines = filtergen.case(chance, f2b.NOW)
        here = tmp_path / str(number)
        (here / "filter.d").mkdir(parents=True)
        shutil.copy(common, here / "filter.d")
        for name, text in files.items():
            (here / "filter.d" / name).write_text(text)
            host.write(f"/cases/{number}/filter.d/{name}", text)
        host.write(f"/cases/{number}/filter.d/common.conf", common.read_text())
        cases.append({"folder": f"/cases/{number}", "name": "it",
                      "options": options, "lines": lines,
                      "joined": "MLFID" in files["it.conf"]})
    oracle = "/mailban/tests/filters/fail2ban_oracle.py"
    done = host.run(["python3", "-B", oracle],
                    input=json.dumps({"now": f2b.NOW, "cases": cases}),
                    timeout=300, env={"TZ": f2b.ZONE})
    wanted = json.loads(done.stdout)

    def answer(number):
        case = cases[number]
        given = ", ".join(f'{k}="{v}"' for k, v in case["options"].items())
        return ours(tmp_path / str(number), f"it[{given}]" if given else "it",
                    case["lines"], library)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        got = list(pool.map(answer, range(CASES)))
    tally, faults = collections.Counter(), []
    for number, case in enumerate(cases):
        tally["filters"] += 1
        tally["refused by fail2ban"] += "refused" in wanted[number]
        tally["lines"] += len(case["lines"])
        tally["failures"] += sum(
            bool(a) for a in wanted[number].get("answers", []))
        for kind, what in differences(case, wanted[number], got[number]):
            tally[kind] += 1
            faults.append(f"{number} {case['options']} {kind}: {what}\n"
                          + (tmp_path / str(number) / "filter.d/it.conf")
                          .read_text())
    with capsys.disabled():
        print("\n" + ", ".join(f"{n} {what}" for what, n in tally.items()))
    assert tally["failures"] > CASES / 2
    assert not faults, f"{len(faults)}:\n" + "\n".join(faults[:40])
