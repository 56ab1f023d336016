# SPDX-License-Identifier: GPL-2.0-or-later
"""Three failed logins in the log become a ban of ten minutes in the kernel."""
import pytest

import attack
import hosts

ADDRESS = "10.20.30.40"


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
    assert 590 <= element["expires"] <= element["timeout"] <= 600
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


def test_anyone_may_log_but_not_in_dovecot_s_name(host):
    """A local user's line carries his own user id, which nobody can forge."""
    host.journald()
    daemon = host.mailband({"jail.local": attack.jail(backend="systemd")})
    for _ in range(3):
        host.run(["setpriv", "--reuid=nobody", "--regid=nogroup",
                  "--clear-groups", "logger", "-p", "mail.info", "-t",
                  "dovecot", "--", attack.ABORTED.format("192.0.2.1")])
    for _ in range(3):
        host.logger(attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    assert "192.0.2.1" not in daemon.log()
