# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban lint: what it finds, that it is true, and that nothing is made up.

A finding "forged" comes with a line: each is handed to mailban test, which
must name the address that the finding says.
"""
import json
import os
import pathlib
import pty
import re
import subprocess
import termios

import pytest

import hosts

ENV = {**os.environ, **hosts.SANITIZER_ENV,
       "MAILBAN_DATADIR": str(hosts.REPO / "build/share")}
DECOY = "203.0.113.66"
PREFIX = r"^\s*\S+ \S+\[\d+\]: "
# What is wrong with a failregex, and the part that it is about.
BAD = [
    # Anywhere in a message: lighttpd's, BIND's and Asterisk's of old.
    (r"authentication failed for .* from <HOST>$", "anywhere"),
    (r"password doesn't match for .* IP: <HOST>", "anywhere"),
    (r"client <HOST>#\S+: query .* denied", "anywhere"),
    (r"NOTICE.* .*: Registration from '.*' failed for '<HOST>' - .*",
     "anywhere"),
    (r"^.* bad login from <HOST>$", "anywhere"),
    (PREFIX + r".*bad login from <HOST>$", "anywhere"),
    # A free field before or behind the address.
    (PREFIX + r"user=.*?, rip=<HOST>, .*$", r"'.*?' before"),
    (PREFIX + r"login <\S*,<HOST>(?:,\S*)?>$", r"'\S*' behind"),
    (PREFIX + r"user .*, rip=<HOST>, proto .*$", r"'.*' behind"),
    # An open end behind a greedy field.
    (PREFIX + r"failed for .* from <HOST>", "its end is open"),
]
GOOD = [
    PREFIX + r"to=<[^,]*>, from <HOST>, helo=<.*>$",
    PREFIX + r"failed for .* from <HOST>$",
    PREFIX + r"user=<[^>]*>, rip=<HOST>, .*$",
    PREFIX + r"connect from [^[]*\[<HOST>\]: .*$",
    PREFIX + r"<HOST>: bad .*",
    r"^\s*<HOST> - \S+ .*$",
]
SLOW = [
    (PREFIX + r"(?:\w+\s*)+: <HOST>$", "ever more ways"),
    (PREFIX + r"(?:[^(]+|x)* \(no\): <HOST>$", "ever more ways"),
    (PREFIX + r"\S*\S*\S*: <HOST>$", "overlaps"),
    # PCRE2's own limit does not see these: it takes seconds for the first.
    (r"^\s*\S+\s+.*\S+\s+.*<HOST>\s*$", "overlaps"),
    (r"^.*foo.*bar.*<HOST>.*baz", "overlaps"),
    (r"(\w+)@ <HOST>$", "overlaps"),
]


def run(*args):
    return subprocess.run([hosts.built("mailban"), *args], env=ENV, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300)


def lint(confdir, *args, logs=()):
    """The findings."""
    done = run("lint", "-c", confdir, "--json", *args, *logs)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert done.returncode == (1 if found else 0)
    return found


@pytest.fixture
def write(tmp_path):
    (tmp_path / "filter.d").mkdir(exist_ok=True)

    def make(*rows, name="mine", more=""):
        (tmp_path / f"filter.d/{name}.conf").write_text(
            "[Definition]\nfailregex = " + "\n            ".join(rows)
            + "\n" + more)
        return tmp_path
    return make


def kinds(found):
    return [finding["kind"] for finding in found]


def bans(confdir, name, line):
    """Whom mailban test names for a line."""
    done = run("test", "-c", confdir, "--json", name, line)
    assert done.stderr == ""
    return json.loads(done.stdout)["address"]


@pytest.mark.parametrize("regex, what", BAD)
def test_forged(write, regex, what):
    confdir = write(regex)
    found = [f for f in lint(confdir, "mine") if f["kind"] == "forged"]
    assert len(found) == 1
    assert what in found[0]["text"]
    assert found[0]["file"] == f"{confdir}/filter.d/mine.conf"
    assert found[0]["row"] == 2
    assert found[0]["regex"] == regex
    assert found[0]["address"] == DECOY
    assert bans(confdir, "mine", found[0]["line"]) == DECOY


@pytest.mark.parametrize("regex", GOOD)
def test_not_forged(write, regex):
    assert lint(write(regex), "mine") == []


def test_cut(write):
    for regex, rest in ((r"^.*<HOST>", "1"),
                        (PREFIX + r"x .*<ADDR>$", "2.0.2.1")):
        found = [f for f in lint(write(regex), "mine") if f["kind"] == "cut"]
        assert len(found) == 1
        assert f"of 192.0.2.1 it takes '{rest}'" in found[0]["text"]


def test_forged_behind_a_prefregex(write):
    pre = (r"prefregex = ^\s*\S+ x\[\d+\]: <F-CONTENT>.+</F-CONTENT>$")
    confdir = write(r"^bad <HOST>$", r"worse <HOST>$", more=pre)
    found = lint(confdir, "mine")
    assert [(f["kind"], f["row"]) for f in found] == [("forged", 3)]
    assert " x[" in found[0]["line"]
    assert bans(confdir, "mine", found[0]["line"]) == DECOY


def test_an_ignoreregex_that_stops_it_is_seen(write):
    bad = PREFIX + r"user=.*?, rip=<HOST>, .*$"
    assert kinds(lint(write(bad), "mine")) == ["forged"]
    assert lint(write(bad, more="ignoreregex = rip=.*rip=\n"), "mine") == []


@pytest.mark.parametrize("regex, what", SLOW)
def test_slow(write, regex, what):
    found = lint(write(regex), "mine")
    slow = [f for f in found if f["kind"] == "slow"]
    assert len(slow) == 1
    assert what in slow[0]["text"]
    assert slow[0]["line"]
    assert run("lint", "-c", write(regex), "mine").stdout == \
        run("lint", "-c", write(regex), "mine").stdout


def test_logs(write, tmp_path):
    log = tmp_path / "log"
    log.write_text("Nov 21 10:00:00 mx a[1]: one 192.0.2.9\n"
                   "Nov 21 10:00:00 mx a[1]: one two 192.0.2.9\n")
    confdir = write(PREFIX + r"one(?: \w+)? <HOST>$",
                    PREFIX + r"\w+ two <HOST>$", PREFIX + r"three <HOST>$",
                    PREFIX + r"one(?: \w+)? <HOST>$")
    assert [(f["kind"], f["row"]) for f in lint(confdir, "mine")] == [
        ("duplicate", 5)]
    found = lint(confdir, "mine", logs=[log])
    assert [(f["kind"], f["row"]) for f in found] == [
        ("unreachable", 3), ("unmatched", 4), ("duplicate", 5)]
    assert "each of the 1 lines" in found[0]["text"]
    log.write_text("mx a[1]: three 192.0.2.9\n")
    found = lint(confdir, "mine", logs=[log])
    assert [f["row"] for f in found if f["kind"] == "undated"] == [2]


@pytest.mark.parametrize("repeats", [False, True])
def test_what_rsyslog_took_together(write, tmp_path, repeats):
    """It is looked at as the daemon does."""
    log = tmp_path / "log"
    log.write_text("Nov 21 10:00:00 mx a[1]: message repeated 4 times: "
                   "[ one 192.0.2.9]\n")
    confdir = write(PREFIX + "one <HOST>$", more="repeats = true\n" * repeats)
    assert ("unmatched" in kinds(lint(confdir, "mine", logs=[log]))) != repeats


def test_thousands(write, tmp_path):
    """Each is tried with the log, and what stands twice is found."""
    log = tmp_path / "log"
    log.write_text("Nov 21 10:00:00 mx a[1]: number 999 192.0.2.9\n")
    confdir = write(*(PREFIX + f"number {n} <HOST>$" for n in range(1000)),
                    PREFIX + "number 7 <HOST>$")
    found = lint(confdir, "mine", logs=[log])
    assert [f["row"] for f in found if f["kind"] == "unmatched"] == [
        *range(2, 1001)]
    assert [(f["kind"], f["row"]) for f in found if f["row"] > 1000] == [
        ("duplicate", 1002)]


def test_a_line_of_the_log_shows_more(write, tmp_path):
    """Whose failregex no sample fits is tried with the log's lines."""
    log = tmp_path / "log"
    regex = r"^(?=.*bad)(?=.*login).* from .*\[<HOST>\]$"
    assert kinds(lint(write(regex), "mine")) == ["open"]
    log.write_text("Nov 21 10:00:00 mx a[1]: bad login from x[192.0.2.9]\n")
    found = lint(write(regex), "mine", logs=[log])
    assert "forged" in kinds(found)
    assert "unmatched" not in kinds(found)


def test_what_could_not_be_tried_is_told(write, tmp_path):
    log = tmp_path / "log"
    regex = r"^ \S+ a\[\d+\]: (?P<c>bad )?login(?(c) x| y) from <HOST>$"
    assert kinds(lint(write(regex), "mine")) == ["untried"]
    log.write_text("Nov 21 10:00:00 mx a[1]: bad login x from 192.0.2.9\n")
    assert lint(write(regex), "mine", logs=[log]) == []


def test_unreachable(write):
    confdir = write(PREFIX + r"\w+ failed: \w+ <HOST>$",
                    PREFIX + r"(?:imap|pop3) failed: [a-z]+ <HOST>$")
    assert [(f["kind"], f["row"]) for f in lint(confdir, "mine")] == [
        ("unreachable", 3)]


def test_faults(write, tmp_path):
    confdir = write(r"no address", name="mine")
    for args in (["mine"], ["nowhere"], ["mine[x"], []):
        done = run("lint", "-c", confdir, *args)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert done.stderr
    confdir = write(GOOD[0])
    done = run("lint", "-c", confdir, "mine", str(tmp_path / "nothing"))
    assert (done.returncode, done.stdout) == (2, "")


def test_text(write):
    done = run("lint", "-c", write("bad \x1b <HOST>$"), "mine")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert re.search(r"mine\.conf:2: forged: .*\n    to do         begin .*\n"
                     r"    failregex 1   bad \\x1b <HOST>\$\n"
                     r"    line          .*\n"
                     r"    bans          203\.0\.113\.66\n"
                     r"1 failregex, 1 finding\n$", done.stdout)
    done = run("lint", "-c", write(GOOD[0]), "mine")
    assert (done.returncode, done.stdout) == (
        0, "1 failregex, 0 findings\n")


def on_terminal(columns, *args):
    """What it writes on a terminal of that width, by line."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, columns))
    with subprocess.Popen([hosts.built("mailban"), *args], stdout=its,
                          env={**ENV, "LC_ALL": "C.UTF-8"}) as program:
        os.close(its)
        out = b""
        try:
            while got := os.read(ours, 65536):
                out += got
        except OSError:  # nobody writes any more
            pass
        os.close(ours)
    assert program.returncode == 1
    return re.sub("\033\\[[\\d;]*m", "", out.decode()).splitlines()


def test_a_terminal_has_a_line_for_a_regex(write):
    """By its number and beginning; a pipe has all of it."""
    bad = "bad caf\u00e9 " + "x" * 500 + " <HOST>$"
    confdir = write(GOOD[0], bad)
    for columns, room in (80, 61), (200, 181), (10, 19), (531, 512):
        shown = on_terminal(columns, "lint", "-c", confdir, "mine")
        assert shown[0].startswith(f"{confdir}/filter.d/mine.conf:3: ")
        assert shown[2] == f"    failregex 2   {bad[:room]}\u2026"
    whole = on_terminal(536, "lint", "-c", confdir, "mine")[2]
    assert whole == f"    failregex 2   {bad}"
    done = run("lint", "-c", confdir, "mine")
    assert done.stdout.splitlines()[2] == whole


@pytest.mark.parametrize("kind, rows", [
    ("forged", BAD[0][0]), ("slow", SLOW[0][0]),
    ("untried", r"^(?P<c>x)?y (?(c)a|b) <HOST>$"),
    ("duplicate", GOOD[0])])
def test_each_has_an_advice(write, kind, rows):
    """One sentence for what it is, one for what to do."""
    found = [f for f in lint(write(GOOD[0], rows), "mine")
             if f["kind"] == kind]
    assert found, kind
    assert found[0]["number"] == 2
    assert found[0]["advice"]
    for text in found[0]["text"], found[0]["advice"]:
        assert text.count(". ") == 0 and not text.endswith(".")


CORPUS = hosts.TESTS / "filters/corpus"


def shipped():
    """Each of our filters, in each of its modes."""
    for path in sorted((hosts.REPO / "filters").glob("*.conf")):
        if path.stem.endswith("common"):
            continue
        yield path.stem
        for mode in re.findall(r"(?m)^mdre-(\w+)", path.read_text()):
            yield f"{path.stem}[mode={mode}]"


@pytest.mark.parametrize("spec", shipped())
def test_ours_are_clean(spec, tmp_path):
    """By lines that are made up; where none can be, by those of the corpus."""
    found = lint(tmp_path, spec)
    assert set(kinds(found)) <= {"untried"}
    if not found:
        return
    log = tmp_path / "log"
    log.write_text("".join(json.loads(row)["line"] + "\n" for row in (
        CORPUS / f"{spec.split('[')[0]}.jsonl").read_text().splitlines()))
    # What the corpus must not hold is for test_corpus.py to say.
    assert [one for one in lint(tmp_path, spec, logs=[log])
            if one["kind"] != "unmatched"] == []


def test_fail2bans(capsys):
    """What it says of each filter of Debian's package; the proofs are true."""
    tree = pathlib.Path(hosts.testroot()) / "etc/fail2ban"
    said = {}
    for path in sorted((tree / "filter.d").glob("*.conf")):
        if path.stem.endswith("common"):
            continue
        done = run("lint", "-c", tree, "--json", path.stem)
        if done.returncode == 2:  # one that has no failregex by itself
            continue
        found = json.loads(done.stdout)
        said[path.stem] = kinds(found)
        for finding in found:
            if finding["kind"] == "forged":
                assert bans(tree, path.stem, finding["line"]) == DECOY
    with capsys.disabled():
        print()
        for name, what in said.items():
            if what:
                print(f"{name}: " + ", ".join(
                    f"{what.count(kind)} {kind}"
                    for kind in sorted(set(what))))
        print(f"{len(said)} filters, "
              f"{sum(1 for what in said.values() if what)} with findings")
    # Dovecot's user name in auth-worker's brackets; what has no beginning.
    for name in ("dovecot", "portsentry", "oracleims"):
        assert "forged" in said[name], name
    assert "forged" not in said["sshd"] + said["postfix"]
    assert "slow" in said["exim"]
