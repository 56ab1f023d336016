# SPDX-License-Identifier: GPL-2.0-or-later
"""What rsyslog makes of equal lines ($RepeatedMsgReduction) counts as these.

It writes "message repeated 5 times: [ MESSAGE]" behind the program that said
it (runtime/ratelimit.c): once for five lines of the same program and pid.
"""
import re

import pytest

import forge
from forge import rows
from verdicts import MODES, answers_to, apart, run, verdicts

# A line with a program before its message, as syslogds write it.
PROGRAM = (r"(?s)((?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S+) "
           r"[\w.-]+ [^\s\[\]:]+(?:\[\d+\])?: )(.+)$")
# As much as rsyslog takes of a message, with the blank before it.
MOST = 800
PEER, OTHER = "203.0.113.9", "198.51.100.66"


def wrapped(line, times=5):
    """The line as rsyslog has it that came again so often; None of others."""
    match = re.match(PROGRAM, line)
    if not match or len(match[2].encode(errors="replace")) + 1 >= MOST:
        return None
    return f"{match[1]}message repeated {times} times: [ {match[2]}]"


@pytest.mark.parametrize("name,mode", [
    (name, mode) for name, modes in MODES.items() for mode in modes])
def test_the_corpus_again(name, mode):
    """Each line that a syslogd has written says what it says alone."""
    again = [(row, line) for row in rows(name)
             if (line := wrapped(row["line"]))]
    spec = f"{name}[mode={mode}]"
    alone = answers_to(spec, list(apart(row["line"] for row, _ in again)))
    found = answers_to(spec, list(apart(line for _, line in again)))
    counted = 0
    for (row, line), one, many in zip(again, alone, found):
        for key in ("verdict", "address", "regex", "user"):
            assert one.get(key) == many.get(key), (key, line)
        assert many.get("lines") == (
            5 if one["verdict"] in ("match", "named") else None)
        assert "lines" not in one
        counted += one["verdict"] == "match"
        if mode in row["modes"]:
            assert many["address"] == row["expect"], line
    # Of one's own log file, and of nginx' errors, rsyslog has none.
    assert counted or mode == "errorlog", name


DOVECOT = ("imap-login: Disconnected: Connection closed (auth failed, 1 "
           "attempts in 2 secs): user=<{}>, method=PLAIN, rip=%s, "
           "lip=192.0.2.7, TLS" % PEER)
POSTFIX = ("warning: unknown[%s]: SASL LOGIN authentication failed: (reason "
           "unavailable), sasl_username={}" % PEER)
FORGED = [
    "message repeated 5 times: [",
    "message repeated 5 times: [ " + DOVECOT.replace(PEER, OTHER),
    f"x]: message repeated 5 times: [ {POSTFIX.replace(PEER, OTHER)}]",
    f"x> message repeated 1000 times: [ {DOVECOT.replace(PEER, OTHER)}] ",
    "]", "[", "x]]]",
]


@pytest.mark.parametrize("name, head, message", [
    ("dovecot", "dovecot: ", DOVECOT),
    ("postfix[mode=auth]", "postfix/smtpd[7]: ", POSTFIX)])
def test_a_name_that_says_so(name, head, message):
    """What a client writes stands behind what the program says."""
    said = f"Nov 21 10:00:00 mx {head}{{}}"
    lines = [said.format(message.format(user)) for user in FORGED]
    plain = answers_to(name, lines)
    assert {answer["address"] for answer in plain} <= {PEER, None}
    assert plain[0]["address"] == PEER
    assert not any("lines" in answer for answer in plain)
    # Nor within a line that did come again.
    again = answers_to(name, [wrapped(line) or line for line in lines])
    assert [answer["address"] for answer in again] == \
        [answer["address"] for answer in plain]
    assert {answer.get("lines") for answer in again} <= {5, None}


@pytest.mark.parametrize("times, lines", [
    ("2", 2), ("1", None), ("1000", 1000), ("2147483647", 1000),
    ("9999999999", 1000), ("0", 0), ("-5", 0), ("05", 0), ("", 0),
    ("18446744073709551621", 0), ("5 times: [ x] message repeated 5", 0)])
def test_how_often(times, lines):
    line = wrapped(f"Nov 21 10:00:00 mx dovecot: {DOVECOT.format('bob')}", times)
    answer, = answers_to("dovecot", [line])
    assert answer["address"] == (PEER if lines != 0 else None)
    assert answer.get("lines") == (lines or None)


def test_the_tables_count_each():
    line = f"Nov 21 10:00:00 mx postfix/smtpd[7]: {POSTFIX.format('bob')}"
    out, _ = run("mailban", ["test", "postfix[mode=auth]", "-"],
                 [line, wrapped(line, 4)])
    told = out.decode()
    assert re.search(r"^2 lines: 5 failures, ", told, re.M), told
    assert re.search(rf"^{re.escape(PEER)} +5$", told, re.M), told
    assert re.search(r"^ *\d+ +5  ", told, re.M), told


FAULT = "Nov 21 10:00:00 mx dovecot: auth: Error: ldap(bob,%s): down" % PEER


@pytest.mark.parametrize("faults, failures, counted", [
    (2, 5, 3), (1, 5, 4), (5, 5, 0), (1000, 2147483647, 744)])
def test_each_fault_excuses_one(faults, failures, counted):
    """As if the lines had come one by one; 256 are remembered."""
    failed = f"Nov 21 10:00:01 mx postfix/smtpd[7]: {POSTFIX.format('bob')}"
    held, answer = answers_to("postfix[mode=auth]", [
        wrapped(FAULT, faults), wrapped(failed, failures)])
    assert held["verdict"] == "held"
    assert answer["verdict"] == ("match" if counted else "held")
    assert answer.get("lines") == (counted or None)


@pytest.mark.parametrize("cut", [False, True])
def test_a_text_that_may_go_on(cut):
    """At 800 bytes rsyslog cuts: what is the end there may be a client's."""
    head = "Nov 21 10:00:00 mx postfix/smtpd[7]: "
    room = MOST - 1 - len(POSTFIX.format("")) - (not cut)
    message = POSTFIX.format("x" * room)
    assert len(message) + 1 == MOST - (not cut)
    line = f"{head}message repeated 5 times: [ {message}]"
    found = verdicts("postfix[mode=auth]", [head + message, line])
    assert found == [PEER, None if cut else PEER]


def test_a_filter_of_fail2ban_s_kind(tmp_path):
    """It sees the line as it stands, once."""
    (tmp_path / "own.conf").write_text(
        "[Definition]\nfailregex = imap-login: .* rip=<HOST>,\n")
    lines = [f"Nov 21 10:00:00 mx dovecot: {DOVECOT.format('bob')}"]
    lines.append(wrapped(lines[0]))
    for answer in answers_to(str(tmp_path / "own.conf"), lines):
        assert answer["address"] == PEER and "lines" not in answer
