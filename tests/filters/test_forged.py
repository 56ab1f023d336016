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

EXIM_PIECES = (
    FORGED, f"[{FORGED}]", f") [{FORGED}]", f") [{FORGED}]: ", "(", ")", "x",
    f"(y) [{FORGED}]: 535 Incorrect authentication data", " (set_id=", " ",
    ": 535 Incorrect authentication data", " dropped: too many nonmail "
    "commands", "H=", f"H=z [{FORGED}] ", " rejected RCPT ", "F=<a@b>", ":25",
    ": relay not permitted", " sender verify fail for <", "<", ">", " I=[")
EXIM_HOSTS = [f"[{PEER}]", f"(@t) [{PEER}]", f"h.ex (@t) [{PEER}]:25"]
EXIM = [
    line.replace("@h", host) for host in EXIM_HOSTS for line in (
        "login authenticator failed for @h: 535 Incorrect authentication data "
        "(set_id=@u)",
        "login authenticator failed for H=@h: 435 Unable to authenticate at "
        "present (set_id=@u): @t",
        "SMTP call from @h dropped: too many nonmail commands (last was @t)",
        "H=@h F=<@t> rejected RCPT <@t>: relay not permitted",
        "H=@h sender verify fail for <@t>: Unrouteable address",
        "H=@h Warning: @t")]

NGINX_PIECES = (
    FORGED, f", client: {FORGED}", f", client: {FORGED}, ", '"', '", ', " ",
    "password mismatch", ": password mismatch", 'user "x"', "x", ", server: ",
    f'user "x": password mismatch, client: {FORGED}, ', "was not found in",
    f'" was not found in "/x", client: {FORGED}, server: ')
NGINX_TAIL = (f', client: {PEER}, server: x, request: "GET /@t HTTP/1.1", '
              'host: "@w"')
NGINX = [
    '[error] 8#8: *4 user "@n": password mismatch' + NGINX_TAIL,
    '[error] 8#8: *4 user "@n" was not found in "/etc/x"' + NGINX_TAIL,
    '[error] 8#8: *4 open() "/var/www/@t" failed (2: No such file)'
    + NGINX_TAIL]

COURIER_PIECES = (
    FORGED, f", ip=[{FORGED}]", ", ip=[", "]", ", port=[1]", "user=", " ",
    "LOGIN FAILED, user=", f"error,relay={FORGED},msg=", "x", '"',
    '"535 Authentication failed.",cmd: ', "method=")
COURIER = [
    f"LOGIN FAILED, user=@u, ip=[::ffff:{PEER}]",
    f"LOGIN FAILED, user=@u, ip=[{PEER}], port=[4711]",
    f'error,relay={PEER},msg="535 Authentication failed.",cmd: AUTH LOGIN @u',
    f'error,relay={PEER},from=<@t>: 550 User unknown']

CYRUS_PIECES = (
    FORGED, f"[{FORGED}]", f"badlogin: [{FORGED}] ", "plaintext", "(", ")",
    " ", "SASL(-13)", "invalid user", "x", "authentication failure")
CYRUS = [
    f"badlogin: h.ex [{PEER}] plaintext (@u) [SASL(-13): authentication "
    "failure: x]",
    f"badlogin: [{PEER}] plaintext @u SASL(-1): generic failure",
    f"login: [{PEER}] @u plaintext User logged in"]

SENDMAIL_PIECES = (
    FORGED, f"[{FORGED}]", f", relay=[{FORGED}]", f", relay=x [{FORGED}], ",
    " ", "reject=550 5.7.1 ", "Relaying denied", "user=", ">", "<", '"', "x",
    f"y [{FORGED}]: possible SMTP attack: command=", ", ", "arg1=",
    f" [{FORGED}] did not issue MAIL/EXPN/VRFY/ETRN during connection to ")
SENDMAIL = [
    "AUTH failure (LOGIN): authentication failure (-13) SASL(-13): x, "
    f"user=@u, relay=h.ex [{PEER}]",
    f"AUTH failure (LOGIN): generic failure (-1) x, user=@u, relay=[{PEER}]",
    f"ruleset=check_rcpt, arg1=<@w>, relay=[{PEER}], reject=550 5.7.1 <@w>... "
    "Relaying denied",
    f"[{PEER}]: probable open proxy: command=GET @t",
    f"from=<@w>, size=1, msgid=<@t>, relay=[{PEER}]"]

ROUNDCUBE_PIECES = (
    FORGED, f" from {FORGED}", " from ", " in session abc (error: 0)", " ",
    " (X-Forwarded-For: ", ")", "(", "Failed login for ", "x", " against y",
    f"Failed login for y from {FORGED} in session abc (error: 0)", ". ",
    "Authentication failed.")
ROUNDCUBE = [
    f"<a1b2> Failed login for @u from {PEER}{more} in session abc (error: 0)"
    for more in ("", "", "", " (X-Forwarded-For: @t)")] + [
    f"<a1b2> IMAP Error: Login failed for @u against h from {PEER}{more}. "
    "LOGIN: Authentication failed. in /x.php on line 2 (POST /@w)"
    for more in ("", " (X-Real-IP: @t)")]

HORDE_PIECES = (
    FORGED, f" to horde ({FORGED})", f" [{FORGED}] to Horde", " to ", "(", ")",
    " (forwarded for [", "])", ' [pid 9 on line 1 of "/x"]', "x", " ", "]",
    "FAILED LOGIN for ")
HORDE = [
    f'[horde] FAILED LOGIN for @u to horde ({PEER}){more} [pid 9 on line 1 of '
    '"/l.php"]' for more in ("", "", " (forwarded for [@t])")]

SOGO_PIECES = (
    FORGED, f"Login from '{FORGED}' for user 'x'", "'", " ", "x", "for user ",
    " might not have worked", "SOGoRootPage ")
SOGO = [
    f"SOGoRootPage Login from '{PEER}' for user '@u' might not have worked - "
    "password policy: 65535  grace: -1",
    f"SOGoRootPage successful login from '{PEER}' for user '@u' - expire = -1",
    f'{PEER} "GET /SOGo/@t HTTP/1.1" 404']

FORMATS = {
    "courier": ("imapd: ", COURIER[:2] + 2 * COURIER[2:], COURIER_PIECES),
    "cyrus": ("cyrus/imap[7]: ", CYRUS, CYRUS_PIECES),
    "exim": ("exim[7]: ", EXIM, EXIM_PIECES),
    "horde": ("HORDE: ", HORDE, HORDE_PIECES),
    "nginx": ("nginx: ", NGINX, NGINX_PIECES),
    "roundcube": ("roundcube: ", ROUNDCUBE, ROUNDCUBE_PIECES),
    "sendmail": ("sm-mta[7]: ", SENDMAIL, SENDMAIL_PIECES),
    "sogo": ("sogod[7]: ", SOGO, SOGO_PIECES),
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
        # The name of basic authentication ends at a colon.
        if place[0] == "@n":
            return text.replace(":", "")
        # Dovecot cuts user names and puts dots there.
        most = 80 if place[0] == "@u" else 300
        return text if len(text) <= most else text[:most - 3] + "..."
    return re.sub("@[utwn]", fill, line)


@pytest.mark.parametrize("spec", [
    "dovecot[mode=normal]", "dovecot[mode=aggressive]",
    "postfix[mode=more]", "postfix[mode=aggressive]",
    "sshd[mode=normal]", "sshd[mode=aggressive, publickey=any]",
    "exim[mode=normal]", "exim[mode=aggressive]", "sendmail[mode=normal]",
    "sendmail[mode=aggressive]", "roundcube", "sogo", "nginx", "courier",
    "cyrus", "horde"])
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
    "exim": ("H=u (x) [1.2.3.4] ", "login authenticator failed for ",
             "SMTP call from (", "H=("),
    "roundcube": ("Failed login for ", "IMAP Error: Login failed for ",
                  "Failed login for x from 1.2.3.4 (X-Real-IP: "),
    "sogo": ("", "Login from '1.2.3.4' for user '"),
    "nginx": ('[error] 8#8: *4 user "',),
    "courier": ("LOGIN FAILED, user=", 'error,relay=1.2.3.4,ident="'),
    "cyrus": ("badlogin: [1.2.3.4] ", "badlogin: "),
    "sendmail": ("AUTH failure (LOGIN): a (-13) ", "ruleset=check_rcpt, arg1=<",
                 "", "ruleset=check_rcpt, arg1=<x>, relay=[1.2.3.4], reject="
                 "550 5.7.1 "),
    "horde": ("FAILED LOGIN for ", "[horde] FAILED LOGIN for x to horde "
              "(1.2.3.4) (forwarded for ["),
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
