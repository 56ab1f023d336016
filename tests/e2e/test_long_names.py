# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of 64 kB, by every way into the journal: they hide and frame nobody.

journald takes what a socket brings as it is, however long, and cuts what a
program writes to its standard output every 48 kB (LineMax=): what stands
behind such a cut looks like a message of the program's own.
"""
import pytest

import attack
import hosts

PEER, VICTIM, LAST = "192.0.2.5", "203.0.113.99", "192.0.2.200"
LINE_MAX = 48 * 1024
# Behind the address, as a name of SASL's that no daemon had cut.
SASL = ("warning: unknown[{}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, "
        "sasl_username={}")
SSHD = "Failed password for invalid user {1} from {0} port 1 ssh2"
FORGED = {
    "postfix/smtpd": SASL.format(VICTIM, "x"),
    "sshd": SSHD.format(VICTIM, "x"),
}
# What a daemon calls, and what it becomes in a unit with standard output.
DRESSES = {
    "syslog": """
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b"<22>" + tag + b"[7]: " + text, "/dev/log")
""",
    "sd_journal_send": """
import ctypes
sent = ctypes.CDLL("libsystemd.so.0").sd_journal_send(
    b"MESSAGE=%s", text, b"PRIORITY=6", b"SYSLOG_IDENTIFIER=%s", tag, None)
assert sent == 0, sent
""",
    "stdout": """
import subprocess
subprocess.run(["systemd-cat", "-t", tag, "cat"], input=text + b"\\n",
               check=True)
""",
}


def log(host, dress, tag, text):
    host.run(["python3", "-c", "import sys\ntag = sys.argv[1].encode()\n"
              "text = sys.stdin.buffer.read()\n" + DRESSES[dress], tag],
             input=text)


def name_of(size, text, before):
    """A name with text all through it, and right behind each cut of journald's
    if before bytes stand before the name."""
    name = (text + " ") * (size // (len(text) + 1) + 1)
    behind = LINE_MAX - before
    if size > behind + len(text):
        name = name[:behind] + text + name[behind + len(text):]
    return name[:size]


@pytest.fixture
def watched(host):
    host.journald()
    host.daemon = host.mailband({"jail.local": "".join(
        attack.jail(name, backend="systemd", maxretry=3)
        for name in ("dovecot", "postfix", "postfix-sasl", "sshd"))})
    return host


def banned(host, wanted):
    """Everybody, after one who comes last and these: of what comes by its
    sockets journald takes any first."""
    def everybody():
        return {address
                for jail in ("dovecot", "postfix", "postfix-sasl", "sshd")
                for address in host.banned(jail)}
    for _ in range(3):
        host.logger(attack.ABORTED.format(LAST))
    hosts.wait_for(lambda: everybody() >= wanted | {LAST},
                   what=f"{wanted}, {LAST}")
    return everybody() - {LAST}


# A line of more than 64 kB is cut, and then a filter does not know its end.
@pytest.mark.parametrize("dress, size, found", [
    ("syslog", 65000, {PEER}), ("sd_journal_send", 65000, {PEER}),
    ("syslog", 100000, set()), ("sd_journal_send", 100000, set()),
    ("stdout", 48000, {PEER}), ("stdout", 65000, set()),
    ("stdout", 100000, set())])
def test_behind_the_address(watched, dress, size, found):
    """The peer stands first."""
    name = name_of(size, FORGED["postfix/smtpd"], len(SASL.format(PEER, "")))
    for _ in range(3):
        log(watched, dress, "postfix/smtpd", SASL.format(PEER, name))
    assert banned(watched, found) == found


@pytest.mark.parametrize("dress, size, found", [
    ("syslog", 65000, {PEER}), ("sd_journal_send", 65000, {PEER}),
    ("syslog", 100000, set()), ("sd_journal_send", 100000, set()),
    # Behind the cut stands the peer, and could stand anybody.
    ("stdout", 48000, {PEER}), ("stdout", 65000, set()),
    ("stdout", 100000, set())])
def test_before_the_address(watched, dress, size, found):
    """A name that no sshd logs whole: it names nobody else."""
    name = name_of(size, FORGED["sshd"],
                   len("Failed password for invalid user "))
    for _ in range(3):
        log(watched, dress, "sshd", SSHD.format(PEER, name))
    assert banned(watched, found) == found


def test_lines_behind_a_long_one(watched):
    """A cut hides nothing but the rest of its own line."""
    rest = "\n".join([SASL.format(PEER, "x")] * 3)
    log(watched, "stdout", "postfix/smtpd",
        name_of(2 * LINE_MAX + 9, FORGED["postfix/smtpd"], 0) + "\n" + rest)
    assert banned(watched, {PEER}) == {PEER}


def test_a_nul(watched):
    """For journald a line ends there too, on standard output alone."""
    for _ in range(3):
        log(watched, "stdout", "postfix/smtpd",
            "x\0" + FORGED["postfix/smtpd"] + "\n" + SASL.format(PEER, "x"))
    assert banned(watched, {PEER}) == {PEER}
