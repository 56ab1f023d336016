# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods, and a daemon that is gone: what is banned stays banned."""
import json
import os
import pathlib
import re
import signal
import socket
import time

import pytest

import attack
import hosts

CAP = 100000
# More than there are whose attempts are remembered: that table is full, then.
BANS = 20000
PORT = 143
# For programs that do not run from the tree.
DATADIR = {"MAILBAN_DATADIR": "/mailban/build/share"}

# Accepts and closes: what a server does whose port is not dropped.
SERVER = f"""
import socket
server = socket.socket(socket.AF_INET6)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("::", {PORT}))
server.listen(64)
print("here", flush=True)
while True:
    server.accept()[0].close()
"""
# Connects again and again; a line for each try.
PROBE = f"""
import socket, sys, time
while True:
    try:
        socket.create_connection((sys.argv[1], {PORT}), timeout=0.4).close()
        print("open", flush=True)
    except TimeoutError:
        print("silent", flush=True)
    time.sleep(0.01)
"""


class Probe:
    """A client that tries all the time whether it gets an answer."""

    def __init__(self, client, address):
        self.process = client.start(["python3", "-c", PROBE, address])

    def tries(self):
        return self.process.log().split()

    def only(self, word, since, count=3):
        """Some more tries from now on, and all since then ended so."""
        already = len(self.tries())
        hosts.wait_for(lambda: len(self.tries()) >= already + count,
                       what=f"{count} tries more")
        assert set(self.tries()[since:]) == {word}


@pytest.fixture
def net(new_host, join):
    """A host with a server, and a client each of whom one shall be banned."""
    server, bad, good = new_host(), new_host("bad"), new_host("good")
    join(server, bad, good)
    server.start(["python3", "-c", SERVER]).wait_log("here")
    server.write(attack.MAIL_LOG, "", 0o644)
    server.bad, server.good = bad, good
    return server


def ban(server, address, **files):
    daemon = server.mailband({"jail.local": attack.jail(port=PORT), **files},
                             env=DATADIR)
    server.append(attack.MAIL_LOG, 3 * attack.failure(address))
    server.wait_banned("dovecot", address)
    return daemon


def end_by(server, daemon, how):
    """The daemon and its warden are gone, in this way."""
    warden = next(pid for name, pid in daemon.children().items()
                  if "warden" in name)
    if how == "kill -9 of both":
        os.kill(warden, signal.SIGSTOP)
        daemon.kill()
        os.kill(warden, signal.SIGKILL)
        hosts.wait_for(lambda: not pathlib.Path(f"/proc/{warden}").exists(),
                       what="end of the warden")
        return
    if how == "an upgrade":
        # As dpkg does it: other files under the names of those that run.
        server.run(["sh", "-c", "for p in mailband mailban-warden; do "
                    "cp /opt/$p /opt/$p.new && mv /opt/$p.new /opt/$p; done"])
    assert daemon.stop() == 0


@pytest.mark.parametrize("family", ["ip4", "ip6"])
@pytest.mark.parametrize("how", ["kill -9 of both", "a stop", "an upgrade"])
def test_bans_outlast_the_daemon(net, how, family, tally):
    """Not one packet passes, from before the end until after the start."""
    address = getattr(net.bad, family)
    if how == "an upgrade":
        net.run(["cp", net.program("mailband"), net.program("mailban-warden"),
                 "/opt"])
        net.program_of_tree, net.program = net.program, \
            lambda name, build=None: f"/opt/{name}" if name == "mailband" \
            else net.program_of_tree(name, build)
    daemon = ban(net, address)
    bad = Probe(net.bad, getattr(net, family))
    good = Probe(net.good, getattr(net, family))
    bad.only("silent", 0)
    good.only("open", 0)
    end_by(net, daemon, how)
    bad.only("silent", 0)
    tally.fault(how)
    net.mailband(env=DATADIR)
    bad.only("silent", 0)
    good.only("open", 0)
    tally.bans([address], net.banned("dovecot"))


def test_flush_on_stop_lets_go(net):
    daemon = ban(net, net.bad.ip4, **{
        "mailban.conf":
        "[mailban]\nuser = mailban\nflush_on_stop = true\n"})
    bad = Probe(net.bad, net.ip4)
    bad.only("silent", 0)
    assert daemon.stop() == 0
    hosts.wait_for(lambda: bad.tries()[-1] == "open", what="an answer")
    bad.only("open", len(bad.tries()))


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def failures(addresses):
    """One each, all of now."""
    before, after = attack.failure("{}").split("{}")
    return "".join(f"{before}{address}{after}" for address in addresses)


@pytest.mark.builds("release")
def test_tables_at_their_caps(new_host, tally):
    """A flood of addresses pushes out its own kind and nobody's ban."""
    host = new_host()
    host.write(attack.MAIL_LOG, "", 0o644)
    began = time.monotonic()
    daemon = host.mailband({
        "mailban.conf": "[mailban]\nuser = mailban\n"
                        f"max_tracked = {CAP}\nmax_bans = {BANS}\n",
        "jail.local": attack.jail(maxretry=5, bantime="1h")})
    banned = attack.addresses(BANS, "172.16.0.0/12")
    host.append(attack.MAIL_LOG, failures(banned) * 5)
    hosts.wait_for(lambda: len(host.banned("dovecot")) == BANS, 60,
                   "all bans", every=0.2)
    before = resident(daemon.pid)
    host.append(attack.MAIL_LOG, failures(attack.addresses(2 * CAP)))
    hosts.wait_for(lambda: host.status()["lines"] == 5 * BANS + 2 * CAP, 60,
                   "all read", every=0.2)
    # What still waits for the disk is no table's, and goes with its writing.
    hosts.wait_for(lambda: (resident(daemon.pid) - before) / CAP <= 64,
                   what="64 bytes a tracked address at most", every=0.2)
    jail = host.status("dovecot")
    assert jail["failed"] == CAP and jail["evictions"] == CAP
    assert "Pushed out" in host.mailban("status", "dovecot").stdout
    # One more that should be banned finds no room, and takes nobody's.
    host.append(attack.MAIL_LOG, 5 * attack.failure("192.0.2.1"))
    hosts.wait_for(lambda: host.status()["bans_refused"] == 1)
    tally.fault("tables at their caps")
    tally.lines(5 * BANS + 2 * CAP + 5, host.status()["lines"])
    tally.bans(banned, host.banned("dovecot"))
    assert host.status("dovecot")["banned"] == BANS
    daemon.wait_log(r"WARNING +\[dovecot\] failures of \d+ addresses")
    told = len(re.findall("failures of .* were forgotten", daemon.log()))
    assert told <= 1 + (time.monotonic() - began) // 60


def lines_of(answer):
    return json.loads(answer)["result"]["lines"]


@pytest.mark.builds("release")
def test_an_answer_comes_between_two_portions(new_host, tally):
    """Who asks while there is much to read waits for no more than his turn."""
    host = new_host()
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(maxretry=2)})
    host.status()
    count = 300000
    text = failures(attack.addresses(count))
    daemon.signal(signal.SIGSTOP)
    try:
        host.append(attack.MAIL_LOG, text)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(20)
            peer.connect(str(host.path("/run/mailban/control")))
            peer.sendall(b'{"command": "status"}\n')
            daemon.signal(signal.SIGCONT)
            answer = b""
            while piece := peer.recv(65536):
                answer += piece
    finally:
        daemon.signal(signal.SIGCONT)
    # A connection, a request, an answer: a portion for each, and some more.
    assert lines_of(answer) < count / 10
    hosts.wait_for(lambda: host.status()["lines"] >= count, 60, "all read")
    tally.fault("more lines than can be read at once")
    tally.lines(count, host.status()["lines"])
    tally.lines(count, host.status("dovecot")["total_failed"])
