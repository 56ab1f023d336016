# SPDX-License-Identifier: GPL-2.0-or-later
"""Three failed logins in the log become a ban of ten minutes in the kernel."""
import pytest

import attack
import hosts

ADDRESS = "10.20.30.40"
# A line of sshd[PID], as anyone can write it.
SYSLOG = """import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(f"<22>sshd[{sys.argv[1]}]: {sys.argv[2]}".encode(), "/dev/log")
"""


def banned_by_the_third(host, daemon, jail, log):
    """Log the failure until the address is banned, by the third."""
    for _ in range(2):
        log()
    hosts.wait_for(lambda: host.status(jail)["total_failed"] == 2,
                   what="two failures counted")
    assert host.banned(jail) == {}
    log()
    element = host.wait_banned(jail, ADDRESS)[ADDRESS]
    # From the line's own time, which a mail log has in whole seconds.
    assert 600 - hosts.LATE <= element["expires"] <= element["timeout"] <= 600
    assert list(host.banned(jail)) == [ADDRESS]
    daemon.wait_log(rf"\[{jail}\] Found 10\.20\.30\.40\b", count=3)
    daemon.wait_log(rf"NOTICE +\[{jail}\] Ban 10\.20\.30\.40$")
    shown = host.status(jail)
    assert shown["banned"] == 1 and shown["addresses"] == [ADDRESS]


def test_journal(host):
    host.journald()
    daemon = host.mailband({"jail.local": attack.jail(backend="systemd")})
    banned_by_the_third(host, daemon, "dovecot", lambda: host.logger(
        attack.ABORTED.format(ADDRESS)))


def test_a_journal_that_cannot_be_read_yet(host):
    """It says so, and reads on its own once there is one that it may read."""
    daemon = host.mailband({"jail.local": attack.jail()})
    daemon.wait_log("^INFO /var/log/mail.log is not there: the journal is")
    daemon.wait_log("^WARNING the journal .* group systemd-journal$")
    journal, = [s for s in host.status()["sources"] if s["name"] == "journal"]
    assert "may be read" in journal["trouble"]
    host.journald()
    daemon.wait_log("^INFO the journal is read now$")
    banned_by_the_third(host, daemon, "dovecot", lambda: host.logger(
        attack.ABORTED.format(ADDRESS)))


@pytest.mark.parametrize("log", ["written", "rsyslogd", "rsyslogd-iso"])
def test_file_with_a_filter_from_fail2ban(host, log):
    if log == "written":
        host.write(attack.MAIL_LOG, "", 0o644)

        def write():
            host.append(attack.MAIL_LOG, attack.failure(ADDRESS))
    else:
        host.rsyslogd(format="iso" if log.endswith("iso") else "traditional")

        def write():
            host.logger(attack.ABORTED.format(ADDRESS))
    daemon = host.mailband({
        "filter.d/dovecot-pop3imap.conf": attack.USER_FILTER,
        "jail.local": attack.USER_JAIL})
    banned_by_the_third(host, daemon, "dovecot-pop3imap", write)


def test_nobody_is_banned_in_a_dry_run(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()}, ["-n"])
    for _ in range(3):
        host.append(attack.MAIL_LOG, attack.failure(ADDRESS))
    daemon.wait_log(r"\[dovecot\] .*Ban 10\.20\.30\.40")
    assert host.nft_json("list", "table", "inet", "mailban") == []


def log_as(host, user, message, tag="dovecot"):
    """logger(1) by a real user without rights."""
    host.run(["setpriv", f"--reuid={user}", f"--regid={user}",
              "--clear-groups", "logger", "-p", "mail.info", "-t", tag, "--",
              message])


# The filter's own journalmatch, one of fail2ban's kind, and none at all.
@pytest.mark.parametrize("match", [
    None, "_SYSTEMD_UNIT=none.service + SYSLOG_IDENTIFIER=dovecot", ""])
def test_anyone_may_log_but_not_in_dovecot_s_name(host, match):
    """A local user's line carries his own user id, which nobody can forge."""
    host.journald()
    keys = {} if match is None else {"journalmatch": match}
    daemon = host.mailband({
        "jail.local": attack.jail(backend="systemd", **keys)})
    for _ in range(3):
        log_as(host, "alice", attack.ABORTED.format("192.0.2.1"))
    for _ in range(3):
        host.logger(attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    assert "192.0.2.1" not in daemon.log()
    assert host.status("dovecot")["refused"] == 3
    journal, = host.status()["sources"]
    assert (journal["refused"], journal["matched"]) == (3, 3)
    uid = host.run(["id", "-u", "alice"]).stdout.strip()
    told = r"^WARNING \[dovecot\] journal: \d lines? not counted, .* uid "
    # Its name is not known of a program that has ended by then.
    daemon.wait_log(rf"{told}{uid} \((?:logger|no program), no unit\)")
    # Once a minute, however many there are.
    for _ in range(20):
        log_as(host, "alice", attack.ABORTED.format("192.0.2.1"))
    hosts.wait_for(lambda: host.status("dovecot")["refused"] == 23)
    assert daemon.log().count("not counted") == 1
    shown = host.mailban("status").stdout
    assert "23 lines of local users not believed" in shown
    assert "Not believed" in host.mailban("status", "dovecot").stdout


# What a user can say of himself; {} is the message.
DRESSES = [
    ["logger", "--id=1", "-t", "dovecot", "{}"],
    ["logger", "-t", "postfix/smtpd", "-p", "mail.info", "dovecot: {}"],
    ["python3", "-c", """import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(("MESSAGE=" + sys.argv[1] + "\\nSYSLOG_IDENTIFIER=dovecot\\n_UID=0\\n"
          "_PID=1\\n_EXE=/usr/libexec/dovecot/log\\n_TRANSPORT=syslog\\n"
          "_SYSTEMD_UNIT=dovecot.service\\nOBJECT_PID=1\\nSYSLOG_PID=1\\n"
          ).encode(), "/run/systemd/journal/socket")
""", "{}"],
    ["python3", "-c", """import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect("/run/systemd/journal/stdout")
s.sendall(("dovecot\\ndovecot.service\\n6\\n1\\n0\\n0\\n0\\n"
           + sys.argv[1] + "\\n").encode())
""", "{}"],
    ["systemd-cat", "-t", "dovecot", "echo", "{}"],
]


@pytest.mark.parametrize("dress", DRESSES, ids=[
    "logger-id", "logger-tag", "fields", "stream", "cat"])
def test_a_user_in_any_dress(host, dress):
    host.journald()
    daemon = host.mailband({"jail.local": attack.jail(backend="systemd")})
    for _ in range(3):
        host.run(["setpriv", "--reuid=alice", "--regid=alice",
                  "--clear-groups", *(part.replace(
                      "{}", attack.ABORTED.format("192.0.2.1"))
                      for part in dress)])
    hosts.wait_for(lambda: host.run(
        ["journalctl", "-q", "-o", "cat"]).stdout.count("192.0.2.1") == 3,
        what="the journal has them", every=0.1)
    for _ in range(3):
        host.logger(attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    found = [line for line in daemon.log().splitlines()
             if "192.0.2.1" in line and "Found" in line]
    assert not found, host.run(["journalctl", "-q", "-o", "json"]).stdout


def test_a_service_s_user_without_a_unit(host):
    """With systemd everybody has one, but who ended before journald looked."""
    host.journald()
    host.run(["mkdir", "-p", "/run/systemd/system"])
    host.mailband({"jail.local": attack.jail(backend="systemd")})
    for _ in range(3):
        log_as(host, "www-data", attack.ABORTED.format("192.0.2.1"))
        host.logger(attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    assert host.status("dovecot")["refused"] == 3


@pytest.mark.parametrize("match", [None, ""])
def test_a_jail_may_believe_anyone(host, match):
    host.journald()
    keys = {} if match is None else {"journalmatch": match}
    host.mailband({"jail.local": attack.jail(
        backend="systemd", trust="any", **keys)})
    for _ in range(3):
        log_as(host, "alice", attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert host.status("dovecot")["refused"] == 0


def test_what_is_not_believed_is_not_remembered(host):
    """sshd's filter joins lines by their process, of which he says the id."""
    host.journald()
    daemon = host.mailband({
        "filter.d/own.conf": "[Definition]\n"
        "prefregex = ^<F-MLFID>\\S+ sshd\\[\\d+\\]:</F-MLFID> "
        "<F-CONTENT>.*</F-CONTENT>$\n"
        "failregex = ^<F-NOFAIL>from</F-NOFAIL> <ADDR>$\n"
        "            ^<F-NOFAIL>hello</F-NOFAIL>$\n"
        "            ^failed$\n",
        "jail.local": attack.jail("own", filter="own", backend="systemd",
                                  journalmatch="", maxretry=1)})
    for pid, user, address in (("7", "alice", "192.0.2.1"),
                               ("8", "root", ADDRESS)):
        for who, message in ((user, f"from {address}"), ("root", "failed")):
            host.run(["setpriv", f"--reuid={who}", "python3", "-c", SYSLOG,
                      pid, message])
    host.wait_banned("own", ADDRESS)
    assert list(host.banned("own")) == [ADDRESS]
    assert "192.0.2.1" not in daemon.log()
