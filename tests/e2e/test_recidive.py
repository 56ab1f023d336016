# SPDX-License-Identifier: GPL-2.0-or-later
"""The jail recidive counts the bans of the others, and needs no log."""
import attack
import hosts

ADDRESS = "192.0.2.1"


def test_banned_again_and_again(host):
    host.write(attack.MAIL_LOG, "")
    files = {"jail.local": attack.jail(maxretry=1) +
             attack.jail("postfix-sasl", maxretry=1) +
             "[recidive]\nenabled = true\nmaxretry = 3\n"}
    daemon = host.mailband(files)

    def found(count):
        hosts.wait_for(
            lambda: host.status("recidive")["total_failed"] == count,
            what=f"{count} bans counted")
    host.append(attack.MAIL_LOG, attack.failure(ADDRESS))
    host.append(attack.MAIL_LOG, attack.line(
        f"warning: unknown[{ADDRESS}]: SASL PLAIN authentication failed: x",
        tag="postfix/smtpd[1]"))
    found(2)
    # Put back, twice over: no other bans.
    for _ in range(2):
        assert daemon.stop() == 0
        daemon = host.mailband(files)
    host.wait_banned("dovecot", ADDRESS)
    assert host.banned("recidive") == {}
    assert host.status("recidive")["failed"] == 1
    host.mailban("unban", "dovecot", ADDRESS)
    host.append(attack.MAIL_LOG, attack.failure(ADDRESS))
    element = host.wait_banned("recidive", ADDRESS)[ADDRESS]
    assert element["timeout"] == 7 * 24 * 3600
    # Its own ban is not one of those that it counts.
    assert host.status("recidive")["total_failed"] == 1
    assert host.status("recidive")["files"] == []
