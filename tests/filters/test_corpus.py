# SPDX-License-Identifier: GPL-2.0-or-later
"""Each line of the corpora counts in the modes that it names, and no other.

A line of corpus/*.jsonl is an object:
  line     as it stands in the log
  filter   the filter that looks at it
  modes    those in which it must count; [] if in none
  expect   the address that must come out then, else null
  source   where the daemon's source prints it, and its version
  class    authfail, inject, server-fault, ...; note: what it is there for
  client   what of the line a client writes, in the line's order: its kind
           (of forge.PRINTS), what stands right before it, the text
"""
import ipaddress
import re

import pytest

import forge
from forge import rows
from verdicts import MODES, answers_to, apart, hits, verdicts


def check_marks(name, row):
    """No address but the peer's or a server's own stands outside of them."""
    for kind, _, _ in forge.spans(row):
        assert forge.printer(name, kind) or kind == "cut", row
    known = forge.peers(row) - {row["expect"]}
    assert all(re.match(SERVERS, address) for address in known), (known, row)
    assert row["expect"] in {None, *forge.peers(row)} or \
        name in forge.WITH_SESSIONS, row


# In lines that count for nobody the peer's own too.
SERVERS = (r"203\.0\.113\.|198\.51\.100\.2$|10\.0\.0\.|192\.0\.2\.7$|127\.|"
           r"0\.0\.0\.0$|2001:db8::2$|2001:db8::bad:1$")


@pytest.mark.parametrize("name", MODES)
def test_corpus_is_sound(name):
    seen = set()
    for row in rows(name):
        assert row["filter"] == name
        assert set(row["modes"]) <= set(MODES[name]), row
        assert bool(row["modes"]) == (row["expect"] is not None), row
        assert row["expect"] is None or ipaddress.ip_address(row["expect"])
        assert row["line"] not in seen, f"twice: {row['line']}"
        seen.add(row["line"])
        check_marks(name, row)
    for mode in MODES[name]:
        assert any(mode in row["modes"] for row in rows(name)), mode


@pytest.mark.parametrize("name,mode", [
    (name, mode) for name, modes in MODES.items() for mode in modes])
def test_corpus(name, mode):
    corpus = rows(name)
    found = verdicts(f"{name}[mode={mode}]",
                     list(apart(row["line"] for row in corpus)))
    wrong = []
    for row, address in zip(corpus, found):
        wanted = row["expect"] if mode in row["modes"] else None
        if address != wanted:
            wrong.append(f"{row['class']}, {row['source']}: "
                         f"{address} for {wanted}\n  {row['line']}"
                         f"\n  {row.get('note', '')}")
    assert not wrong, f"{len(wrong)} of {len(corpus)}:\n" + "\n".join(wrong)


# What a class is, whichever daemon says so; the modes follow from it.
GUESS = {"authfail", "malformed", "user"}
ABUSE = {"protocol", "rej-data", "rej-helo", "rej-rbl", "rej-relay", "rej-user"}
HONEST = {"address", "auth-other", "disc", "dns", "drop", "etrn", "noalg",
          "policy", "probe", "rej-spf", "reject", "tls"}
NEVER = {"anvil", "benign", "content", "greylist", "honest-drop", "limit",
         "look-alike", "no-address", "none", "own-user", "proxy",
         "server-fault", "size", "undecided", "warning"}
# By what it says more; "inject" is of any class, and "own-log" a guess in a log
# that others can write lines into.
EITHER = {"abuse", "cleartext", "inject", "own-log", "ps", "publickey", "rate",
          "rej-client", "rej-milter", "rej-rcpt", "rej-sender"}
# The modes of the jails that are shipped: of guesses, of the rest.
SHIPPED = {"postfix": ("auth", "normal")}


@pytest.mark.parametrize("name", MODES)
def test_a_class_is_a_mode(name):
    """Only what nobody honest does counts by default, and no server's fault."""
    guesses, rest = SHIPPED.get(name, ("normal", "normal"))
    for row in rows(name):
        modes, kind = set(row["modes"]), row["class"]
        assert kind in GUESS | ABUSE | HONEST | NEVER | EITHER, row
        assert kind not in GUESS or guesses in modes, row
        assert kind not in ABUSE or modes & {rest, "more"}, row
        assert kind not in HONEST or not modes & {guesses, rest}, row
        assert kind not in NEVER or not modes, row


# After such a line those of the next second are doubted, so that it would take
# the corpus' own (auth/db-oauth2.c, auth/db-passwd-file.c, 2.3).
SPILLED = {"dovecot": [
    "Nov 20 09:00:00 mx dovecot: auth: oauth2(bob,203.0.113.9,<9ZHq>): oauth2 "
    "failed: Local validation failed: No key found",
    "Nov 20 09:00:00 mx dovecot: auth: oauth2(x): y,203.0.113.9,<9ZHq>): oauth2 "
    "failed: Local validation failed: x",
    "Nov 20 09:00:00 mx dovecot: auth: Debug: passwd-file(a?pam(x,203.0.113.9,"
    "<9ZHq>): lookup: user=a"]}
SPILLED["postfix"] = SPILLED["sieve"] = SPILLED["dovecot"]


TELLS = "Nov 20 09:00:00 mx dovecot: auth: "
SAYS = "oauth2 failed: Local validation failed: "
# What comes behind each in the same second is believed, or not.
BEFORE = [
    (f"oauth2(bob,192.0.2.1,<9ZHq>): {SAYS}x", False),
    (f"conn unix:auth-worker (pid=1,uid=2): auth-worker<3>: "
     f"oauth2(b): c,192.0.2.1,<9ZHq>): {SAYS}x", False),
    ("Debug: passwd-file(a?pam(x,192.0.2.1,<9ZHq>): lookup: user=a", False),
    (f"Debug: sql({'x' * 61}...,192.0.2.1,<9ZHq>): query: SELECT 'x", False),
    ("Debug: sql(x): y,192.0.2.1,<9ZHq>): query: SELECT 'x): y", False),
    # No name has a newline here.
    (f"plain(?,192.0.2.1,<9ZHq>): Username character disallowed by "
     f"auth_username_chars: 0x20 (username: x {SAYS})", True),
    ("Debug: sql(bob@ex.org,192.0.2.1,<9ZHq>): query: SELECT ?", True),
    ("Debug: sql(bob@ex.org,2001:db8::1): Finished passdb lookup", True),
    ("Debug: plain(?,192.0.2.1,<9ZHq>): Auth request finished", True),
    ("Debug: auth client connected (pid=132)", True),
    ("Debug: client in: AUTH 1 PLAIN service=imap session=x rip=192.0.2.1 "
     "resp=<hidden>", True),
]


@pytest.mark.parametrize("before, believed", BEFORE)
def test_what_may_be_the_rest_of_a_name(before, believed):
    """Dovecot 2.3 writes some of a client's text with its newlines."""
    *_, found = verdicts("dovecot", [
        TELLS + before, f"{TELLS}sql(bob,192.0.2.2,<aZHq>): unknown user"])
    assert found == ("192.0.2.2" if believed else None)


@pytest.mark.parametrize("name,mode", [
    (name, mode) for name, modes in MODES.items() for mode in modes])
def test_each_failregex_is_needed(name, mode, tmp_path):
    """Some line is counted by it and by none before it; or only held."""
    spec = f"{name}[mode={mode}]"
    lines = [*SPILLED.get(name, []),
             *apart(row["line"] for row in rows(name))]
    first = {answer.get("regex") for answer in answers_to(spec, lines)}
    log = tmp_path / "log"
    log.write_text("".join(line + "\n" for line in lines))
    found = hits(spec, log)
    assert found and max(i for i in first if i) <= len(found)
    assert not [regex for i, (regex, n) in enumerate(found, 1)
                if i not in first and not (n and "<F-NOFAIL>" in regex)]
