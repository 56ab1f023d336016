# SPDX-License-Identifier: GPL-2.0-or-later
"""No alarm that is none: an hour of ordinary mail, and clocks that jump."""
import random
import struct
import subprocess

import pytest

import attack
import hosts
import mailhost
import test_alarms
from test_alarms import SPOOL

HOUR, DAY = 3600, 86400
# A minute's work: messages in, one to nobody, logins, and one that is wrong.
MINUTE = """
import imaplib, smtplib, sys
for i in range(int(sys.argv[1])):
    with smtplib.SMTP("127.0.0.1", timeout=20) as s:
        s.sendmail("bob@example.org", "alice@mx.example.org",
                   "Subject: x\\r\\n\\r\\n" + "x" * int(sys.argv[2]) + "\\r\\n")
with smtplib.SMTP("127.0.0.1", timeout=20) as s:
    try:
        s.sendmail("bob@example.org", "nobody@example.com", "x")
    except smtplib.SMTPRecipientsRefused:
        pass
for password in sys.argv[3:]:
    try:
        with imaplib.IMAP4("127.0.0.1", timeout=20) as c:
            c.login("alice", password)
            c.select()
    except imaplib.IMAP4.error:
        pass
"""


def look(host, number):
    """Until the disk was looked at as it is now; each time it is another."""
    host.path(f"{SPOOL}/pid/look").write_bytes(
        b"x" * 4_000_000 * (number % 2))
    free = host.run(["stat", "-f", "-c", "%a %S", SPOOL]).stdout.split()
    free = int(free[0]) * int(free[1])
    test_alarms.wait_seen(
        host, lambda d: abs(d.get("bytes_free", 0) - free) < 1_500_000)


def told(host):
    """All that the journal has of alarms."""
    return host.run(["journalctl", "-q", "-o", "cat", "MESSAGE_ID=2b0c5c7e5d3f"
                     "4f0fa3f2a5f9d1c6b784"]).stdout.splitlines()


@pytest.mark.builds("release")  # it is long
def test_an_hour_of_ordinary_mail(host):
    """Sixty looks, as many as in an hour, at a mail host that works."""
    dice = random.Random(1)
    test_alarms.mount(host, "400m", 20000)
    host.journald()
    mailhost.start(host)
    # Some mail is not for here, and waits.
    host.run(["postconf", "-e", "default_transport=retry:4.3.2 no route"])
    host.run(["postfix", "reload"])
    # Looks at what is read once a second, as it would once a minute.
    host.mailband({
        "mailban.conf": test_alarms.CONF.format(more=""),
        "jail.local": "".join(attack.jail(name, backend="systemd", logpath="")
                              for name in ("dovecot", "postfix"))})
    sent = 0
    for minute in range(60):
        many = dice.choice((0, 1, 1, 2, 3, 5))
        sent += many
        host.run(["python3", "-c", MINUTE, many, dice.choice((10, 3000, 90000)),
                  *dice.choice((["correct horse"], ["wrong", "correct horse"],
                                []))])
        if minute % 4 == 0:
            host.run(["sendmail", "-f", "alice@mx.example.org",
                      "them@example.net"], input="Subject: x\n\nx\n")
        # What people do: a backup that comes and goes, a queue that is
        # flushed, a server that takes its configuration again.
        if minute == 20:
            host.run(["fallocate", "-l", "30M", f"{SPOOL}/backup"])
        if minute == 30:
            host.path(f"{SPOOL}/backup").unlink()
            host.run(["postqueue", "-f"])
        if minute == 40:
            host.run(["postfix", "reload"])
            host.run(["dovecot", "reload"])
        look(host, minute)
        assert test_alarms.alarms(host) == {}, minute
    assert told(host) == []
    queues = {q["name"]: q["messages"] for q in host.status()["queues"]}
    assert queues["deferred"] == 15
    mail = host.path("/home/alice/Maildir/new")
    hosts.wait_for(lambda: len(list(mail.iterdir())) >= sent or sent)
    assert sent > 60


def shifted(host, seconds):
    """A file that is read as it is mapped: in place."""
    with open(host.path("/srv/shift"), "r+b") as f:
        f.write(struct.pack("q", seconds))


@pytest.mark.builds("release")
def test_a_clock_that_jumps(host, tally):
    """No alarm begins or ends by it, and no ban: only the time of day moved."""
    test_alarms.mount(host, "400m", 20000)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o",
                    host.path("/srv/shift.so"),
                    hosts.TESTS / "data/shiftclock.c"], check=True)
    host.write("/srv/shift", struct.pack("q", 0))
    host.write("/var/log/own.log", "")
    host.journald()
    test_alarms.configure(host)
    # A message that waits, in each queue whose ages are looked at.
    for queue in ("incoming", "maildrop", "deferred"):
        host.write(f"{SPOOL}/{queue}/ABCDE0", "", 0o700)
    # It would be done by then: a message that is minutes old is one here.
    test_alarms.start(host, "maildrop = 1h 2h\n", postfix=False,
                      by=["env", "LD_PRELOAD=/srv/shift.so"])
    host.mailban("ban", "dovecot", "192.0.2.1")
    looks = iter(range(10000))

    def see(times=4):
        for _ in range(times):
            look(host, next(looks))
    see(2)
    begun = host.banned("dovecot")["192.0.2.1"]["expires"]
    for jump in (5 * HOUR, -9 * HOUR, 30 * DAY, -40 * DAY, 0):
        shifted(host, jump)
        tally.fault("the clock was set")
        see()
        assert test_alarms.alarms(host) == {}, jump
        left = host.banned("dovecot")["192.0.2.1"]["expires"]
        assert begun - 60 <= left <= begun, jump
        assert "192.0.2.1" in host.mailban("list", "dovecot").stdout
        assert 0 <= host.status()["uptime"] < HOUR, jump
    assert told(host) == []
    # One that is there stays there, and its end is told.
    test_alarms.corrupt(host, "C0")
    host.run(["fallocate", "-l", "390M", f"{SPOOL}/filler"])
    hosts.wait_for(lambda: test_alarms.alarms(host).get(
        "disk_free", {}).get("level") == "critical", every=0.2)
    begun = test_alarms.alarms(host)["disk_free"]["since"]
    for jump in (-3 * DAY, 2 * DAY, 0):
        shifted(host, jump)
        tally.fault("the clock was set")
        see()
        found = test_alarms.alarms(host)
        assert set(found) == {"corrupt", "disk_free"}
        # As this clock has it: it is the one that was set.
        assert abs(found["disk_free"]["since"] - begun - jump) < 60
    host.path(f"{SPOOL}/filler").unlink()
    host.path(f"{SPOOL}/corrupt/C0").unlink()
    hosts.wait_for(lambda: test_alarms.alarms(host) == {}, every=0.2)
    for name in ("corrupt", "disk_free"):
        news = [n["MAILBAN_NEWS"] for n in test_alarms.notices(host, name)]
        assert news[0] == "raised" and news[-1] == "recovered"
        assert news.count("recovered") == 1
