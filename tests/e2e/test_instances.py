# SPDX-License-Identifier: GPL-2.0-or-later
"""Two instances of a real Postfix on one host (postmulti(1))."""
import json

import pytest

import attack
import hosts
import mailhost
from test_alarms import CONF, alarms
from test_processes import hold

OUT = "/etc/postfix-out"
SPOOLS = "/var/spool/postfix", "/var/spool/postfix-out"
PORT = 2525  # of the second one's smtpd

# Mail to elsewhere, from this host; or one that is refused, from another.
SEND = """
import smtplib, sys
host, port, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for i in range(n):
    with smtplib.SMTP(host, port, timeout=20) as s:
        try:
            s.sendmail(f"bulk{i}@mx.example.org", ["a@elsewhere.example"],
                       "Subject: x\\r\\n\\r\\nx\\r\\n")
        except smtplib.SMTPRecipientsRefused as e:
            print(e)
"""


def postfix_out(host):
    """As MULTI_INSTANCE_README makes one, with a port of its own."""
    host.run(["postmulti", "-e", "init"])
    host.run(["postmulti", "-I", "postfix-out", "-G", "mta", "-e", "create"])
    host.run(["postconf", "-c", OUT, "-X", "master_service_disable"])
    host.run(["postconf", "-c", OUT, "-e", "smtpd_peername_lookup=no",
              "defer_transports=smtp",
              "smtpd_tls_security_level=none",
              "smtpd_relay_restrictions=permit_mynetworks,"
              "reject_unauth_destination"])
    host.run(["postconf", "-c", OUT, "-MX", "smtp/inet"])
    host.run(["postconf", "-c", OUT, "-Me",
              f"{PORT}/inet={PORT} inet n - n - 7 smtpd"])
    # Nothing of it is in a chroot that has no files.
    host.run(["postconf", "-c", OUT, "-F", "*/unix/chroot=n"])
    host.run(["postmulti", "-i", "postfix-out", "-e", "enable"])
    host.run(["postmulti", "-i", "postfix-out", "-p", "start"])


def send(host, to, n, port=PORT):
    return host.run(["python3", "-c", SEND, to, port, n]).stdout


@pytest.fixture(params=["journal", attack.MAIL_LOG])
def two(request, new_host, join):
    host, other = new_host(), new_host("other.example.org")
    join(host, other)
    host.other = other
    host.log, jail = request.param, {}
    if host.log == "journal":
        host.journald()
        jail = {"backend": "systemd"}
    else:
        host.rsyslogd()
        host.write(host.log, "")
        host.run(["chgrp", "adm", host.log])
    mailhost.start(host)
    postfix_out(host)
    host.daemon = host.mailband({
        "mailban.conf": CONF.format(more="mail_down = off 2s\n"),
        "jail.local": attack.jail("postfix", maxretry=2, usedns="no",
                                  **jail)})
    hosts.wait_for(lambda: {q["directory"] for q in host.status()["queues"]} ==
                   set(SPOOLS), what="both queues", every=0.2)
    return host


def deferred(host):
    return {q["directory"]: q["messages"] for q in host.status()["queues"]
            if q["name"] == "deferred"}


def test_each_for_itself(two, tally):
    # Its queue is its own, and all of them is what a plugin counts.
    assert send(two, "127.0.0.1", 3) == ""
    hosts.wait_for(lambda: deferred(two) == dict(zip(SPOOLS, (0, 3))),
                   what="three messages that wait", every=0.2)
    check = [two.program("mailban"), "check", "queue"]
    assert "deferred=3;" in two.run(check).stdout
    for directory, n in (("/etc/postfix", 0), (OUT, 3)):
        assert f"deferred={n};" in two.run([*check, "-d", directory]).stdout
    # So are its processes, and their limits.
    services = {(s["directory"], s["name"]): s
                for s in two.status()["services"]}
    assert services[SPOOLS[1], str(PORT)]["limit"] == 7
    assert services[SPOOLS[1], "qmgr"]["processes"] == 1
    assert services[SPOOLS[0], "qmgr"]["processes"] == 1
    assert (SPOOLS[0], str(PORT)) not in services
    # Whoever fails at it is banned, by "postfix-out/smtpd".
    assert "Relay access denied" in send(two.other, two.ip4, 2)
    two.wait_banned("postfix", two.other.ip4)
    tally.fault("an attack on a second instance of Postfix")
    # What it logs is mail like any other's.
    report = two.mailban("report", two.log).stdout
    assert "      3   received" in report
    listed = two.run(["postqueue", "-c", OUT, "-j"]).stdout.splitlines()[0]
    queue_id = json.loads(listed)["queue_id"]
    assert "bulk" in two.mailban("trace", queue_id, two.log).stdout
    # It ends alone.
    two.run(["postmulti", "-i", "postfix-out", "-p", "stop"])
    alarm = hosts.wait_for(lambda: alarms(two).get("mail_down"),
                           what="its end", every=0.2)
    assert alarm["subject"] == "postfix-out"
    two.run(["postmulti", "-i", "postfix-out", "-p", "start"])
    hosts.wait_for(lambda: "mail_down" not in alarms(two),
                   what="its beginning", every=0.2)
    tally.fault("one of two instances of Postfix that ends")


def test_one_that_is_no_more(two):
    """Its alarm ends with it, and the other's is the other's."""
    held = hold(two, 6, PORT)
    alarm = hosts.wait_for(lambda: alarms(two).get("processes"),
                           what="the alarm", every=0.2)
    assert alarm["subject"] == SPOOLS[1]
    assert f"6 of at most 7 processes of {PORT}/inet" in alarm["text"]
    # What postconf does not say, as where all is busy, is as it was.
    two.run(["mkfifo", "-m", "666", "/etc/asked"])
    two.run(["mv", "/usr/sbin/postconf", "/usr/sbin/postconf.is"])
    two.write("/usr/sbin/postconf",
              "#!/bin/sh\nread x </etc/asked\nexit 1\n", 0o755)
    for _ in range(8):
        two.run(["sh", "-c", "echo >/etc/asked"])
    assert alarms(two)["processes"]["subject"] == SPOOLS[1]
    assert {s["directory"] for s in two.status()["services"]} == set(SPOOLS)
    two.run(["mv", "/usr/sbin/postconf.is", "/usr/sbin/postconf"])
    # One that waits there is let go.
    two.run(["sh", "-c", ": <>/etc/asked"])
    two.run(["postconf", "-e", "multi_instance_directories="])
    hosts.wait_for(lambda: "processes" not in alarms(two), what="its end",
                   every=0.2)
    assert {s["directory"] for s in two.status()["services"]} == {SPOOLS[0]}
    held.kill()
