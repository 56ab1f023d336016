# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions made by chance are to our engine what they are to Python's re:
refused by both, or taken by both and matching the same texts.

The seed is fixed; MAILBAN_TEST_CASES makes it more of them. Not among them is
where releases of either differ: look-behinds of no fixed length, a group that
refers to itself, what str.isspace() says of control characters.
"""
import json
import os
import random
import re
import subprocess
import warnings

import hosts

CASES = int(os.environ.get("MAILBAN_TEST_CASES", "600"))
SEED = 20261122
PORTION = 100
# An address names somebody, so that the expression itself is free.
HEAD = "[Definition]\nprefregex = ^<ADDR> <F-CONTENT>.*</F-CONTENT>$\n"
ATOMS = ["a", "b", "c", "-", " ", ".", r"\d", r"\w", r"\s", r"\S", r"\.", "x",
         "[ab]", "[^a]", "[]a]", "[^]b]", "[a-c]", "[[a]", "[a[:b]", r"[\]-]",
         r"[\w-]", r"[-\w]", "[a&&b]", "[.*+?{}()|^$]", r"[\d.]", "{", "}", "]",
         "{a}", "{ 1}", "{1, 2}", "{}", r"\{", r"\x61", r"\[", "\u00f6", "#",
         r"\0", r"\t", "<a>", "F-", "-", "%%"]
ANCHORS = ["^", "$", r"\A", r"\Z", r"\b", r"\B"]
REPEATS = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{0,}", "{,}", "*?", "+?",
           "??", "{1,2}?", "*+", "++", "?+", "{,1}+"]
# Of a group that keeps what it has, Python 3.11 loses matches.
GIVING_BACK = [r for r in REPEATS if len(r) < 2 or r[-1] != "+"]
GROUPS = ["(%s)", "(?:%s)", "(?P<n>%s)", "(?=%s)", "(?!%s)", "(?>%s)",
          "(?i:%s)", "(?s:%s)", "(?-i:%s)", "(?i-s:%s)", "((?i)%s)",
          "(?:(?i)%s)", "(?P<o>%s)"]
BEHIND = ["(?<=a)", "(?<!b)", "(?<=[ab])", r"(?<!\w)", "(?<=ab)"]
# Of these some are Python's, some PCRE2's, some nobody's.
ODD = ["(?R)", "(?1)", "(?+1)", "(?&n)", "(?P>n)", "(?<n>a)", "(?'n'a)",
       "(?|a|b)", "(*NO_JIT)", "(*UTF)", "(*SKIP)", "(*F)", "(?C1)", "(?^:a)",
       "(?J)", "(?U)", "(?xx)", "(?n:a)", "(?i)", "(?s)", "(?-i)", "(?i-s)",
       "(?", "(?P", "(?P<", "(?P<1>a)", "(?P=n)", "(?P=z)", "(?P<n>b)(?P=n)", "(?P=n)(?P<n>b)", "(a)?(?(1)b|c)", "(?P<n>a)?(?(n)b|c)", "(?(R)a|b)",
       "(?(DEFINE)a)", "(?(?=a)b|c)", "(?(<n>)a)", "(?#note)", "(?#[)",
       "(?#", r"\K", r"\R", r"\h", r"\Q.\E", r"\G", r"\z", r"\g1", r"\p{L}",
       r"\x{61}", r"\x6", r"\o{61}", r"\cA", r"\e", r"\N", r"[\N]", r"[\Z]",
       r"[\B]", "[[:alpha:]]", "[[.a.]]", r"[\d-z]", r"[a-\d]", "[c-a]", "[",
       "[]", "(", ")", "a||b", "()", "*", "+a", "{2}", "a**", "a{2}{3}", "a+*",
       "^*", r"\b+", "$?", "a???", "(?=a)*", "(?i)*", "|*", "(?P<q-r>a)",
       r"\Za", r"(?<=a|b)c", "(?x: a b )", "\\", r"\_", r"\-",
       r"\<", r"[\<]", "a{3,2}"]
# In another's group a number is another's.
ALONE = [r"\1", r"(a)\1", r"(a)(b)\2", r"(a)\01", r"(a)\10", r"\08", r"\9",
         r"[\1]", r"[\8]", r"(?:(a)|b)\1?", "(?x) a # b"]
TEXTS = ["a", "b", "ab", "ba", "abc", "aab", "aabb", "a-b", "a b", "x", "ax",
         "xa.b", "aaa", "A", "AB", "aB", "1a2", "{a}", "a{1, 2}", "a{ 1}", "{}",
         "]", "a]b", "[a", "a[:", "<a>", "F-a", "#", "\u00f6", "a\u00f6b",
         "a.b.c", "a*", "%", "cab", "bca", "ccc", "a{,2}", "&", "(?R)", "R",
         "aa aa", "bb", "axb", "a1-c", "1", "c c", "QE", "z", "note"]


def expression(chance, depth=2):
    out = []
    for _ in range(chance.randrange(1, 4)):
        way = chance.random()
        repeats = REPEATS
        if way < .06:
            out.append(chance.choice(ODD))
        elif way < .12:
            out.append(chance.choice(BEHIND))
            repeats = GIVING_BACK
        elif way < .3 and depth:
            out.append(chance.choice(GROUPS) % expression(chance, depth - 1))
            repeats = GIVING_BACK
        elif way < .4:
            out.append(chance.choice(ANCHORS))
        else:
            out.append(chance.choice(ATOMS))
        if chance.random() < .3:
            out.append(chance.choice(repeats))
    if chance.random() < .2:
        out.insert(chance.randrange(len(out) + 1), "|")
    return "".join(out)


def python(text):
    """As fail2ban has it: flags right within a group are the group's own."""
    text = re.sub(r"(?<!\\)\((?:\?:)?(\(\?[a-z]+)\)", r"\1:", text)
    try:
        with warnings.catch_warnings():
            # "[[a]" may once mean a set, global flags once did more.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None


def ours(folder, rows, log):
    """The lines of rows that are refused; and what matched, if none is."""
    (folder / "filter.d").mkdir(exist_ok=True)
    (folder / "filter.d/it.conf").write_text(
        HEAD + "failregex = " + "\n            ".join(
            row.replace("%", "%%") for row in rows) + "\n")
    program = hosts.built("mailban")
    done = subprocess.run(
        [program, "test", "-c", folder, "--json", "it", log],
        capture_output=True, timeout=120, text=True,
        env={**os.environ, **hosts.SANITIZER_ENV,
             "MAILBAN_DATADIR": str(folder)})
    assert done.returncode in (0, 1, 2), done.stderr
    refused = {int(n) - 3 for n in re.findall(
        r"it\.conf:(\d+): failregex: ", done.stderr)}
    assert (done.returncode == 2) == bool(refused), done.stderr
    return refused, [json.loads(row) for row in done.stdout.splitlines()]


def usable(text):
    """One line, and none that the file's own syntax takes apart."""
    return text.strip() == text and text and text[0] not in "#;" and \
        " ;" not in text and "<F-" not in text


def test_as_python(tmp_path, capsys):
    chance = random.Random(SEED)
    log = tmp_path / "log"
    log.write_text("".join(f"192.0.2.1 {text}\n" for text in TEXTS))
    rows = [*ODD, *ALONE, *(a + r for a in ATOMS[:12] for r in REPEATS)]
    while len(rows) < CASES:
        rows.append(expression(chance))
    rows = [row for row in dict.fromkeys(rows) if usable(row)]
    known = [python(row) for row in rows]
    # Of more faults than that not all are told.
    refused = {first + n for first in range(0, len(rows), PORTION)
               for n in ours(tmp_path, rows[first:first + PORTION], log)[0]}
    faults = [f"{row!r}: Python's re {'takes' if known[i] else 'refuses'} it"
              for i, row in enumerate(rows)
              if (known[i] is None) != (i in refused)]
    taken = [i for i in range(len(rows)) if known[i] and i not in refused]
    # In eights, so that of most each text is asked.
    chance.shuffle(taken)
    matches = 0
    for first in range(0, len(taken), 8):
        some = taken[first:first + 8]
        none, answers = ours(tmp_path, [rows[i] for i in some], log)
        assert not none and len(answers) == len(TEXTS)
        for text, answer in zip(TEXTS, answers):
            want = next((n for n, i in enumerate(some, 1)
                         if known[i].search(text)), None)
            matches += want is not None
            if answer.get("regex") != want:
                faults.append(f"{text!r}: {answer.get('regex')}, not {want}, "
                              f"of {[rows[i] for i in some]}")
    with capsys.disabled():
        print(f"\n{len(rows)} expressions, {len(taken)} taken, "
              f"{matches} matches")
    assert not faults, f"{len(faults)}:\n" + "\n".join(faults[:60])
