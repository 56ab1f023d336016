# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed pflogsumm, with one thing settled that it leaves to chance.

It lists rows that are equal in what it sorts by in the order of Perl's hashes.
oracle() is the program as it is, but for those rows: they come by name.
"""
import os
import pathlib
import shutil
import subprocess

ENV = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PERL_HASH_SEED": "0",
       "PERL_PERTURB_KEYS": "0"}
SETTLED = [
    ("     (keys(%$hashRef)))", "     (sort keys(%$hashRef)))", 2),
    ("reverse sort by_count_then_size keys(%$hashRef)",
     "reverse sort by_count_then_size reverse sort keys(%$hashRef)", 3),
]


def installed():
    return shutil.which("pflogsumm", path="/usr/sbin:/usr/bin")


def oracle(folder):
    """A copy of it below folder, to be run with perl."""
    text = pathlib.Path(installed()).read_text()
    for found, put, times in SETTLED:
        assert text.count(found) == times, "another pflogsumm than 1.1.5"
        text = text.replace(found, put)
    path = pathlib.Path(folder) / "pflogsumm"
    path.write_text(text)
    return path


def run(program, *words, **more):
    """Its (stdout, stderr)."""
    done = subprocess.run(["perl", str(program), *map(str, words)], env=ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=120, **more)
    return done.stdout, done.stderr
