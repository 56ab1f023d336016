#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mailclient.py imap|pop3|smtp ADDRESS USER PASSWORD: try to log in, once.

Runs inside a client host. Prints "ok", "denied", or "silent" when nothing
answers in a second (what a banned address sees). Anything else is an error.
"""
import imaplib
import poplib
import smtplib
import sys

TIMEOUT = 1


def imap(address, user, password):
    server = imaplib.IMAP4(address, timeout=TIMEOUT)
    try:
        server.login(user, password)
    finally:
        server.logout()


def pop3(address, user, password):
    server = poplib.POP3(address, timeout=TIMEOUT)
    try:
        server.user(user)
        server.pass_(password)
    finally:
        server.quit()


def smtp(address, user, password):
    with smtplib.SMTP(address, timeout=TIMEOUT,
                      local_hostname="client.example.net") as server:
        # The last failure's answer is an error; AUTH PLAIN alone is one try.
        server.ehlo()
        server.user, server.password = user, password
        server.auth("PLAIN", server.auth_plain)


def main():
    kind, *arguments = sys.argv[1:]
    try:
        {"imap": imap, "pop3": pop3, "smtp": smtp}[kind](*arguments)
    except TimeoutError:
        print("silent")
    except (imaplib.IMAP4.error, poplib.error_proto,
            smtplib.SMTPAuthenticationError):
        print("denied")
    else:
        print("ok")


if __name__ == "__main__":
    main()
