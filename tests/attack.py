# SPDX-License-Identifier: GPL-2.0-or-later
"""Log lines of failed logins, and addresses to send them from."""
import ipaddress
import time

MAIL_LOG = "/var/log/mail.log"
# What the shipped jail's filter and the one in USER_FILTER both catch.
ABORTED = ("imap-login: Aborted login (auth failed, 2 attempts): user=<>, "
           "method=PLAIN, rip={}, lip=1.2.3.4, TLS")

# An admin's filter from a fail2ban host, as it is.
USER_FILTER = r"""[Definition]
failregex = (?: pop3-login|imap-login): .*(?:Authentication failure|Aborted login \(auth failed|Aborted login \(tried to use disabled|Disconnected \(auth failed).*rip=(?P<host>\S*),.*
ignoreregex =
"""
USER_JAIL = """[dovecot-pop3imap]
enabled = true
port = pop3,pop3s,imap,imaps
filter = dovecot-pop3imap
logpath = /var/log/mail.log
"""


def stamp():
    """The time as the traditional syslog format has it; hosts are in UTC."""
    return time.strftime("%b %e %H:%M:%S", time.gmtime())


def line(message, tag="dovecot"):
    """A line of a mail log, now."""
    return f"{stamp()} mx {tag}: {message}\n"


def failure(address):
    return line(ABORTED.format(address))


def addresses(count, network="10.0.0.0/8"):
    """count addresses of a network, the first ones."""
    first = ipaddress.ip_network(network)[1]
    return [str(first + i) for i in range(count)]


def jail(name="dovecot", **keys):
    """A jail on the mail log, the shipped one of that name if there is one."""
    keys = {"enabled": "true", "backend": "auto", "logpath": MAIL_LOG,
            "maxretry": 3, "findtime": "10m", "bantime": "10m", **keys}
    return f"[{name}]\n" + "".join(f"{key} = {value}\n"
                                   for key, value in keys.items())
