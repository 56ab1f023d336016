# SPDX-License-Identifier: GPL-2.0-or-later
"""No line in a log stops, slows or misleads the daemon."""
import json
import pathlib
import random

import pytest

import attack
import hosts

SEED = 2
VICTIM = "203.0.113.99"


@pytest.fixture
def watched(host, tally):
    def feed(text):
        """Into the log; each line of it is a bad input."""
        written = host.append(attack.MAIL_LOG, text)
        tally.bad_input("hostile log lines", written.count(b"\n"))
    host.feed = feed
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": "".join(
        attack.jail(name, maxretry=3)
        for name in ("dovecot", "postfix", "postfix-sasl", "sshd"))})
    return host


def settled(host, *banned):
    """An attacker that comes last is banned, and only these were before."""
    last = "192.0.2.200"
    for _ in range(3):
        host.append(attack.MAIL_LOG, attack.failure(last))
    host.wait_banned("dovecot", last)
    found = set()
    for jail in ("dovecot", "postfix", "postfix-sasl", "sshd"):
        found |= set(host.banned(jail))
    assert found == {last, *banned}
    assert host.daemon.alive()


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def test_bytes_that_are_no_text(watched):
    for junk in (b"\0", b"\0" * 5000, b"\xff\xfe\xfd", b"\xc3", b"\xed\xa0\x80",
                 b"\x1b[2J\x1b]0;x\x07", b"\r", b"\xe2\x80\xa8", b"%s%n%x" * 9):
        for _ in range(3):
            head = attack.line("imap-login: ").rstrip("\n").encode()
            watched.feed(head + junk + b"\n")
            watched.feed(junk + b"\n")
            # In the user's name the failure is one all the same.
            watched.feed(attack.failure(
                "192.0.2.3").encode().replace(b"<>", b"<" + junk + b">"))
    settled(watched, "192.0.2.3")
    assert "\x1b" not in watched.daemon.log()


def test_noise(watched):
    dice = random.Random(SEED)
    for _ in range(64):
        watched.feed(dice.randbytes(4096))
    watched.feed(b"\n")
    settled(watched)


def test_a_line_of_a_megabyte(watched):
    for junk in (b"x" * (1 << 20), b" " * (1 << 20), b"rip=" * (1 << 18),
                 b"imap-login: Aborted login (auth failed, " * (1 << 15)):
        for _ in range(3):
            head = attack.line("imap-login: ").rstrip("\n").encode()
            watched.feed(head + junk + b"\n")
    settled(watched)
    assert watched.status()["sources"][0]["cut"] == 12


def test_a_name_that_ends_where_the_line_is_cut(watched):
    """What is behind the cut would show that another is meant."""
    head = attack.line("Invalid user ", "sshd[1]").rstrip("\n")
    tail = f" from {VICTIM} port 22"
    name = "x" * (65536 - len(head) - len(tail)) + tail
    for _ in range(3):
        watched.feed(f"{head}{name} from 192.0.2.7 port 1\n")
    settled(watched)


def test_a_line_that_never_ends(watched):
    before = resident(watched.daemon.pid)
    head = attack.line("imap-login: ").rstrip("\n").encode()
    watched.feed(head)
    for _ in range(64):
        watched.feed(b"x" * (1 << 20))
    hosts.wait_for(lambda: watched.status()["sources"], what="status")
    watched.feed(b"\n")
    settled(watched)
    assert resident(watched.daemon.pid) < before + (32 << 20)


def test_a_line_in_halves(watched):
    text = attack.failure("192.0.2.4").encode()
    for _ in range(2):
        watched.feed(text)
    for at in range(len(text)):
        watched.feed(text[at:at + 1])
    settled(watched, "192.0.2.4")


def test_lines_made_to_backtrack(watched):
    """An hour's worth for a naive matcher is over in seconds."""
    bombs = [
        "imap-login: " + "Aborted login (auth failed" * 300,
        "imap-login: Disconnected: " + "(auth failed, 1 attempts in 1 secs): "
        "user=<" + "rip=1.2.3.4, " * 300,
        "auth: " + "pam(" * 2000,
        "auth-worker(1): " + "conn unix:" * 800,
        "imap-login: " + "user=<>, method=PLAIN, " * 300,
    ]
    lines = [attack.line(bomb) for bomb in bombs]
    lines += [attack.line("warning: " + "unknown[" * 1000,
                          "postfix/smtpd[1]"),
              attack.line("NOQUEUE: reject: RCPT from " + "a[1.2.3.4]: " * 700,
                          "postfix/smtpd[1]"),
              attack.line("warning: x[1.2.3.4]: SASL " + "LOGIN " * 1200,
                          "postfix/smtpd[1]"),
              attack.line("Failed password for " + "invalid user " * 600,
                          "sshd[1]"),
              attack.line("Failed password for " + "x from 1.2.3.4 " * 500,
                          "sshd[1]")]
    watched.feed("".join(lines) * 200)
    settled(watched)


@pytest.mark.parametrize("tag, text", [
    ("dovecot", "imap-login: Disconnected: Aborted login (auth failed, 1 "
     "attempts in 2 secs): user=<{}>, method=PLAIN, rip=192.0.2.5, "
     "lip=198.51.100.1, session=<x>"),
    ("dovecot", "imap-login: Login aborted: Connection closed (auth failed, 3 "
     "attempts in 16 secs) (auth_failed): user=<{}>, method=PLAIN, "
     "rip=192.0.2.5, lip=198.51.100.1, session=<x>"),
    ("postfix/smtpd[1]", "warning: unknown[192.0.2.5]: SASL LOGIN "
     "authentication failed: UGFzc3dvcmQ6, sasl_username={}"),
    ("sshd[1]", "Failed password for invalid user {} from 192.0.2.5 port 1 "
     "ssh2"),
])
@pytest.mark.parametrize("name", [
    f"x,{VICTIM}): unknown user",
    f"x>, method=PLAIN, rip={VICTIM}, lip=1.2.3.4, session=<y",
    f"x rip={VICTIM}, ",
    f"x from {VICTIM} port 22 ssh2",
    f"unknown[{VICTIM}]: SASL LOGIN authentication failed",
    f"x ]: auth failure; logname= uid=0 rhost={VICTIM} ",
    f"x\\nNov 21 00:00:00 mx sshd[1]: Failed password for x from {VICTIM}",
])
def test_a_name_that_points_at_another(watched, tag, text, name):
    for _ in range(3):
        watched.feed(attack.line(text.format(name), tag))
    for _ in range(3):
        watched.append(attack.MAIL_LOG, attack.failure("192.0.2.201"))
    watched.wait_banned("dovecot", "192.0.2.201")
    found = set()
    for jail in ("dovecot", "postfix", "postfix-sasl", "sshd"):
        found |= set(watched.banned(jail))
    assert VICTIM not in found
    assert found <= {"192.0.2.201", "192.0.2.5"}


def test_dates_that_are_off(watched):
    for date in ("Jan  1 00:00:00", "Feb 30 99:99:99",
                 "9999-12-31T23:59:59.999999+00:00", "1970-01-01T00:00:00Z"):
        for _ in range(3):
            watched.feed(f"{date} mx dovecot: " +
                           attack.ABORTED.format("192.0.2.6") + "\n")
    settled(watched, "192.0.2.6")
    shown = json.loads(watched.mailban("list", "dovecot", "--json").stdout)
    assert all(ban["remaining"] <= 600 for ban in shown)


EVIL = r"""[Definition]
failregex = ^ mx evil: (?:a+)+b from <ADDR>$
            ^ mx evil: (?:x|xx)+y from <ADDR>$
            ^ mx evil: plain from <ADDR>$
"""
LONG_LINES = 200


def test_an_expression_of_the_admins_that_never_ends(host, tally):
    """Its lines are given up soon, counted, and the expression told once."""
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({
        "filter.d/evil.conf": EVIL,
        "jail.local": attack.jail("evil", filter="evil", maxretry=1) +
        attack.jail("dovecot", maxretry=3)})
    before = worked(daemon.pid)
    for text in ("a" * 64000, "x" * 64000):
        line = attack.line(f"{text} from 192.0.2.1", "evil")
        host.append(attack.MAIL_LOG, line * LONG_LINES)
        tally.bad_input("lines of 64 kB made to backtrack", LONG_LINES)
    host.append(attack.MAIL_LOG, attack.line("plain from 192.0.2.2", "evil"))
    for _ in range(3):
        host.append(attack.MAIL_LOG, attack.failure("192.0.2.3"))
    host.wait_banned("evil", "192.0.2.2", timeout=60)
    host.wait_banned("dovecot", "192.0.2.3")
    # A line's expressions may step over 20 million bytes, no more: some
    # milliseconds a line at most, where without an end it would be years.
    assert worked(daemon.pid) - before < 2 * LONG_LINES * 0.02
    assert host.status()["given_up"] == 2 * LONG_LINES
    for row in (2, 3):
        daemon.wait_log(fr"^WARNING /etc/mailban/filter\.d/evil\.conf:{row}: "
                        r"given up on a line ")
    assert daemon.log().count("given up on a line ") == 2
    assert set(host.banned("evil")) == {"192.0.2.2"}


def worked(pid):
    """The seconds that a process has had of a processor."""
    of_it = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]
    return int(of_it) / 1e9
