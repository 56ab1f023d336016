# SPDX-License-Identifier: GPL-2.0-or-later
"""The state store: damaged, another's, on a disk that is full or slow."""
import contextlib
import json
import os
import signal
import subprocess
import time

import pytest

import attack
import hosts
import statefile

MINE, BY_HAND = ["10.20.30.40", "2001:db8::40"], "192.0.2.77"


def listed(host):
    return {ban["address"]: ban for ban in
            json.loads(host.mailban("list", "--json").stdout)}


def attacked(host):
    """A mailband that has banned MINE and BY_HAND, and was killed."""
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()})
    for address in MINE:
        host.append(attack.MAIL_LOG, 3 * attack.failure(address))
    host.wait_banned("dovecot", *MINE)
    host.mailban("ban", "-t", "1h", "dovecot", BY_HAND)
    return daemon


def flip(path, offsets):
    data = bytearray(path.read_bytes())
    for at in offsets:
        data[at] ^= 0xff
    path.write_bytes(data)


def header(path):
    flip(path, range(0, 64))


def pages(path):
    flip(path, range(4096, path.stat().st_size))


def text(path):
    path.write_text("It is not the database that you are looking for.\n" * 99)


def another(path):
    statefile.change(path, "CREATE TABLE ban (whom TEXT)", fresh=True)


def newer(path):
    statefile.change(path, "PRAGMA user_version = 99")


@pytest.mark.parametrize("break_it", [header, pages, text, another, newer])
def test_a_file_that_is_no_good(host, break_it):
    """It is moved aside, and the bans are read back from the kernel."""
    daemon = attacked(host)
    before = listed(host)
    assert before[BY_HAND]["reason"] == "by hand"
    assert before[MINE[0]]["reason"].startswith("failregex ")
    assert daemon.stop() == 0
    break_it(host.path(statefile.PATH))
    daemon = host.mailband()
    folder = host.path(statefile.PATH).parent
    assert len(list(folder.glob("state.db.damaged-*[0-9]"))) == 1
    assert len(daemon.wait_log("is damaged, or another version's: moved")) == 1
    hosts.wait_for(lambda: sorted(listed(host)) == sorted([*MINE, BY_HAND]))
    after = listed(host)
    for address, ban in after.items():
        assert abs(ban["end"] - before[address]["end"]) <= 2
        assert abs(ban["start"] - before[address]["start"]) <= 2
        assert ban["enforced"]
    assert after[BY_HAND]["reason"] == "found in the kernel"
    # They are known as any other: lifted, and kept over the next start.
    host.mailban("unban", BY_HAND)
    assert BY_HAND not in host.banned("dovecot")
    assert daemon.stop() == 0
    daemon = host.mailband()
    assert sorted(listed(host)) == sorted(MINE)
    assert "taken into the list" not in daemon.log()


def test_a_damaged_log(host):
    """Killed, and its write-ahead log has wrong bytes all over."""
    daemon = attacked(host)
    daemon.kill()
    log = host.path(statefile.PATH + "-wal")
    size = log.stat().st_size
    assert size > 0
    flip(log, range(32, size, 7))
    host.mailband()
    hosts.wait_for(lambda: sorted(listed(host)) == sorted([*MINE, BY_HAND]))


def test_by_hand_and_killed_at_once(host):
    daemon = attacked(host)
    host.mailban("ban", "dovecot", "192.0.2.78")
    daemon.kill()
    daemon = host.mailband()
    assert "192.0.2.78" in listed(host)
    host.mailban("unban", "192.0.2.78")
    daemon.kill()
    host.mailband()
    assert "192.0.2.78" not in listed(host)
    assert "192.0.2.78" not in host.banned("dovecot")


def small_disk(host, *options):
    folder = "/var/lib/mailban"
    host.path(folder).mkdir(parents=True, exist_ok=True)
    host.run(["mount", "-t", "tmpfs", "-o",
              ",".join(["size=1m", *options]), "none", folder])
    return host.path(folder)


def fill(folder):
    """To the byte."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        for size in (65536, 4096, 1):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                pass


def test_a_full_disk(host):
    """Bans go on; what was not written is, as soon as there is room."""
    folder = small_disk(host)
    daemon = attacked(host)
    hosts.wait_for(lambda: (folder / "state.db").exists())
    fill(folder)
    wanted = attack.addresses(3000)
    host.append(attack.MAIL_LOG, "".join(
        3 * attack.failure(address) for address in wanted))
    hosts.wait_for(lambda: len(host.banned("dovecot")) == len(wanted) + 3)
    daemon.wait_log("bans go on in memory and kernel")
    assert "disk is full: what is decided now is in memory" in \
        host.mailban("status").stdout
    assert "full" in host.status()["state_trouble"]
    host.append(attack.MAIL_LOG, 2 * attack.failure("192.0.2.9"))
    done = host.mailban("unban", BY_HAND)
    assert "a restart of mailband would undo it" in done.stderr
    daemon.wait_log(r"Found 192\.0\.2\.9", count=2)
    (folder / "filler").unlink()
    daemon.wait_log("state: written again")
    before = listed(host)
    assert host.status()["state_trouble"] is None
    assert daemon.log().count("bans go on in memory") == 1
    failures = 3 * len(wanted) + 3 * len(MINE) + 2
    hosts.wait_for(lambda: statefile.counts(folder / "state.db").get(
        "failures dovecot") == failures)
    # What it wrote then is whole, without any last word of the daemon.
    daemon.kill()
    host.run(["nft", "delete", "table", "inet", "mailban"])
    daemon = host.mailband()
    assert listed(host).keys() == before.keys()
    assert daemon.log().count("] Ban ") == 0
    # Two failures of before and one of now are three.
    host.append(attack.MAIL_LOG, attack.failure("192.0.2.9"))
    host.wait_banned("dovecot", "192.0.2.9")


@pytest.mark.builds("release")
def test_what_was_answered_outlives_a_kill(new_host, tally):
    """Of all of it at once, with lines and bans under way."""
    host = new_host()
    daemon = attacked(host)
    there, gone = "192.0.2.79", "192.0.2.78"
    for turn in range(15):
        tally.fault("kill -9 right after an answer")
        host.append(attack.MAIL_LOG, "".join(
            3 * attack.failure(address)
            for address in attack.addresses(200, f"10.1.{turn}.0/24")))
        for address in (there, gone):
            host.mailban("ban", "dovecot", address)
        host.mailban("unban", gone)
        for pid in [daemon.pid, *daemon.children().values()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        daemon.wait()
        daemon = host.mailband()
        now = listed(host)
        tally.bans([there], now)
        assert gone not in now and gone not in host.banned("dovecot")
        host.mailban("unban", there)
        daemon.kill()
        daemon = host.mailband()
        assert there not in listed(host)
        assert there not in host.banned("dovecot")


def test_a_read_only_disk(host):
    folder = small_disk(host)
    daemon = attacked(host)
    assert daemon.stop() == 0
    host.run(["nft", "delete", "table", "inet", "mailban"])
    host.run(["mount", "-o", "remount,ro", "/var/lib/mailban"])
    daemon = host.mailband()
    daemon.wait_log("bans go on in memory and kernel")
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.9"))
    host.wait_banned("dovecot", "192.0.2.9")
    host.run(["mount", "-o", "remount,rw", "/var/lib/mailban"])
    daemon.wait_log("state: written again")
    assert daemon.stop() == 0
    host.run(["nft", "delete", "table", "inet", "mailban"])
    host.mailband()
    assert sorted(listed(host)) == sorted([*MINE, BY_HAND, "192.0.2.9"])
    assert (folder / "state.db").exists()


# A disk that stands still for as long as there is a file /run/frozen.
FROZEN = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

static void wait_for_it(void)
{
	while (access("/run/frozen", F_OK) == 0)
		usleep(5000);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
		dlsym(RTLD_NEXT, "pwrite64");

	wait_for_it();
	return real(fd, bytes, n, at);
}

int fdatasync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");

	wait_for_it();
	return real(fd);
}
"""


@pytest.mark.builds("release")
def test_a_disk_that_stands_still(new_host, tmp_path):
    """No ban and no answer waits for it."""
    host = new_host()
    (tmp_path / "frozen.c").write_text(FROZEN)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "frozen.so",
                    tmp_path / "frozen.c"], check=True)
    host.write("/run/frozen.so", (tmp_path / "frozen.so").read_bytes(), 0o755)
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(maxretry=1)},
                           env={"LD_PRELOAD": "/run/frozen.so"})
    host.write("/run/frozen", "")
    # An import waits for it, and nobody waits for the import.
    host.write("/root/list", "198.51.100.0/24\n")
    client = host.start([host.program("mailban"), "-s", "/run/mailban/control",
                         "import", "-J", "dovecot", "/root/list"])
    hosts.wait_for(lambda: "import: 1 banned" in daemon.log(), every=0.001)
    longest, wanted = 0, attack.addresses(100)
    for address in wanted:
        began = time.monotonic()
        host.append(attack.MAIL_LOG, attack.failure(address))
        hosts.wait_for(lambda: f"Ban {address}\n" in daemon.log(), every=0.001)
        longest = max(longest, time.monotonic() - began)
    # Saves were due meanwhile, and a ban by hand is one of its own.
    host.mailban("ban", "dovecot", BY_HAND)
    assert client.wait() == 0 and "1 banned" in client.log()
    wanted.append("198.51.100.0/24")
    assert host.wait_banned("dovecot", *wanted).keys() == {*wanted, BY_HAND}
    assert statefile.counts(host.path(statefile.PATH)).get("lines") is None
    assert longest < 0.5
    host.path("/run/frozen").unlink()
    hosts.wait_for(lambda: statefile.counts(
        host.path(statefile.PATH)).get("lines") == 100)
    assert daemon.stop() == 0
    host.mailband()
    assert listed(host).keys() == {*wanted, BY_HAND}
