# SPDX-License-Identifier: GPL-2.0-or-later
"""What the manual's EXAMPLES say works as it stands there.

A command (.Dl, or a line of a literal block of a page of commands) runs in a
host with a mailband, by a shell; it must be understood, and answer yes or no.
A literal block of a page about files is such a file, and must load.
"""
import re

import pytest

import attack
import hosts
import mailhost
from test_docs import PAGES, page

# Page: the file that its literal blocks are, and how that is looked at.
FILES = {
    "mailban-filter.5": ("/etc/mailban/filter.d/imapd.conf",
                         "mailban test {} /var/log/mail.log"),
    "mailban-jail.5": ("/etc/mailban/jail.local", "mailband -t"),
    "mailban.conf.5": ("/etc/mailban/mailban.conf", "mailband -t"),
}
MAIL_LOG = attack.failure("192.0.2.1") + attack.line(
    "login failed for root from 192.0.2.2", "imapd[12]")


def plain(text):
    """mdoc's escapes, undone."""
    return text.replace(r"\&", "").replace(r"\-", "-").replace(r"\e", "\\")


def examples():
    """(page, "file" or "command", text) of all, in their order."""
    for name in PAGES:
        text = page(name)
        found = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", text,
                          re.M | re.S)
        for block, line in re.findall(
                r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$|^\.Dl ([^\n]*)$",
                found[1] if found else "", re.M | re.S):
            if block and name in FILES:
                yield name, "file", plain(block)
            else:
                for command in (block or line).splitlines():
                    yield name, "command", plain(command)


ALL = list(examples())


@pytest.fixture(scope="module")
def guarded(tree):
    """A host with a mailband that has banned somebody."""
    host = hosts.Host(tree)
    try:
        host.write("/var/log/mail.log", MAIL_LOG)
        host.write("/var/log/mail.log.1", MAIL_LOG)
        host.mailband({"jail.d/all.conf": attack.jail() +
                       attack.jail("postfix-sasl")})
        host.mailban("ban", "dovecot", "192.0.2.1")
        # What looks at a mail host finds one.
        host.rsyslogd("/var/log/real.log")
        mailhost.start(host)
        # Commands of a page are about the file that it shows.
        for name, kind, text in ALL:
            if kind == "file":
                host.write(FILES[name][0], text)
        yield host
    finally:
        host.close()


def run(host, command):
    folder = host.program("mailban").rsplit("/", 1)[0]
    return host.run(["sh", "-c", command], check=False,
                    env={"PATH": f"{folder}:{hosts.PATH}"})


def test_every_page_has_examples():
    assert {name for name, _, _ in ALL} == set(PAGES)


@pytest.mark.parametrize(
    "name, kind, text", ALL,
    ids=[f"{name}-{text.splitlines()[0][:40]}" for name, _, text in ALL])
def test_example(guarded, name, kind, text):
    command = text
    if kind == "file":
        path, command = FILES[name]
        command = command.format(path)
        guarded.write(path, text)
    done = run(guarded, command)
    assert done.returncode in (0, 1), done.stderr
    if kind == "file":
        # A fault, or a key that nobody knows.
        assert done.returncode == 0 and done.stderr == "", done.stderr
    elif not command.startswith("mailband -t"):
        # "No" may say what to do next.
        assert done.stderr == "" or done.returncode == 1
