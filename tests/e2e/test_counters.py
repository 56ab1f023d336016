# SPDX-License-Identifier: GPL-2.0-or-later
"""The counts of the mail outlive the daemon, however it ends."""
import itertools
import json
import os
import re

import pytest

import attack
import hosts
import statefile
from test_breakage import ask
from test_kill import kill_again_and_again

SIZE = 1000


def message(number):
    """The lines of a message, of which each is read alone."""
    queue = f"{number:010X}"
    return [
        attack.line(f"{queue}: client=a.example.org[192.0.2.7]",
                    "postfix/smtpd[1]"),
        attack.line(f"{queue}: from=<a@example.org>, size={SIZE}, nrcpt=1 "
                    "(queue active)", "postfix/qmgr[3]"),
        attack.line(f"{queue}: to=<b@example.net>, relay=none, delay=1, "
                    "delays=1/0/0/0, dsn=4.4.1, status=deferred (x)",
                    "postfix/smtp[4]"),
        attack.line(f"{queue}: to=<b@example.net>, relay=none, delay=2, "
                    "delays=1/0/0/0, dsn=4.4.1, status=deferred (x)",
                    "postfix/smtp[4]"),
        attack.line(f"{queue}: to=<b@example.net>, relay=mx[198.51.100.1]:25, "
                    "delay=3, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)",
                    "postfix/smtp[4]"),
        attack.line(f"{queue}: removed", "postfix/qmgr[3]"),
        attack.line("imap-login: Login: user=<carol>, method=PLAIN, "
                    "rip=192.0.2.8, lip=192.0.2.1, mpid=1, TLS, "
                    "session=<x>"),
    ]


def wanted(messages):
    return {"received": messages, "delivered": messages, "deferred": messages,
            "deferrals": 2 * messages, "logins": messages,
            "bytes_received": SIZE * messages,
            "bytes_delivered": SIZE * messages, "lines": 7 * messages}


def totals(host):
    told = ask(host, {"command": "counters"})["result"]
    return {name: told["total"][name] for name in wanted(0)}


def hours(host, since=0):
    """{column: its sum over all hours}"""
    sums = {}
    while since is not None:
        told = ask(host, {"command": "history", "since": since})["result"]
        for _, *row in told["hours"]:
            for name, n in zip(told["columns"], row):
                sums[name] = sums.get(name, 0) + n
        since = told["next"]
    return sums


def prepare(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    return host.mailband({"jail.local": attack.jail()})


@pytest.mark.builds("release")
def test_killed_again_and_again(new_host, tally):
    """Half of the messages are always open when it is killed."""
    host = new_host()
    assert prepare(host).stop() == 0
    log = os.open(host.path(attack.MAIL_LOG), os.O_WRONLY | os.O_APPEND)
    open_, numbers, done = [], itertools.count(1), 0

    def write():
        nonlocal done
        if len(open_) < 40:
            open_.append(iter(message(next(numbers))))
            done += 1
        for lines in list(open_[:20]):
            line = next(lines, None)
            if line is None:
                open_.remove(lines)
            else:
                open_.remove(lines)
                open_.append(lines)
                os.write(log, line.encode())
    assert kill_again_and_again(host, 60, write) == 60
    for lines in open_:
        for line in lines:
            os.write(log, line.encode())
    os.close(log)
    assert done > 100
    tally.fault("killed while mail is counted", 60)
    daemon = host.mailband()
    hosts.wait_for(lambda: totals(host)["lines"] >= 7 * done)
    tally.lines(7 * done, totals(host)["lines"])
    assert totals(host) == wanted(done)
    assert {name: n for name, n in hours(host).items()
            if name in wanted(0)} == wanted(done)
    assert daemon.stop() == 0
    host.mailband()
    assert totals(host) == wanted(done)
    with statefile.copied(host.path(statefile.PATH)) as (_, db):
        assert db.execute("SELECT count(*) FROM message").fetchone() == (0,)


@pytest.mark.parametrize("of", ["file", "files", "journal"])
def test_open_over_a_restart(host, tally, of):
    """A message that came before it and went after it is one, of its size:
    from a file, from two that hold the same, and from the journal."""
    logs = {"file": [attack.MAIL_LOG], "journal": [],
            "files": [attack.MAIL_LOG, "/var/log/mail.info"]}[of]
    for log in logs:
        host.write(log, "", 0o644)
    if not logs:
        host.journald()
    match = " + ".join(f"_UID=0 SYSLOG_IDENTIFIER=postfix/{program}"
                       for program in ("smtpd", "qmgr", "smtp"))
    jail = {"logpath": "\n  ".join(logs)} if logs else {
        "backend": "systemd", "filter": f'postfix[journalmatch="{match}"]'}

    def write(lines):
        for log in logs:
            host.append(log, "".join(lines))
        for line in [] if logs else lines:
            host.logger(*re.search(r" mx (\S+)\[\d+\]: (.*)",
                                   line).group(2, 1))

    messages = [message(n)[:6] for n in range(1, 4)]
    daemon = host.mailband({"jail.local": attack.jail("postfix", **jail)})
    write([line for lines in messages for line in lines[:2]])
    hosts.wait_for(lambda: totals(host)["bytes_received"] == 3 * SIZE)
    assert daemon.stop() == 0
    write([line for lines in messages for line in lines[2:4]])
    daemon = host.mailband()
    hosts.wait_for(lambda: totals(host)["deferrals"] == 6)
    daemon.stop()
    host.mailband()
    write([line for lines in messages for line in lines[4:]])
    hosts.wait_for(lambda: totals(host)["lines"] >= 6 * 3)
    tally.fault("stopped while messages are open", 2)
    tally.lines(6 * 3, totals(host)["lines"])
    assert totals(host) == {**wanted(3), "lines": 6 * 3, "logins": 0}


def test_counted_before_a_stop_from_another_file(host, tally):
    """Of two that hold the same, one was not read to its end: its rest is no
    news in the next run, be it the only news."""
    logs = [attack.MAIL_LOG, "/var/log/mail.info"]
    for log in logs:
        host.write(log, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(
        "postfix", logpath="\n  ".join(logs))})
    host.append(logs[0], "".join(message(1)[:6]))
    hosts.wait_for(lambda: totals(host)["lines"] == 6)
    assert daemon.stop() == 0
    tally.fault("stopped with a line in one of two files read")
    host.append(logs[1], "".join(message(1)[:6]))
    host.mailband()
    hosts.wait_for(lambda: host.status()["lines"] == 6, what="the other's")
    assert totals(host)["lines"] == 6
    # The one counts on.
    for log in logs:
        host.append(log, "".join(message(2)[:6]))
    hosts.wait_for(lambda: host.status()["lines"] == 18, what="all")
    tally.lines(12, totals(host)["lines"])
    assert totals(host) == {**wanted(2), "lines": 12, "logins": 0}


def test_periods_outlive_it(host):
    """What Zabbix has got is not sent again after a restart, the rest is."""
    def told():
        return ask(host, {"command": "counters"})["result"]

    def received(periods):
        return sum(period["received"] for period in periods)
    settings = "[mailban]\nzabbix_interval = {}\n"
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(),
                            "mailban.conf": settings.format("1s")})
    host.append(attack.MAIL_LOG, "".join(message(1)))
    hosts.wait_for(lambda: received(told()["periods"]) == 1)
    first = told()["periods"][-1]["id"]
    ask(host, {"command": "mark", "id": first})
    host.append(attack.MAIL_LOG, "".join(message(2)))
    hosts.wait_for(lambda: received(told()["periods"]) == 2)
    before = told()
    last = before["periods"][-1]["id"]
    assert daemon.stop() == 0
    daemon = host.mailband()
    after = told()
    assert after["total"] == before["total"]
    assert after["since"] == before["since"]
    assert [p for p in after["periods"] if p["id"] <= last] == \
        before["periods"]
    assert not any(p["received"] for p in after["periods"] if p["id"] > last)
    # What the period that ran had is not lost with the run.
    host.write("/etc/mailban/mailban.conf", settings.format("1d"))
    host.mailban("reload")
    host.append(attack.MAIL_LOG, "".join(message(3)))
    hosts.wait_for(lambda: totals(host) == wanted(3))
    assert received(told()["periods"]) == 2
    assert daemon.stop() == 0
    host.write("/etc/mailban/mailban.conf", settings.format("1s"))
    host.mailband()
    hosts.wait_for(lambda: received(told()["periods"]) == 3)


def test_bans_are_counted(host):
    daemon = prepare(host)
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.66"))
    host.wait_banned("dovecot", "192.0.2.66")
    hosts.wait_for(lambda: hours(host).get("bans") == 1)
    assert daemon.stop() == 0
    # One that is found in the state again is none that begins.
    host.mailband()
    assert hours(host)["bans"] == 1


SYSLOG = "/var/log/syslog"
OTHER = "/var/log/mail-out.log"


def test_in_two_files(host):
    """What is logged twice counts once, and another instance by itself."""
    for path in (attack.MAIL_LOG, SYSLOG, OTHER):
        host.write(path, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(
        logpath=f"{attack.MAIL_LOG} {SYSLOG} {OTHER}".replace(" ", "\n  "))})
    host.append(attack.MAIL_LOG, "".join(message(0)))
    hosts.wait_for(lambda: totals(host)["lines"] == 7)
    host.append(SYSLOG, "".join(message(0)))
    host.append(OTHER, "".join(
        line.replace("postfix/", "postfix-out/") for line in message(100)
        if "postfix/" in line))
    for number in range(1, 20):
        for line in message(number):
            # The one that is read first is not always the first.
            host.append(SYSLOG if number > 9 else attack.MAIL_LOG, line)
            host.append(attack.MAIL_LOG if number > 9 else SYSLOG, line)
        host.append(OTHER, "".join(
            line.replace("postfix/", "postfix-out/")
            for line in message(100 + number) if "postfix/" in line))
    hosts.wait_for(lambda: [s["lines"] for s in host.status()["sources"]]
                   == [140, 140, 120])
    assert totals(host) == {
        **wanted(40), "logins": 20, "lines": 140 + 120}
    assert daemon.stop() == 0


def test_an_hour_ahead_of_the_clock(host):
    """A line of next year takes no place of an hour that is to come."""
    prepare(host)
    host.append(attack.MAIL_LOG, "2037-01-01T00:00:00+00:00 mx postfix/smtpd"
                "[1]: 4D8CA8C442: client=a[192.0.2.7]\n")
    hosts.wait_for(lambda: totals(host)["received"] == 1)
    assert hours(host)["received"] == 1


def test_answers_have_a_size(host):
    """All hours that can be kept come in pages."""
    daemon = prepare(host)
    assert daemon.stop() == 0
    row = bytes(8 * 19)
    now = int(host.run(["date", "+%s"]).stdout) // 3600
    with statefile.copied(host.path(statefile.PATH)) as (copy, db):
        db.executemany("INSERT OR REPLACE INTO mail VALUES (?, ?)", [
            (now - i, (7).to_bytes(8, "little") + row[8:])
            for i in range(90 * 24)])
        db.execute("INSERT INTO mail VALUES (?, ?)", (now - 90 * 24, row))
        db.commit()
        db.close()
        host.path(statefile.PATH).write_bytes(copy.read_bytes())
    host.mailband()
    first = ask(host, {"command": "history", "since": 0})["result"]
    assert len(first["hours"]) == 168
    assert len(json.dumps(first)) < 65536
    assert hours(host)["received"] == 7 * 90 * 24
