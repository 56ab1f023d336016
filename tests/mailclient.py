#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Log in: mailclient.py KIND ADDRESS USER PASSWORD TIMEOUT TIMES

KIND is imap, pop3, smtp or submission; all TIMES are tried in one connection.
Runs inside a client host. Prints "ok", "denied", or "silent" when nothing
answers within TIMEOUT seconds (what a banned address sees). All else is an
error.
"""
import contextlib
import imaplib
import poplib
import smtplib
import sys


def tried(denied, log_in, times):
    """Log in; a denial counts only if it is the last of all."""
    for _ in range(times - 1):
        try:
            log_in()
        except denied:
            continue
        raise RuntimeError("not denied")
    log_in()


def imap(address, user, password, timeout, times):
    server = imaplib.IMAP4(address, timeout=timeout)
    try:
        tried(imaplib.IMAP4.error, lambda: server.login(user, password), times)
    finally:
        # The ban may come between the verdict and the goodbye.
        with contextlib.suppress(OSError, imaplib.IMAP4.abort):
            server.logout()


def pop3(address, user, password, timeout, times):
    server = poplib.POP3(address, timeout=timeout)

    def log_in():
        server.user(user)
        server.pass_(password)
    try:
        tried(poplib.error_proto, log_in, times)
    finally:
        with contextlib.suppress(OSError):
            server.quit()


def smtp(address, user, password, timeout, times, port=25):
    server = smtplib.SMTP(address, port, timeout=timeout,
                          local_hostname="client.example.net")
    try:
        # server.login() would try each mechanism in turn.
        server.ehlo()
        server.user, server.password = user, password
        tried(smtplib.SMTPAuthenticationError,
              lambda: server.auth("PLAIN", server.auth_plain), times)
    finally:
        # No QUIT: Postfix has logged the failure, so there may be a ban that
        # leaves it without an answer.
        server.close()


def submission(*args):
    smtp(*args, port=587)


def main():
    kind, address, user, password, timeout, times = sys.argv[1:]
    try:
        {"imap": imap, "pop3": pop3, "smtp": smtp, "submission": submission}[
            kind](address, user, password, float(timeout), int(times))
    except TimeoutError:
        print("silent")
    except (imaplib.IMAP4.error, poplib.error_proto,
            smtplib.SMTPAuthenticationError):
        print("denied")
    else:
        print("ok")


if __name__ == "__main__":
    main()
