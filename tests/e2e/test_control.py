# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: what the command does, and what no message may do."""
import contextlib
import json
import os
import pathlib
import random
import socket
import subprocess

import pytest

import attack
import hosts

SOCKET = "/run/mailban/control"
SEED = 2
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@pytest.fixture
def running(host, tally):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": attack.jail()})
    host.asked = 0
    yield host
    tally.bad_input("control messages", host.asked)


def connect(host):
    """A connection from root outside; a path reaches across namespaces."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(hosts.LATE)
    peer.connect(str(host.path(SOCKET)))
    return peer


def ask(host, data, shut=True):
    """What comes back until the daemon closes."""
    host.asked += 1
    with connect(host) as peer:
        try:
            peer.sendall(data)
            if shut:
                peer.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while piece := peer.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def still_works(host):
    host.mailban("ban", "dovecot", "192.0.2.1")
    host.wait_banned("dovecot", "192.0.2.1")
    host.mailban("unban", "dovecot", "192.0.2.1")
    hosts.wait_for(lambda: host.banned("dovecot") == {})
    assert host.daemon.alive()


def test_ban_list_unban(running):
    addresses = ["192.0.2.1", "2001:db8::1"]
    running.mailban("ban", "dovecot", *addresses, "198.51.100.0/24")
    elements = running.wait_banned("dovecot", *addresses, "198.51.100.0/24")
    assert all(600 - hosts.LATE <= e["timeout"] <= 600
               for e in elements.values())
    listed = json.loads(running.mailban("list", "--json").stdout)
    assert sorted(ban["address"] for ban in listed) == \
        sorted([*addresses, "198.51.100.0/24"])
    for ban in listed:
        assert ban["jail"] == "dovecot" and ban["enforced"]
        assert ban["end"] - ban["start"] == 600
        assert 600 - hosts.LATE <= ban["remaining"] <= 600
    assert running.mailban("unban", "192.0.2.1").returncode == 0
    hosts.wait_for(lambda: "192.0.2.1" not in running.banned("dovecot"))
    assert running.mailban("unban", "192.0.2.1", check=False).returncode == 1
    running.mailban("unban", "--all")
    hosts.wait_for(lambda: running.banned("dovecot") == {})
    assert json.loads(running.mailban("list", "--json").stdout) == []


def test_who_asks_does_not_wait_for_what_is_read(host):
    """However long a log, and however slow an admin's expressions are."""
    count = 50000
    host.write("/etc/mailban/filter.d/slow.conf",
               "[Definition]\nfailregex = ^.*(?:x|y).*(?:x|y).* "
               "of <ADDR>$\n")
    host.write(attack.MAIL_LOG,
               attack.line("xy " * 30 + "of 192.0.2.1 now") * count, 0o644)
    host.mailband({"jail.local": attack.jail("slow", filter="slow")})
    seen = host.status()["lines"]
    assert seen < count, "the log was read to its end first"
    hosts.wait_for(lambda: host.status()["lines"] > seen)


def test_a_ban_on_trial(running):
    """It is a short one until it is confirmed, in the kernel too."""
    done = running.mailban("ban", "--confirm", "60", "dovecot", "192.0.2.1")
    assert done.stdout == \
        "1 banned for 60 s, unless 'mailban confirm' keeps them\n"
    assert running.wait_banned("dovecot", "192.0.2.1")["192.0.2.1"][
        "timeout"] <= 60
    assert running.mailban("confirm", "dovecot", "192.0.2.1").stdout == \
        "1 confirmed\n"
    hosts.wait_for(lambda: running.banned("dovecot")["192.0.2.1"][
        "timeout"] >= 600 - hosts.LATE)
    # No shorter, and what is not banned is not by this.
    assert running.mailban("confirm", "-t", "5", "dovecot",
                           "192.0.2.1").returncode == 0
    assert running.mailban("confirm", "dovecot", "192.0.2.2",
                           check=False).returncode == 1
    (ban,) = json.loads(running.mailban("list", "--json").stdout)
    assert ban["remaining"] > 500 and ban["count"] == 1


def test_a_trial_that_nobody_confirms(running):
    running.mailban("ban", "--confirm", "1", "dovecot", "192.0.2.1")
    hosts.wait_for(lambda: running.banned("dovecot") == {} and
                   running.mailban("list", "--json").stdout == "[]\n")


@pytest.mark.parametrize("key, seconds, status, timeout", [
    (b"\n", "60", 0, 600), (b"\x04", "60", 1, 60)])
def test_a_trial_on_a_terminal(running, key, seconds, status, timeout):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        running.enter([running.program("mailban"), "ban", "--confirm",
                       seconds, "dovecot", "192.0.2.1"]),
        env=running.environment(), stdin=theirs, stdout=theirs)
    said = b""
    while b"press Enter" not in said:
        said += os.read(ours, 4096)
    os.write(ours, key)
    assert process.wait(20) == status
    os.close(theirs)
    os.close(ours)
    running.wait_banned("dovecot", "192.0.2.1")
    hosts.wait_for(lambda: running.banned("dovecot")["192.0.2.1"][
        "timeout"] in (timeout - 1, timeout))


def test_who_is_ignored_is_named_and_the_others_banned(running):
    done = running.mailban("ban", "dovecot", "192.0.2.1", "127.0.0.1", "::1",
                           "192.0.2.2")
    assert done.stdout == "2 banned\n"
    assert [row.split()[1] for row in done.stderr.splitlines()] == \
        ["127.0.0.1", "::1"]
    assert sorted(running.wait_banned("dovecot", "192.0.2.1", "192.0.2.2")) \
        == ["192.0.2.1", "192.0.2.2"]
    done = running.mailban("ban", "dovecot", "127.0.0.1", check=False)
    assert (done.returncode, done.stdout) == (1, "0 banned\n")


def test_an_unban_forgets_the_failures(running):
    for _ in range(3):
        running.append(attack.MAIL_LOG, attack.failure("192.0.2.1"))
    running.wait_banned("dovecot", "192.0.2.1")
    running.mailban("unban", "dovecot", "192.0.2.1")
    hosts.wait_for(lambda: running.banned("dovecot") == {})
    for _ in range(2):
        running.append(attack.MAIL_LOG, attack.failure("192.0.2.1"))
    hosts.wait_for(lambda: running.status("dovecot")["total_failed"] == 5)
    assert running.banned("dovecot") == {}


@pytest.mark.parametrize("args, word", [
    (["ban", "nosuch", "192.0.2.1"], "nosuch"),
    (["ban", "dovecot", "192.0.2.256"], "192.0.2.256"),
    (["ban", "dovecot", "10.0.0.0/33"], "10.0.0.0/33"),
    (["status", "nosuch"], "nosuch"),
    (["list", "nosuch"], "nosuch"),
    (["nosuch"], "nosuch"),
])
def test_faults_are_named(running, args, word):
    done = running.mailban(*args, check=False)
    assert done.returncode == 2
    assert word in done.stderr and done.stdout == ""


def test_no_daemon_is_a_fault(host):
    done = host.mailban("status", check=False)
    assert done.returncode == 2
    assert SOCKET in done.stderr and "running" in done.stderr


def test_broken_messages(running):
    for message in (b"", b"\n", b"{", b"{}\n", b"[]\n", b"null\n", b"{\"\n",
                    b"\0\n", b"\xff\xff\n", b"[" * 60000 + b"\n",
                    b'{"command":' * 5000 + b"\n",
                    b'{"command": "status", "jail": 1e999}\n',
                    b'{"command": "nosuch"}\n', b'{"command": ["ban"]}\n',
                    b'{"command": "ban", "jail": "dovecot", '
                    b'"addresses": [0, null, {}, "x"]}\n'):
        answer = ask(running, message)
        if answer:
            assert "error" in json.loads(answer), message
    still_works(running)


def test_oversized_messages(running):
    for size in (64 << 10, (64 << 10) + 1, 1 << 20, 16 << 20):
        answer = ask(running, b"x" * size)
        if answer:
            assert "error" in json.loads(answer)
    # An endless one is cut off, not kept.
    answer = ask(running, b'{"command": "' + b"x" * (1 << 20), shut=False)
    if answer:
        assert "error" in json.loads(answer)
    still_works(running)


def test_random_messages(running):
    dice = random.Random(SEED)
    whole = b'{"command": "ban", "jail": "dovecot", "addresses": ["192.0.2.7"]}'
    for _ in range(300):
        ask(running, dice.randbytes(dice.randrange(200)))
    for at in range(len(whole)):
        ask(running, whole[:at])
        flipped = bytearray(whole)
        flipped[at] ^= 1 << dice.randrange(7)
        ask(running, flipped + b"\n")
    running.mailban("unban", "--all", check=False)
    still_works(running)


CROWD = f"""
import socket, sys
crowd = [socket.socket(socket.AF_UNIX) for _ in range(300)]
for one in crowd:
    one.connect("{SOCKET}")
print("here", flush=True)
sys.stdin.read()
"""


def test_a_crowd_that_says_nothing(running):
    """Who has no right cannot keep root out by silence."""
    crowd = running.start([*NOBODY, "python3", "-c", CROWD],
                          stdin=subprocess.PIPE)
    crowd.wait_log("here")
    still_works(running)
    assert crowd.alive()
    crowd.popen.stdin.close()
    assert crowd.wait() == 0


def test_a_peer_that_does_not_read(running):
    running.mailban("ban", "dovecot", *attack.addresses(2000, "10.1.0.0/16"),
                    timeout=60)
    deaf = connect(running)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.sendall(b'{"command": "list"}\n')
    running.mailban("unban", "--all")
    still_works(running)
    deaf.close()


@pytest.mark.parametrize("socket_is", ["as made", "open to all"])
def test_peers_without_the_right(running, socket_is):
    if socket_is == "open to all":
        running.path("/run/mailban").chmod(0o777)
        running.path(SOCKET).chmod(0o666)
    for args in (["status"], ["ban", "dovecot", "192.0.2.66"],
                 ["reload"], ["unban", "--all"]):
        done = running.run([*NOBODY, running.program("mailban"), "-s", SOCKET,
                            *args], check=False)
        assert done.returncode == 2, (args, done)
        assert done.stdout == ""
        assert "not" in done.stderr or "denied" in done.stderr
    assert running.banned("dovecot") == {}
    still_works(running)


def cpu_seconds(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    return sum(map(int, stat.split()[11:13])) / os.sysconf("SC_CLK_TCK")


def test_without_a_descriptor_for_a_connection_it_waits(host):
    """Who knocks is left waiting, which costs nothing, and let in later."""
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()},
                           by=["prlimit", "--nofile=40"])
    with contextlib.ExitStack() as peers:
        def knock():
            """One more of root's own, none of which gives way."""
            with contextlib.suppress(BlockingIOError):
                peers.enter_context(connect(host))
            return "no connection can be taken" in daemon.log()
        hosts.wait_for(knock)
        before = cpu_seconds(daemon.pid)
        daemon.wait_log("no connection can be taken", count=3)
        assert cpu_seconds(daemon.pid) - before < 1
    assert host.status()["pid"]
