# SPDX-License-Identifier: GPL-2.0-or-later
"""What alarms advise to type, typed on a mail host that has trouble."""
import json
import re
import subprocess

import pytest

import hosts
import mailhost
import test_alarms
import test_alarm_signs

# Of a mailband it wants no more than what it answers.
pytestmark = pytest.mark.builds("san")
LIST = hosts.REPO / "build/tests/alarms/test_words"
# What stands around a command for people.
ASIDE = re.compile(r"^[a-z ]+: | \([^()]*\)$")
# Of a host that systemd has not booted only the name can be tried; the last is
# a minute's work.
NOT_HERE = ("systemctl", "postfix status", "mailban test")
WRONG = re.compile("usage|invalid|unknown|not found|unrecognized|unexpected|"
                   "no such|syntax|illegal|bad", re.I)


def advised():
    """[(alarm, command)], each command once."""
    found = {}
    for line in subprocess.run([LIST, "--list"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines():
        alarm, commands = line.split("\t")
        for command in commands.split("; "):
            found.setdefault(ASIDE.sub("", command), alarm)
    return [(alarm, command) for command, alarm in found.items()]


def queued(host, part):
    return sorted(m["queue_id"] for m in map(json.loads, host.run(
        ["postqueue", "-j"]).stdout.splitlines()) if m["queue_name"] == part)


def test_each_command_does_what_it_is_for(host):
    """And not one loses a message but that which it names."""
    host.write("/var/log/own.log", "")
    host.journald()
    mailhost.start(host)
    test_alarms.start(host, postfix=False)
    test_alarm_signs.swell(host, {"boss@mx.example.org": 4})
    damaged, held, spam, waiting = hosts.wait_for(
        lambda: len(queued(host, "deferred")) == 4 and
        queued(host, "deferred"), every=0.2)
    host.run(["sh", "-c", f"mv {test_alarms.SPOOL}/deferred/*/{damaged} "
              f"{test_alarms.SPOOL}/corrupt/{damaged}"])
    host.run(["postsuper", "-h", held, "-h", spam])
    ids = {"postcat /var": damaged, "rm": damaged,
           "postcat -q": held, "postsuper -H": held, "postsuper -d": spam,
           "postsuper -r": waiting}
    commands = advised()
    assert len(commands) > 30
    for alarm, command in commands:
        name = command.split()[0]
        host.run(["sh", "-c", f"command -v {name}"], check=name != "mailban")
        if command.startswith(NOT_HERE):
            continue
        command = re.sub("^mailban ", f"{host.program('mailban')} ", command)
        if "QUEUEID" in command:
            command = command.replace("QUEUEID", next(
                i for begin, i in ids.items() if command.startswith(begin)))
        command = command.replace("ACCOUNT", "alice")
        done = host.run(["sh", "-c", command], input="y\n", check=False)
        assert done.returncode in (0, 1), (alarm, command, done)
        if "mailban" not in command and "log" not in command:
            assert not WRONG.search(done.stderr), (alarm, command, done)
    # What they are for has been done, and no more.
    assert list(host.path(f"{test_alarms.SPOOL}/corrupt").iterdir()) == []
    left = host.run(["postqueue", "-j"]).stdout
    assert len(left.splitlines()) == 2 and held in left
    assert queued(host, "hold") == []
