# SPDX-License-Identifier: GPL-2.0-or-later
"""Zabbix: what is sent is what zabbix_sender sends, and the answer is read."""
import json
import re
import struct

import pytest

import attack
import hosts
from test_metrics import MAIL, counters

SHARE = hosts.REPO / "share"
# Of zabbix_sender 6.0.14 (Debian 12, zabbix-agent), run as
#   zabbix_sender -z 127.0.0.1 -T -i -
# with the lines "mx1 postfix[received] 1700000000 12" and the like.
RECORDED = (
    b'ZBXD\x01\xd5\x00\x00\x00\x00\x00\x00\x00{"request":"sender data","data":'
    b'[{"host":"mx1","key":"postfix[received]","value":"12",'
    b'"clock":1700000000},{"host":"mx1","key":"postfix[rejected]",'
    b'"value":"0","clock":1700000000}],"clock":1795315906,"ns":588747315}')
KEYS = ["received", "delivered", "forwarded", "deferred", "bounced",
        "rejected", "held", "discarded", "reject_warnings", "bytes_received",
        "bytes_delivered", "senders", "recipients"]

SERVER = """
import socket, struct, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 10051))
s.listen(1)
print("here", flush=True)
while True:
    c, _ = s.accept()
    got = b""
    while len(got) < 13 or len(got) < 13 + struct.unpack("<I", got[5:9])[0]:
        piece = c.recv(65536)
        if not piece:
            break
        got += piece
    open("/tmp/request", "wb").write(got)
    c.sendall(open("/tmp/answer", "rb").read())
    c.close()
"""


def frame(text):
    return b"ZBXD\1" + struct.pack("<II", len(text), 0) + text


def answer(failed, processed=25):
    return frame(json.dumps({"response": "success", "info":
                             f"processed: {processed}; failed: {failed}; "
                             f"total: {processed + failed}; seconds spent: "
                             "0.000055"}).encode())


@pytest.fixture
def running(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": attack.jail()})
    for line in MAIL:
        host.append(attack.MAIL_LOG, line)
    hosts.wait_for(lambda: counters(host)["total"]["logins"] == 1)
    host.run(["ip", "link", "set", "lo", "up"])
    server = host.start(["python3", "-c", SERVER])
    server.wait_log("here")
    return host


def send(host, reply, *args):
    host.path("/tmp/answer").write_bytes(reply)
    return host.mailban("zabbix", *args, "127.0.0.1", "mx1", check=False)


def sent(host):
    whole = host.path("/tmp/request").read_bytes()
    assert whole[:5] == b"ZBXD\1"
    assert struct.unpack("<II", whole[5:13]) == (len(whole) - 13, 0)
    return {row["key"]: row["value"]
            for row in json.loads(whole[13:])["data"]}


def test_it_is_what_zabbix_sender_sends(running):
    assert send(running, answer(0)).returncode == 0
    ours = running.path("/tmp/request").read_bytes()
    message = json.loads(ours[13:])
    # Theirs with our values in it is ours, to the last byte.
    theirs = json.loads(RECORDED[13:])
    row = theirs["data"][0]
    theirs["data"] = [{key: mine[key] for key in row}
                      for mine in message["data"]]
    theirs |= {"clock": message["clock"], "ns": message["ns"]}
    assert ours == frame(json.dumps(theirs, separators=(",", ":")).encode())
    again = json.dumps(json.loads(RECORDED[13:]), separators=(",", ":"))
    assert RECORDED == frame(again.encode())


def test_the_thirteen_are_whole_numbers(running):
    send(running, answer(0))
    found = sent(running)
    assert [k for k in found if k.startswith("postfix")] == \
        [f"postfix[{key}]" for key in KEYS]
    assert all(re.fullmatch(r"\d+", value) for value in found.values())
    assert found["postfix[received]"] == found["postfix[senders]"] == "1"
    assert found["postfix[bytes_received]"] == "1000"
    assert found["postfix[rejected]"] == found["mailban[logins]"] == "1"


def test_a_period_ends_when_it_was_taken(running):
    assert send(running, answer(25, 0)).returncode == 1
    assert sent(running)["postfix[received]"] == "1"
    assert send(running, b"").returncode == 2
    assert sent(running)["postfix[received]"] == "1"
    assert send(running, answer(0)).returncode == 0
    assert sent(running)["postfix[received]"] == "1"
    assert send(running, answer(0)).returncode == 0
    assert sent(running)["postfix[received]"] == "0"


def test_success_with_failures_is_none(running):
    done = send(running, answer(2, 23))
    assert done.returncode == 1
    assert "23 values and not 2" in done.stderr and "mx1" in done.stderr


@pytest.mark.parametrize("reply", [
    b"", b"ZBXD", answer(0)[:-1], b"HTTP/1.0 400 Bad Request\r\n\r\n",
    frame(b"[]"), frame(b"{"), frame(b""), frame(b'{"response":"failed"}'),
    frame(b'{"response":"success"}'),
    frame(b'{"response":"success","info":"processed: x; failed: 0"}'),
    frame(b'{"response":"success","info":"processed: 1; failed: -1"}'),
    b"ZBXD\3" + answer(0)[5:], b"ZBXD\1\xff\xff\xff\xff\0\0\0\0",
], ids=range(13))
def test_other_answers(running, reply):
    done = send(running, reply)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert counters(running)["period"]["received"] == 1


def test_nobody_there(running):
    done = running.mailban("zabbix", "127.0.0.1:1", check=False)
    assert done.returncode == 2 and "refused" in done.stderr
    for server in ("", "[::1", "a:", "[::1]x"):
        assert running.mailban("zabbix", server,
                               check=False).returncode == 2


def test_the_template_has_every_key(running):
    send(running, answer(0))
    text = (SHARE / "zabbix-template.yaml").read_text()
    assert set(re.findall(r"^ +key: '(.*)'$", text, re.M)) == \
        set(sent(running))
    uuids = re.findall(r"uuid: (.*)", text)
    assert len(set(uuids)) == len(uuids)
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", u)
               for u in uuids)
    # What triggers ask for is there.
    for key in re.findall(r"/mailban/([\w\[\]]+)", text):
        assert f"key: '{key}'" in text


def test_the_dashboard_asks_for_what_there_is(running):
    text = (SHARE / "grafana-dashboard.json").read_text()
    metrics = running.mailban("metrics").stdout
    known = set(re.findall(r"^# TYPE (\w+)", metrics, re.M))
    known |= {f"{name}_total" for name in known}
    asked = set(re.findall(r"mailban_\w+", text))
    assert asked <= known
    ids = [panel["id"] for panel in json.loads(text)["panels"]]
    assert len(set(ids)) == len(ids)
