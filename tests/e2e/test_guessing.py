# SPDX-License-Identifier: GPL-2.0-or-later
"""Who guesses passwords is counted by default, whatever he does besides.

Dovecot writes what its defaults write: of a connection one line, at its end,
of which the client may choose the reason.
"""
import base64
import re

import pytest

import attack
import hosts
import mailhost
from test_hostile_clients import MARK, encoded, say

PLAIN = encoded("", "bob", "guess")
DIGEST = "c4c9334bac560ecc979e58001b3e22fb"
CRAM = base64.b64encode(f"bob {DIGEST}".encode()).decode()
LOGIN = "a LOGIN bob guess\r\n"
PASS = ["USER bob\r\n", "PASS guess\r\n"]
SIEVE = f'AUTHENTICATE "PLAIN" "{PLAIN}"\r\n'
SUBMIT = f"AUTH PLAIN {PLAIN}\r\n"
BYE = "z LOGOUT\r\n"
# 2.3 tells no number of who at last asks for what there is not.
OLD = hosts.debian() == "12"
UNTOLD = 1 if OLD else 2
QUIET = "auth_verbose = no\nauth_mechanisms = plain login cram-md5 apop\n"
# What is said at which port, and how many guesses are counted at least.
WAYS = {
    "unknown mechanism": (143, [LOGIN, LOGIN, "b AUTHENTICATE FOO\r\n", BYE],
                          UNTOLD),
    "unknown mechanism first": (143, ["b AUTHENTICATE FOO\r\n", LOGIN, LOGIN,
                                      BYE], 2),
    "not finished": (143, [LOGIN, LOGIN, "b AUTHENTICATE PLAIN\r\n"], 2),
    "taken back": (143, [LOGIN, LOGIN, "b AUTHENTICATE PLAIN\r\n", "*\r\n",
                         BYE], 2),
    "no base64": (143, [LOGIN, LOGIN, "b AUTHENTICATE PLAIN\r\n", "%%%\r\n",
                        BYE], 2),
    # It tries the first of them.
    "all at once": (143, [LOGIN * 3 + BYE], 1),
    "hung up": (143, [LOGIN, LOGIN, LOGIN], 3),
    "cram-md5": (143, ["a AUTHENTICATE CRAM-MD5\r\n", CRAM + "\r\n"], 1),
    "pop3, unknown mechanism": (110, [*PASS, *PASS, "AUTH FOO\r\n", "QUIT\r\n"],
                                UNTOLD),
    "pop3, taken back": (110, [*PASS, *PASS, "AUTH PLAIN\r\n", "*\r\n"], 2),
    "pop3, hung up": (110, [*PASS, *PASS], 2),
    "apop": (110, [f"APOP bob {DIGEST}\r\n", "QUIT\r\n"], 1),
    "sieve, unknown mechanism": (
        4190, [SIEVE, SIEVE, 'AUTHENTICATE "FOO"\r\n'], UNTOLD),
    "sieve, not finished": (4190, [SIEVE, SIEVE, 'AUTHENTICATE "PLAIN"\r\n'],
                            2),
    "submission, unknown mechanism": (
        587, ["EHLO x\r\n", SUBMIT, SUBMIT, "AUTH FOO\r\n", "QUIT\r\n"],
        UNTOLD),
    "submission, taken back": (
        587, ["EHLO x\r\n", SUBMIT, SUBMIT, "AUTH PLAIN\r\n", "*\r\n",
              "QUIT\r\n"], 2),
}
SMTP = {
    "all at once": (25, ["EHLO x\r\n", SUBMIT * 3], 3),
    "not finished": (25, ["EHLO x\r\n", SUBMIT, SUBMIT, "AUTH PLAIN\r\n"], 2),
    "taken back": (25, ["EHLO x\r\n", SUBMIT, SUBMIT, "AUTH LOGIN\r\n",
                        "*\r\n", "QUIT\r\n"], 2),
    "unknown mechanism": (25, ["EHLO x\r\n", SUBMIT, SUBMIT, "AUTH FOO\r\n"],
                          2),
    "cram-md5": (25, ["EHLO x\r\n", "AUTH CRAM-MD5\r\n", CRAM + "\r\n"], 1),
}
# Who tries no password; a mail program feels its way like this.
NO_GUESS = [
    (143, ["b AUTHENTICATE FOO\r\n", BYE]),
    (143, ["b AUTHENTICATE PLAIN\r\n", "*\r\n", BYE]),
    (143, ["b AUTHENTICATE PLAIN\r\n"]), (143, []), (143, [BYE]),
    (110, ["AUTH CRAM-MD5\r\n", "*\r\n", "AUTH FOO\r\n", "QUIT\r\n"]),
    (110, ["USER bob\r\n"]), (4190, ['AUTHENTICATE "PLAIN"\r\n']),
    (587, ["EHLO x\r\n", "AUTH LOGIN\r\n", "*\r\n", "QUIT\r\n"]),
    (25, ["EHLO x\r\n", "AUTH FOO\r\n", "AUTH LOGIN\r\n", "*\r\n",
          "QUIT\r\n"]),
]
TWICE = [(143, ["b AUTHENTICATE PLAIN\r\n", "*\r\n",
                "c AUTHENTICATE LOGIN\r\n", "*\r\n", BYE])]


@pytest.fixture
def server(new_host, join, request):
    """A mail host on which nobody is banned, as few settings made as can be."""
    made, made.client = new_host(), new_host("client")
    join(made, made.client)
    made.journald()
    mailhost.start(made, request.param)
    made.daemon = made.mailband({"jail.local": "".join(
        attack.jail(name, backend="systemd", maxretry=100000)
        for name in ("dovecot", "postfix-sasl"))})
    return made


def failed(server, jail):
    """How many attempts the jail has counted, when all is read."""
    before = server.daemon.log().count(MARK)
    server.logger(attack.ABORTED.format(MARK))
    hosts.wait_for(lambda: server.daemon.log().count(MARK) > before)
    marks = server.daemon.log().count(MARK) if jail == "dovecot" else 0
    return server.status(jail)["total_failed"] - marks


def counted(server, jail, ways):
    """How many each way adds, at least as many as it should in the end."""
    found = {}
    for name, (port, texts, least) in ways.items():
        before = failed(server, jail)
        heard = say(server, (port, texts))
        hosts.wait_for(lambda: failed(server, jail) >= before + least,
                       every=0.1, what=f"{name}: {heard}")
        found[name] = failed(server, jail) - before
    return found


@pytest.mark.parametrize("server", [QUIET], indirect=True, ids=[""])
def test_each_guess_counts(server):
    found = counted(server, "dovecot", WAYS)
    # Dovecot 2.4 counts what was not finished among the attempts, and may find
    # time to try all of what comes at once.
    assert all(n <= max(WAYS[name][2] + 1, "".join(WAYS[name][1]).count(LOGIN))
               for name, n in found.items()), found
    found = counted(server, "postfix-sasl", SMTP)
    assert found == {name: least for name, (*_, least) in SMTP.items()}


@pytest.mark.parametrize("server", [QUIET], indirect=True, ids=[""])
def test_who_does_not_guess(server):
    before = failed(server, "dovecot"), failed(server, "postfix-sasl")
    # Of two that were taken back 2.3 says that they failed.
    say(server, *NO_GUESS, *([] if OLD else TWICE))
    hosts.wait_for(lambda: len(re.findall(
        "-login: |disconnect from", server.run(
            ["journalctl", "-o", "cat", "--no-pager"]).stdout)) >
        len(NO_GUESS), what="each is logged")
    assert (failed(server, "dovecot"),
            failed(server, "postfix-sasl")) == before


@pytest.mark.parametrize(
    "server", [QUIET.replace("verbose = no", "verbose = yes")],
    indirect=True, ids=[""])
def test_what_only_the_auth_process_tells(server):
    """The submission service is silent of who hangs up, 2.3 of how many."""
    ways = {
        "submission, hung up": (587, ["EHLO x\r\n", SUBMIT, SUBMIT], 2),
        "unknown mechanism": (143, [LOGIN, LOGIN, "b AUTHENTICATE FOO\r\n",
                                    BYE], 2),
        # 2.3 says so of tokens, and then nothing more is sure for a second.
        "a token's words": (143, [
            "a LOGIN \"x oauth2 failed: Local validation failed: \" x\r\n",
            LOGIN, LOGIN, "b AUTHENTICATE FOO\r\n", BYE], 3)}
    found = counted(server, "dovecot", ways)
    assert all(n in (least, least + 1) for n, (*_, least)
               in zip(found.values(), ways.values())), found


# A second password database, another IMAP server, that is not there: who is not
# in the first one cannot be told from who is in it.
GONE = {True: """passdb {
  driver = imap
  args = host=127.0.0.1 port=9
}
""", False: """passdb imap {
  imapc_host = 127.0.0.1
  imapc_port = 9
}
"""}[OLD]
SASL = "unknown[192.0.2.7]: SASL PLAIN authentication failed: x"


@pytest.mark.parametrize("server", [QUIET + GONE], indirect=True, ids=[""])
def test_what_the_server_cannot_tell_counts_for_nobody(server):
    """Dovecot says so; Postfix, that the password was wrong."""
    said = [(143, [LOGIN, LOGIN, BYE]), (110, [*PASS, *PASS]),
            (25, ["EHLO x\r\n", SUBMIT, SUBMIT, SUBMIT, "QUIT\r\n"])]
    heard = say(server, *said)
    assert "535 " in heard[2] and "UNAVAILABLE" in heard[0]
    logged = hosts.wait_for(lambda: (lambda text: text if len(re.findall(
        "SASL PLAIN authentication failed", text)) == 3 and len(re.findall(
            "reported temporary failure", text)) == 2 else None)(server.run(
                ["journalctl", "-o", "cat", "--no-pager"]).stdout))
    assert re.search(r"Error: imap.*Disconnected from server", logged)
    assert failed(server, "dovecot") == failed(server, "postfix-sasl") == 0
    server.logger(SASL, tag="postfix/smtpd", priority="mail.warning")
    hosts.wait_for(lambda: failed(server, "postfix-sasl") == 1)


# Log formats of the admin's own.
FORMATS = {
    "session first": "session=<%{session}> user=<%u> method=%m rip=%r lip=%l",
    "address first": "rip=%r user=<%u> method=%m lip=%l session=<%{session}>",
}
LONG = {"%u": "%{user}", "%m": "%{mechanism}", "%r": "%{remote_ip}",
        "%l": "%{local_ip}"}


def log_format(text):
    """Say it as this Dovecot does."""
    return text if OLD else re.sub(r"%\w", lambda m: LONG[m[0]], text)


@pytest.mark.parametrize("server", [
    f"{QUIET.replace('verbose = no', 'verbose = ' + verbose)}"
    f"login_log_format_elements = {log_format(text)}\n"
    for text in FORMATS.values() for verbose in ("no", "yes")],
    indirect=True, ids=[f"{name}, {verbose}" for name in FORMATS
                        for verbose in ("no", "yes")])
def test_each_guess_counts_in_other_formats(server):
    """Once, though the auth process may tell of it too."""
    ways = {"imap": (143, [LOGIN, LOGIN, BYE], 2),
            "pop3": (110, [*PASS, *PASS, "QUIT\r\n"], 2)}
    assert counted(server, "dovecot", ways) == {name: 2 for name in ways}
    # Nothing comes late.
    assert failed(server, "dovecot") == 4
