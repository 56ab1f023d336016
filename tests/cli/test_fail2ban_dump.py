# SPDX-License-Identifier: GPL-2.0-or-later
"""fail2ban-client -d, beside Debian's own, on trees of fail2ban's kind.

mailban runs no action, so the commands that make some are not in its dump.
"""
import re

import pytest

import hosts

TREE = "/etc/fail2ban"
# No jail.conf of Debian's has these: "action =" takes the actions away.
ORDINARY = """[DEFAULT]
action =
ignoreip = 127.0.0.1/8 ::1,192.0.2.0/24

[postfix]
enabled = true
backend = polling
mode = more
logpath = /var/log/mail.log
          /var/log/mail2.log tail

[dovecot]
enabled = true
backend = systemd

[sshd]
enabled = true
backend = systemd
bantime = 1h
bantime.increment = true
maxretry = 7
failregex = foo <HOST>
"""
ODD = """[DEFAULT]
action =
enabled = true

[custom]
filter =
failregex = ^it's "x" <HOST>
            ^y\\d <HOST>
ignoreregex = z
prefregex = ^p<F-CONTENT>.*</F-CONTENT>
maxlines = 3
logpath = /var/log/mail*.log
usedns = no
ignoreself = no
bantime.factor = 2
bantime.overalljails = yes
journalmatch = _COMM=a _UID=0 + _COMM=b
"""
FILTER = """[DEFAULT]
no = 1
[Definition]
failregex = <mid>^a <HOST> <known/x> <x> <Y>
    <none> b <HOST> <y> <known/mid> <Default/no>
mid = <known/x>
none =
usedns = no
[Init]
x = %(no)s of the file
y = 2
"""
USES = """[DEFAULT]
action =
enabled = true
logpath = /var/log/mail*.log

[one]
filter = odd[x="of the jail", Y=3]
[two]
filter = odd[Y=4]
usedns = warn
"""
ACTION = re.compile(r"\['(multi-)?set', '[^']+', '(add)?action', .*\n")


@pytest.fixture(scope="module")
def host(tree):
    made = hosts.Host(tree)
    for path in made.path(f"{TREE}/jail.d").iterdir():
        path.unlink()
    for log in ("mail.log", "mail2.log"):
        made.write(f"/var/log/{log}", "")
    made.run(["cp", f"{TREE}/jail.conf", "/root/jail.conf"])
    made.path("/root/fail2ban-client").symlink_to(made.program("mailban"))
    yield made
    made.close()


def both(host, *args):
    done = [host.run([client, *args], check=False) for client in
            ("fail2ban-client", "/root/fail2ban-client")]
    return [(each.stdout, each.returncode) for each in done]


@pytest.mark.parametrize("option", ["-d", "--dp", "--dump-pretty"])
def test_dump(host, option):
    host.write(f"{TREE}/jail.local", ORDINARY)
    real, ours = both(host, "-c", TREE, option)
    assert ours == real
    assert ours[1] == 0 and "'addfailregex', 'foo <HOST>']\n" in ours[0]


def test_what_a_filter_says_and_what_its_jail_says(host):
    """Of usedns the jail's word counts; <known/KEY> is that of [Init] in the
    files; a row that begins with a blank keeps it."""
    host.write(f"{TREE}/filter.d/odd.conf", FILTER)
    host.write(f"{TREE}/jail.conf", USES)
    host.write(f"{TREE}/jail.local", "")
    try:
        (real, status), ours = both(host, "-c", TREE, "-d")
    finally:
        host.run(["cp", "/root/jail.conf", f"{TREE}/jail.conf"])
    assert status == 0 and "'1 of the file^a <HOST> 1 of the file of the jail" \
        " 3', ' b <HOST> 2 1 of the file 1'" in real
    assert (ACTION.sub("", real), status) == ours


def test_every_jail_of_debian(host):
    host.write(f"{TREE}/jail.local", ODD)
    real, ours = both(host, "-c", TREE, "-d")
    assert ours == (ACTION.sub("", real[0]), 0)
    assert ours[0].count("['start', ") > 80
    real, ours = both(host, "-c", TREE, "--dp")
    # pprint breaks a text of a thousand letters too, mailban does not.
    broken = [(a, b) for a, b in zip(ours[0].splitlines(),
                                     real[0].splitlines()) if a != b]
    assert len(broken[0][0]) > 1000 and len(broken[0][1]) < 1000


def test_dump_then_test(host):
    host.write(f"{TREE}/jail.local", ORDINARY)
    real, ours = both(host, "-c", TREE, "-d", "-t")
    assert ours == real
    assert ours[0].endswith("OK: configuration test is successful\n")


def test_faults(host):
    real, ours = both(host, "-c", "/nonexistent", "-d")
    assert ours == real and ours[1] == 255
    host.write(f"{TREE}/jail.local", "[dovecot]\nenabled = true\n"
                                     "filter = not-there\n")
    out, status = both(host, "-c", TREE, "-d")[1]
    assert status == 255 and "addfailregex" not in out


def test_a_tree_of_our_own(host):
    """The shipped filters and jails come in, and nothing of fail2ban's."""
    host.write("/etc/mailban/jail.local", "[dovecot]\nenabled = true\n"
                                          "backend = systemd\n")
    out, status = both(host, "-d")[1]
    assert status == 0
    assert out.startswith("['add', 'dovecot', 'systemd']\n")
    assert "'addfailregex', [" in out
    assert out.endswith("['start', 'dovecot']\n")


@pytest.mark.parametrize("release, version", [("12", "1.0.2"),
                                              ("13", "1.1.0")])
def test_the_version_in_files_is_the_one_that_is_answered(
        new_host, release, version):
    host = new_host()
    host.path("/root/fail2ban-client").symlink_to(host.program("mailban"))
    host.path("/etc/os-release").unlink()
    host.write("/etc/os-release", f'VERSION_ID="{release}"\n')
    host.write("/etc/mailban/jail.local",
               "[x]\nenabled = true\nbackend = systemd\nfilter =\n"
               "failregex = a %(fail2ban_version)s <HOST>\n")
    assert host.run(["/root/fail2ban-client", "-V"]).stdout == version + "\n"
    out = host.run(["/root/fail2ban-client", "-d"]).stdout
    assert f"'a {version} <HOST>'" in out


def test_hostile_texts_are_safe(host):
    host.write("/etc/mailban/jail.local",
               "[x]\nenabled = true\nbackend = systemd\nfilter =\n"
               "failregex = a\u202eb\\c <HOST>\n")
    out, status = both(host, "-d")[1]
    assert status == 0 and "'a\\u{202e}b\\\\c <HOST>'" in out
