# SPDX-License-Identifier: GPL-2.0-or-later
"""Stops, starts, reloads and sudden deaths lose no ban and no line."""
import json
import os
import pathlib
import re
import signal
import threading

import pytest

import attack
import hosts

BANNED = ["10.20.30.40", "2001:db8::40"]


def attacked(host, files=None, **keys):
    """A mailband that has banned BANNED."""
    if not host.path(attack.MAIL_LOG).exists():
        host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(**keys),
                            **(files or {})})
    for address in BANNED:
        host.append(attack.MAIL_LOG, 3 * attack.failure(address))
    host.wait_banned("dovecot", *BANNED)
    return daemon


def bans(host):
    return sorted((ban["address"], ban["start"], ban["end"]) for ban in
                  json.loads(host.mailban("list", "--json").stdout))


def test_a_stop_leaves_the_bans(host, tally):
    daemon = attacked(host)
    before = bans(host)
    assert daemon.stop() == 0
    hosts.wait_for(lambda: "STOPPING=1" in daemon.notify.poll())
    elements = host.banned("dovecot")
    tally.fault("a stop and a start")
    tally.bans(BANNED, elements)
    assert sorted(elements) == sorted(BANNED)
    assert all(e["expires"] > 0 for e in elements.values())

    daemon = host.mailband()
    assert sorted(host.banned("dovecot")) == sorted(BANNED)
    assert bans(host) == before
    assert "] Ban " not in daemon.log()
    assert host.status("dovecot")["total_banned"] == len(BANNED)


def test_bans_survive_the_kernel_s_loss(host, tally):
    """After a boot the sets are gone, and the bans still have their time."""
    daemon = attacked(host)
    before = bans(host)
    assert daemon.stop() == 0
    host.run(["nft", "delete", "table", "inet", "mailban"])
    host.mailband()
    tally.fault("a boot: an empty kernel")
    elements = host.wait_banned("dovecot", *BANNED)
    tally.bans(BANNED, elements)
    assert bans(host) == before
    assert all(0 < e["expires"] <= 600 for e in elements.values())


def test_flush_on_stop(host):
    daemon = attacked(host, {
        "mailban.conf": "[mailban]\nuser = mailban\nflush_on_stop = true\n"})
    assert daemon.stop() == 0
    assert host.banned("dovecot") == {}


def test_lines_written_while_it_was_down(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()})
    host.append(attack.MAIL_LOG, attack.failure("192.0.2.1"))
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1")
    assert daemon.stop() == 0
    # One before the stop and two after it make three; nothing counts twice.
    host.append(attack.MAIL_LOG, 2 * attack.failure("192.0.2.1") +
                2 * attack.failure("192.0.2.2"))
    host.mailband()
    host.wait_banned("dovecot", "192.0.2.1")
    assert "192.0.2.2" not in host.banned("dovecot")


def test_the_journal_s_lines_written_while_it_was_down(host):
    host.journald()
    daemon = host.mailband({"jail.local": attack.jail(backend="systemd")})
    host.logger(attack.ABORTED.format("192.0.2.1"))
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1")
    assert daemon.stop() == 0
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"):
        host.logger(attack.ABORTED.format(address))
    host.mailband()
    host.wait_banned("dovecot", "192.0.2.1")
    assert "192.0.2.2" not in host.banned("dovecot")


def test_journald_restarted_and_rotated(host, tally):
    journald = host.journald()
    daemon = host.mailband({"jail.local": attack.jail(backend="systemd")})
    host.logger(attack.ABORTED.format("192.0.2.1"))
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1", count=1)
    assert journald.stop() == 0
    journald = host.journald()
    host.logger(attack.ABORTED.format("192.0.2.1"))
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1", count=2)
    # SIGUSR2 makes journald rotate; vacuuming then removes what is archived.
    journald.signal(signal.SIGUSR2)
    folder = next(host.path("/var/log/journal").iterdir())
    hosts.wait_for(lambda: list(folder.glob("system@*.journal")),
                   what="an archived journal")
    host.run(["journalctl", "--vacuum-files=1"])
    host.logger(attack.ABORTED.format("192.0.2.1"))
    host.wait_banned("dovecot", "192.0.2.1")
    daemon.wait_log(r"\[dovecot\] Found 192\.0\.2\.1", count=3)
    tally.fault("journald restarted, rotated, vacuumed")
    tally.bans(["192.0.2.1"], host.banned("dovecot"))
    tally.lines(3, host.status("dovecot")["total_failed"])


def test_reload_loses_nothing(host, tally):
    """Reload again and again under an attack at speed."""
    daemon = attacked(host)
    lines, reloading = 5000, threading.Semaphore(0)

    def write():
        """A tenth of them in each reload, as fast as it goes."""
        with open(host.path(attack.MAIL_LOG), "ab", buffering=0) as log:
            for number, address in enumerate(
                    attack.addresses(lines, "172.16.0.0/12")):
                if number % 500 == 0:
                    reloading.acquire(timeout=hosts.LATE)
                log.write(attack.failure(address).encode())
    writer = threading.Thread(target=write)
    writer.start()
    reloads = 0
    while writer.is_alive():
        host.configure({"jail.local": attack.jail(maxretry=3 + reloads % 2)})
        reloading.release()
        host.mailban("reload")
        reloads += 1
    writer.join()
    assert reloads >= 10
    counted = 3 * len(BANNED) + lines
    hosts.wait_for(lambda: host.status("dovecot")["total_failed"] >= counted,
                   what=f"{counted} failures counted")
    tally.fault("a reload under attack", reloads)
    tally.lines(counted, host.status("dovecot")["total_failed"])
    tally.bans(BANNED, host.banned("dovecot"))
    assert sorted(host.banned("dovecot")) == sorted(BANNED)
    # All that had failed once before the reloads still has.
    host.configure({"jail.local": attack.jail(maxretry=2)})
    host.mailban("reload")
    host.append(attack.MAIL_LOG, attack.failure("172.16.0.1"))
    host.wait_banned("dovecot", "172.16.0.1")
    assert host.status("dovecot")["total_failed"] == counted + 1
    assert daemon.alive()


def test_reload_by_sighup(host):
    daemon = attacked(host)
    host.configure({"jail.local": attack.jail(maxretry=1)})
    seen = len(daemon.notify.poll())
    daemon.signal(signal.SIGHUP)
    hosts.wait_for(lambda: "READY=1" in daemon.notify.poll()[seen:])
    host.append(attack.MAIL_LOG, attack.failure("192.0.2.9"))
    host.wait_banned("dovecot", "192.0.2.9", *BANNED)


def test_reload_of_a_broken_configuration_changes_nothing(host, tally):
    tally.bad_input("wrong configurations")
    daemon = attacked(host)
    host.configure({"jail.local": attack.jail(bantime="10x")})
    done = host.mailban("reload", check=False)
    assert done.returncode == 2
    assert "jail.local:" in done.stderr and "10x" in done.stderr
    assert daemon.alive()
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.9"))
    host.wait_banned("dovecot", "192.0.2.9", *BANNED)
    host.configure({"jail.local": attack.jail()})
    done = host.mailban("reload", "--json")
    assert json.loads(done.stdout) == {"jails": 1}


def test_what_a_reload_cannot_change_is_told(host):
    """It is so after a restart; what could not start then is refused."""
    daemon = attacked(host)
    host.configure({"mailban.conf": "[mailban]\nuser = root\n"})
    done = host.mailban("reload", check=False)
    assert done.returncode == 2
    assert re.search(r"mailban\.conf:2: user: 'root'", done.stderr)
    host.configure({"mailban.conf": "[mailban]\nuser = nobody\n"
                                    "sandbox = no\n"})
    host.mailban("reload")
    daemon.wait_log("^WARNING user: it is 'nobody' when mailband is restarted")
    daemon.wait_log("^WARNING sandbox: it is left out when mailband is rest")
    host.mailban("reload")
    assert daemon.log().count("WARNING") == 2
    assert daemon.stop() == 0
    assert re.search(r"SIGTERM from process \d+ of uid 0", daemon.log())


def test_a_jail_that_goes_takes_its_bans_along(host):
    attacked(host)
    host.configure({"jail.local": attack.jail(enabled="false")})
    host.mailban("reload")
    hosts.wait_for(lambda: host.banned("dovecot") == {})
    assert host.status()["jails"] == []


@pytest.mark.parametrize("who", ["engine", "warden"])
def test_sudden_death(host, who, tally):
    """Neither outlives the other in silence, and the bans stay."""
    daemon = attacked(host)
    warden = hosts.wait_for(lambda: [
        pid for name, pid in daemon.children().items() if "warden" in name])[0]
    os.kill(daemon.pid if who == "engine" else warden, signal.SIGKILL)
    if who == "engine":
        daemon.wait()
        hosts.wait_for(
            lambda: not pathlib.Path(f"/proc/{warden}").exists(),
            what="end of the warden")
    else:
        # systemd's Restart= starts it anew.
        assert daemon.wait() != 0
        assert "warden" in daemon.log()
    tally.fault(f"kill -9 of the {who}")
    tally.bans(BANNED, host.banned("dovecot"))
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.9"))
    host.mailband()
    host.wait_banned("dovecot", "192.0.2.9", *BANNED)
    assert len(bans(host)) == 3


def test_killed_at_any_time_no_ban_is_lost(host, tally):
    """Killed in the middle of a burst, the next start completes it."""
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(maxretry=1)})
    addresses = attack.addresses(3000)
    host.append(attack.MAIL_LOG, "".join(map(attack.failure, addresses)))
    daemon.wait_log(r"\[dovecot\] Ban ")
    daemon.kill()
    host.mailband()
    hosts.wait_for(lambda: len(host.banned("dovecot")) == len(addresses),
                   what="all banned", every=0.1)
    tally.fault("kill -9 of the engine")
    tally.bans(addresses, host.banned("dovecot"))
    assert host.status("dovecot")["banned"] == len(addresses)
