# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees of fail2ban's, as they lie on a host, load and work unchanged.

/etc/fail2ban in a host is Debian's package as installed: 1.0.2 of Debian 12,
whose jails read files, or 1.1.0 of Debian 13, where those of sshd, Dovecot and
Postfix read the journal.
"""
import re
import subprocess
import time

import pytest

import attack

TREE = "/etc/fail2ban"
SECTION = re.compile(r"(?m)^\[([^]\s]+)\]")
# What jails of the package have that mailban has no counterpart of.
WITHOUT_COUNTERPART = {"ignorecommand", "pass2allow-ftp", "recidive"}

# As docker-mailserver writes it: two jails of the package's that read files,
# one for bans by hand only, with no log and a filter that finds nothing.
MAILSERVER = """[DEFAULT]
bantime = 1w
findtime = 1w
maxretry = 2
ignoreip = 127.0.0.1/8
banaction = nftables-multiport
usedns = no

[dovecot]
enabled = true
backend = auto

[postfix]
enabled = true
backend = auto
mode = extra

[custom]
enabled = true
bantime = 180d
port = smtp,pop3,pop3s,imap,imaps,submission,submissions,sieve
"""


@pytest.fixture
def bare(host):
    """The package's files, with nothing enabled but what a test writes."""
    if not host.path(f"{TREE}/jail.conf").exists():
        pytest.fail("the tests' Debian has no fail2ban")
    for path in host.path(f"{TREE}/jail.d").iterdir():
        path.unlink()
    return host


def check(host):
    done = host.run([host.program("mailband"), "-t", "-c", TREE], check=False)
    return done.returncode, done.stderr


def start(host, jails):
    host.write(f"{TREE}/jail.local", jails)
    return host.mailband({}, args=["-c", TREE])


def sshd_log(host):
    """Give what logs as sshd to where the package's jail looks for it."""
    jails = host.path(f"{TREE}/jail.d/defaults-debian.conf").read_text()
    if "backend = systemd" not in jails:
        host.write("/var/log/auth.log", "")

        def to_file(number, message):
            stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
            host.append("/var/log/auth.log",
                        f"{stamp} mx sshd[{number}]: {message}\n")
        return to_file
    host.journald()
    # The journal is asked for what _COMM=sshd logged: what is gone before
    # journald looks has none.
    host.run(["cp", "/usr/bin/logger", "/usr/local/sbin/sshd"])
    sshd = host.start(["sshd", "-p", "auth.info", "-t", "sshd"],
                      stdin=subprocess.PIPE)

    def to_journal(number, message):
        sshd.popen.stdin.write(f"{message}\n".encode())
        sshd.popen.stdin.flush()
    return to_journal


def test_the_package_as_installed(host):
    assert check(host) == (0, "")
    log = sshd_log(host)
    host.mailband({}, args=["-c", TREE])
    for number in range(5):
        log(900 + number,
            "Failed password for root from 192.0.2.7 port 4711 ssh2")
    host.wait_banned("sshd", "192.0.2.7")


def test_every_jail_enabled(bare):
    text = bare.path(f"{TREE}/jail.conf").read_text()
    names = set(SECTION.findall(text)) - {"DEFAULT", "INCLUDES"}
    assert len(names) > 80
    bare.write(f"{TREE}/jail.local", "".join(
        f"[{name}]\nenabled = true\n" for name in sorted(names)))
    status, said = check(bare)
    assert status == 0, said
    for line in said.splitlines():
        assert line.startswith("warning: ") and "jail.conf:" in line, line
        assert any(word in line for word in WITHOUT_COUNTERPART), line
    for word in WITHOUT_COUNTERPART:
        assert word in said


def test_each_thing_without_counterpart_is_named(bare):
    bare.write(f"{TREE}/fail2ban.local", "[Definition]\nloglevel = DEBUG\n")
    bare.write(f"{TREE}/jail.local",
               "[sshd]\nenabled = true\nlogencoding = latin-1\n"
               "logtimezone = UTC+0100\nignorecommand = /bin/true <ip>\n"
               "action = %(action_)s\n"
               "    blocklist_de[email=x]\n")
    status, said = check(bare)
    assert status == 0, said
    for where, what in (("fail2ban.local:2", "loglevel"),
                        ("jail.local:3", "logencoding"),
                        ("jail.local:4", "logtimezone"),
                        ("jail.local:5", "ignorecommand"),
                        ("jail.local:6", "blocklist_de")):
        assert re.search(f"warning: .*{re.escape(where)}: .*{what}", said), \
            f"{where} {what}\n{said}"


def test_a_mail_servers_jails(bare):
    bare.write(f"{TREE}/filter.d/custom.conf", "[Definition]\n")
    bare.write("/var/log/mail.log", "")
    start(bare, MAILSERVER)
    for _ in range(2):
        bare.append("/var/log/mail.log", attack.line(
            "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): "
            "user=<x>, method=PLAIN, rip=192.0.2.8, lip=192.0.2.1, TLS"))
        bare.append("/var/log/mail.log", attack.line(
            "NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 "
            "<x@y>: Relay access denied; from=<a@b> to=<x@y> proto=ESMTP "
            "helo=<z>", tag="postfix/smtpd[77]"))
    bare.wait_banned("dovecot", "192.0.2.8")
    bare.wait_banned("postfix", "192.0.2.9")
    bare.mailban("ban", "custom", "192.0.2.10")
    bare.wait_banned("custom", "192.0.2.10")


def test_an_address_of_an_earlier_line(bare):
    """sshd tells the address in one line and the failure in another."""
    bare.write("/var/log/auth.log", "")
    start(bare, "[sshd]\nenabled = true\nmode = aggressive\nmaxretry = 2\n"
                "usedns = no\nbackend = auto\n")
    for number in range(900, 902):
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
        head = f"{stamp} mx sshd[{number}]: "
        bare.append("/var/log/auth.log",
                    f"{head}Connection from 192.0.2.11 port 4711 on "
                    "192.0.2.1 port 22 rdomain \"\"\n"
                    f"{head}Disconnecting: Too many authentication failures "
                    "for root [preauth]\n")
    bare.wait_banned("sshd", "192.0.2.11")


def test_recidive_counts_our_own_bans(bare):
    """Its log is no longer written; what fail2ban left in it counts too."""
    bare.write("/var/log/auth.log", "")
    day = time.strftime("%Y-%m-%d %H:%M:%S,000", time.gmtime())
    bare.write("/var/log/fail2ban.log",
               f"{day} fail2ban.actions        [77]: NOTICE  [sshd] Ban "
               "192.0.2.12\n"
               f"{day} fail2ban.actions        [77]: NOTICE  [sshd] Restore "
               "Ban 192.0.2.12\n")
    daemon = start(bare, "[sshd]\nenabled = true\nusedns = no\n"
                         "[recidive]\nenabled = true\nmaxretry = 3\n")
    daemon.wait_log(r"\[recidive\] Found 192\.0\.2\.12$")
    for count in (2, 3):
        assert "192.0.2.12" not in bare.banned("recidive")
        bare.mailban("ban", "sshd", "192.0.2.12")
        daemon.wait_log(r"\[recidive\] Found 192\.0\.2\.12$", count=count)
        if count == 2:
            bare.mailban("unban", "sshd", "192.0.2.12")
    element = bare.wait_banned("recidive", "192.0.2.12")["192.0.2.12"]
    assert element["timeout"] > 6 * 24 * 3600
