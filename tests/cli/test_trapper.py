# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban zabbix, between a daemon and a server that are made up: what a
server can do wrong, and many periods. tests/e2e/test_zabbix.py has real ones.
"""
import json
import socket
import struct
import threading
import time

import pytest

from test_cli import daemon, mailban  # noqa: F401: a fixture

NUMBERS = ["received", "delivered", "forwarded", "deferred", "deferrals",
           "bounced", "rejected", "held", "discarded", "reject_warnings",
           "bytes_received", "bytes_delivered", "senders", "recipients",
           "expired", "saved", "logins", "attacks", "lines", "unknown"]
# Of each period, and of a message besides.
A_PERIOD, STATUS = 18, 7


def frame(text, head=b"ZBXD\1"):
    return head + struct.pack("<II", len(text), 0) + text


def answer(failed=0, processed=25):
    return frame(json.dumps({"response": "success", "info":
                             f"processed: {processed}; failed: {failed}; "
                             f"total: {processed + failed}; seconds spent: "
                             "0.000055"}).encode())


class Server:
    """Takes a message, then does with the peer what the test says."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.messages = []
        self.over = threading.Event()
        self.reply = lambda peer: peer.sendall(answer())
        self.reads = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listening.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(20)
                try:
                    if self.reads:
                        self.messages.append(self.read(peer))
                    self.reply(peer)
                except OSError:
                    pass

    @staticmethod
    def read(peer):
        got = b""
        while len(got) < 13 or \
                len(got) < 13 + struct.unpack("<I", got[5:9])[0]:
            piece = peer.recv(65536)
            if not piece:
                break
            got += piece
        assert got[:5] == b"ZBXD\1" and got[9:13] == b"\0" * 4
        return json.loads(got[13:])

    def says(self, *replies):
        """Each to one peer, the last to all others."""
        left = list(replies)
        self.reply = lambda peer: peer.sendall(
            left.pop(0) if len(left) > 1 else left[0])

    def close(self):
        self.over.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(10)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def tell(daemon, periods=1, taken=0, marks=1, value=7, **status):
    """What the daemon says: its status, the counters, each mark."""
    daemon.will_say({"uptime": 100, "bans_refused": 0, "errors": 0,
                     "jails": [{"name": "dovecot", "failed": 1, "banned": 2,
                                "total_failed": 3, "total_banned": 4}] * 2, **status})
    daemon.will_say({"total": {}, "hours": [], "periods": [
        {"id": i, "end": 1700000000 + 1800 * i, "taken": i <= taken,
         **{name: value for name in NUMBERS}} for i in range(1, periods + 1)]})
    for _ in range(marks):
        daemon.will_say(None)


def send(daemon, server, *args, host="mx1", **env):
    return mailban(daemon, "zabbix", *args, f"127.0.0.1:{server.port}", host,
                   **env)


def marked(daemon):
    return [asked["id"] for asked in daemon.asked()
            if asked["command"] == "mark"]


def test_many_periods_go_by_some(daemon, server):
    tell(daemon, 96, 3, marks=8)
    server.says(answer(), answer(0, 216))
    assert send(daemon, server).returncode == 0
    assert [len(m["data"]) for m in server.messages] == \
        [12 * A_PERIOD + STATUS] + [12 * A_PERIOD] * 6 + [9 * A_PERIOD]
    rows = [row for m in server.messages for row in m["data"]]
    found = {(row["key"], row["clock"]) for row in rows}
    assert len(found) == len(rows) == 93 * A_PERIOD + STATUS
    # Not what the server has; each of the others with its own end.
    clocks = {clock for key, clock in found if key == "postfix[received]"}
    assert clocks == {1700000000 + 1800 * i for i in range(4, 97)}
    assert marked(daemon) == [15, 27, 39, 51, 63, 75, 87, 96]


def test_one_that_fails_ends_it(daemon, server):
    tell(daemon, 30)
    server.says(answer(), b"")
    assert send(daemon, server).returncode == 2
    assert len(server.messages) == 2 and marked(daemon) == [12]


def test_nothing_new_sends_what_holds_now(daemon, server):
    tell(daemon, 5, 5)
    assert send(daemon, server).returncode == 0
    message, = server.messages
    assert {row["key"]: row["value"] for row in message["data"]} == {
        "mailban[uptime]": "100", "mailban[bans_refused]": "0",
        "mailban[errors]": "0", "mailban[failed]": "2",
        "mailban[banned]": "4", "mailban[total_failed]": "6",
        "mailban[total_banned]": "8"}
    assert marked(daemon) == []


def test_how_alarms_stand_is_sent(daemon, server):
    tell(daemon, 5, 5, alarm_states={"disk_free": 2, "io": 0})
    assert send(daemon, server).returncode == 0
    message, = server.messages
    sent = {row["key"]: row["value"] for row in message["data"]}
    assert sent["mailban[alarm_disk_free]"] == "2"
    assert sent["mailban[alarm_io]"] == "0" and len(sent) == STATUS + 2


@pytest.mark.parametrize("host", [
    "Gr\u00f6\u00dfe \u90f5\u4fbf", 'a"b\\c\td', "\U0001f4ec" * 2000],
    ids=["letters", "quotes", "long"])
def test_names_and_numbers_arrive_as_they_are(daemon, server, host):
    tell(daemon, 12, value=2**63 - 1)
    assert send(daemon, server, host=host).returncode == 0
    message, = server.messages
    assert {row["host"] for row in message["data"]} == {host}
    assert {row["value"] for row in message["data"]
            if row["key"].startswith("postfix")} == {str(2**63 - 1)}


def test_what_is_no_text_is_not_sent(daemon, server):
    tell(daemon)
    done = send(daemon, server, host=b"mx\xff")
    assert done.returncode == 2 and "UTF-8" in done.stderr
    assert server.messages == []


def test_the_server_of_the_settings(daemon, server):
    daemon.will_say({"zabbix_server": f"localhost:{server.port}",
                     "zabbix_host": "Mail host 1"})
    tell(daemon)
    # The name has ::1 too, where nobody listens.
    assert mailban(daemon, "zabbix").returncode == 0
    assert server.messages[0]["data"][0]["host"] == "Mail host 1"
    daemon.will_say({"zabbix_server": None, "zabbix_host": None})
    done = mailban(daemon, "zabbix")
    assert done.returncode == 2 and "zabbix_server" in done.stderr


def test_its_own_name_without_one(daemon, server):
    daemon.will_say({"zabbix_server": "203.0.113.1", "zabbix_host": None})
    tell(daemon)
    assert mailban(daemon, "zabbix",
                   f"127.0.0.1:{server.port}").returncode == 0
    assert server.messages[0]["data"][0]["host"] == socket.gethostname()


@pytest.mark.parametrize("reply", [
    b"", b"ZBXD", answer()[:-1], b"HTTP/1.0 400 Bad Request\r\n\r\n",
    frame(b"[]"), frame(b"{"), frame(b""),
    frame(b'{"response":"failed","info":"no such proxy"}'),
    frame(b'{"response":"success"}'),
    frame(b'{"response":"success","info":"processed: x; failed: 0"}'),
    frame(b'{"response":"success","info":"processed: 1; failed: -1"}'),
    frame(answer()[13:], b"ZBXD\3"), b"ZBXD\1\xff\xff\xff\xff\0\0\0\0",
    b"ZBXD\1" + struct.pack("<II", 10, 7) + b"x" * 10,
], ids=range(14))
def test_other_answers(daemon, server, reply):
    tell(daemon)
    server.says(reply)
    done = send(daemon, server)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert marked(daemon) == []


def test_success_with_failures_is_none(daemon, server):
    tell(daemon, 13, marks=2)
    server.says(answer(2, 23))
    done = send(daemon, server)
    assert done.returncode == 1 and marked(daemon) == [12, 13]
    assert "46 values and not 4" in done.stderr and "mx1" in done.stderr
    tell(daemon)
    server.says(answer(25, 0))
    done = send(daemon, server)
    assert done.returncode == 1 and marked(daemon) == [12, 13]
    assert "none of the values" in done.stderr


def silent(server, peer):
    server.over.wait(30)


def half(server, peer):
    peer.sendall(answer()[:40])
    server.over.wait(30)


def drop_by_drop(server, peer):
    for byte in answer():
        peer.sendall(bytes([byte]))
        if server.over.wait(0.2):
            return


@pytest.mark.parametrize("does", [silent, half, drop_by_drop])
def test_all_of_it_has_a_limit(daemon, server, does):
    tell(daemon)
    server.reply = lambda peer: does(server, peer)
    began = time.monotonic()
    done = send(daemon, server, "--wait", "1")
    assert 1 <= time.monotonic() - began < 6
    assert done.returncode == 2 and "timed out" in done.stderr
    assert marked(daemon) == []


def test_a_server_that_takes_nothing(daemon, server):
    tell(daemon, 12)
    server.reads = False
    server.reply = lambda peer: silent(server, peer)
    server.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    done = send(daemon, server, "--wait", "1", host="h" * 100000)
    assert done.returncode == 2 and "timed out" in done.stderr


def test_nobody_there(daemon):
    tell(daemon)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    done = mailban(daemon, "zabbix", f"127.0.0.1:{port}", "mx1")
    assert done.returncode == 2 and "refused" in done.stderr
    for name in ("", "[::1", "a:", "[::1]x"):
        tell(daemon, marks=0)
        assert mailban(daemon, "zabbix", name, "mx1").returncode == 2


def test_a_value_by_its_key(daemon):
    for key, value in {"postfix[received]": "7", "mailban[logins]": "7",
                       "mailban[banned]": "4"}.items():
        tell(daemon, 3, 3, marks=0)
        done = mailban(daemon, "zabbix", "--get", key)
        assert (done.returncode, done.stdout) == (0, value + "\n")
    tell(daemon, 3, 3, marks=0)
    done = mailban(daemon, "zabbix", "--get", "postfix[nosuch]")
    assert done.returncode == 2 and not done.stdout
    # Zero would be a lie.
    tell(daemon, 0, marks=0)
    done = mailban(daemon, "zabbix", "--get", "postfix[received]")
    assert done.returncode == 1 and not done.stdout
    assert {asked["command"] for asked in daemon.asked()} == \
        {"status", "counters"}
    assert mailban(daemon, "zabbix", "--get", "x", "y").returncode == 2
