# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts of a real Postfix and Dovecot that are somebody else's now."""
import json
import re

import pytest

import attack
import hosts
import mailhost

CONF = """[mailban]
user = mailban
[alarms]
interval = 1
recipients = 20 50
returned = 25% 50%
hold = /usr/local/bin/hold
"""
JAILS = (attack.jail("dovecot", maxretry=1000) +
         attack.jail("postfix-sasl", maxretry=1000))
HOLD = """#!/usr/bin/python3
import json, os, sys
with open("/srv/held", "a") as f:
    f.write(json.dumps([os.getuid(), sys.argv[1:]]) + "\\n")
"""
# Nobody is logged in; who reads the log must not believe otherwise.
FORGE = """
import smtplib, sys
s = smtplib.SMTP(sys.argv[1], timeout=20)
s.ehlo("x")
for name in ("boss", "alice"):
    assert s.docmd('MAIL FROM:<x@example.net> AUTH="y, sasl_username=%s, '
                   'orig_queue_id=ABCDEF"' % name)[0] == 250
    assert s.rcpt("alice@mx.example.org")[0] == 250
    assert s.data("Subject: x\\r\\n\\r\\nx\\r\\n")[0] == 250
s.quit()
"""


@pytest.fixture
def pair(new_host, join):
    server, client = new_host(), new_host("client")
    join(server, client)
    server.rsyslogd()
    mailhost.start(server)
    server.append("/etc/postfix/main.cf", """
defer_transports = smtp
local_recipient_maps =
""")
    server.run(["postfix", "reload"])
    server.write("/usr/local/bin/hold", HOLD, 0o755)
    server.path("/srv").chmod(0o777)
    server.daemon = server.mailband(
        {"mailban.conf": CONF, "jail.local": JAILS})
    return server, client


def send(server, client, domain, messages, each):
    client.run(["python3", "-c", mailhost.SEND, server.ip4, domain, messages,
                each])


def accounts(server, *args):
    told = json.loads(
        server.mailban("accounts", "--json", *args, check=False).stdout
        or "{}")
    return {a["name"]: a for a in told.get("accounts", ())}


def alarm(server, name, level, least=0):
    def look():
        return next((a for a in server.status()["alarms"]
                     if a["name"] == name and a["level"] == level and
                     a["value"] >= least), None)
    return hosts.wait_for(look, what=f"{name} is {level}", every=0.2)


def held(server):
    """The ids of each time that something was to be held, as whom."""
    path = server.path("/srv/held")
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def on_hold(server):
    return set(server.run(["ls", "/var/spool/postfix/hold"]).stdout.split())


def queued(server):
    return {json.loads(line)["queue_id"] for line in
            server.run(["postqueue", "-j"]).stdout.splitlines()}


def test_an_account_that_sends_too_much(pair, tally):
    server, client = pair
    send(server, client, "example.com", 3, 30)
    told = alarm(server, "recipients", "critical", 90)
    tally.fault("an account that was taken over")
    assert told["subject"] == "alice" and told["value"] == 90
    assert "alice: mail to " in told["text"] and client.ip4 in told["text"]
    ids = queued(server)
    assert len(ids) == 3 and all(i in told["text"] for i in ids)
    # Once each, as the daemon's user, in the form of postsuper's options.
    (uid, argv), = hosts.wait_for(
        lambda: len([i for _, a in held(server) for i in a[1::2]]) >= 3 and
        [(u, a) for u, a in held(server)][-1:], every=0.1)
    assert uid == int(server.run(["id", "-u", "mailban"]).stdout)
    calls = [a for _, a in held(server)]
    assert all(set(a[::2]) == {"-h"} for a in calls)
    assert sorted(i for a in calls for i in a[1::2]) == sorted(ids)
    for call in calls:
        server.run(["postsuper", *call])
    assert on_hold(server) == ids
    rounds = json.loads(server.mailban("top", "--json", "-i", "1").stdout)
    assert rounds["accounts"][0]["name"] == "alice"
    row, = re.findall(r"^alice +90 .*", server.mailban(
        "top", "-i", "1").stdout, re.M)
    assert "recipients" in row
    # What it says to type does the same.
    server.run(["postsuper", "-H", "ALL"])
    hosts.wait_for(lambda: not on_hold(server), every=0.1)
    first, second = told["next"].split("; ")
    assert first == "mailban accounts --ids alice | postsuper -h -"
    assert second == "a new password, then: doveadm kick alice"
    server.run(["sh", "-c", first.replace(
        "mailban ", f"{server.program('mailban')} ", 1)])
    assert on_hold(server) == ids
    server.run(["sh", "-c", second.split(": ")[1]], check=False)


def test_it_knows_them_again(pair):
    server, client = pair
    send(server, client, "example.com", 2, 10)
    hosts.wait_for(
        lambda: accounts(server).get("alice", {}).get("recipients") == 20,
        every=0.1)
    server.daemon.stop()
    server.mailband({"mailban.conf": CONF, "jail.local": JAILS})
    alice = accounts(server, "alice")["alice"]
    assert alice["recipients"] == 20
    assert set(alice["open"]) == queued(server)
    done = server.mailban("accounts")
    assert "alice" in done.stdout and "Usual" in done.stdout
    done = server.mailban("accounts", "Alice")
    assert "in the queue: 2" in done.stdout
    done = server.mailban("accounts", "bob", check=False)
    assert done.returncode == 1 and "'bob'" in done.stderr


def test_mail_that_comes_back(pair):
    server, client = pair
    send(server, client, "mx.example.org", 3, 8)
    told = alarm(server, "returned", "critical")
    assert told["subject"] == "alice" and told["value"] > 50


def test_a_guess_that_was_right(pair):
    server, client = pair
    for i in range(6):
        assert mailhost.login(client, "imap", server.ip4, f"bob{i}",
                              "guess") == "denied"
    assert mailhost.login(client, "smtp", server.ip4, "eve",
                          "guess") == "denied"
    assert mailhost.login(client, "imap", server.ip4) == "ok"
    told = alarm(server, "guessed_login", "warning")
    assert told["subject"] == "alice"
    assert f"logged in from {client.ip4}, which failed on " in told["text"]
    assert told["next"].endswith("doveadm kick alice")
    # Who was never let in is no account.
    assert set(accounts(server)) == {"alice"}


def test_what_a_client_says_is_no_account(pair, tally):
    server, client = pair
    before = accounts(server).get("alice", {}).get("addresses", [])
    client.run(["python3", "-c", FORGE, server.ip4])
    tally.bad_input("AUTH= that goes on like a log line", 2)
    hosts.wait_for(lambda: "sasl_username=boss" in
                   server.path("/var/log/mail.log").read_text())
    send(server, client, "example.com", 1, 1)
    hosts.wait_for(lambda: accounts(server).get("alice", {}).get(
        "recipients") == 1, every=0.1)
    assert set(accounts(server)) == {"alice"}
    assert client.ip4 not in before
