# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of a real Postfix against the limits of its master.cf."""
import re

import hosts
from test_alarms import alarms, notices, start

SPOOL = "/var/spool/postfix"
# Connections to a port that stay, until its standard input ends: how many it
# has then.
HOLD = """
import socket, sys
held = []
for _ in range(int(sys.argv[1])):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[2])),
                                 timeout=20)
    s.recv(100)
    held.append(s)
print(len(held), flush=True)
sys.stdin.read()
"""


def limit(host, n):
    host.run(["postconf", "-F", f"smtp/inet/process_limit={n}"])
    host.run(["postfix", "reload"])


def services(host):
    return {(s["name"], s["type"]): s for s in host.status()["services"]}


def really(host, name, kind):
    """What ps has of it: the service's own command line."""
    text = host.run(["ps", "-eo", "args"]).stdout
    return len(re.findall(rf"^{name}.* -t {kind} ", text, re.M))


def hold(host, n, port=25):
    held = host.start(["python3", "-c", HOLD, n, port], stdin=-1)
    hosts.wait_for(lambda: f"{n}\n" in held.log(), what="connections")
    return held


def test_a_limit_that_is_nearly_reached(host, tally):
    host.write("/var/log/own.log", "")
    start(host)
    hosts.wait_for(lambda: services(host).get(("smtp", "inet")),
                   what="a count", every=0.1)
    assert services(host)["smtp", "inet"]["limit"] == 100
    assert services(host)["qmgr", "unix"] == {
        "directory": SPOOL, "name": "qmgr", "type": "unix", "processes": 1,
        "limit": 1}
    assert ("cleanup", "unix") not in services(host)
    assert "processes" not in alarms(host)
    # Somebody's own process of that name, and the one he shows, are none.
    host.run(["sh", "-c", "setpriv --reuid nobody --clear-groups "
              "sh -c 'exec -a smtpd sleep 60' -n smtp -t inet 2>/dev/null &"])
    limit(host, 10)
    held = hold(host, 9)
    assert really(host, "smtpd", "inet") >= 9
    hosts.wait_for(lambda: services(host)["smtp", "inet"]["processes"] ==
                   really(host, "smtpd", "inet"), what="nine", every=0.2)
    # The limit is the new one, though mailband was told nothing.
    alarm = hosts.wait_for(lambda: alarms(host).get("processes"),
                           what="the alarm", every=0.2)
    assert alarm["level"] == "warning" and alarm["subject"] == SPOOL
    assert alarm["text"].startswith(
        f"{SPOOL}: 9 of at most 10 processes of smtp/inet, since ")
    assert "postconf -F 'smtp/inet/process_limit = 20'; postfix reload" in \
        alarm["next"]
    assert "smtp/inet 9 of 10" in host.mailban("status").stdout
    metrics = host.mailban("metrics").stdout
    label = f'{{directory="{SPOOL}",service="smtp",type="inet"}}'
    assert f"mailban_service_processes{label} 9\n" in metrics
    assert f"mailban_service_process_limit{label} 10\n" in metrics
    assert 'mailban_alarm_state{alarm="processes"} 1\n' in metrics
    # All of them: nobody else gets in.
    more = hold(host, 1)
    hosts.wait_for(lambda: alarms(host)["processes"]["level"] == "critical",
                   what="a critical alarm", every=0.2)
    tally.fault("a service of Postfix had all processes that it may have")
    # What it says helps, at once.
    limit(host, 20)
    hosts.wait_for(lambda: "processes" not in alarms(host),
                   what="recovery", every=0.2)
    assert [n["MAILBAN_NEWS"] for n in notices(host, "processes")] == \
        ["raised", "worse", "recovered"]
    more.kill()
    held.kill()
    # A Postfix that ends has none.
    host.run(["postfix", "stop"])
    hosts.wait_for(lambda: services(host)["smtp", "inet"]["processes"] == 0,
                   what="none", every=0.2)
