# SPDX-License-Identifier: GPL-2.0-or-later
"""Every filter of Debian's fail2ban says of its own sample logs, through our
engine, what the logs' annotations say: verdict, address and time.

Where we differ on purpose stands in DIFFERENT, each line with its reason; a
line that is listed there and does not differ is a failure too.
"""
import ipaddress
import math
import os
import pathlib

import pytest

import fail2ban_samples as f2b
import hosts

# (filter, file, line number, mode or ""): why it is not as annotated.
DIFFERENT = {
}


@pytest.fixture(scope="session")
def package():
    tree = pathlib.Path(hosts.testroot())
    return tree / f2b.PACKAGE


@pytest.fixture(scope="session")
def held(tmp_path_factory):
    return f2b.held_clock(tmp_path_factory.mktemp("clock"))


def spec_of(name, options):
    given = [f'{key}="{value}"' for key, value in options.items()
             if not key.startswith("test.")]
    return f"{name}[{', '.join(given)}]" if given else name


def same_host(a, b):
    try:
        return ipaddress.ip_network(a) == ipaddress.ip_network(b)
    except ValueError:
        return a == b


def judge(sample, answer):
    """What is wrong with an answer; None if nothing."""
    wanted = sample.wanted()
    hit = answer["verdict"] in ("match", "named")
    if hit != (wanted is not None):
        return f"{answer['verdict']} {answer['address']}, " \
               f"not {'match' if wanted else 'miss'}"
    if not hit:
        return None
    host, when = wanted
    said = answer["address"] or answer["name"]
    if host is not None and not same_host(said, host):
        return f"{said}, not {host}"
    if when is None:
        return None
    if sample.options.get("logtype") == "journal":
        return None if answer["time"] is None else "has a time of its own"
    if answer["time"] is None:
        return f"no time, not {when}"
    got = answer["time"] if "." in when else math.floor(answer["time"])
    if abs(got - f2b.moment(when)) > 0.0005:
        return f"time {got}, not {when} = {f2b.moment(when)}"
    return None


def check_filter(name, confdir, package, held, folder):
    """How many lines were judged, and what was wrong, by line."""
    samples = f2b.read_samples(package / "files/logs", name)
    by_spec = {}
    for sample in samples:
        by_spec.setdefault(spec_of(name, sample.options), []).append(sample)
    wrong = {}
    for spec, rows in by_spec.items():
        lines = [row.options.get("test.prefix-line", "") + row.line
                 for row in rows]
        try:
            answers = f2b.run_samples(spec, lines, confdir, held, folder)
        except AssertionError as e:
            wrong.update({(name, row.file, row.number,
                           row.options.get("mode", "")): f"{spec}: {e}"
                          for row in rows})
            continue
        for row, answer in zip(rows, answers):
            cause = judge(row, answer)
            if cause:
                key = (name, row.file, row.number,
                       row.options.get("mode", ""))
                wrong[key] = f"{spec}: {cause}\n    {row.line}"
    return len(samples), wrong


def test_samples(package, held, tmp_path, capsys):
    total, passed, faults, differ = 0, 0, [], {}
    rows = []
    confdir = f2b.make_tree(package, tmp_path / "conf")
    for name in f2b.filters(confdir):
        if not os.path.exists(package / "files/logs" / name):
            rows.append(f"{name}: no sample log")
            continue
        n, wrong = check_filter(name, confdir, package, held, tmp_path)
        total += n
        passed += n - len(wrong)
        rows.append(f"{name}: {n - len(wrong)} of {n}")
        for key, cause in wrong.items():
            if key in DIFFERENT:
                differ[key] = DIFFERENT[key]
            else:
                faults.append(f"{key}: {cause}")
    rows.append(f"all filters: {passed} of {total}, "
                f"{len(differ)} named differences")
    rows += [f"  {key}: {why}" for key, why in differ.items()]
    with capsys.disabled():
        print("\n" + "\n".join(rows))
    for key in DIFFERENT:
        if key not in differ:
            faults.append(f"{key} is as annotated after all")
    assert total > 1000
    assert not faults, "\n".join(faults)
