# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/bench/run measures of the daemon under load, and of its memory.

A line more or less, or a ban, is a failed measurement, whatever the figures.
"""
import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import time

import hosts

MAIL_LOG = "/var/log/mail.log"
# Of steady(): lines a second, and seconds between two rotations of the log.
RATE = 200000
ROTATED = 10
# Of flood(): those who were banned before.
BANNED = 1000


def memory(daemon):
    """{name: kilobytes} of a daemon and its descendants.

    Each page by the share of who has it (PSS): the sum counts what several of
    them have, as the C library, once, and what nobody else has in full.
    """
    def settled():
        return "postconf" not in daemon.children()
    hosts.wait_for(settled, what="the end of postconf")
    found = {}
    for name, pid in {"mailband": daemon.pid, **daemon.children()}.items():
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        found[name] = int(re.search(r"^Pss: +(\d+)", text, re.M)[1])
    return found


def failures(first, count, session="dGVzdA"):
    """One failed login each of so many addresses, now."""
    date = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return "".join(
        f"{date} mx dovecot: imap-login: Disconnected: Connection closed "
        "(auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, "
        f"rip={i >> 24}.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}, "
        f"lip=192.0.2.1, TLS, session=<{session}>\n"
        for i in range(first, first + count))


def shipped():
    return (hosts.REPO / "jails/mailhost.conf").read_text()


def idle(bench):
    host = bench.host()
    host.write("/var/log/auth.log", "")
    daemon = bench.daemon(host, files={
        "mailban.conf": "[mailban]\nloglevel = warning\n",
        "jail.d/mailhost.conf": shipped()})
    found = memory(daemon)
    bench.table.add("idle, the four jails of mailhost.conf",
                    sum(found.values()) / 1024, "MB", "<= 8 MB", most=8)
    for name, size in found.items():
        bench.table.add(f"  of it {name}", size / 1024, "MB")


def flood(bench):
    cap = bench.few(1000000, 200000)
    over = cap // 5
    host = bench.host()
    daemon = bench.daemon(host, files={
        "mailban.conf": "[mailban]\nloglevel = warning\n"
                        f"max_tracked = {cap}\n",
        "jail.local": bench.jail("polling", 5)})
    for session in range(5):
        host.append(MAIL_LOG, failures(0xac100001, BANNED, session))
    hosts.wait_for(lambda: len(host.banned("dovecot")) == BANNED, 60,
                   "all bans", every=0.2)
    before = sum(memory(daemon).values())
    spent = cpu(daemon.pid)
    for first in range(0, cap + over, 100000):
        host.append(MAIL_LOG, failures(
            0x0a000001 + first, min(100000, cap + over - first)))
    lines = 5 * BANNED + cap + over
    hosts.wait_for(lambda: host.status()["lines"] >= lines, 300,
                   f"{lines} lines", every=0.5)
    bench.table.add("failures of new addresses, processor time of each",
                    (cpu(daemon.pid) - spent) / (cap + over) * 1e6, "us")
    # What waits for the disk is no table's, and goes when it is written.
    time.sleep(5)
    grown = (sum(memory(daemon).values()) - before) * 1024
    jail = host.status("dovecot")
    bench.table.add(f"{jail['failed']:,} tracked, each", grown / cap, "bytes",
                    "<= 64", most=64)
    bench.table.add(f"pushed out of {over:,}", jail["evictions"],
                    "addresses", f"{over:,}", over, over)
    held = len(host.banned("dovecot"))
    bench.table.add(f"bans still in force, of {BANNED:,}", held, "bans",
                    f"{BANNED:,}", BANNED, BANNED)


def cpu(pid):
    """Seconds of processor time that a process has had."""
    text = pathlib.Path(f"/proc/{pid}/schedstat").read_text()
    return int(text.split()[0]) / 1e9


def steady(bench):
    seconds = bench.few(60, 6)
    host = bench.host()
    host.write("/var/log/auth.log", "")
    daemon = bench.daemon(host, files={
        "mailban.conf": "[mailban]\nloglevel = warning\ncounters = true\n",
        "jail.d/mailhost.conf": shipped()})
    asking = host.start([f"{bench.programs}/latency", "ask",
                         "/run/mailban/control", seconds * 40])
    before, began = cpu(daemon.pid), time.monotonic()
    written = write_steadily(host, seconds)
    took = time.monotonic() - began
    spent = cpu(daemon.pid) - before
    bench.table.add(f"written in {took:.1f} s", written / took, "lines/s",
                    f"{RATE:,}", least=0.99 * RATE)
    hosts.wait_for(lambda: host.status()["lines"] >= written, 60,
                   f"{written} lines", every=0.2)
    bench.table.add("until all were read", time.monotonic() - began - took,
                    "s")
    bench.table.add("lines lost", written - host.status()["lines"], "lines",
                    "0", least=0, most=0)
    bench.table.add("the engine, of one processor", 100 * spent / took, "%")
    bench.table.add("banned meanwhile", sum(
        len(host.banned(name)) for name in ("dovecot", "postfix")), "bans")
    assert asking.wait(60) == 0, asking.log()
    answers = sorted(float(line) / 1e3 for line in asking.log().split())
    bench.table.add("an answer of the control socket, p50",
                    statistics.median(answers), "ms")
    bench.table.add("  p99", answers[int(0.99 * len(answers))], "ms",
                    "<= 50 ms", most=50)
    bench.table.add("  the longest", answers[-1], "ms", "<= 50 ms", most=50)
    bench.table.add("memory at the end", sum(memory(daemon).values()) / 1024,
                    "MB")


def write_steadily(host, seconds):
    """RATE lines a second into the mail log, which is rotated; their count."""
    log, turned, written, rest = host.path(MAIL_LOG), 0, 0, b""
    with contextlib.ExitStack() as stack:
        maker = stack.enter_context(subprocess.Popen(
            [hosts.REPO / "build/tests/bench/maillog",
             f"--start={int(time.time())}", f"--rate={RATE}",
             f"--lines={RATE * seconds}"], stdout=subprocess.PIPE))
        began = time.monotonic()
        out = os.open(log, os.O_WRONLY | os.O_APPEND)
        while block := maker.stdout.read(1 << 16):
            early = written / RATE - (time.monotonic() - began)
            if early > 0:
                time.sleep(early)
            if written // (RATE * ROTATED) > turned:
                turned += 1
                os.close(out)
                os.rename(log, f"{log}.1")
                out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT,
                              0o644)
            rest += block
            whole = rest.rfind(b"\n") + 1
            os.write(out, rest[:whole])
            written += rest.count(b"\n", 0, whole)
            rest = rest[whole:]
        os.close(out)
    return written
