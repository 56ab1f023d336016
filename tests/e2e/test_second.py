# SPDX-License-Identifier: GPL-2.0-or-later
"""A second mailband leaves a running one alone."""
import attack


def test_second_does_not_start(new_host):
    host = new_host("server")
    host.write(attack.MAIL_LOG, "", 0o644)
    host.mailband({"jail.local": attack.jail(maxretry=1)})
    host.mailban("ban", "dovecot", "203.0.113.5")
    pid = host.status()["pid"]
    for more in [], ["-n"]:
        done = host.run([host.program("mailband"), "-c", "/etc/mailban", "-s",
                         "/run/mailban/control", "-d", "/var/lib/mailban",
                         *more], check=False, timeout=20)
        assert done.returncode == 1
        assert "another mailband listens there" in done.stderr
    assert host.status()["pid"] == pid
    assert list(host.banned("dovecot")) == ["203.0.113.5"]
