# SPDX-License-Identifier: GPL-2.0-or-later
"""One failed login counts one, however many lines tell of it."""
import re

import pytest

import attack
import hosts
import mailhost

# It is about what a line says, not about what mailband may do.
pytestmark = pytest.mark.builds("san")
# Dovecot's auth process tells of each attempt, its login process of the sum
# at the end, and Postfix of its own.
VERBOSE = "auth_verbose = yes\n"
# A second passdb, asked by the auth-worker, tells of each attempt too.
PAM = "passdb {\n  driver = pam\n}\n", "passdb pam {\n}\n"
# One jail that looks at both programs.
BOTH = r"""[INCLUDES]
before = dovecot.conf
[Definition]
prefregex = ^\s*\S+ (?:dovecot(?:\[\d+\])?: |postfix/smtpd\[\d+\]: warning: )<F-CONTENT>.+</F-CONTENT>$
failregex = %(known/failregex)s
            ^[^\s\[\]]*\[<ADDR>\]: <F-SESSION></F-SESSION><F-WITNESS>SASL</F-WITNESS> \S+ authentication failed:
"""
KINDS = [*mailhost.KINDS, mailhost.SUBMISSION]


@pytest.fixture
def server(new_host, join):
    """Give a mail host, its mailband and two clients."""
    host, attacker, friend = new_host(), new_host("attacker"), \
        new_host("friend")
    join(host, attacker, friend)
    host.rsyslogd()
    host.write("/etc/pam.d/dovecot", "auth required pam_deny.so\n")
    old = host.run(["dovecot", "--version"]).stdout.startswith("2.3.")
    mailhost.start(host, VERBOSE + PAM[not old])
    # The client is to hear the answer to the guess that banned it.
    keys = {"maxretry": 4, "findtime": "1h", "disconnect": "false"}
    daemon = host.mailband({
        "filter.d/both.conf": BOTH,
        "jail.local": attack.jail("dovecot", **keys) +
        attack.jail("postfix-sasl", **keys) +
        attack.jail("both", filter="both", count="attempts", **keys) +
        attack.jail("lines", filter="both", **{**keys, "maxretry": 1000})})
    return host, daemon, attacker, friend


def counts(host):
    return {jail: host.status(jail)["total_failed"]
            for jail in ("both", "dovecot", "postfix-sasl", "lines")}


def told_all(host, jail, count):
    """Wait for the last line that there can be: the sum at the end."""
    hosts.wait_for(lambda: host.status(jail)["total_failed"] == count,
                   what=f"{count} in {jail}: {counts(host)}")


@pytest.mark.parametrize("kind", KINDS)
def test_each_attempt_counts_once(server, kind):
    host, daemon, attacker, friend = server
    jail = "postfix-sasl" if kind == "smtp" else "dovecot"
    # One of auth, one of its worker, one of whoever asked.
    lines = 3

    def fail(times):
        assert mailhost.login(attacker, kind, host.ip4, password="guess",
                              times=times) == "denied"
    fail(1)
    told_all(host, "lines", lines)
    assert len(re.findall(r"auth(?:-worker)?[(:].*,"
                          rf"{re.escape(attacker.ip4)}\b",
                          host.path(attack.MAIL_LOG).read_text())) == 2
    assert counts(host)[jail] == counts(host)["both"] == 1
    # Several in one connection: Dovecot's sum is one line.
    fail(2)
    lines += 6 if kind == "smtp" else 5
    told_all(host, "lines", lines)
    assert counts(host)[jail] == counts(host)["both"] == 3
    assert host.banned(jail) == host.banned("both") == {}
    # The friend's are his own.
    mailhost.login(friend, kind, host.ip4, password="guess")
    lines += 3
    told_all(host, "lines", lines)
    assert counts(host)["both"] == 4 and host.banned("both") == {}
    fail(1)
    host.wait_banned(jail, attacker.ip4)
    host.wait_banned("both", attacker.ip4)
    assert list(host.banned("both")) == [attacker.ip4]


def test_a_sum_of_what_nobody_else_told(server):
    """Without auth_verbose there is the one line, at the end."""
    host, daemon, attacker, friend = server
    for session, n in (("A", 3), ("B", 1)):
        assert host.banned("dovecot") == {}
        host.append(attack.MAIL_LOG, attack.line(
            f"imap-login: Disconnected: Connection closed (auth failed, {n} "
            f"attempts in 12 secs): user=<x>, method=PLAIN, rip=192.0.2.1, "
            f"lip=192.0.2.2, TLS, session=<{session}>"))
        hosts.wait_for(lambda: host.status("dovecot")["total_failed"] >= n)
    host.wait_banned("dovecot", "192.0.2.1")
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1, 3 attempts$")
