# SPDX-License-Identifier: GPL-2.0-or-later
"""The test hosts are what the other tests take them for."""
import os
import pathlib
import re

import pytest

import hosts
import mailhost

# There is no program of ours in it.
pytestmark = pytest.mark.builds("san")


def test_journald_is_real(host):
    host.journald()
    host.logger("imap-login: from the logger")
    shown = hosts.wait_for(lambda: host.run(
        ["journalctl", "-q", "-t", "dovecot", "-o", "json"]).stdout)
    assert '"MESSAGE":"imap-login: from the logger"' in shown
    assert '"_TRANSPORT":"syslog"' in shown


def test_rsyslogd_writes_the_mail_log(host):
    host.rsyslogd()
    host.logger("imap-login: from the logger")
    log = host.path("/var/log/mail.log")
    line = hosts.wait_for(lambda: log.exists() and log.read_text())
    assert re.match(r"\w{3} [ \d]\d \d\d:\d\d:\d\d mx "
                    r"dovecot: imap-login: from the logger\n$", line)


def test_nothing_shows_outside(host):
    host.run(["nft", "add", "table", "inet", "mailban"])
    assert [t for t in host.nft_json("list", "tables") if "table" in t]
    host.write("/etc/written", "")
    assert not pathlib.Path("/etc/written").exists()
    mounts = pathlib.Path("/proc/self/mountinfo").read_text()
    assert "/mailban" not in [line.split()[4] for line in mounts.splitlines()]
    for kind in ("mnt", "net", "pid", "uts", "ipc", "cgroup"):
        assert os.readlink(f"/proc/{host.pid}/ns/{kind}") != \
            os.readlink(f"/proc/self/ns/{kind}")


def test_the_repository_is_read_only(host):
    done = host.run(["touch", "/mailban/written"], check=False)
    assert done.returncode and "Read-only" in done.stderr


def test_closing_ends_what_runs(tree):
    host = hosts.Host(tree)
    process = host.start(["sleep", "1000"])
    pid = process.pid
    host.close()
    assert not pathlib.Path(f"/proc/{pid}").exists()


def test_orphans_are_reaped(host):
    orphan = host.run(["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"])
    pid = orphan.stdout.strip()
    host.run(["kill", "-9", pid])
    hosts.wait_for(lambda: not host.path(f"/proc/{pid}").exists(),
                   what="end of the orphan")


def test_a_sanitizer_report_fails(tree):
    host = hosts.Host(tree)
    host.start(["sh", "-c", "echo ERROR: AddressSanitizer: x >&2"]).wait()
    with pytest.raises(AssertionError, match="AddressSanitizer"):
        host.close()


@pytest.mark.parametrize("family", ["ip4", "ip6"])
def test_hosts_reach_each_other(new_host, join, family):
    server, client = new_host("mx"), new_host("client")
    join(server, client)
    server.start(["python3", "-m", "http.server", "--bind", "::", "8080"])
    address = getattr(server, family)
    hosts.wait_for(lambda: client.run(
        ["python3", "-c", "import socket, sys;"
         "socket.create_connection((sys.argv[1], 8080), 2)", address],
        check=False).returncode == 0)


@pytest.mark.parametrize("log", ["journald", "rsyslogd"])
def test_the_mail_host_answers(new_host, join, log):
    server, client = new_host(), new_host("client")
    join(server, client)
    getattr(server, log)()
    mailhost.start(server)
    for kind in mailhost.KINDS:
        for address in (server.ip4, server.ip6):
            assert mailhost.login(client, kind, address) == "ok"
            assert mailhost.login(client, kind, address,
                                  password="wrong") == "denied"
