# SPDX-License-Identifier: GPL-2.0-or-later
"""Dovecot and Postfix under attack by clients on the network."""
import time

import pytest

import attack
import hosts
import mailhost

JAIL = {"imap": "dovecot", "pop3": "dovecot", "smtp": "postfix-sasl"}


def jails(backend, **keys):
    return {"jail.local":
            attack.jail("dovecot", backend=backend, port="imap,pop3", **keys) +
            attack.jail("postfix-sasl", backend=backend, port="smtp", **keys)}


@pytest.fixture
def start(new_host, join):
    """Start a mail host with mailban, and its clients."""
    def start(log, clients, **keys):
        server = new_host()
        made = [new_host(name) for name in clients]
        join(server, *made)
        getattr(server, log)()
        mailhost.start(server)
        daemon = server.mailband(jails(
            "systemd" if log == "journald" else "auto", **keys))
        return server, daemon, made
    return start


def fail_to_login(client, kind, address):
    assert mailhost.login(client, kind, address,
                          password="guess") == "denied"


@pytest.mark.parametrize("family", ["ip4", "ip6"])
@pytest.mark.parametrize("log", ["journald", "rsyslogd"])
def test_the_attacker_gets_no_answer(start, log, family):
    server, daemon, clients = start(log, [*mailhost.KINDS, "friend"])
    friend = clients.pop()
    address = getattr(server, family)
    for kind, attacker in zip(mailhost.KINDS, clients):
        jail, rip = JAIL[kind], getattr(attacker, family)
        before = server.status(jail)["total_failed"]
        for _ in range(2):
            fail_to_login(attacker, kind, address)
        hosts.wait_for(
            lambda: server.status(jail)["total_failed"] == before + 2,
            what=f"two failures by {kind} counted")
        assert rip not in server.banned(jail)
        fail_to_login(attacker, kind, address)
        server.wait_banned(jail, rip)
        assert mailhost.login(attacker, kind, address, timeout=2) == "silent"
        # The jail's ports only, the attacker only.
        other = "imap" if kind == "smtp" else "smtp"
        assert mailhost.login(attacker, other, address) == "ok"
        assert mailhost.login(friend, kind, address) == "ok"
    daemon.wait_log(r"NOTICE +\[\S+\] Ban ", count=3)
    # Each dropped SYN was counted at its element.
    for kind, attacker in zip(mailhost.KINDS, clients):
        element = server.banned(JAIL[kind])[getattr(attacker, family)]
        assert element["counter"]["packets"] > 0


def test_after_bantime_it_can_connect_again(start):
    bantime = 12
    server, daemon, (attacker,) = start(
        "rsyslogd", ["attacker"], bantime=f"{bantime}s", maxretry=1)
    for address, rip in ((server.ip4, attacker.ip4),
                         (server.ip6, attacker.ip6)):
        began = time.monotonic()
        fail_to_login(attacker, "imap", address)
        server.wait_banned("dovecot", rip)
        assert mailhost.login(attacker, "imap", address, timeout=1) == "silent"
        hosts.wait_for(lambda: mailhost.login(
            attacker, "imap", address, timeout=5) == "ok")
        # A mail log has whole seconds, so the ban may count from a bit earlier.
        assert time.monotonic() - began >= bantime - 1
        daemon.wait_log(rf"NOTICE +\[dovecot\] Unban {rip}$")
        assert rip not in server.status("dovecot")["addresses"]


def test_an_ignored_client_may_fail(start):
    server, daemon, (friend, attacker) = start(
        "rsyslogd", ["friend", "attacker"], maxretry=1,
        ignoreip="192.0.2.0/24 198.51.100.2 fd00::2/128")
    for address in (server.ip4, server.ip6):
        fail_to_login(friend, "imap", address)
    fail_to_login(attacker, "imap", server.ip4)
    server.wait_banned("dovecot", attacker.ip4)
    assert list(server.banned("dovecot")) == [attacker.ip4]
    assert mailhost.login(friend, "imap", server.ip4) == "ok"
    assert mailhost.login(friend, "imap", server.ip6) == "ok"
