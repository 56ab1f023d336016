# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing that a client writes into a line makes another's address count.

The lines are the corpora's with other text in the places that they mark as
the client's (forge.py). Whatever stands there, the address of a verdict must
stand outside of it; and where the line as it is counts, so must the one with
any text that the daemon could print there, for the same peer.
"""
import collections
import functools
import itertools
import random
import re
import time

import pytest

import forge
import hosts
from verdicts import MODES, answers_to, apart, verdicts

# Filters of logs in which a client can write a line of its own, with any
# address: the daemon prints its newlines as they are. nginx only with
# mode=errorlog, which no jail has that is shipped.
RAW_NEWLINES = ("horde", "nginx", "roundcube", "sogo")
# Where a log does not tell one reading of a line from another: the line is
# not counted then, for no address but the peer's may come out. What hides an
# attacker must be worth nothing to him, or depend on a setting of the server.
UNTOLD = {
    ("exim", "user"): "with helo_accept_junk_hosts a HELO is any text, so what "
    "reads as name and address twice may be one",
    ("exim", "command"): "the same",
    ("exim", "sender"): "the same",
    ("exim", "recipient"): "the same",
    ("dovecot", "hello"): "of a server that logs it; who says so tried no "
    "login",
    **{(name, kind): "who writes such a name guesses nobody's password"
       for name in ("dovecot", "sieve") for kind in ("user", "guessed")},
    ("dovecot", "given"): "who writes such a name guesses nobody's password",
    **{(name, "sni"): "of a server that logs it; so ends a line that 2.3 took "
       "apart" for name in ("dovecot", "sieve")},
    ("dovecot", "password"): "logged only by auth_verbose_passwords; who has "
    "to write such a thing does not guess",
    ("dovecot", "payload"): "the same",
    ("dovecot", "reply"): "of the server behind a proxy; with a line of "
    "Dovecot's in it nothing is sure",
    ("sshd", "user"): "who writes such a name guesses nobody's password",
    ("sshd", "reason"): "what the client says itself is what counts",
    **{(name, kind): "stands before the address or behind it, of any text"
       for name in ("horde", "roundcube", "sogo")
       for kind in ("user", "forwarded")},
    ("roundcube", "path"): "the same",
    ("sieve", "reply"): "as of dovecot",
}
# Of these only such lines: what stands before the second address could be a
# user's name, or the first one's a server's name behind it.
ONLY = {(name, kind): r"user=<.*>, .*rip=.*, sni=<.*>, .*rip="
        for name in ("dovecot", "sieve") for kind in ("user", "guessed")} | {
    (name, "sni"): r"rip=.*, sni=<.*: user=<.*>, .*rip="
    for name in ("dovecot", "sieve")}
SPECS = [(name, f"{name}[mode={mode}]", mode)
         for name, modes in MODES.items() for mode in modes] + [
    ("sshd", "sshd[mode=aggressive, publickey=any]", None)]


TABLE = []


@pytest.fixture(scope="module", autouse=True)
def table():
    """What was found, as a table at the end (pytest -s)."""
    yield
    print(f"\n{'filter':<46}{'lines forged':>12}{'wrong':>8}{'missed':>8}"
          f"{'not told':>10}")
    for spec, *numbers in TABLE:
        print(f"{spec:<46}{{:>12}}{{:>8}}{{:>8}}{{:>10}}".format(*numbers))


@functools.cache
def forged_lines(name):
    return list(forge.lines(name))


class Judged:
    """What a filter said of all forged lines of a corpus."""

    def __init__(self, name, spec, mode, only=lambda row: True):
        self.framed, self.missed = [], []
        self.untold = collections.Counter()
        self.kinds = collections.Counter()
        forged = [made for made in forged_lines(name) if only(made[0])]
        known = {row["expect"] for row, *_ in forged if row["expect"]}
        found = verdicts(spec, list(apart(line for *_, line in forged)))
        self.lines, self.true = len(forged), 0
        self.matches = sum(address is not None for address in found)
        for (row, sort, kinds, line), address in zip(forged, found):
            fails = mode in row["modes"]
            mine = known if name in forge.WITH_SESSIONS else forge.peers(row)
            self.true += sort == "true"
            for kind in kinds:
                self.kinds[kind] += 1
            said = f"{address} [{sort} {','.join(kinds)}]: {line[:700]}"
            if address is not None and address != row["expect"] and \
                    address not in mine:
                self.framed.append(said)
            elif sort == "true" and mode and fails and address is None and \
                    len(line.encode()) <= forge.LONG:
                untold = {kind for kind in kinds if (name, kind) in UNTOLD
                          and re.search(ONLY.get((name, kind), ""), line)}
                if untold:
                    self.untold[sorted(untold)[0]] += 1
                else:
                    self.missed.append(said)


def told(lines):
    return f"{len(lines)}:\n" + "\n".join(lines[:12])


@pytest.mark.parametrize("name, spec, mode", SPECS, ids=[s[1] for s in SPECS])
def test_forged(name, spec, mode, tally):
    begin = time.monotonic()
    judged = Judged(name, spec, mode)
    tally.bad_input("forged log lines", judged.lines)
    print(f"{spec}: {judged.lines} forged lines, {judged.true} as the daemon "
          f"could print them; {judged.matches} counted, all for the peer; "
          f"not told {dict(judged.untold)}; {time.monotonic() - begin:.1f} s")
    TABLE.append((spec, judged.lines, len(judged.framed), len(judged.missed),
                  judged.untold.total()))
    assert not judged.framed, "another's address: " + told(judged.framed)
    assert not judged.missed, "missed: " + told(judged.missed)


WEAK = {
    # A search for the first "rip=" finds the user's.
    "framed": r"imap-login: .*?\(auth failed.*?rip=<ADDR>",
    # A name with a ">" gets its owner through.
    "missed": r"imap-login: [^<>]*\(auth failed[^<>]*: user=<[^<>]*>, "
              r"method=\S+ rip=<ADDR>",
}


@pytest.mark.parametrize("fault", WEAK)
def test_a_weak_filter_is_found_out(tmp_path, fault):
    """The forged lines show of a bad filter what is bad."""
    path = tmp_path / "weak.conf"
    path.write_text(f"[Definition]\nfailregex = {WEAK[fault]}\n")
    judged = Judged("dovecot", str(path), "normal", lambda row: (
        "imap-login: Disconnected" in row["line"] and row["expect"]
        and "(auth failed" in row["line"] and row["class"] == "authfail"))
    assert getattr(judged, fault)


def test_what_no_filter_can_tell():
    """Each has its reason; and such jails are off until an admin knows."""
    for (name, kind), why in UNTOLD.items():
        print(f"not told: {name}, {kind}: {why}")
        assert kind in forge.PRINTS[name] and why
    for name in RAW_NEWLINES:
        said = (hosts.REPO / "filters" / f"{name}.conf").read_text()
        assert re.search("writes a line break in a (path or a )?user name as "
                         "it is", said)
        print(f"raw newlines: {name}: a client can write lines of its own")
    on = (hosts.REPO / "jails" / "mailhost.conf").read_text()
    assert not re.search("|".join(RAW_NEWLINES), on)

# Such a name could be a server's name behind the address, as above.
ONLY_ELEMENT = r"rip=.*\w=<.*>, .*rip="
# Log formats of an admin's own: U is the user's name, P the peer's address, S
# what the client calls the server. Of those that have the address right behind
# the name each guess counts.
FORMATS = {
    "user=<U>, method=PLAIN, rip=P, lip=L, mpid=7, TLS, session=<I>": True,
    "user=<U>, rip=P, lip=L, TLS: SSL_read() syscall failed, session=<I>": True,
    "session=<I>, user=<U>, method=PLAIN, rip=P, lip=L": True,
    "user=<U>, method=PLAIN, rip=P, session=<I>, lip=L, TLS": True,
    "user=<U>, lip=L, rip=P, session=<I>": False,
    "user=<U>, TLS, method=PLAIN, rip=P, lip=L": False,
    "user=<U>, session=<I>, rip=P": False,
    "user=<U>, sni=<S>, lip=L, rip=P, session=<I>": False,
    "user=<U>, from=P, lip=L, session=<I>": False,
    "user=<U>, [P]": False,
    "user=<U>, from=<P>, session=<I>": False,
}
NAMES = ("x", "bob", ">", ">, ", ", ", ", y", ", y>", "rip=1.2.3.4",
         ">, rip=1.2.3.4", ">, rip=1.2.3.4, ", ">, method=PLAIN, rip=1.2.3.4, ",
         ", rip=1.2.3.4", "lip=5.6.7.8", ", TLS", "session=<a>",
         ", session=<9ZHq02g3J8S60fan>, ", "user=<x", ": user=<x>, rip=1.2.3.4",
         "<", "=", "z=<", "TLS: ", "1.2.3.4", "[1.2.3.4]", ": ", "(", ") ")


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::bad:1"])
def test_no_log_format_makes_a_name_count(peer, tally):
    dice = random.Random(forge.SEED)
    made = []
    for text, n in itertools.product(FORMATS, range(1500)):
        name, server = (forge.any_text(80)("".join(
            dice.choices(NAMES, k=dice.randint(1, 7)))) for _ in range(2))
        fill = {"U": name, "P": peer, "L": "198.51.100.2", "S": server,
                "I": "9ZHq02g3J8S60fan"}
        made.append((text, "Nov 21 10:00:00 mx dovecot: imap-login: "
                     "Disconnected (auth failed, 1 attempts in 2 secs): " +
                     re.sub(r"\b[UPLSI]\b", lambda m: fill[m[0]], text)))
    tally.bad_input("forged names in log formats", len(made))
    found = list(zip(made, verdicts("dovecot", [line for _, line in made])))
    framed = [line for (_, line), who in found if who not in (None, peer)]
    missed = [line for (text, line), who in found
              if FORMATS[text] and not who
              and not re.search(ONLY_ELEMENT, line)]
    assert not framed, "another's address: " + told(framed)
    assert not missed, "missed: " + told(missed)


TAGS = {
    "courier": "imapd: ", "cyrus": "cyrus/imap[7]: ", "dovecot": "dovecot: ",
    "exim": "exim[7]: ", "horde": "HORDE: ", "nginx": "nginx: ",
    "postfix": "postfix/smtpd[7]: ", "roundcube": "roundcube: ",
    "sendmail": "sm-mta[7]: ", "sogo": "sogod[7]: ",
    "sshd": "sshd-session[7]: "}
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
    lines = [f"Nov 21 10:00:00 mx {TAGS[name]}{head}"
             + (piece * 8000)[:8000] + end
             for head in HEADS[name] for piece in REPEATED + forge.PIECES
             for end in ("", " (auth failed, unknown user Relay access denied"
                         " auth=0/1 Failed password x [preauth] no auth")]
    begin = time.monotonic()
    verdicts(f"{name}[mode={MODES[name][-1]}]", lines)
    assert time.monotonic() - begin < 30


def test_no_name_dates_a_line():
    """A guess of long ago counts no more: a name must not be the date."""
    spec = str(hosts.REPO / "filters/nginx.conf")
    names = ("bob", "x[01/Jan/2020:00:00:00 +0000]",
             "x [01/Jan/2020:00:00:00 +0000] \\x22GET", "[[", "x" * 400)
    answers = answers_to(spec, [
        f'203.0.113.9 - {name} [22/Nov/2026:19:00:00 +0000] "GET / HTTP/1.1" '
        '401 179 "-" "curl/7.88.1"' for name in names])
    times = {a["time"] for a in answers[:-1]}
    assert times == {1795374000}
    # Of a name without end there is none: it counts as of now.
    assert all(a["address"] == "203.0.113.9" for a in answers)
    assert answers[-1]["time"] != times.pop()


AT = "Nov 22 19:00:00 mx "
VICTIM = "auth: {}sql(victim,1.2.3.4,<S2>): unknown user"
GUESS = AT + "postfix/submission/smtpd[12]: warning: unknown[203.0.113.9]: " \
    "SASL PLAIN authentication failed: , sasl_username=bob"
TOKEN = AT + "dovecot: auth: oauth2(x,203.0.113.9,<S1>): oauth2 failed: " \
    "Local validation failed: HS256 key 'x): "
# Filter, lines, who counts at the last of them.
WRITTEN = {
    "a token's key, in Dovecot's own log": ("dovecot", [
        "Nov 22 19:00:00 auth: Info: oauth2(x,203.0.113.9,<S1>): oauth2 "
        "failed: Local validation failed: No key 'a): b",
        "Nov 22 19:00:00 " + VICTIM.format("Info: ")], None),
    "a name that no token is of": ("dovecot", [
        AT + "dovecot: auth: oauth2(x?,203.0.113.9,<S1>): oauth2 failed: "
        "Username 'x", AT + "dovecot: " + VICTIM.format("")], None),
    "a name that no token is of, twice": ("dovecot", [
        AT + "dovecot: auth: oauth2(a' did not match 'b?,203.0.113.9,<S1>): "
        "oauth2 failed: Username 'a' did not match 'b'",
        AT + "dovecot: " + VICTIM.format("")], None),
    "a fault in such a name": ("postfix", [
        AT + "dovecot: auth: oauth2(x?,203.0.113.9,<S1>): oauth2 failed: "
        "Username 'x", AT + "dovecot: auth: Error: sql(x,203.0.113.9): y",
        GUESS], "203.0.113.9"),
    "another name for the auth process": ("dovecot", [
        TOKEN, AT + "dovecot: imap-login: Disconnected (auth failed, 1 "
        "attempts in 2 secs): user=<x>, rip=1.2.3.4, lip=192.0.2.1"], None),
    "the ordinary line of such a name": ("dovecot", [
        TOKEN, AT + "dovecot: imap-login: Disconnected (auth failed, 1 "
        "attempts in 2 secs): user=<x>, method=PLAIN, rip=1.2.3.4, "
        "lip=192.0.2.1, TLS, session=<S>"], None),
    "such a name of 2.4's kind": ("dovecot", [
        TOKEN, AT + "dovecot: auth(x,1.2.3.4,sasl:plain)<S>: sql: unknown "
        "user"], None),
    "such a name, of sieve": ("sieve", [
        TOKEN, AT + "dovecot: managesieve-login: Disconnected (auth failed, 1 "
        "attempts in 2 secs): user=<x>, rip=1.2.3.4, lip=192.0.2.1"], None),
    "who had it written": ("dovecot", [
        TOKEN, AT + "dovecot: imap-login: Disconnected (auth failed, 1 "
        "attempts in 2 secs): user=<x>, rip=203.0.113.9, lip=192.0.2.1"],
        "203.0.113.9"),
    "who had it written, of sieve": ("sieve", [
        TOKEN, AT + "dovecot: managesieve-login: Disconnected (auth failed, 1 "
        "attempts in 2 secs): user=<x>, rip=203.0.113.9, lip=192.0.2.1"],
        "203.0.113.9"),
    "a token behind another's, and what it has the server write of that one": (
        "dovecot", [
            TOKEN.replace("203.0.113.9", "1.2.3.4"),
            TOKEN.replace(":00 ", ":01 ", 1),
            TOKEN.replace(":00 ", ":02 ", 1),
            AT.replace(":00 ", ":02 ") + "dovecot: " + VICTIM.format("")],
        None),
    "a token behind another's, for itself": ("dovecot", [
        TOKEN.replace("203.0.113.9", "1.2.3.4"),
        TOKEN.replace(":00 ", ":01 ", 1), TOKEN.replace(":00 ", ":02 ", 1)],
        "203.0.113.9"),
    "a token, for itself": ("dovecot", [TOKEN], "203.0.113.9"),
    "a token, not for sieve": ("sieve", [TOKEN], None),
    "a name cut by bytes": ("dovecot", [
        AT + "dovecot: auth: Debug: passwd-file(" + 15 * "\U0001f600" +
        "...,203.0.113.9,<S1>): lookup: user=\U0001f600",
        AT + "dovecot: " + VICTIM.format("")], None),
    "what a proxied server repeats": ("dovecot", [
        AT + "dovecot: imap-login: Login aborted: Connection closed (auth "
        "failed, 1 attempts in 2 secs, last failure: Failed for x) (y): "
        "user=<a>, rip=1.2.3.4, <) (auth_failed): rip=203.0.113.9, user=<x) "
        "(y): user=<a>, rip=1.2.3.4, <>, method=PLAIN, lip=198.51.100.2, "
        "session=<9ZHq02g3J8S60fan>"], None),
    "a fault of the server's": ("postfix", [
        AT + "dovecot: auth: Error: sql(x,203.0.113.9): y", GUESS], None),
    "authdaemond is not there": ("courier", [
        AT + "pop3d: authdaemon: s_connect() failed: Connection refused",
        AT + "pop3d: LOGIN FAILED, user=bob, ip=[::ffff:203.0.113.9], "
        "port=[41851]"], None),
    "authdaemond is not there, in a name taken apart": ("courier", [
        AT + "pop3d: authdaemon: s_connect() failed: Connection refused" +
        461 * " ",
        AT + "pop3d: LOGIN FAILED, user=bob, ip=[::ffff:203.0.113.9], "
        "port=[41851]"], "203.0.113.9"),
    "a fault in a token": ("postfix", [
        AT + "dovecot: auth: oauth2(x,203.0.113.9): oauth2 failed: Local "
        "validation failed: HS256 key 'a",
        AT + "dovecot: auth: Error: ldap(x): Can't connect to server",
        AT + "dovecot: auth: Error: sql(x,203.0.113.9): y", GUESS],
        "203.0.113.9"),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_a_client_has_a_server_write(what):
    name, lines, who = WRITTEN[what]
    spec = str(hosts.REPO / f"filters/{name}.conf") + \
        ("[mode=auth]" if name == "postfix" else "")
    last = answers_to(spec, lines)[-1]
    assert (last["address"] if last["verdict"] == "match" else None) == who
