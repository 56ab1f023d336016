# SPDX-License-Identifier: GPL-2.0-or-later
"""One burst of lines from 20,000 addresses, each of which is to be banned."""
import attack
import hosts

EACH = 10000


def test_all_are_in_the_kernel_in_batches(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail(maxretry=1)})
    v4 = attack.addresses(EACH, "10.0.0.0/8")
    v6 = attack.addresses(EACH, "2001:db8::/32")
    # Written aside, so that it comes as fast as a file can.
    host.append(attack.MAIL_LOG, "".join(
        attack.failure(a) for pair in zip(v4, v6) for a in pair))
    hosts.wait_for(
        lambda: host.status("dovecot")["total_banned"] == 2 * EACH,
        timeout=60, what="20,000 bans", every=0.2)
    hosts.wait_for(
        lambda: len(host.set_elements("ban4-dovecot")) == EACH and
        len(host.set_elements("ban6-dovecot")) == EACH,
        timeout=60, what="20,000 elements", every=0.2)
    assert set(host.set_elements("ban4-dovecot")) == set(v4)
    assert set(host.set_elements("ban6-dovecot")) == set(v6)
    assert host.status("dovecot")["banned"] == 2 * EACH
    # The warden tells its counts about once a second.
    counts = hosts.wait_for(
        lambda: (s := host.status())["elements"] >= 2 * EACH and s,
        what="20,000 elements counted")
    assert counts["elements"] == 2 * EACH and counts["errors"] == 0
    # One by one it would be 20,000.
    assert 1 <= counts["transactions"] <= 1000
    listed = host.mailban("list", "dovecot", "--json", timeout=60).stdout
    assert listed.count('"enforced":') == 2 * EACH
    daemon.wait_log(r"NOTICE +\[dovecot\] Ban ", count=2 * EACH)
