# SPDX-License-Identifier: GPL-2.0-or-later
"""What was open when its address was banned is ended with the ban."""
import subprocess

import pytest

import attack
import hosts

# Holds what it accepts: on IPv4 alone, and on one socket of both families.
SERVER = """
import selectors, socket
s, held = selectors.DefaultSelector(), []
for port, family in ((143, socket.AF_INET), (993, socket.AF_INET6),
                     (25, socket.AF_INET6)):
    listener = socket.socket(family)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("", port))
    listener.listen(4096)
    s.register(listener, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in s.select():
        held.append(key.fileobj.accept()[0])
"""
CLIENT = """
import socket, sys
held = [socket.create_connection((sys.argv[1], port))
        for port in map(int, sys.argv[3:]) for _ in range(int(sys.argv[2]))]
print("ready", flush=True)
sys.stdin.read()
"""
# Lets the kernel track what comes in.
TRACKING = """table inet other {
    chain in { type filter hook input priority 0; ct state new accept; }
}"""


def python(host, *args):
    program = host.start(["python3", "-c", *args], stdin=subprocess.PIPE)
    program.wait_log("^ready$")
    return program


def peers(host, *where):
    """What ss(8) tells: (local port, peer) of each that is established."""
    out = host.run(["ss", "-Htn", "state", "established", *where]).stdout
    found = []
    for row in out.splitlines():
        local, peer = row.split()[2:4]
        peer = peer.rsplit(":", 1)[0].strip("[]").removeprefix("::ffff:")
        found.append((int(local.rsplit(":", 1)[1]), peer))
    return sorted(found)


def tracked(host, address):
    text = host.run(["cat", "/proc/net/nf_conntrack"]).stdout
    return [row for row in text.splitlines() if f"src={address} " in row]


def jail(**keys):
    return {"jail.local": attack.jail("dovecot", port="143,993", **keys)}


@pytest.fixture
def world(new_host, join):
    """A server, an attacker and a friend."""
    server, attacker, friend = (
        new_host(name) for name in ("server", "attacker", "friend"))
    join(server, attacker, friend)
    server.write(attack.MAIL_LOG, "", 0o644)
    python(server, SERVER)
    return server, attacker, friend


def test_the_banned_ones_jail_s_ports_alone(world):
    server, attacker, friend = world
    server.run(["nft", "-f", "-"], input=TRACKING)
    daemon = server.mailband(jail())
    for client in (attacker, friend):
        python(client, CLIENT, server.ip4, "3", "143", "993", "25")
    hosts.wait_for(lambda: len(peers(server)) == 18)
    assert len(tracked(server, attacker.ip4)) == 9
    server.mailban("ban", "dovecot", attacker.ip4)
    hosts.wait_for(lambda: len(peers(server)) == 12)
    stay = [(25, attacker.ip4)] * 3 + [
        (port, friend.ip4) for port in (25, 143, 993) for _ in range(3)]
    assert peers(server) == sorted(stay)
    hosts.wait_for(lambda: len(tracked(server, attacker.ip4)) == 3)
    assert len(tracked(server, friend.ip4)) == 9
    hosts.wait_for(lambda: server.status()["disconnected"] == 6)
    assert "WARNING" not in daemon.log()


def test_ipv6_and_a_network(world):
    server, attacker, friend = world
    server.mailband(jail(ignoreip="fd00::3"))
    python(attacker, CLIENT, server.ip6, "2", "993", "25")
    python(friend, CLIENT, server.ip4, "2", "143", "993")
    python(friend, CLIENT, server.ip6, "1", "993")
    hosts.wait_for(lambda: len(peers(server)) == 9)
    server.mailban("ban", "dovecot", attacker.ip6, "198.51.100.2/31")
    hosts.wait_for(lambda: peers(server) == [
        (25, attacker.ip6)] * 2 + [(993, friend.ip6)])


def test_many_connections_and_a_burst_of_bans(world):
    server, attacker, friend = world
    server.mailband(jail())
    python(attacker, CLIENT, server.ip4, "700", "993")
    python(friend, CLIENT, server.ip4, "50", "993")
    hosts.wait_for(lambda: len(peers(server)) == 750)
    # More than the kernel is asked to look for itself.
    server.mailban("ban", "dovecot", *attack.addresses(500), attacker.ip4)
    hosts.wait_for(lambda: len(peers(server)) == 50)


def test_the_process_is_told_at_once(world):
    server, attacker, _ = world
    server.mailband(jail(maxretry=1))
    waits = """
import socket
s = socket.create_server(("", 143 + 1000))
print("ready", flush=True)
c = s.accept()[0]
try:
    c.recv(1)
except ConnectionAbortedError:
    print("aborted", flush=True)
"""
    server.configure({"jail.local": attack.jail(
        "dovecot", port="1143", maxretry=1)})
    server.mailban("reload")
    process = python(server, waits)
    python(attacker, CLIENT, server.ip4, "1", "1143")
    server.append(attack.MAIL_LOG, attack.failure(attacker.ip4))
    process.wait_log("^aborted$")


def test_switched_off(world):
    server, attacker, _ = world
    server.mailband(jail(disconnect="false"))
    python(attacker, CLIENT, server.ip4, "1", "143")
    hosts.wait_for(lambda: len(peers(server)) == 1)
    server.mailban("ban", "dovecot", attacker.ip4)
    server.wait_banned("dovecot", attacker.ip4)
    # The next look would be over by the answer to this one.
    server.mailban("list")
    assert peers(server) == [(143, attacker.ip4)]
    assert server.status()["disconnected"] == 0
