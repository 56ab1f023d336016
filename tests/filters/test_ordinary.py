# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows for ordinary lines say what the careful rows behind them would.

A filter's failregex whose name ends in "_ordinary" are there for speed alone:
without them each verdict is the same, to the last of what is told of it. The
lines are the corpora's, all that forge.py makes of them, and what default
formats print with every kind of odd text in every place.
"""
import random
import re
import time

import pytest

import forge
import hosts
from verdicts import MODES, answers_to

FILTERS = {name: hosts.REPO / "filters" / f"{name}.conf"
           for name in ("dovecot",)}
ROW = re.compile(r"(?m)^ *(?:failregex = +)?%\((\w+_ordinary)\)s\n")


def spec_of(tmp_path, name, change=lambda text: text):
    """A copy of a filter, changed."""
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    for path in (hosts.REPO / "filters").glob("*.conf"):
        text = path.read_text()
        (folder / path.name).write_text(
            change(text) if path.stem == name else text)
    return str(folder / f"{name}.conf")


def careful(text):
    """Without the rows for ordinary lines."""
    return ROW.sub(lambda row: "failregex =\n" if "failregex" in row[0]
                   else "", text)


# The ordinary first.
PLACES = {
    "NAME": ("bob", "bob@example.org", "a.b+c_d-e", "1", "é@b", "", "a b",
             "x" * 80, "x" * 81, "a, b", "a,b", "a, b, c, d", "a, b, c, d, e",
             "x)", "x):",
             "x)<", "x): y", "x>", "x>y", "<x>", "?", "a\tb", ",", ", ", "(",
             "x,1.2.3.4", "x,1.2.3.4,<s>): unknown user", "x, 1.2.3.4,<s>",
             "x>, method=PLAIN, rip=1.2.3.4, lip=1.2.3.5, session=<a",
             "x>, rip=1.2.3.4", "x, rip=1.2.3.4", "x>, method=PLAIN, rip=::1",
             "y,1.2.3.4,sasl:plain)<a>: sql: unknown user",
             "y,1.2.3.4,sasl:plain)<7><a>: sql: unknown user", "x" * 64),
    "PEER": ("203.0.113.9", "2001:db8::9", "::ffff:203.0.113.9", "[::1]",
             "203.0.113", "203.0.113.999", "", "localhost", "203.0.113.9 ",
             "2001:db8::9]", "1.2.3.4,203.0.113.9"),
    "OWN": ("198.51.100.2", "::1", "", "x", "1.2.3.4, rip=1.2.3.5"),
    "SESSION": ("9ZHq02g3J8S60fan", "a+/=", "7", "12345", "", "a-b", "a.b",
                "a)b", "a):b", "a b", "x" * 64, "x" * 65, "x" * 121, "a,b",
                "a>, rip=1.2.3.4, session=<b", "a>, session=<b", "é", "٣"),
    "METHOD": ("PLAIN", "LOGIN", "SCRAM-SHA-256", "plain", "", "x y", "a,b",
               "OAUTHBEARER", "PLAIN, rip=1.2.3.4", "x" * 30, "٣"),
    "TLS": ("", ", TLS", ", secured", ", TLS handshaking", ", sni=<x>",
            ", TLS: Disconnected", ", sni=<x>, rip=1.2.3.4", ", TLS, TLS",
            ", mpid=7", ", TLS: SSL_read() failed", ", session=<zz>"),
    "COUNT": ("1", "3", "17", "0", "999999", "1000000", "1234567", "", "x",
              "1/2", "٣"),
    "HOW": ("Disconnected: Connection closed", "Disconnected", "Aborted login",
            "Disconnected: Inactivity", "Login aborted: Connection closed",
            "Disconnected: Inactivity during authentication", "Login aborted",
            "Disconnected: Logged out", "Aborted login by logging out",
            "Disconnected: Connection closed: read(size=42) failed: "
            "Connection reset by peer", "Disconnected: Too many (9) errors",
            "Disconnected: x (auth failed, 2 attempts in 2 secs)",
            "Disconnected: Auth process broken"),
    "MORE": ("", " (auth_failed)", " (x)", ", last failure: x", " (a b)",
             ": rip=1.2.3.4"),
    "DATABASE": ("sql", "passwd-file", "pam", "ldap", "plain", "oauth2",
                 "digest-md5", "sqlite", "imap", "lua", "x.y", "policy", ""),
    "SAID": ("unknown user", "Password mismatch", "password mismatch",
             "Unknown user", "Password mismatch (given password: x)",
             "unknown user (given password: a): b)",
             "pam_authenticate() failed: Authentication failure (Password "
             "mismatch?)", "pam_authenticate() failed: Permission denied",
             "unknown user): x", "Password mismatch,1.2.3.4,<a>): x",
             "unknown user ", "invalid credentials", "unknown users"),
    "WORKER": ("", "-worker(12): conn unix:auth-worker (pid=1,uid=2): "
               "auth-worker<3>", "-worker(default)", "(default)", "-worker",
               "-worker(12): conn unix:auth-worker (pid=1,uid=x): "
               "auth-worker<3>", "-worker(12)",
               "-worker: conn x (pid=1,uid=2): auth-worker<3>"),
    "WORKER24": ("", "-worker"), "MASTER": ("", ",master"),
    "MECH": (",sasl:plain", ",sasl:login", "", ",sasl:scram-sha-256",
             ",sasl:", ",sasl:PLAIN", ",sasl:a b", ",sasl:plain,master"),
    "NUMBER": ("", "<12>", "<x>", "<123><45>", "<>"),
    "REQUEST": ("", "request [3]: ", "request [x]: ", "request [3]: Info: "),
    "SERVICE": ("imap", "pop3", "submission", "managesieve", "lmtp"),
    "INFO": ("", "Info: ", "Error: ", "Debug: ", "Warning: "),
    "END": ("", " ", "\r", "\t", ".", ",", ", rip=1.2.3.4", ">",
            ", session=<zz>", " \v", "\f", "\x85", "\u2028", "x" * 400,
            ": user=<x>, method=PLAIN, rip=1.2.3.4, lip=1.2.3.5, session=<a>"),
}
TOLD = {"dovecot": (
    "dovecot: SERVICE-login: INFOHOW (auth failed, COUNT attempts in COUNT "
    "secs)MORE: user=<NAME>, method=METHOD, rip=PEER, lip=OWNTLS, session="
    "<SESSION>END",
    "dovecot: SERVICE-login: INFOHOW (auth failed, COUNT attempts in COUNT "
    "secs)MORE: user=<NAME>, method=METHOD, rip=PEER, lip=OWNTLSEND",
    "dovecot: SERVICE-login: HOW (auth failed, COUNT attempts in COUNT secs)"
    "MORE: user=<NAME>, rip=PEER, lip=OWNTLS, session=<SESSION>END",
    "dovecot: authWORKER: INFODATABASE(NAME,PEERMASTER,<SESSION>): SAIDEND",
    "dovecot: authWORKER: INFODATABASE(NAME,PEER): SAIDEND",
    "dovecot: authWORKER24(NAME,PEERMECH)NUMBER<SESSION>: REQUESTINFODATABASE:"
    " SAIDEND",
    "dovecot: authWORKER24(NAME,PEERMECH)NUMBER: REQUESTDATABASE: SAIDEND",
)}
# What of each can be read as something else when a row asks for less.
LOOSER = {"dovecot": (
    ("_login_ordinary", r"[^>\n]{0,80}+>", r"[^>\n]{0,90}+>"),
    ("_login_ordinary", r"{1,64}+</F-SESSION>>$", r"{1,64}+</F-SESSION>>"),
    ("_login_ordinary", r"\(auth_failed\)", r".*?"),
    ("_login_ordinary", r"Aborted login", r"[^=]*"),
    ("_login_ordinary", r"(?:, (?:TLS|secured))?", r"(?:, [^,]*)*"),
    ("_login_ordinary", r"[\w+/=]{1,64}+<", r"[^<]{1,64}<"),
    ("_user_plain", r"[^),\n]{1,64}", r"[^,\n]{1,64}"),
    ("_auth24_ordinary", r"(?:<\d{1,10}+>)?+", r"(?:<\d{1,10}+>)?"),
    ("_auth24_ordinary", r"[a-z\d-]{1,20}", r"[a-z\d -]{1,20}"),
    ("_refused_plain", r")$", r")"),
    ("_passdb", "sql", r"[\w-]+"),
)}
# Behind it, and in the same second, some lines are believed of nobody.
SPILL = "dovecot: auth: oauth2(bob,203.0.113.9,<9ZHq>): oauth2 failed: " \
    "Local validation failed: No key found"


def told(name):
    """Lines of the default formats, with few or many of the places odd.

    Each has a time of its own, so that none makes another doubted.
    """
    dice, now = random.Random(forge.SEED), 0
    place = re.compile("|".join(sorted(PLACES, key=len, reverse=True)))
    for form in TOLD[name]:
        for odd in [0] * 40 + [1] * 1500 + [2] * 1500:
            names = set(dice.sample(sorted(set(place.findall(form))), odd))
            line = place.sub(lambda p: dice.choice(
                PLACES[p[0]] if p[0] in names else PLACES[p[0]][:1]), form)
            if dice.random() < 0.3:
                # Any byte less, more, or another.
                at = dice.randrange(len(line))
                line = line[:at] + dice.choice(
                    ("", line[at:at + 1] * 2, *"()<>,:=. x1")) + \
                    line[at + dice.randint(0, 1):]
            now += 3
            yield time.strftime("Nov %d %H:%M:%S mx ", time.gmtime(now)) + line


def differing(spec, without, lines):
    """(what it says, what it says without) where these are not the same."""
    both = []
    for each in (spec, without):
        both.append(answers_to(each, lines))
        for answer in both[-1]:
            answer.pop("regex")
    return [pair for pair in zip(*both) if pair[0] != pair[1]]


def show(pairs):
    return f"{len(pairs)}:\n" + "\n".join(f"{a}\n  {b}" for a, b in pairs[:9])


@pytest.mark.parametrize("name", FILTERS)
def test_each_verdict_is_that_of_the_careful_row(name, tmp_path, tally):
    without = spec_of(tmp_path, name, careful)
    lines = [row["line"] for row in forge.rows(name)] + \
        [line for *_, line in forge.lines(name)
         if len(line) < 5000] + list(told(name))
    tally.bad_input("log lines, with and without ordinary rows", len(lines))
    for mode in MODES[name]:
        pairs = differing(f"{FILTERS[name]}[mode={mode}]",
                          f"{without}[mode={mode}]", lines)
        assert not pairs, show(pairs)


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_spilled_is_doubted_by_each(name, tmp_path):
    lines = [line for told_line in list(told(name))[::40]
             for line in (told_line[:len("Nov 20 09:00:00 mx ")] + SPILL,
                          told_line)]
    pairs = differing(str(FILTERS[name]), spec_of(tmp_path, name, careful),
                      lines)
    assert not pairs, show(pairs)


@pytest.mark.parametrize("name", FILTERS)
def test_ordinary_lines_are_for_ordinary_rows(name):
    """Each row is of use."""
    text = FILTERS[name].read_text()
    rows = ROW.findall(text)
    found = [answer["regex"] for answer in answers_to(
        str(FILTERS[name]), list(told(name)))]
    assert rows
    for number, row in enumerate(rows, 1):
        assert found.count(number) > 400, row


@pytest.mark.parametrize("name, row, strict, loose", [
    (name, *each) for name, all_of in LOOSER.items() for each in all_of])
def test_a_looser_row_is_found_out(name, row, strict, loose, tmp_path):
    def loosen(text):
        old = re.search(rf"(?m)^{row} = .*$", text)[0]
        assert strict in old
        return text.replace(old, old.replace(strict, loose))

    assert differing(spec_of(tmp_path, name, loosen),
                     spec_of(tmp_path, name, careful), list(told(name)))
