# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody is locked out of the host by his own hand."""
import json

import pytest

import attack
import hosts

# As logind writes it; see sd-login(3).
SESSION = """UID=0
USER=root
ACTIVE=1
STATE=active
REMOTE=1
REMOTE_HOST={}
SERVICE={}
TYPE=tty
CLASS=user
"""
ADMIN, OTHER, GATEWAY, GATEWAY6, RESOLVER = (
    "203.0.113.7", "203.0.113.8", "198.51.100.9", "fd00::9", "203.0.113.53")
SAFE = {ADMIN: "SSH session", GATEWAY: "gateway", GATEWAY6: "gateway",
        RESOLVER: "resolver"}


@pytest.fixture
def server(new_host, join):
    server = new_host("server")
    peer = new_host("peer")
    join(server, peer)
    server.peer = peer
    server.write(attack.MAIL_LOG, "", 0o644)
    server.run(["ip", "route", "add", "default", "via", GATEWAY])
    server.run(["ip", "-6", "route", "add", "default", "via", GATEWAY6])
    server.write("/etc/resolv.conf", f"# ours\nnameserver {RESOLVER}\n"
                 "nameserver 127.0.0.53\noptions edns0\n")
    server.write("/run/systemd/sessions/1", SESSION.format(ADMIN, "sshd"))
    # Not what a name server says, and no other way to log in.
    server.write("/run/systemd/sessions/2",
                 SESSION.format("evil.example.org", "sshd"))
    server.write("/run/systemd/sessions/3", SESSION.format(OTHER, "dovecot"))
    return server


def start(server, settings=""):
    files = {"jail.local": attack.jail(maxretry=1)}
    if settings:
        files["mailban.conf"] = f"[mailban]\nuser = mailban\n{settings}\n"
    return server.mailband(files)


def allowed(server):
    return {row["address"]: row["why"] for row in server.status()["allowed"]}


def test_gateways_resolvers_and_sessions(server):
    start(server)
    assert allowed(server) == SAFE
    assert f"{ADMIN} (SSH session)" in server.mailban("status").stdout
    for address in SAFE:
        server.append(attack.MAIL_LOG, attack.failure(address))
    server.append(attack.MAIL_LOG, attack.failure(OTHER))
    server.wait_banned("dovecot", OTHER)
    assert list(server.banned("dovecot")) == [OTHER]
    done = server.mailban("ban", "dovecot", *SAFE, "203.0.113.0/24",
                          check=False)
    assert (done.returncode, done.stdout) == (1, "0 banned\n")
    # The kernel lets them past all bans, and this host's own.
    kernel = {**server.set_elements("allow4"), **server.set_elements("allow6")}
    assert {*SAFE, server.ip4, server.ip6} <= {
        address.removesuffix("/32") for address in kernel}


def test_a_reload_keeps_them(server):
    start(server)
    server.path("/run/systemd/sessions/1").unlink()
    server.mailban("reload")
    assert allowed(server) == SAFE


def test_switched_off(server):
    start(server, "never_lock_out = false")
    assert allowed(server) == {}
    server.mailban("ban", "dovecot", *SAFE)
    server.wait_banned("dovecot", *SAFE)
    # And on: what was found at the start.
    server.configure({"mailban.conf": "[mailban]\nuser = mailban\n"})
    server.mailban("reload")
    assert allowed(server) == SAFE
    hosts.wait_for(lambda: not server.banned("dovecot"))


def test_an_open_connection_is_no_session(server):
    """Who only connects to the port of sshd may be banned."""
    listener = server.start(["python3", "-c", """
import socket
s = socket.create_server(("", 22))
print("ready", flush=True)
c = s.accept()[0]
print("accepted", flush=True)
c.recv(1)
"""])
    listener.wait_log("^ready$")
    server.peer.start(["python3", "-c", f"""
import socket, time
s = socket.create_connection(("{server.ip4}", 22))
s.recv(1)
"""])
    listener.wait_log("^accepted$")
    start(server)
    server.append(attack.MAIL_LOG, attack.failure(server.peer.ip4))
    server.wait_banned("dovecot", server.peer.ip4)


def test_a_network_that_holds_an_allowed_address(server):
    """It is refused by the engine, and by the warden that trusts nobody."""
    server.write("/etc/mailban/jail.d/more.local",
                 "[DEFAULT]\nignoreip = 192.0.2.77\n")
    start(server)
    for prefix in ("192.0.2.0/24", "192.0.2.64/26", "192.0.2.77"):
        done = server.mailban("ban", "dovecot", prefix, check=False)
        assert done.returncode == 1 and prefix in done.stderr
    assert server.mailban("ban", "dovecot", "192.0.2.0/26").returncode == 0
    server.wait_banned("dovecot", "192.0.2.0/26")
    assert json.loads(server.mailban("list", "--json").stdout)[0][
        "address"] == "192.0.2.0/26"
    hosts.wait_for(lambda: list(server.banned("dovecot")) == ["192.0.2.0/26"])
