# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a running daemon from outside, and what it makes of it."""
import json
import os
import signal
import socket
import subprocess

import pytest

import attack
import hosts

BANNED = ["192.0.2.1", "2001:db8::1"]


@pytest.fixture
def running(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": attack.jail()})
    host.mailban("ban", "dovecot", *BANNED)
    host.wait_banned("dovecot", *BANNED)
    return host


def warden_of(daemon):
    return hosts.wait_for(lambda: [
        pid for name, pid in daemon.children().items() if "warden" in name])[0]


@pytest.mark.parametrize("how", [
    "flush ruleset", "delete table inet mailban",
    "flush set inet mailban ban4-dovecot",
    "delete element inet mailban ban4-dovecot { 192.0.2.1 }",
    "flush chain inet mailban input"])
def test_somebody_else_edits_the_ruleset(running, how, tally):
    """Nobody need be banned anew for the bans to be in force again."""
    before = running.run(["nft", "-s", "list", "chain", "inet", "mailban",
                          "input"]).stdout
    running.run(["nft", how])
    tally.fault("the ruleset edited by others")
    tally.bans(BANNED, running.wait_banned("dovecot", *BANNED))
    hosts.wait_for(lambda: before == running.run(
        ["nft", "-s", "list", "chain", "inet", "mailban", "input"],
        check=False).stdout, what="the chain as it was")
    assert running.daemon.alive()


def test_what_stays_otherwise_is_an_error_state(running):
    """Wanted and enforced stand side by side."""
    jail = running.status()["jails"][0]
    assert (jail["banned"], jail["enforced"], jail["differs"]) == (2, 2, False)
    running.run(["nft", "add element inet mailban ban4-dovecot "
                 "{ 203.0.113.9 }"])

    def troubled():
        """mailban status exits with 1"""
        return running.mailban("status", check=False).returncode == 1
    hosts.wait_for(troubled)
    assert running.mailban("status", "dovecot", check=False).returncode == 1
    assert "does not hold what is wanted" in \
        running.mailban("status", check=False).stdout
    told = running.daemon.wait_log(r"ERROR \[dovecot\] nftables holds 3 of 2")
    running.run(["nft", "delete element inet mailban ban4-dovecot "
                 "{ 203.0.113.9 }"])
    hosts.wait_for(lambda: not troubled())
    running.daemon.wait_log(r"\[dovecot\] nftables holds what is wanted again")
    assert len(told) == 1


def test_a_table_that_belongs_to_another(host, tally):
    """It is told what to do, and done once the other lets go."""
    other = host.start(["nft", "-i"], stdin=subprocess.PIPE)
    other.popen.stdin.write(b"add table inet mailban { flags owner; }\n")
    other.popen.stdin.flush()
    hosts.wait_for(lambda: "mailban" in host.run(["nft", "list",
                                                  "tables"]).stdout)
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()})
    daemon.wait_log("ERROR nftables: the table could not be laid out, nobody "
                    "is banned: .* belongs to another program")
    host.mailban("ban", "dovecot", *BANNED)
    assert host.status()["jails"][0]["banned"] == 2 and daemon.alive()
    other.popen.stdin.close()
    tally.fault("netlink: EPERM, a table of another's")
    tally.bans(BANNED, host.wait_banned("dovecot", *BANNED))
    daemon.wait_log("NOTICE nftables: the table is laid out now")
    assert daemon.log().count("ERROR") == 1


def test_a_warden_that_stands_still(running, tally):
    """Lines are read and bans wait; they are made up for."""
    warden = warden_of(running.daemon)
    addresses = attack.addresses(5000, "10.9.0.0/16")
    os.kill(warden, signal.SIGSTOP)
    tally.fault("a warden that stands still")
    try:
        for _ in range(3):
            for at in range(0, len(addresses), 1000):
                running.append(attack.MAIL_LOG, "".join(
                    map(attack.failure, addresses[at:at + 1000])))
        hosts.wait_for(lambda: running.status("dovecot")["banned"] == 5002,
                       timeout=60, what="all decided", every=0.2)
    finally:
        os.kill(warden, signal.SIGCONT)
    hosts.wait_for(lambda: len(running.banned("dovecot")) == 5002,
                   timeout=60, what="all banned", every=0.2)
    tally.bans([*addresses, *BANNED], running.banned("dovecot"))
    tally.lines(3 * len(addresses), running.status()["lines"])


def test_a_full_disk(host, tally):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.path("/var/lib/mailban").mkdir(exist_ok=True)
    host.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none",
              "/var/lib/mailban"])
    daemon = host.mailband({"jail.local": attack.jail(maxretry=1)})
    addresses = attack.addresses(4000, "10.9.0.0/16")
    host.append(attack.MAIL_LOG, "".join(map(attack.failure, addresses)))
    hosts.wait_for(lambda: len(host.banned("dovecot")) == 4000,
                   timeout=60, what="all banned", every=0.2)
    daemon.wait_log("state: .*full")
    tally.fault("a full disk")
    tally.bans(addresses, host.banned("dovecot"))
    tally.lines(len(addresses), host.status()["lines"])
    assert daemon.stop() == 0


@pytest.mark.parametrize("how", ["read-only", "gone", "junk"])
def test_a_state_directory_that(host, how, tally):
    host.write(attack.MAIL_LOG, "", 0o644)
    state = host.path("/var/lib/mailban")
    state.mkdir(exist_ok=True)
    daemon = host.mailband({"jail.local": attack.jail()})
    if how == "read-only":
        host.run(["mount", "--bind", "-o", "ro", "/var/lib/mailban",
                  "/var/lib/mailban"])
        host.run(["mount", "-o", "remount,bind,ro", "/var/lib/mailban"])
    elif how == "gone":
        host.run(["rm", "-r", "/var/lib/mailban"])
    else:
        for file in state.iterdir():
            file.write_bytes(b"junk" * 5000)
    tally.fault(f"a state directory that is {how}")
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.9"))
    tally.bans(["192.0.2.9"], host.wait_banned("dovecot", "192.0.2.9"))
    tally.lines(3, host.status()["lines"])
    assert daemon.stop() == 0
    if how == "read-only":
        host.run(["umount", "/var/lib/mailban"])
    daemon = host.mailband()
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.10"))
    host.wait_banned("dovecot", "192.0.2.10")
    assert daemon.stop() == 0


def ask(host, request):
    """The answer to who says all that he has to say, and then listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(hosts.LATE)
        peer.connect(str(host.path("/run/mailban/control")))
        peer.sendall(json.dumps(request).encode() + b"\n")
        peer.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
    return json.loads(answer)


def test_who_has_nothing_more_to_say_is_answered(running):
    for command in ("status", "list"):
        assert ask(running, {"command": command})["ok"]


@pytest.mark.parametrize("time", [
    2**63 - 1, -2**63, 2**62, 2**31, 2**32, -1, 1e300, "600", None, [1]])
def test_times_out_of_range(running, time, tally):
    tally.bad_input("control messages")
    ask(running, {"command": "ban", "jail": "dovecot", "time": time,
                  "addresses": ["192.0.2.50"]})
    running.wait_banned("dovecot", "192.0.2.50")
    shown = ask(running, {"command": "list"})["result"]
    ban = next(b for b in shown if b["address"] == "192.0.2.50")
    assert ban["end"] is None or ban["end"] > ban["start"]


def test_answers_that_are_no_text(running):
    answer = ask(running, {"command": "status", "jail": "\u00e9" * 600})
    assert "no jail" in answer["error"]


def test_it_ends_though_the_warden_stands_still(running, tally):
    warden = warden_of(running.daemon)
    os.kill(warden, signal.SIGSTOP)
    tally.fault("a warden that stands still")
    try:
        running.daemon.signal(signal.SIGTERM)
        running.daemon.wait(timeout=90)
    finally:
        try:
            os.kill(warden, signal.SIGCONT)
        except ProcessLookupError:
            pass
    tally.bans(BANNED, running.banned("dovecot"))
    assert len(running.banned("dovecot")) == len(BANNED)
