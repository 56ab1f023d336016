# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban check against a daemon that is made up: its last state counts.

What is asked of a real host is in tests/e2e/test_check.py.
"""
import re

import pytest

from test_cli import HOSTILE, daemon, mailban  # noqa: F401

DISK = {"path": "/var/spool/postfix", "device": 7, "bytes": 1000 << 20,
        "bytes_free": 400 << 20, "inodes": 1000, "inodes_free": 500,
        "read_only": False, "full_in": None}
QUEUE = {"directory": "/var/spool/postfix", "name": "deferred",
         "messages": 3, "ready": 3, "bytes": 30, "oldest": 1795154400}
JAIL = {"name": "dovecot", "banned": 4, "failed": 2, "differs": False}
SOURCE = {"name": "/var/log/mail.log", "trouble": None}


def alarm(name, level="warning", text="it is so"):
    return {"name": name, "subject": "", "level": level, "value": 1.0,
            "since": 1, "text": text, "next": "postqueue -f"}


def state(**more):
    return {"version": "0.1", "lines": 9, "errors": 0, "jails": [JAIL],
            "sources": [SOURCE], "alarms": [], "disks": [DISK],
            "queues": [QUEUE], **more}


def check(made, what, *args):
    done = mailban(made, "check", what, *args)
    assert re.fullmatch(r"[A-Z]+: [ -~]*\n", done.stdout), done.stdout
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("what, alarms, status, said", [
    ("disk", [], 0, "OK: /var/spool/postfix: 400 MiB free (40%)|"
     "free_/var/spool/postfix=419430400B;;;0;1048576000 "
     "inodes_free_/var/spool/postfix=500;100:;30:;0;1000"),
    ("disk", [alarm("time_to_full", text="full in 3 hours")], 1,
     "WARNING: full in 3 hours|"),
    ("disk", [alarm("disk_free", "critical"), alarm("deferred")], 2,
     "CRITICAL: it is so|"),
    ("disk", [alarm("deferred", "critical")], 0, "OK: "),
    ("disk", [alarm("disk_free", text=f"number {i}") for i in range(50)] +
     [alarm("read_only", "critical", "the last")], 2,
     "CRITICAL: the last, number 1, "),
    ("queue", [alarm("recipients", "critical", f"number {i}")
               for i in range(50)], 2, "number 0, number 1, "),
    ("disk", [alarm("recipients", "critical", f"number {i}")
              for i in range(50)] + [alarm("disk_free")], 1,
     "WARNING: it is so|"),
    ("disk", [alarm("disk_free", text=f"a|b {HOSTILE}")], 1,
     "WARNING: a?b x?]0;owned"),
    ("queue", [], 0, "OK: postfix mailq (3)|unsent=3;;;0 "),
    ("queue", [alarm("disk_free", "critical")], 0, "OK: "),
    ("queue", [alarm("deferred", "critical", "it swells")], 2,
     "CRITICAL: it swells|unsent=3"),
    ("queue", [alarm("memory", text="it swaps")], 1, "WARNING: it swaps|"),
])
def test_it_judges(daemon, what, alarms, status, said):  # noqa: F811
    daemon.will_say(state(alarms=alarms))
    got = check(daemon, what)
    assert (got[0], said in got[1]) == (status, True), got
    assert daemon.asked() == [{"command": "status"}]


def test_thresholds_judge_what_it_saw(daemon):  # noqa: F811
    for args, status, said in (
            ((2, 9), 1, "WARNING: postfix mailq is 3 (threshold w = 2)|"),
            ((2, 3), 2, "CRITICAL: postfix mailq is 3 (threshold c = 3)|"),
            ((4, 9), 0, "OK: postfix mailq (3) is below threshold (4/9)|")):
        daemon.will_say(state(alarms=[alarm("deferred", "critical")]))
        got = check(daemon, "queue", "-w", str(args[0]), "-c", str(args[1]))
        assert got[0] == status and said in got[1]


@pytest.mark.parametrize("answer", [
    state(alarms=None), state(disks=[]), state(disks=7),
    state(alarms=[alarm("gauge")]), {}, [], "x", 7,
], ids=lambda answer: repr(answer)[:30])
def test_what_it_does_not_know_is_measured(daemon, answer):  # noqa: F811
    """No state, none yet, or one that is old; here there is no Postfix."""
    daemon.will_say(answer)
    got = check(daemon, "queue", "-t", "2")
    assert got == (3, "UNKNOWN: postconf cannot be run: is Postfix there?\n")


@pytest.mark.parametrize("more, status, said", [
    ({}, 0, "OK: 4 bans in 1 jail|banned=4;;;0 failing=2;;;0 lines=9c;;;0"),
    ({"jails": [{**JAIL, "differs": True}]}, 2,
     "the kernel does not hold the bans of dovecot"),
    ({"jails": []}, 1, "no jail is on"),
    ({"dry_run": True}, 1, "mailband only decides (-n)"),
    ({"sources": [{**SOURCE, "trouble": "is no regular file"}]}, 1,
     "/var/log/mail.log is no regular file"),
    ({"sources": [SOURCE, {**SOURCE, "name": "x", "trouble":
                           "is not there; waiting for it"}]}, 0, "OK: "),
    ({"jails": [{**JAIL, "banned": HOSTILE, "name": HOSTILE,
                 "differs": HOSTILE}]}, 2, "the bans of x?]0;owned"),
    ({"jails": [{"name": "j" * 300, "differs": True}] * 50}, 2, "CRITICAL"),
    ({"jails": 7}, 3, "UNKNOWN: bans: the answer is not understood"),
])
def test_bans(daemon, more, status, said):  # noqa: F811
    daemon.will_say(state(**more))
    got = check(daemon, "bans")
    assert (got[0], said in got[1]) == (status, True), got


def test_a_daemon_that_is_silent(daemon):  # noqa: F811
    daemon.answers.append(None)
    got = check(daemon, "bans", "-t", "1")
    assert got[0] == 3 and "UNKNOWN" in got[1]
    daemon.hold.set()
    daemon.will_refuse("no right to look", 2)
    assert check(daemon, "bans") == (3, "UNKNOWN: bans: no right to look\n")
