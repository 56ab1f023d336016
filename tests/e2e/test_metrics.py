# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon counts, as others' own parser reads it."""
import concurrent.futures
import os
import re
import socket
import subprocess

import pytest
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser

import attack
import hosts
from test_breakage import ask

MAIL = [
    attack.line("4D8CA8C442: client=a.example.org[192.0.2.7]",
                "postfix/smtpd[1]"),
    attack.line("4D8CA8C442: message-id=<1@example.org>",
                "postfix/cleanup[2]"),
    attack.line("4D8CA8C442: from=<secret@example.org>, size=1000, nrcpt=2 "
                "(queue active)", "postfix/qmgr[3]"),
    attack.line("4D8CA8C442: to=<one@example.net>, relay=mx[198.51.100.1]:25, "
                "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)",
                "postfix/smtp[4]"),
    attack.line("4D8CA8C442: to=<two@example.net>, relay=none, delay=1, "
                "delays=1/0/0/0, dsn=4.4.1, status=deferred (x)",
                "postfix/smtp[4]"),
    attack.line("NOQUEUE: reject: RCPT from u[192.0.2.9]: 554 5.7.1 "
                "<x@example.com>: Relay access denied; from=<a@b.example> "
                "to=<x@example.com> proto=ESMTP helo=<x>", "postfix/smtpd[1]"),
    attack.line("connect from u[192.0.2.9]", "postfix/smtpd[1]"),
    attack.line("imap-login: Login: user=<carol>, method=PLAIN, "
                "rip=192.0.2.8, lip=192.0.2.1, mpid=1, TLS, session=<x>"),
]


@pytest.fixture
def running(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": attack.jail() + attack.jail(
        "postfix")})
    for line in MAIL:
        host.append(attack.MAIL_LOG, line)
    for _ in range(3):
        host.append(attack.MAIL_LOG, attack.failure("192.0.2.66"))
    host.wait_banned("dovecot", "192.0.2.66")
    return host


def counters(host):
    return ask(host, {"command": "counters"})["result"]


def samples(text):
    return {(s.name, *s.labels.values()): s.value
            for family in parser.text_string_to_metric_families(text)
            for s in family.samples}


def test_the_parser_of_prometheus_takes_it(running):
    text = running.mailban("metrics").stdout
    assert text.endswith("# EOF\n")
    found = samples(text)
    assert all(name[0].startswith("mailban_") for name in found)
    assert found["mailban_mail_received_total",] == 1
    assert found["mailban_mail_delivered_total",] == 1
    assert found["mailban_mail_deferred_total",] == 1
    assert found["mailban_mail_rejected_total",] == 1
    assert found["mailban_mail_received_bytes_total",] == 1000
    assert found["mailban_mail_logins_total",] == 1
    assert found["mailban_jail_bans_total", "dovecot"] == 1
    assert found["mailban_jail_banned", "dovecot"] == 1
    assert found["mailban_jail_failures_total", "dovecot"] == 3
    assert found["mailban_alarm_state", "disk_free"] in (0, 1, 2)
    assert found["mailban_alarm_state", "crashed"] == 0
    # As the textfile collector reads it.
    assert list(text_parser.text_string_to_metric_families(text))


def test_an_alarm_that_is_raised(running):
    running.append(attack.MAIL_LOG, attack.line("panic: x", "postfix/qmgr[7]"))
    hosts.wait_for(lambda: samples(running.mailban("metrics").stdout)[
        "mailban_alarm_state", "crashed"] == 1)


def test_nobody_is_named(running):
    text = running.mailban("metrics").stdout
    assert not re.search(r"192\.0|example\.|secret|carol|/var/", text)


def test_the_textfile_is_whole(running):
    running.path("/srv/metrics").mkdir(parents=True, exist_ok=True)
    path = "/srv/metrics/mailban.prom"
    running.write(path, "old\n")
    running.mailban("metrics", "--output", path)
    assert samples(running.path(path).read_text())
    assert running.path(path).stat().st_mode & 0o777 == 0o644
    assert [p.name for p in running.path("/srv/metrics").iterdir()] == \
        ["mailban.prom"]
    done = running.mailban("metrics", "-o", "/nosuch/x.prom", check=False)
    assert done.returncode == 2 and "/nosuch/x.prom" in done.stderr
    # A full disk leaves the old one, and nothing beside it.
    running.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none",
                 "/srv/metrics"])
    running.run(["sh", "-c", f"echo old >{path}"])
    done = running.mailban("metrics", "-o", path, check=False)
    assert done.returncode == 2
    assert running.run(["cat", path]).stdout == "old\n"
    assert running.run(["ls", "/srv/metrics"]).stdout == "mailban.prom\n"


def test_a_collector_never_sees_a_part(running):
    """It reads while others write, two of them at a time."""
    path = running.path("/srv/mailban.prom")
    write = ["sh", "-c", 'for i in 1 2 3 4 5 6 7 8; do "$0" -s '
             "/run/mailban/control metrics -o /srv/mailban.prom || exit; done",
             running.program("mailban")]
    running.run(write)
    writers = [running.start(write) for _ in range(2)]
    reads = 0
    while any(writer.alive() for writer in writers):
        assert path.read_text().endswith("# EOF\n")
        reads += 1
    assert reads and [writer.wait() for writer in writers] == [0, 0]
    assert [p.name for p in running.path("/srv").iterdir()] == \
        ["mailban.prom"]


def test_without_a_daemon_the_file_stays(host):
    host.write("/root/x.prom", "old\n")
    assert host.mailban("metrics", "-o", "/root/x.prom",
                        check=False).returncode == 2
    assert host.path("/root/x.prom").read_text() == "old\n"


def test_hours(running):
    told = counters(running)
    assert sum(h["received"] for h in told["hours"]) == 1


def test_each_period_is_told_until_it_is_taken(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.mailband({"jail.local": attack.jail(),
                   "mailban.conf": "[mailban]\nzabbix_interval = 1\n"})
    for line in MAIL:
        host.append(attack.MAIL_LOG, line)
    all_of_it = {"received": 1, "senders": 1, "recipients": 1, "rejected": 1,
                 "bytes_received": 1000, "logins": 1}

    def told(name):
        return sum(p[name] for p in counters(host)["periods"])
    hosts.wait_for(lambda: all(told(name) == n
                               for name, n in all_of_it.items()))
    periods = counters(host)["periods"]
    assert not any(p["taken"] for p in periods)
    ends = [p["end"] for p in periods]
    assert ends == sorted(set(ends))
    ask(host, {"command": "mark", "id": periods[0]["id"]})
    again = counters(host)["periods"]
    assert [p["taken"] for p in again][:2] == [True, False][:len(again)]
    # Forward only.
    ask(host, {"command": "mark", "id": 0})
    assert counters(host)["periods"][0]["taken"]


def test_counting_can_be_turned_off(host):
    host.write(attack.MAIL_LOG, "".join(MAIL), 0o644)
    host.mailband({"jail.local": attack.jail(),
                   "mailban.conf": "[mailban]\ncounters = false\n"})
    hosts.wait_for(lambda: host.status()["lines"] == len(MAIL))
    assert counters(host)["total"]["received"] == 0


# Served on a socket

SERVER = """
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("/run/metrics")
s.listen(64)
if s.fileno() != 3:
    os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
print("here", flush=True)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def served(running):
    running.server = running.start(
        ["python3", "-c", SERVER, running.program("mailban"), "-s",
         "/run/mailban/control", "metrics", "--serve"])
    running.server.wait_log("here")
    yield running
    assert running.server.alive()
    running.server.stop()


def get(host, request, shut=False):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(str(host.path("/run/metrics")))
        try:
            peer.sendall(request)
            if shut:
                peer.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := peer.recv(65536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer.decode()


def test_it_is_served(served):
    top, body = get(served, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") \
        .split("\r\n\r\n")
    assert top.startswith("HTTP/1.0 200 OK\r\n")
    assert "application/openmetrics-text; version=1.0.0" in top
    assert f"Content-Length: {len(body)}" in top
    assert samples(body)["mailban_mail_received_total",] == 1
    top, body = get(served, b"HEAD /metrics HTTP/1.0\r\n\r\n") \
        .split("\r\n\r\n")
    assert "200 OK" in top and body == ""


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.0\r\n\r\n", "404"),
    (b"GET /metrics2 HTTP/1.0\r\n\r\n", "404"),
    (b"GET /etc/passwd HTTP/1.0\r\n\r\n", "404"),
    (b"POST /metrics HTTP/1.0\r\n\r\n", "405"),
    (b"\r\n\r\n", "405"),
    (b"GET /metrics\0 HTTP/1.0\r\n\r\n", "400"),
    (b"GET /metrics HTTP/1.0\r\n" + b"A: b\r\n" * 2000, "431"),
], ids=["root", "longer", "file", "post", "empty", "nul", "long"])
def test_other_requests(served, request_, status):
    answer = get(served, request_)
    assert not answer or answer.split()[1] == status
    assert "200 OK" in get(served, b"GET /metrics HTTP/1.0\r\n\r\n")


def connect(host, said=b""):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(20)
    peer.connect(str(host.path("/run/metrics")))
    peer.sendall(said)
    return peer


def holds(peer):
    """Its connection stands; it has been told nothing."""
    peer.setblocking(False)
    try:
        peer.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except ConnectionResetError:
        pass
    finally:
        peer.settimeout(20)
    return False


@pytest.mark.parametrize("said", [b"", b"GET "], ids=["nothing", "a word"])
def test_the_silent_make_room(served, said):
    """More than there is room for: who asks does not wait for their end."""
    crowd = [connect(served, said) for _ in range(40)]
    asked = [get(served, b"GET /metrics HTTP/1.0\r\n\r\n") for _ in range(3)]
    stay = [holds(peer) for peer in crowd]
    assert all("200 OK" in answer for answer in asked)
    # Those that came first have gone, and the others' time is not over.
    assert stay == sorted(stay) and sum(stay) in range(12, 17)
    for peer in crowd:
        peer.close()


def test_who_said_nothing_goes_first(served):
    begun = [connect(served, b"GET ") for _ in range(8)]
    # They have been read once another, who came later, is answered.
    assert "200 OK" in get(served, b"GET /metrics HTTP/1.0\r\n\r\n")
    crowd = [connect(served) for _ in range(30)]
    assert "200 OK" in get(served, b"GET /metrics HTTP/1.0\r\n\r\n")
    assert all(map(holds, begun)) and not all(map(holds, crowd))
    for peer in begun:
        peer.sendall(b"/metrics HTTP/1.0\r\n\r\n")
        assert b"200 OK" in peer.recv(65536)
    for peer in begun + crowd:
        peer.close()


CROWD = """
import socket, sys
crowd = [socket.socket(socket.AF_UNIX) for _ in range(200)]
for peer in crowd:
    peer.connect("/run/metrics")
    peer.sendall(b"GET ")
print("here", flush=True)
sys.stdin.read()
"""


def test_one_user_takes_no_place_of_another(served):
    quiet = connect(served)
    served.run(["chmod", "666", "/run/metrics"])
    crowd = served.start(["setpriv", "--reuid=nobody", "--regid=nogroup",
                          "--clear-groups", "python3", "-c", CROWD],
                         stdin=subprocess.PIPE)
    crowd.wait_log("here")
    quiet.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert b"200 OK" in quiet.recv(65536)
    quiet.close()
    crowd.stop()


def test_a_daemon_that_is_gone(served):
    served.daemon.stop()
    assert get(served, b"GET /metrics HTTP/1.0\r\n\r\n").split()[1] == "503"


def test_without_a_socket(running):
    done = running.mailban("metrics", "--serve", check=False)
    assert done.returncode == 2 and "mailban-metrics.socket" in done.stderr


def test_a_thousand_at_once(served):
    """Some of whom never read what they asked for, or stop halfway."""
    asked = b"GET /metrics HTTP/1.0\r\n\r\n"
    path = str(served.path("/run/metrics"))
    stuck = []
    for n in range(12):
        stuck.append(socket.socket(socket.AF_UNIX))
        stuck[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        stuck[-1].connect(path)
        stuck[-1].sendall(asked[:None if n % 2 else 9])
    with concurrent.futures.ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: get(served, asked), range(1000)))
    assert all("200 OK" in text and text.endswith("# EOF\n")
               for text in answers)
    for peer in stuck:
        peer.close()
    # Nothing is left of them.
    hosts.wait_for(lambda: len(os.listdir(
        f"/proc/{served.server.pid}/fd")) < 8)
