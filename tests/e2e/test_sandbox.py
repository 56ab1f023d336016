# SPDX-License-Identifier: GPL-2.0-or-later
"""Each process of a running daemon is in its sandbox, or there is none."""
import json
import pathlib
import time

import pytest

import attack
import hosts

NET_ADMIN = f"{1 << 12:016x}"
DAC_READ_SEARCH = f"{1 << 2:016x}"
KEPT = {"mailban-warden": NET_ADMIN, "mailban-gauge": DAC_READ_SEARCH,
        "gauge-keeper": DAC_READ_SEARCH}
FILTER = "[Definition]\nfailregex = ^ mx own: failed from <HOST>$\n"

# A container that keeps Landlock away: its first system call fails.
WITHOUT_LANDLOCK = """
import ctypes, errno, os, sys
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
ALLOW, ERRNO = 0x7fff0000, 0x00050000
context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
assert seccomp.seccomp_rule_add(
    context, ctypes.c_uint32(ERRNO | errno.ENOSYS), 444, 0) == 0
assert seccomp.seccomp_load(context) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def line(who):
    return f"{time.strftime('%b %e %H:%M:%S', time.gmtime())} " \
        f"mx own: failed from {who}\n"


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(row.split(":\t", 1) for row in text.splitlines()
                if ":\t" in row)


def own(**keys):
    return attack.jail("own", filter="own", maxretry=1, **keys)


@pytest.fixture
def running(host):
    host.write("/srv/logs/own.log", "")
    host.daemon = host.mailband({
        "filter.d/own.conf": FILTER,
        "jail.local": own(logpath="/srv/logs/own.log", usedns="yes")})
    return host


def test_each_process_is_confined(running):
    running.append("/srv/logs/own.log", line("localhost"))
    late = {"mailban-lookup", "mailban-gauge", "mailban-runner"}
    found = hosts.wait_for(lambda: (
        lambda c: c if late <= set(c) else None)(running.daemon.children()))
    found["mailband"] = running.daemon.pid
    found.pop("postconf", None)
    assert set(found) == {"mailband", "mailban-warden", "mailban-names",
                          "gauge-keeper", "runner-keeper"} | late
    for name, pid in found.items():
        if name in ("mailban-lookup", "mailban-gauge"):
            hosts.wait_for(lambda: status_of(pid)["Seccomp_filters"] == "2")
        status = status_of(pid)
        # Of what runs other programs only files are taken.
        assert status["Seccomp"] == \
            ("0" if "runner" in name else "2"), name
        assert status["NoNewPrivs"] == "1", name
        wanted = KEPT.get(name, "0" * 16)
        assert status["CapEff"] == status["CapPrm"] == wanted, name
        assert status["CapInh"] == status["CapAmb"] == "0" * 16, name
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert "\nMax core file size        0                    0 " in limits


def test_a_log_elsewhere_needs_a_restart(running):
    """What was given up cannot be had again: it is told, not passed over."""
    running.write("/opt/other/own.log", "")
    running.configure({"jail.local": own(logpath="/opt/other/own.log")})
    done = running.mailban("reload", check=False)
    assert done.returncode != 0
    assert "logpath: /opt/other was none of mailband's directories" \
        in done.stdout + done.stderr
    assert "restart mailband" in done.stdout + done.stderr
    # The old configuration stays in force, and a log beside the old one goes.
    running.append("/srv/logs/own.log", line("192.0.2.1"))
    running.wait_banned("own", "192.0.2.1")
    running.write("/srv/logs/new.log", "")
    running.configure({"jail.local": own(logpath="/srv/logs/new.log")})
    running.mailban("reload")
    running.append("/srv/logs/new.log", line("192.0.2.2"))
    running.wait_banned("own", "192.0.2.2")
    running.daemon.stop()
    running.configure({"jail.local": own(logpath="/opt/other/own.log")})
    running.mailband()
    running.append("/opt/other/own.log", line("192.0.2.3"))
    running.wait_banned("own", "192.0.2.3")


def test_a_link_is_followed_to_another_directory(host):
    host.write("/srv/far/away/real.log", "")
    host.path("/var/log/own.log").symlink_to("/srv/far/away/real.log")
    host.mailband({"filter.d/own.conf": FILTER,
                   "jail.local": own(logpath="/var/log/own.log")})
    host.append("/srv/far/away/real.log", line("192.0.2.4"))
    host.wait_banned("own", "192.0.2.4")


def test_without_landlock_it_does_not_start(host):
    by = ["python3", "-c", WITHOUT_LANDLOCK]
    host.write("/var/log/own.log", "")
    files = {"filter.d/own.conf": FILTER,
             "jail.local": own(logpath="/var/log/own.log")}
    daemon = host.mailband(files, by=by, wait=False)
    assert daemon.wait() == 1
    assert "cannot give up rights: Function not implemented" in daemon.log()
    # A dry run has no warden to fail.
    daemon = host.mailband(by=by, wait=False, args=["-n"])
    assert daemon.wait() == 1
    assert "the kernel has no Landlock" in daemon.log()
    daemon = host.mailband(
        {"mailban.conf": "[mailban]\nuser = mailban\nsandbox = no\n"}, by=by)
    daemon.wait_log("^WARNING sandbox = no")
    host.append("/var/log/own.log", line("192.0.2.5"))
    host.wait_banned("own", "192.0.2.5")
    assert json.loads(host.mailban("status", "--json").stdout)
