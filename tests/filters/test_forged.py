# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing that a client writes into a line makes another's address count.

Lines are made from the daemons' formats, with pieces of such lines in all the
places that a client fills: @u a user name, @t text, @w a word. Each line has
one peer, PEER; every other address in it is forged.
"""
import random
import re
import time

import pytest

from verdicts import verdicts

SEED = 20261121
LINES = 12000
PEER = "203.0.113.9"
FORGED = "1.2.3.4"

DOVECOT_PIECES = (
    FORGED, f", rip={FORGED}", f" rip={FORGED}", ">", "<", "user=<",
    "user=<x>", f": user=<x>, rip={FORGED}", ", method=PLAIN",
    ", lip=5.6.7.8", ", TLS", ", TLS: ", ", TLS handshaking: ",
    ", session=<a>", ", session=<a", " (auth failed, 1 attempts in 2 secs)",
    " (no auth attempts in 1 secs)", " (auth_failed)", "Disconnected",
    "Login aborted", ": ", "imap-login: ", "Disconnected: Connection closed "
    f"(auth failed, 1 attempts in 2 secs): user=<x>, rip={FORGED}", "(", ")",
    "x", "=", ",", '"', " ", f",{FORGED}", ")<a>: ", "): ", "sql(",
    f"auth(x,{FORGED},sasl:plain)<a>: sql: unknown user",
    f",{FORGED},<a>): unknown user", f",{FORGED}): Password mismatch",
    f",{FORGED},sasl:plain)<s>: sql: Password mismatch",
    " (given password: ", "unknown user", "Password mismatch", ",master",
    "pam_authenticate() failed: Authentication failure (Password mismatch?",
    "oauth2 failed: x", "request [1]: ", "invalid input", ", last failure: ")
DOVECOT_LOGIN = [
    f"imap-login: {ended} ({why}){word}: user=<@u>{method}, rip={PEER}, "
    f"lip=198.51.100.2{tls}{session}"
    for ended in ("Disconnected: Connection closed", "Aborted login",
                  "Login aborted: Connection closed",
                  "Disconnected: Connection closed: SSL_accept() failed: "
                  "Received invalid SSL certificate: /CN=@t (check x?)")
    for why in ("auth failed, 1 attempts in 2 secs", "proxy dest auth failed",
                "auth failed, 1 attempts in 2 secs, last failure: @t",
                "no auth attempts in 2 secs",
                "auth service reported temporary failure")
    for word in ("", " (auth_failed)")
    for method in ("", ", method=PLAIN")
    for tls in ("", ", TLS", ", TLS: Received invalid SSL certificate: "
                "self-signed: /CN=@t (check ssl_ca setting?)")
    for session in ("", ", session=<9ZHq>")]
DOVECOT_AUTH = [
    f"{head}{said}"
    for head in (f"auth: sql(@u,{PEER}): ", f"auth: plain(@u,{PEER},<9Z>): ",
                 "auth-worker(1): conn unix:auth-worker (pid=1,uid=2): "
                 f"auth-worker<3>: pam(@u,{PEER},master,<9Z>): ",
                 f"auth(@u,{PEER},sasl:plain)<9Z>: ",
                 f"auth(@u,{PEER}): sql: ",
                 f"auth-worker(@u,{PEER},sasl:plain)<1><9Z>: request [1]: ")
    for said in ("unknown user", "Password mismatch",
                 "Password mismatch (given password: @t)",
                 "unknown user (given password: @t) - trying the next passdb",
                 "pam_authenticate() failed: Authentication failure "
                 "(Password mismatch?) (given password: @t)",
                 "Master user logging in as @t",
                 "Attempted master login with no master passdbs "
                 "(trying to log in as user: @t)",
                 "Username character disallowed by auth_username_chars: 0x2c "
                 "(username: @t)", "User not authorized to log in as @t",
                 "oauth2 failed: @t", "db-lua: @t", "invalid input")]

POSTFIX_PIECES = (
    FORGED, f"x[{FORGED}]", f"[{FORGED}]:25", f" from y[{FORGED}]", ": ", "; ",
    "<", ">", f"NOQUEUE: reject: RCPT from u[{FORGED}]: 554 5.7.1 <x>: Relay "
    "access denied", f"warning: u[{FORGED}]: SASL LOGIN authentication failed",
    f"lost connection after AUTH from u[{FORGED}]", " ", '"', "x",
    "SASL LOGIN authentication failed: ", "Relay access denied", "550 5.1.1 ",
    "blocked using", f"disconnect from u[{FORGED}] auth=0/1")
POSTFIX_CLIENT = f"unknown[{PEER}]"
POSTFIX_TAIL = "; from=<@t> to=<@t> proto=ESMTP helo=<@w>"
POSTFIX = [
    f"warning: {POSTFIX_CLIENT}: SASL @w authentication failed: @t, "
    "sasl_username=@t",
    f"NOQUEUE: reject: RCPT from {POSTFIX_CLIENT}: 550 5.1.1 <@t>: Recipient "
    f"address rejected: User unknown in x{POSTFIX_TAIL}",
    f"NOQUEUE: reject: RCPT from {POSTFIX_CLIENT}: 450 4.2.0 <@t>: Recipient "
    f"address rejected: Greylisted{POSTFIX_TAIL}",
    f"improper command pipelining after EHLO from {POSTFIX_CLIENT}: @t",
    f"warning: non-SMTP command from {POSTFIX_CLIENT}: @t",
    f"warning: {POSTFIX_CLIENT}: request longer than 2048: @t...",
    f"warning: Illegal address syntax from {POSTFIX_CLIENT} in MAIL command: "
    "@t",
    f"4BcD: reject: header Subject: @t from {POSTFIX_CLIENT}; from=<@t>: no",
    f"4BcD: warning: header Subject: @t from {POSTFIX_CLIENT}; from=<@t>: no",
    f"4BcD: milter-reject: END-OF-MESSAGE from {POSTFIX_CLIENT}: 5.7.1 @t",
    f"warning: TLS SNI from {POSTFIX_CLIENT} is invalid: @t",
    f"TLS SNI @w from {POSTFIX_CLIENT} not matched, using default chain",
    "4BcD: message-id=<@t>",
    f"{POSTFIX_CLIENT}: replacing command \"@t\" with \"@t\"",
    f"warning: NOQUEUE: malformed BDAT command syntax from {POSTFIX_CLIENT}: "
    "@t",
    f"PREGREET 11 after 0.1 from [{PEER}]:2525: @t",
    f"NON-SMTP COMMAND from [{PEER}]:2525 after CONNECT: @t"]

SSHD_PIECES = (
    FORGED, f" from {FORGED}", " port 5", " ssh2", "ssh2: RSA SHA256:a",
    ": RSA SHA256:a", " [preauth]", " ", "x", "invalid user ",
    "Failed password for root", f" {FORGED} port 5",
    ": Too many authentication failures",
    ": Change of username or service not allowed: ", "(a,b) -> (c,d)", " -> ",
    "(", ")", "authenticating user ", "Invalid user x", "Connection closed by",
    f"Disconnecting invalid user x {FORGED} port 5", "'", " timed out",
    ":11: ", ":14: No supported authentication methods available",
    "Don't panic.", " with ", ": invalid format")
SSHD = [
    f"Failed password for invalid user @u from {PEER} port 9 ssh2",
    f"Failed password for @u from {PEER} port 9 ssh2",
    f"Invalid user @u from {PEER} port 9",
    f"Failed publickey for invalid user @u from {PEER} port 9 ssh2: RSA-CERT "
    "SHA256:x ID @t (serial 0) CA RSA SHA256:v",
    f"Failed publickey for invalid user @u from {PEER} port 9 ssh2: RSA "
    "SHA256:v",
    f"Failed hostbased for @u from {PEER} port 9 ssh2: RSA-CERT SHA256:x ID "
    "@t (serial 0) CA RSA SHA256:v",
    "error: maximum authentication attempts exceeded for invalid user @u from "
    f"{PEER} port 9 ssh2 [preauth]",
    f"Disconnecting invalid user @u {PEER} port 9: Too many authentication "
    "failures [preauth]",
    f"Disconnecting authenticating user @u {PEER} port 9: Change of username "
    "or service not allowed: (@u,ssh-connection) -> (@u,ssh-connection) "
    "[preauth]",
    f"Connection closed by invalid user @u {PEER} port 9 [preauth]",
    f"Connection reset by authenticating user @u {PEER} port 9 [preauth]",
    f"Disconnected from invalid user @u {PEER} port 9 [preauth]",
    f"Disconnected from user @u {PEER} port 9",
    f"Received disconnect from {PEER} port 9:11: @t [preauth]",
    f"error: Received disconnect from {PEER} port 9:3: @t [preauth]",
    f"Bad protocol version identification '@t' from {PEER} port 9",
    f"scanned from {PEER} port 9 with @t.  Don't panic.",
    f"error: PAM: Authentication failure for illegal user @u from {PEER}",
    f"Unable to negotiate with {PEER} port 9: no matching cipher found. Their "
    "offer: @t [preauth]",
    f"Connection from authenticating user @u {PEER} port 9 timed out "
    "[preauth]",
    f"ssh_dispatch_run_fatal: Connection from invalid user @u {PEER} port 9: "
    "message authentication code incorrect [preauth]",
    "error: kex_exchange_identification: client sent invalid protocol "
    "identifier \"@t\"",
    f"Timeout, client not responding from user @u {PEER} port 9"]

FORMATS = {
    "dovecot": ("dovecot: ", DOVECOT_LOGIN + 2 * DOVECOT_AUTH, DOVECOT_PIECES),
    "postfix": ("postfix/smtpd[7]: ", POSTFIX, POSTFIX_PIECES),
    "sshd": ("sshd-session[7]: ", SSHD, SSHD_PIECES),
}


def forged(dice, line, pieces):
    """Put pieces in all the client's places of a line."""
    def fill(place):
        text = "".join(dice.choices(pieces, k=dice.randint(0, 6)))
        if place[0] == "@w":
            return text.replace(" ", "")[:90]
        # Dovecot cuts user names and puts dots there.
        most = 80 if place[0] == "@u" else 300
        return text if len(text) <= most else text[:most - 3] + "..."
    return re.sub("@[utw]", fill, line)


@pytest.mark.parametrize("spec", [
    "dovecot[mode=normal]", "dovecot[mode=aggressive]",
    "postfix[mode=more]", "postfix[mode=aggressive]",
    "sshd[mode=normal]", "sshd[mode=aggressive, publickey=any]"])
def test_forged(spec):
    tag, formats, pieces = FORMATS[spec.split("[")[0]]
    dice = random.Random(SEED)
    lines = [f"Nov 21 10:00:00 mx {tag}"
             f"{forged(dice, dice.choice(formats), pieces)}"
             for _ in range(LINES)]
    found = verdicts(spec, lines)
    framed = [f"{address}: {line}" for line, address in zip(lines, found)
              if address not in (None, PEER)]
    assert not framed, f"{len(framed)} of {LINES}:\n" + "\n".join(framed[:9])
    # Had the lines lost their likeness to failures, nothing would be shown.
    assert sum(address == PEER for address in found) > LINES / 10


HEADS = {
    "dovecot": ("imap-login: Disconnected: ", "imap-login: Disconnected (auth "
                "failed, 1 attempts in 2 secs): user=<", "auth: sql(", "auth(",
                "auth-worker(1): conn unix:", "imap-login: Authenticate "),
    "postfix": ("NOQUEUE: reject: RCPT from u[1.2.3.4]: 450 4.7.1 <",
                "warning: u", "warning: u[1.2.3.4]: SASL ",
                "disconnect from u[1.2.3.4]", "NOQUEUE: reject: "),
    "sshd": ("Failed password for ", "Invalid user ",
             "Disconnecting invalid user ", "Connection closed by invalid user ",
             "Received disconnect from 1.2.3.4 port 5:11: "),
}
REPEATED = ("(", "() ", ")<", "<>", ": ", "1:", "::", "a", " a=1/2",
            " auth=0/1", ">, rip=1.2.3.4, ", ",1.2.3.4", "[1.2.3.4]",
            " from 1.2.3.4", " 1.2.3.4 port 5")


@pytest.mark.parametrize("name", HEADS)
def test_no_line_takes_long(name):
    """Patterns that try again from each byte would need minutes for these."""
    tag, _, pieces = FORMATS[name]
    lines = [f"Nov 21 10:00:00 mx {tag}{head}"
             + (piece * 8000)[:8000] + end
             for head in HEADS[name] for piece in REPEATED + pieces
             for end in ("", " (auth failed, unknown user Relay access denied"
                         " auth=0/1 Failed password x [preauth] no auth")]
    begin = time.monotonic()
    verdicts(f"{name}[mode=aggressive]", lines)
    assert time.monotonic() - begin < 30
