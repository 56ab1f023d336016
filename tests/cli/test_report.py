# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban report: as pflogsumm with --compat, and right without."""
import gzip
import itertools
import json
import os
import random
import re
import subprocess
import sys
import time

import pytest

import hosts
import pflogsumm

sys.path.insert(0, str(hosts.TESTS / "ledger"))

import maillines  # noqa: E402

# Each option of pflogsumm that changes what it prints of a log.
OPTIONS = [["-e"], ["-h", "3"], ["-i"], ["-m"], ["-q"], ["-u", "4"],
           ["--detail", "2"], ["--bounce-detail=0"], ["--deferral-detail=1"],
           ["--iso-date-time"], ["--no-no-msg-size"], ["--problems-first"],
           ["--rej-add-from"], ["--reject-detail=2"], ["--smtp-detail=1"],
           ["--smtpd-stats"], ["--smtpd-warning-detail=0"],
           ["--syslog-name=postfix-out"], ["--verbose-msg-detail"],
           ["--verp-mung"], ["--verp-mung=2"], ["--zero-fill"],
           ["-d", "today"], ["-d", "yesterday"], ["--no_smtpd_warnings"]]


@pytest.fixture(params=["release", "san"], scope="module")
def program(request):
    path = hosts.REPO / hosts.BUILDS[request.param] / "mailban"
    if not path.exists():
        pytest.skip(f"no {request.param} build")
    return path


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    return pflogsumm.oracle(tmp_path_factory.mktemp("oracle"))


def report(program, *words, status=0, **more):
    """What it prints; more is for subprocess.run."""
    env = {**pflogsumm.ENV, **hosts.SANITIZER_ENV, **more.pop("env", {})}
    done = subprocess.run([program, "report", *map(str, words)], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=120, **more)
    assert done.returncode == status, done.stderr.decode(errors="replace")
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    report.told = done.stderr.decode(errors="replace")
    return done.stdout


def held_against(program, oracle, log, words):
    theirs, told = pflogsumm.run(oracle, *words, log)
    if b"not a valid date" in told or b"not a valid time" in told:
        return  # it dies of dates that there are not
    ours = report(program, "--compat", *words, log)
    assert ours.decode("latin-1").splitlines() == \
        theirs.decode("latin-1").splitlines(), words
    assert ours == theirs


def total(text, label):
    """The figure in front of a label of the grand totals."""
    return int(re.search(rf"^ *(\d+)[km ]  {label}", text.decode(), re.M)[1])


# As pflogsumm

def test_options_in_pairs(program, oracle, tmp_path):
    log = tmp_path / "log"
    pairs = list(itertools.combinations(OPTIONS, 2))
    random.Random(5).shuffle(pairs)
    # All of them for what ships; for the sanitizers' sake fewer.
    few = len(pairs) if "san" not in str(program) else 40
    for seed, pair in enumerate([[], *([one] for one in OPTIONS),
                                 *pairs[:few]]):
        if seed % 20 == 0:
            log.write_bytes(maillines.generate(seed // 20, 500))
        held_against(program, oracle, log, [w for one in pair for w in one])


def test_each_sort_of_line(program, oracle, tmp_path):
    """One by one: nothing hides behind the totals of a whole log."""
    log = tmp_path / "log"
    maker = maillines.Maker(11)
    for sort in maillines.LINES + maillines.OTHERS:
        lines = []
        for _ in range(3):
            fields = maker.fields()
            text = sort.format(**fields)
            if sort in maillines.LINES:
                head, rest = text.split(": ", 1)
                text = f"postfix/{head}[7]: {rest}"
            lines.append(f"{maker.date()} mx1 {text}\n")
        log.write_text("".join(lines))
        held_against(program, oracle, log, ["-e", "--smtpd-stats"])


@pytest.mark.parametrize("damage", [0.3, 0.6, 0.85])
def test_damaged_lines(program, oracle, tmp_path, damage):
    log = tmp_path / "log"
    for seed in range(8 if "san" in str(program) else 25):
        rng = random.Random(seed)
        log.write_bytes(maillines.generate(1000 + seed, 1200, damage))
        held_against(program, oracle, log,
                     rng.choice(OPTIONS) + rng.choice(OPTIONS))


def test_options_as_scripts_have_them(program, oracle, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(maillines.generate(3, 400))
    for words in (["--problems_first"], ["-problems-first"], ["--prob"],
                  ["--bounce_detail=0"], ["-bounce-det", "0"], ["--verp"],
                  ["--verbose"], ["--iso"], ["--H=2"], ["-h=2"], ["--zero"],
                  ["--SMTPD-STATS"], ["--smtpd_s"], ["--ign"], ["--uucp"],
                  ["-u", "+3"], ["--verp_mung", "2"], ["-q", "--"],
                  ["--rej-add"], ["--det", "1", "-h", "-1"]):
        held_against(program, oracle, log, words)


def test_logs_in_order_and_from_standard_input(program, oracle, tmp_path):
    logs = [tmp_path / name for name in ("b", "a", "c")]
    for seed, log in enumerate(logs):
        log.write_bytes(maillines.generate(20 + seed, 200, iso=bool(seed)))
    theirs, _ = pflogsumm.run(oracle, *logs)
    assert report(program, "--compat", *logs) == theirs
    both = b"".join(log.read_bytes() for log in logs)
    assert report(program, "--compat", input=both) == theirs
    assert report(program, "--compat", "-", input=both) == theirs
    # Options may stand behind the operands.
    theirs, _ = pflogsumm.run(oracle, logs[0], "-q", logs[1])
    assert report(program, logs[0], "-q", logs[1], "--compat") == theirs


def test_the_program_as_it_is_installed(program, tmp_path):
    """Not settled in any way: with no two rows alike nothing is chance."""
    log = tmp_path / "log"
    log.write_text("".join(
        f"Nov {1 + i % 2:2d} 10:00:0{i} mx postfix/{text}\n"
        for i, text in enumerate([
            "smtpd[1]: A1: client=mail.example.org[192.0.2.1]",
            "qmgr[1]: A1: from=<a@example.org>, size=700, nrcpt=1 (queue)",
            "lmtp[1]: A1: to=<b@example.net>, relay=x[y], delay=3, "
            "delays=0/0/0/3, dsn=2.0.0, status=sent (250 ok)",
            "smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 "
            "5.7.1 <c@d>: Relay access denied; from=<x@y> to=<c@d> helo=<z>",
        ])))
    theirs, _ = pflogsumm.run(pflogsumm.installed(), log)
    assert report(program, "--compat", log) == theirs
