# SPDX-License-Identifier: GPL-2.0-or-later
"""rsyslogd's $RepeatedMsgReduction, which Ubuntu turns on: a guesser's lines
are equal, and it writes one for many."""
import pytest

import attack
import hosts

ADDRESS, OTHER = "10.20.30.40", "10.20.30.41"
REDUCE = "$RepeatedMsgReduction on\n"
# No session's name is in either line: they repeat.
FAILED = "warning: unknown[{}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
SMTPD = "postfix/smtpd[7]"
JAILS = attack.jail(maxretry=5) + attack.jail("postfix-sasl", maxretry=5) + \
    attack.jail("lines", filter="lines", maxretry=2)
# One of fail2ban's kind, which sees lines as they are.
LINES = r"""[Definition]
failregex = unknown\[<HOST>\]: SASL
"""


@pytest.mark.parametrize("format", ["traditional", "iso"])
def test_rsyslogd_takes_them_together(host, format):
    host.rsyslogd(format=format, more=REDUCE)
    daemon = host.mailband({"jail.local": JAILS, "filter.d/lines.conf": LINES})
    for address in (ADDRESS, OTHER):
        # What ends the second address' lines is another message.
        for _ in range(5 if address == ADDRESS else 4):
            host.logger(attack.ABORTED.format(address))
    host.logger("imap-login: another")
    hosts.wait_for(lambda: host.status("dovecot")["total_failed"] == 9,
                   what="9 in dovecot")
    for _ in range(4):
        host.logger(FAILED.format(ADDRESS), tag=SMTPD)
    host.logger(FAILED.format(OTHER), tag=SMTPD)
    hosts.wait_for(lambda: host.status("postfix-sasl")["total_failed"] == 5,
                   what="5 in postfix-sasl")
    text = host.path(attack.MAIL_LOG).read_text()
    told = [line.split(": [")[0].split(": ", 1)[1]
            for line in text.splitlines() if "message repeated" in line]
    assert told == ["message repeated 4 times", "message repeated 3 times",
                    "message repeated 3 times"], text
    host.wait_banned("dovecot", ADDRESS)
    assert host.banned("postfix-sasl") == {}
    assert host.status("lines")["total_failed"] == 3
    host.wait_banned("lines", ADDRESS)
    # The fifth is written as it is; the ban has its time.
    host.logger(FAILED.format(ADDRESS), tag=SMTPD)
    host.wait_banned("postfix-sasl", ADDRESS)
    daemon.wait_log(rf"\[postfix-sasl\] Found {ADDRESS}, 3 attempts$")
