# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults in the configuration are named where they are."""
import re

import pytest

import attack

GOOD = {"jail.local": attack.jail()}
FILTER = "[Definition]\nfailregex = ^good <HOST>$\n            {}\n"
OWN = attack.jail("own", filter="own")

# name: (files, the file and line to be named, a word of the cause)
FAULTS = {
    "unknown key of the daemon": (
        {"mailban.conf": "[mailban]\nuser = mailban\nloglevle = info\n"},
        "mailban.conf:3", "loglevle"),
    "unknown value of the daemon": (
        {"mailban.conf": "[mailban]\nuser = mailban\nloglevel = loud\n"},
        "mailban.conf:3", "loud"),
    "the daemon as root": (
        {"mailban.conf": "[mailban]\nuser = root\n"},
        "mailban.conf:2", "without rights"),
    "the daemon as root by another name": (
        {"mailban.conf": "[mailban]\nuser = toor\n"},
        "mailban.conf:2", "is root"),
    "the daemon as nobody that there is": (
        {"mailban.conf": "[mailban]\nuser = nosuch\n"},
        "mailban.conf:2", "no user 'nosuch'"),
    "no server of Zabbix": (
        {"mailban.conf": "[mailban]\nuser = mailban\nzabbix_server = a b\n"},
        "mailban.conf:3", "zabbix_server"),
    "no host of Zabbix": (
        {"mailban.conf": "[mailban]\nuser = mailban\nzabbix_host = m\u00fcx"
                         "\n"},
        "mailban.conf:3", "zabbix_host"),
    "no period": (
        {"mailban.conf": "[mailban]\nuser = mailban\nzabbix_interval = 0\n"},
        "mailban.conf:3", "zabbix_interval"),
    "unknown key of a jail": (
        {"jail.local": "[dovecot]\nenabled = true\n\nmaxretri = 3\n"},
        "jail.local:4", "maxretri"),
    "no section": (
        {"jail.local": "enabled = true\n"}, "jail.local:1", ""),
    "broken regex": (
        {"filter.d/own.conf": FILTER.format("^bad (<HOST>$"),
         "jail.local": OWN},
        "filter.d/own.conf:3", r"\)|parenthes"),
    "regex without an address": (
        {"filter.d/own.conf": FILTER.format("^no address$"),
         "jail.local": OWN},
        "filter.d/own.conf:3", "HOST|address|host"),
    "missing filter": (
        {"jail.local": "[own]\nenabled = true\nlogpath = /var/log/mail.log\n"
                       "filter = nosuch\n"},
        "jail.local:4", "nosuch"),
    "no log": (
        {"jail.local": "[own]\nenabled = true\nfilter = own\n",
         "filter.d/own.conf": FILTER.format("^another <HOST>$")},
        "jail.local:2", "logpath"),
    "bad duration": (
        {"jail.local": "[dovecot]\nenabled = true\nbantime = 10x\n"},
        "jail.local:3", "10x"),
    "bad number": (
        {"jail.local": "[dovecot]\nenabled = true\nmaxretry = -3\n"},
        "jail.local:3", "-3"),
    "bad address": (
        {"jail.local": "[dovecot]\nenabled = true\n"
                       "ignoreip = 127.0.0.1/8 10.0.0.0/33\n"},
        "jail.local:3", r"10\.0\.0\.0/33"),
    "bad address in a row": (
        {"jail.local": "[dovecot]\nenabled = true\n"
                       "ignoreip = 127.0.0.1/8\n    fd00::/129\n"},
        "jail.local:[34]", "fd00::/129"),
    "bad port": (
        {"jail.local": "[dovecot]\nenabled = true\nport = imap,70000\n"},
        "jail.local:3", "70000"),
    "bad truth": (
        {"jail.local": "[dovecot]\nenabled = perhaps\n"},
        "jail.local:2", "perhaps"),
    "endless interpolation": (
        {"jail.local": "[dovecot]\nenabled = true\nlogpath = %(logpath)s\n"},
        "jail.local:3", "logpath"),
    "interpolation of nothing": (
        {"jail.local": "[dovecot]\nenabled = true\nlogpath = %(nosuch)s\n"},
        "jail.local:3", "nosuch"),
}


@pytest.fixture
def wrong(tally):
    """Called for each wrong configuration that is given."""
    return lambda: tally.bad_input("wrong configurations")


def check(host, files, *args):
    host.configure(files)
    host.append("/etc/passwd", "toor:x:0:0::/root:/bin/sh\n")
    return host.run([host.program("mailband"), "-t", "-c", "/etc/mailban",
                     *args], check=False)


def test_a_good_configuration(host):
    done = check(host, GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The configuration is right, with 1 jail.\n"
    assert host.nft_json("list", "table", "inet", "mailban") == []


@pytest.mark.parametrize("path", ["/dev/zero", "/var/log", "/run/fifo"])
def test_what_is_no_log_is_told(host, wrong, path):
    """And no reason to guard the host by no jail at all."""
    wrong()
    host.run(["mkfifo", "/run/fifo"])
    done = check(host, {**GOOD, "jail.local": "[dovecot]\nenabled = true\n"
                                              f"logpath = {path}\n"})
    assert done.returncode == 0
    assert re.search(rf"^warning: .*jail\.local:3: logpath: '{path}' is ",
                     done.stderr), done.stderr
    assert host.mailband().alive()


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(host, fault, wrong):
    wrong()
    files, where, cause = FAULTS[fault]
    done = check(host, {**GOOD, **files})
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert re.search(rf"(^|[ /]){where}: .*({cause})", lines[0]), done.stderr


def test_a_filter_is_not_looked_for_where_one_stands(host, wrong):
    """A name with a slash is one below filter.d, wherever it is asked."""
    own = {"jail.local": "[own]\nenabled = true\n"
                         "logpath = /var/log/mail.log\nfilter = sub/own\n"}
    asked = ["sh", "-c", "cd /srv && exec \"$@\"", "sh",
             host.program("mailband"), "-t", "-c", "/etc/mailban"]
    wrong()
    host.configure({**GOOD, **own})
    host.write("/srv/sub/own.conf", FILTER.format("^bad <HOST>$"))
    done = host.run(asked, check=False)
    assert done.returncode == 1
    assert re.search(r"jail\.local:4: .*sub/own", done.stderr), done.stderr
    host.write("/etc/mailban/filter.d/sub/own.conf",
               FILTER.format("^bad <HOST>$"))
    done = host.run(asked, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_fault_has_its_line(host, wrong):
    wrong()
    done = check(host, {"jail.local": "[dovecot]\nenabled = true\n"
                                      "bantime = 10x\nmaxretry = many\n"
                                      "[postfix]\nenabled = true\n"
                                      "findtime = soon\n"})
    assert done.returncode == 1
    for line, cause in ((3, "10x"), (4, "many"), (7, "soon")):
        assert re.search(rf"jail\.local:{line}: .*{cause}", done.stderr), \
            done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_it_does_not_start_with_a_fault(host, wrong):
    wrong()
    daemon = host.mailband(FAULTS["bad duration"][0], wait=False)
    assert daemon.wait() == 1
    assert re.search(r"jail\.local:3: .*10x", daemon.log())
    assert "READY=1" not in daemon.notify.poll()
    assert host.nft_json("list", "table", "inet", "mailban") == []


def test_without_the_right_to_ban_it_does_not_start(host):
    host.configure(GOOD)
    done = host.run(["setpriv", "--bounding-set=-net_admin",
                     host.program("mailband"), "-c", "/etc/mailban",
                     "-s", "/run/control", "-d", "/var/lib/mailban"],
                    check=False)
    assert done.returncode == 1
    assert re.search("CAP_NET_ADMIN|not permitted|may not", done.stderr)


def test_without_its_user_it_does_not_start(host):
    daemon = host.mailband(
        {**GOOD, "mailban.conf": "[mailban]\nuser = nosuch\n"}, wait=False)
    assert daemon.wait() == 1
    assert re.search(r"mailban\.conf:2: .*nosuch", daemon.log())
