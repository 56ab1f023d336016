# SPDX-License-Identifier: GPL-2.0-or-later
"""What `mailban test` says of lines: for the tests of the shipped filters."""
import json
import os
import subprocess

import hosts

MODES = {
    "courier": ("normal",),
    "cyrus": ("normal",),
    "dovecot": ("normal", "aggressive"),
    "exim": ("normal", "aggressive"),
    "horde": ("normal",),
    "nginx": ("normal",),
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


def verdicts(spec, lines):
    """Give the address that each line fails with by this filter, or None."""
    program = hosts.REPO / hosts.BUILDS[hosts.default_build()] / "mailban"
    done = subprocess.run(
        [program, "test", "--json", spec, "-"],
        input="".join(line + "\n" for line in lines).encode(),
        capture_output=True, timeout=300, cwd=hosts.REPO,
        env={**os.environ, **hosts.SANITIZER_ENV})
    said = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1), f"exit {done.returncode}: {said}"
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert len(answers) == len(lines), said
    for answer, line in zip(answers, lines):
        # Of a line that is too long its source cuts the end.
        assert line.startswith(answer["line"][:9999]), said
    return [answer["address"] if answer["verdict"] == "match" else None
            for answer in answers]
