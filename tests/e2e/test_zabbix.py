# SPDX-License-Identifier: GPL-2.0-or-later
"""Zabbix: a real proxy takes what is sent, a real agent answers by key, and it
is what zabbix_sender sends. tests/cli/test_trapper.py has servers that err,
tests/share the template's form.
"""
import collections
import json
import re
import struct

import pytest

import attack
import hosts
from test_metrics import MAIL, counters
from zabbix import AS_ZABBIX, ITEMS, Proxy, SHARE, run_folder

KEYS = ["received", "delivered", "forwarded", "deferred", "bounced",
        "rejected", "held", "discarded", "reject_warnings", "bytes_received",
        "bytes_delivered", "senders", "recipients"]
# What MAIL is to them.
OF_MAIL = {"received": 1, "delivered": 1, "forwarded": 0, "deferred": 1,
           "bounced": 0, "rejected": 1, "held": 0, "discarded": 0,
           "reject_warnings": 0, "bytes_received": 1000,
           "bytes_delivered": 1000, "senders": 1, "recipients": 1}


@pytest.fixture
def running(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({
        "jail.local": attack.jail(),
        "mailban.conf": "[mailban]\nzabbix_interval = 1\n"
                        "zabbix_server = 127.0.0.1\nzabbix_host = mx1\n"})
    for line in MAIL:
        host.append(attack.MAIL_LOG, line)
    hosts.wait_for(lambda: sum(p["logins"] for p in
                               counters(host)["periods"]) == 1)
    return host


@pytest.fixture
def proxy(running):
    return Proxy(running)


def test_a_real_proxy_takes_each_period_once(running, proxy):
    """Each item of the template, and no other: that would be told."""
    def sums():
        found = collections.Counter()
        for key, _, value in proxy.took():
            found[key] += int(value)
        return found
    done = running.mailban("zabbix")
    assert done.stdout == done.stderr == ""
    # It writes what it took a second later.
    hosts.wait_for(lambda: sums()["postfix[received]"])
    # With the time that it is of.
    took = proxy.took()
    assert {key for key, _, _ in took} == set(ITEMS)
    ends = {p["end"]: p for p in counters(running)["periods"]}
    for key, clock, value in took:
        name = re.search(r"\[(\w+)\]", key)[1]
        if key.startswith("postfix"):
            assert int(value) == ends[clock][name]
    running.mailban("zabbix")
    hosts.wait_for(lambda: len(proxy.took()) > len(took))
    found = sums()
    assert {key: found[f"postfix[{key}]"] for key in KEYS} == OF_MAIL
    assert found["mailban[logins]"] == 1
    again = proxy.took()
    of_mail = [(key, clock) for key, clock, _ in again
               if key.startswith("postfix")]
    assert len(of_mail) == len(set(of_mail))


def test_what_the_proxy_does_not_know_is_told(running, proxy):
    done = running.mailban("zabbix", "127.0.0.1:10051", "mx2", check=False)
    assert done.returncode == 1 and "none of the values" in done.stderr
    assert not any(p["taken"] for p in counters(running)["periods"])
    assert running.mailban("zabbix").returncode == 0


def test_zabbix_sender_leaves_the_same(running, proxy):
    running.mailban("zabbix")
    ours = hosts.wait_for(proxy.took)
    proxy.sql("DELETE FROM proxy_history;")
    done = running.run(
        ["zabbix_sender", "-z", "127.0.0.1", "-T", "-i", "-"],
        input="".join(f"mx1 {key} {clock} {value}\n"
                      for key, clock, value in ours))
    assert "failed: 0" in done.stdout
    hosts.wait_for(lambda: proxy.took() == ours)


SERVER = """
import socket, struct
s = socket.create_server(("127.0.0.1", 10051))
print("here", flush=True)
for n in range(2):
    c, _ = s.accept()
    got = b""
    while len(got) < 13 or len(got) < 13 + struct.unpack("<I", got[5:9])[0]:
        got += c.recv(65536)
    open(f"/tmp/request{n}", "wb").write(got)
    text = b'{"response":"success","info":"processed: 1; failed: 0"}'
    c.sendall(b"ZBXD\\1" + struct.pack("<II", len(text), 0) + text)
    c.close()
"""


def test_it_is_what_zabbix_sender_sends(running):
    running.start(["python3", "-c", SERVER]).wait_log("here")
    running.mailban("zabbix")
    ours = running.path("/tmp/request0").read_bytes()
    message = json.loads(ours[13:])
    running.run(["zabbix_sender", "-z", "127.0.0.1", "-T", "-i", "-"],
                input="".join("{host} {key} {clock} {value}\n".format(**row)
                              for row in message["data"][:250]))
    theirs = running.path("/tmp/request1").read_bytes()

    def but_when(frame):
        """All of it but the time of sending and the length of that."""
        text, n = re.subn(rb'"clock":\d+,"ns":\d+}$', b"", frame[13:])
        assert n == 1 and frame[:5] == b"ZBXD\1"
        assert struct.unpack("<II", frame[5:13]) == (len(frame) - 13, 0)
        return text
    assert len(message["data"]) <= 250
    assert but_when(ours) == but_when(theirs)


def test_a_real_agent_answers_by_key(running):
    # Packages put the one there; the other is in the tree.
    text = (SHARE / "zabbix-userparameter.conf").read_text()
    running.write("/etc/zabbix/zabbix_agentd.conf.d/mailban.conf", text)
    running.write("/usr/bin/mailban", "#!/bin/sh\nexec "
                  f"{running.program('mailban')} -s /run/mailban/control "
                  '"$@"\n', 0o755)
    run_folder(running)
    running.run(["usermod", "--append", "--groups", "mailban", "zabbix"])
    running.write("/etc/zabbix/agent.conf",
                  "LogType=console\nPidFile=/run/zabbix/agent.pid\n"
                  "Server=127.0.0.1\nListenIP=127.0.0.1\nTimeout=10\n"
                  "Include=/etc/zabbix/zabbix_agentd.conf.d/*.conf\n")
    agent = running.start([*AS_ZABBIX, "zabbix_agentd", "-f", "-c",
                           "/etc/zabbix/agent.conf"])
    agent.wait_log(r"agent #1 started")

    def get(key):
        # Since 7.0 it fails when the agent has no value.
        done = running.run(["zabbix_get", "-s", "127.0.0.1", "-k", key],
                           check=False)
        return (done.stdout + done.stderr).strip()
    for key in ITEMS:
        assert re.fullmatch(r"\d+", get(key)), key
    assert get("mailban[banned]") == "0"
    running.mailban("ban", "dovecot", "192.0.2.1", "192.0.2.2")
    assert get("mailban[banned]") == "2"
    assert not re.search(r"\d", get("mailban[nosuch]"))
    # It cannot break out of its quotes.
    assert "192.0.2" not in get("postfix[' ; mailban list ; ']")


# A file for import

def test_the_dashboard_asks_for_what_there_is(running):
    text = (SHARE / "grafana-dashboard.json").read_text()
    metrics = running.mailban("metrics").stdout
    known = set(re.findall(r"^(mailban_\w+)(?:\{| )", metrics, re.M))
    panels = json.loads(text)["panels"]
    asked = set(re.findall(r"mailban_\w+", text))
    assert asked <= known and "mailban_alarm_state" in asked
    for panel in panels:
        for target in panel.get("targets", ()):
            assert "mailban_" in target["expr"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
