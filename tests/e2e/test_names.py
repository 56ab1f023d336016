# SPDX-License-Identifier: GPL-2.0-or-later
"""Names in the place of an address are looked up aside (usedns)."""
import os
import pathlib
import re
import signal
import time

import pytest

import attack
import hosts

LOG = "/var/log/own.log"
FILTER = "[Definition]\nfailregex = ^ mx own: failed from <HOST>$\n" \
    "repeats = true\n"


HOSTILE = ["many", "half-many", "half", "circle", "self", "bytes", "long"]


def peak(pid):
    """The most memory of a process so far, in kB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def failure(who, ago=0):
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(time.time() - ago))
    return f"{stamp} mx own: failed from {who}\n"


@pytest.fixture
def start(host):
    """Start a name server and a mailband with one jail for each usedns."""
    def start(**jails):
        server = host.start(["/mailban/tests/nameserver.py"])
        server.wait_log("^ready$")
        host.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        host.write(LOG, "")
        daemon = host.mailband({
            "filter.d/own.conf": FILTER,
            "jail.local": "".join(
                attack.jail(name, filter="own", logpath=LOG,
                            **{"maxretry": 1, "usedns": name, **keys})
                for name, keys in jails.items())})
        return host, daemon, server
    return start


def test_each_way_of_usedns(start):
    host, daemon, server = start(yes={}, warn={}, no={}, raw={})
    host.append(LOG, failure("several.example"))
    all_of_it = {"192.0.2.20", "192.0.2.21", "2001:db8::20"}
    for jail in ("yes", "warn"):
        host.wait_banned(jail, *all_of_it)
    told = daemon.wait_log(
        r"^WARNING \[warn\] Determined IP using DNS Lookup: "
        r"several\.example = (.*)$")
    assert set(told[0][1].split(", ")) == all_of_it
    assert "[yes] Determined" not in daemon.log()
    host.append(LOG, failure("192.0.2.99"))
    for jail in ("yes", "warn", "no", "raw"):
        host.wait_banned(jail, "192.0.2.99")
    assert set(host.banned("no")) == set(host.banned("raw")) == {"192.0.2.99"}
    assert host.status("no")["total_failed"] == 1
    # The same name twice, and in two jails, is asked for once: A and AAAA.
    assert server.log().count("several.example") == 2


def test_answers_are_kept(start):
    host, daemon, server = start(yes={"maxretry": 3})
    for number in range(3):
        host.append(LOG, failure("ONE.example"))
        host.append(LOG, failure("nobody.example"))
        hosts.wait_for(lambda: host.status()["names"]["waiting"] == 0 and
                       host.status()["named"] == 2 * number + 2)
    host.wait_banned("yes", "192.0.2.10")
    names = host.status()["names"]
    assert names == {"asked": 2, "cached": 4, "not_found": 1, "dropped": 0,
                     "waiting": 0}
    assert server.log().lower().count("one.example") == 2
    # And not as a name of this host's own domain.
    assert "example.org" not in server.log()
    daemon.wait_log(r"\[yes\] no address was found for nobody\.example$")


def test_a_line_that_stands_for_several(start):
    """The second time the answer is known already."""
    host, daemon, server = start(yes={"maxretry": 10})
    for failed in (5, 10):
        host.append(LOG, failure("one.example").replace(
            "failed", "message repeated 5 times: [ failed").replace(
            "\n", "]\n"))
        hosts.wait_for(lambda: host.status("yes")["total_failed"] == failed,
                       what=f"{failed} failures")
    host.wait_banned("yes", "192.0.2.10")


def test_it_counts_at_the_time_of_its_line(start):
    host, daemon, server = start(yes={})
    host.append(LOG, failure("one.example", ago=200))
    element = host.wait_banned("yes", "192.0.2.10")["192.0.2.10"]
    assert 300 < element["timeout"] <= 400


def test_who_can_never_be_banned_is_not(start):
    host, daemon, server = start(yes={"ignoreip": "192.0.2.0/28"})
    for name in ("loop.example", "one.example", "crowd.example"):
        host.append(LOG, failure(name))
    host.wait_banned("yes", "192.0.2.30")
    hosts.wait_for(lambda: len(host.banned("yes")) == 9)
    # Eight of the crowd: who owns a name is not to ban a whole network.
    assert "192.0.2.10" not in host.banned("yes")
    assert "127.0.0.1" not in host.banned("yes")


def test_a_server_that_never_answers_holds_up_nobody(start):
    host, daemon, server = start(yes={})
    began = time.monotonic()
    for number in range(1500):
        host.append(LOG, failure(f"silent{number}.example"))
    host.append(LOG, failure("192.0.2.77"))
    host.wait_banned("yes", "192.0.2.77")
    # A look-up of one of these takes at least two seconds.
    names = host.status()["names"]
    assert names["waiting"] > 50
    assert names["waiting"] + names["dropped"] > 1500 - 50
    assert names["asked"] <= 64 + 8 * (time.monotonic() - began) / 2
    shown = host.mailban("status").stdout
    assert "failures of names not looked up" in shown
    assert daemon.stop() == 0


def test_answers_that_no_honest_server_gives(start):
    host, daemon, server = start(yes={"ignoreip": "10.77.0.1"})
    host.append(LOG, failure("one.example"))
    host.wait_banned("yes", "192.0.2.10")
    pid = daemon.children()["mailban-lookup"]
    before = peak(pid)
    for name in HOSTILE:
        host.append(LOG, failure(f"{name}.example"))
    hosts.wait_for(lambda: host.status()["named"] == 1 + len(HOSTILE) and
                   host.status()["names"]["waiting"] == 0)
    host.append(LOG, failure("192.0.2.77"))
    host.wait_banned("yes", "192.0.2.77")
    names = host.status()["names"]
    assert names["asked"] == 1 + len(HOSTILE) and names["dropped"] == 0
    assert names["not_found"] == len(HOSTILE) - 1
    # Of the many, which came by TCP, no more than of any; else nobody.
    banned = set(host.banned("yes")) - {"192.0.2.10", "192.0.2.77"}
    assert all(address.startswith("10.77.") for address in banned)
    assert 7 <= len(banned) <= 8 and "10.77.0.1" not in banned
    # The same process, and not much greater.
    assert daemon.children()["mailban-lookup"] == pid
    assert peak(pid) - before < 16 * 1024
    assert "\x1b" not in daemon.log() and "192.0.2.41" not in daemon.log()


def test_an_answer_that_never_ends_is_ended(start):
    """By TCP glibc waits for the rest of an answer as long as it takes."""
    host, daemon, server = start(yes={})
    # Twice as many as are asked for at a time.
    for number in range(16):
        host.append(LOG, failure(f"held{number}.example"))
    host.append(LOG, failure("one.example"))
    host.wait_banned("yes", "192.0.2.10", timeout=100)
    names = host.status()["names"]
    assert names["not_found"] >= 8 and names["dropped"] == 0
    assert set(host.banned("yes")) == {"192.0.2.10"}


def test_the_process_that_looks_up_is_started_again(start):
    host, daemon, server = start(yes={})
    assert "mailban-lookup" not in daemon.children()
    host.append(LOG, failure("one.example"))
    host.wait_banned("yes", "192.0.2.10")
    pid = daemon.children()["mailban-lookup"]
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    for caps in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{caps}:\t0000000000000000" in status
    assert "\nUid:\t0\t" not in status
    host.append(LOG, failure("silent.example"))
    hosts.wait_for(lambda: host.status()["names"]["waiting"] == 1)
    os.kill(pid, signal.SIGKILL)
    daemon.wait_log("^WARNING names: the process that looks them up ended")
    assert host.status()["names"]["dropped"] == 1
    assert daemon.alive()
