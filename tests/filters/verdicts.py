# SPDX-License-Identifier: GPL-2.0-or-later
"""What `mailban test` says of lines: for the tests of the shipped filters."""
import datetime
import json
import os
import re
import subprocess

import hosts

MODES = {
    "courier": ("normal",),
    "cyrus": ("normal",),
    "dovecot": ("normal", "aggressive"),
    "exim": ("normal", "aggressive"),
    "horde": ("normal",),
    "nginx": ("normal", "errorlog"),
    "opensmtpd": ("normal",),
    "postfix": ("auth", "normal", "more", "rbl", "errors", "ddos", "extra",
                "aggressive"),
    "roundcube": ("normal",),
    "rspamd": ("normal",),
    "sendmail": ("normal", "aggressive"),
    "sieve": ("normal", "aggressive"),
    "sogo": ("normal",),
    "sshd": ("normal", "ddos", "extra", "aggressive"),
}


def apart(lines):
    """The lines as if hours lay between them: what one makes the filter doubt
    is within a second of it, and no other line here."""
    begin = datetime.datetime(2026, 11, 21, 10)
    for n, line in enumerate(lines):
        at = begin - datetime.timedelta(seconds=3 * n)
        line = re.sub(r"^Nov 21 10:00:00(?= )", f"{at:%b %d %H:%M:%S}", line)
        # Of another month: these have a zone of their own.
        yield re.sub(r"^2026-11-21T10:00:00(?=\.)",
                     f"{at:%Y-{at.month - 1:02}-%dT%H:%M:%S}", line)


def run(name, args, lines):
    """Run mailban under a name, with lines on its standard input."""
    program = hosts.built("mailban")
    done = subprocess.run(
        [name, *args], executable=program,
        input="".join(line + "\n" for line in lines).encode(),
        capture_output=True, timeout=300, cwd=hosts.REPO,
        env={**os.environ, **hosts.SANITIZER_ENV})
    said = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1), f"exit {done.returncode}: {said}"
    return done.stdout, said


def answers_to(spec, lines):
    """Give what `mailban test --json` says of each line."""
    out, said = run("mailban", ["test", "--json", spec, "-"], lines)
    answers = [json.loads(row) for row in out.splitlines()]
    assert len(answers) == len(lines), said
    for answer, line in zip(answers, lines):
        # Of a line that is too long its source cuts the end.
        assert line.startswith(answer["line"][:9999]), said
    return answers


def verdicts(spec, lines):
    """Give the address that each line fails with by this filter, or None."""
    answers = answers_to(spec, lines)
    return [answer["address"] if answer["verdict"] == "match" else None
            for answer in answers]


def hits(spec, log):
    """Give (failregex, lines that it matches) of each, whatever others do."""
    out, _ = run("fail2ban-regex", [
        "-v", "-c", "/nowhere", "--print-no-missed", log, spec], [])
    part = out.decode().split("\nIgnoreregex: ")[0].split("\nFailregex: ")[1]
    return [(row[2], int(row[1])) for row in re.findall(
        r"(?m)^\|\s+(\d+)\) \[(\d+)\] (.*)$", part)]
