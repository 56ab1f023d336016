# SPDX-License-Identifier: GPL-2.0-or-later
"""The package says what the tree says."""
import re
import subprocess

import hosts

MAKEFILE = (hosts.REPO / "Makefile").read_text().replace("\\\n", " ")
CONTROL = (hosts.REPO / "debian/control").read_text().replace("\n ", " ")
# What every build on Debian has, and what make run needs to add a user.
BUILD_ESSENTIAL = {"gcc", "libc6-dev", "make"}
OF_MAKE_RUN = {"passwd"}


def variable(name):
    return re.search(rf"^{name} = (.*)$", MAKEFILE, re.M)[1]


def packages(field):
    text = re.search(rf"^{field}: (.*)$", CONTROL, re.M)[1]
    return {word.split()[0] for word in text.split(",")}


def test_version():
    text = (hosts.REPO / "debian/changelog").read_text()
    assert text.startswith(f"mailban ({variable('VERSION')}) ")


def test_what_is_needed_is_the_same():
    needed = set(variable("DEPS").split())
    assert needed == packages("Build-Depends") - {"debhelper-compat"} | \
        packages("Recommends") | BUILD_ESSENTIAL | OF_MAKE_RUN


def test_scripts_are_shell():
    for script in (hosts.REPO / "debian").glob("*.p*"):
        subprocess.run(["sh", "-n", script], check=True)
