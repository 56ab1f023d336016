#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mailclient.py imap|pop3|smtp ADDRESS USER PASSWORD TIMEOUT: log in, once.

Runs inside a client host. Prints "ok", "denied", or "silent" when nothing
answers within TIMEOUT seconds (what a banned address sees). All else is an
error.
"""
import contextlib
import imaplib
import poplib
import smtplib
import sys


def imap(address, user, password, timeout):
    server = imaplib.IMAP4(address, timeout=timeout)
    try:
        server.login(user, password)
    finally:
        # The ban may come between the verdict and the goodbye.
        with contextlib.suppress(OSError, imaplib.IMAP4.abort):
            server.logout()


def pop3(address, user, password, timeout):
    server = poplib.POP3(address, timeout=timeout)
    try:
        server.user(user)
        server.pass_(password)
    finally:
        with contextlib.suppress(OSError):
            server.quit()


def smtp(address, user, password, timeout):
    server = smtplib.SMTP(address, timeout=timeout,
                          local_hostname="client.example.net")
    try:
        # server.login() would try each mechanism in turn.
        server.ehlo()
        server.user, server.password = user, password
        server.auth("PLAIN", server.auth_plain)
    finally:
        # No QUIT: Postfix has logged the failure, so there may be a ban that
        # leaves it without an answer.
        server.close()


def main():
    kind, address, user, password, timeout = sys.argv[1:]
    try:
        {"imap": imap, "pop3": pop3, "smtp": smtp}[kind](
            address, user, password, float(timeout))
    except TimeoutError:
        print("silent")
    except (imaplib.IMAP4.error, poplib.error_proto,
            smtplib.SMTPAuthenticationError):
        print("denied")
    else:
        print("ok")


if __name__ == "__main__":
    main()
