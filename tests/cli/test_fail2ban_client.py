# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban as fail2ban-client, beside Debian's own.

Both servers run in one host, on the same jails and logs; each call goes to
both clients and must bring the same bytes and the same exit status.
"""
import re
import subprocess
import time

import pytest

import hosts
import test_cli

pytestmark = pytest.mark.skipif(
    hosts.debian() != "12", reason="held against fail2ban 1.0.2, Debian 12's")

TREE = "/etc/fail2ban"
JAILS = """[DEFAULT]
bantime = 600
findtime = 600
maxretry = 2
backend = polling
ignoreip = 127.0.0.1/8 192.0.2.200

[postfix-sasl]
enabled = true
bantime = -1
logpath = /var/log/mail.log
          /var/log/mail2.log

[dovecot]
enabled = true
logpath = /var/log/mail.log
"""
FAILURE = ("{stamp} mx dovecot: imap-login: Disconnected (auth failed, 1 "
           "attempts in 2 secs): user=<u>, method=PLAIN, rip={address}, "
           "lip=198.51.100.1, TLS, session=<a>\n")


class Both:
    def __init__(self, host):
        self.host = host
        self.real = ["fail2ban-client", "-c", "/etc/real"]
        self.ours = ["/root/fail2ban-client"]

    def call(self, *args):
        """(stdout, exit status) of the real one and of ours."""
        return [self.pair(client, *args) for client in (self.real, self.ours)]

    def pair(self, client, *args):
        done = self.host.run([*client, *args], check=False)
        return done.stdout, done.returncode

    def same(self, *args):
        real, ours = self.call(*args)
        assert ours == real, args
        return ours

    def refused(self, *args):
        """Ours says on stderr alone that it does not do this."""
        done = self.host.run([*self.ours, *args], check=False)
        assert (done.stdout, done.returncode) == ("", 255), args
        assert re.fullmatch(r"mailban: .+\n", done.stderr), args


@pytest.fixture(scope="module")
def servers(tree):
    host = hosts.Host(tree)
    try:
        yield start(host)
    finally:
        host.close()


def start(host):
    for path in host.path(f"{TREE}/jail.d").iterdir():
        path.unlink()
    for log in ("mail.log", "mail2.log"):
        host.write(f"/var/log/{log}", "")
    host.run(["cp", "-a", TREE, "/etc/real"])
    host.write(f"{TREE}/jail.local", JAILS)
    host.write("/etc/real/jail.local",
               JAILS.replace("[DEFAULT]\n", "[DEFAULT]\naction = nothing\n"))
    host.write("/etc/real/action.d/nothing.conf",
               "[Definition]\nactionban = true\n")
    host.write("/etc/real/fail2ban.local",
               "[Definition]\nlogtarget = stdout\ndbfile = None\n"
               "socket = /run/real.sock\npidfile = /run/real.pid\n")
    host.start(["fail2ban-server", "-c", "/etc/real", "-f", "start"])
    host.path("/root/fail2ban-client").symlink_to(host.program("mailban"))
    host.mailband({}, args=["-c", TREE])
    both = Both(host)
    hosts.wait_for(lambda: both.pair(both.real, "status", "dovecot")[1] == 0,
                   what="fail2ban's answer")
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(time.time() - 30))
    for address in ("203.0.113.9", "203.0.113.9", "203.0.113.10"):
        host.append("/var/log/mail.log",
                    FAILURE.format(stamp=stamp, address=address))
    for client in both.real, both.ours:
        hosts.wait_for(lambda: re.search(
            "failed:\t3\n(.*\n)+.*list:\t203.0.113.9\n",
            both.pair(client, "status", "dovecot")[0]), what=f"ban: {client}")
    return both


@pytest.fixture
def both(servers):
    """Both servers, with the ban that the log's lines made and no other."""
    yield servers
    for client in servers.real, servers.ours:
        servers.host.run([*client, "unban", "192.0.2.0/24", "2001:db8::/32",
                          "198.51.100.0/24"])


def lines(text):
    return [line for line in text.splitlines() if line]


def test_status(both):
    out, _ = both.same("status")
    assert out == ("Status\n|- Number of jail:\t2\n"
                   "`- Jail list:\tdovecot, postfix-sasl\n")
    out, _ = both.same("status", "dovecot")
    assert "|  |- Total failed:\t3\n" in out
    assert "`- Banned IP list:\t203.0.113.9\n" in out
    out, _ = both.same("status", "dovecot", "short")
    assert "Banned IP" not in out
    both.same("status", "dovecot", "basic")
    both.same("status", "dovecot", "unheard-of")
    both.same("status", "postfix-sasl")


def test_ban_and_unban(both):
    ban = ["set", "dovecot", "banip"]
    unban = ["set", "dovecot", "unbanip"]
    assert both.same(*ban, "192.0.2.1", "192.0.2.2", "192.0.2.1",
                     "2001:db8::1") == ("3\n", 0)
    # The last: fail2ban counts a ban's time anew, and sorts by its end.
    assert both.same(*ban, "2001:db8::1") == ("0\n", 0)
    assert both.same(*ban, "198.51.100.0/24") == ("1\n", 0)
    both.same(*ban)
    for args in ["get dovecot banip", "get dovecot banip ,",
                 "get dovecot banned", "get dovecot banned 192.0.2.1",
                 "get dovecot banned 192.0.2.1 192.0.2.77 2001:db8::1",
                 "banned", "banned 192.0.2.1 192.0.2.77", "banned x"]:
        assert both.same(*args.split())[1] == 0
    assert both.same(*unban, "192.0.2.1", "192.0.2.99") == ("1\n", 0)
    assert both.same(*unban, "--report-absent", "192.0.2.98", "192.0.2.99") \
        == ("not banned: ['192.0.2.98', '192.0.2.99']\n", 255)
    assert both.same(*unban, "--report-absent", "2001:db8::1") == ("1\n", 0)
    assert both.same(*unban, "--report-absent") == ("0\n", 0)
    both.same("set", "postfix-sasl", "banip", "192.0.2.2")
    assert both.same("unban", "192.0.2.2", "192.0.2.99") == ("2\n", 0)
    both.same(*ban, "192.0.2.3", "192.0.2.4")
    assert both.same("unban", "192.0.2.0/24") == ("2\n", 0)
    assert both.same("unban", "198.51.100.0/24") == ("1\n", 0)
    assert both.same("get", "dovecot", "banip") == ("203.0.113.9\n", 0)


def test_ban_with_time(both):
    out, _ = both.same("get", "dovecot", "banip", "--with-time")
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"203\.0\.113\.9 \t{stamp} \+ 600 = {stamp}\n", out)
    assert both.same("get", "postfix-sasl", "banip", "--with-time") \
        == ("\n", 0)
    both.same("set", "postfix-sasl", "banip", "192.0.2.7")
    # The two bans by hand need not fall into one second.
    shown = [re.sub(stamp, "NOW", out, count=1) for out, _ in
             both.call("get", "postfix-sasl", "banip", "--with-time")]
    assert shown[0] == shown[1] == \
        "192.0.2.7 \tNOW + -1 = 9999-12-31 23:59:59\n"


@pytest.mark.parametrize("key", [
    "bantime", "findtime", "maxretry", "maxmatches", "ignoreip", "ignoreself",
    "usedns", "logpath", "journalmatch"])
def test_get(both, key):
    assert both.same("get", "dovecot", key)[1] == 0
    assert both.same("get", "postfix-sasl", key)[1] == 0


@pytest.mark.parametrize("args, status", [
    ("ping", 0), ("ping 1", 0), ("version", 0), ("-V", 0), ("--version", 0),
    ("echo a b", 0), ("echo", 0), ("--str2sec 1h30m", 0),
    ("-q ping", 0), ("--timeout 5 ping", 0),
    ("foo", 255), ("help", 255), ("unban", 255), ("unban x", 0),
    ("status x", 255), ("status a b c", 255),
    ("get", 255), ("get dovecot", 255), ("get dovecot foo", 255),
    ("get x foo", 255), ("get x banip", 255), ("get x bantime", 255),
    ("get x banned", 255), ("set", 255), ("set dovecot", 255),
    ("set dovecot foo bar", 255), ("set dovecot unbanip", 255),
    ("set x banip 192.0.2.1", 255), ("set x unbanip 192.0.2.1", 255),
    ("set dovecot bantime", 255), ("set x bantime 5", 255),
    ("start x", 255), ("stop x", 255),
    ("-s /nonexistent ping", 255), ("-s /nonexistent status x", 255),
    ("-c /nonexistent -t", 255)])
def test_words_and_faults(both, args, status):
    assert both.same(*args.split())[1] == status


@pytest.mark.parametrize("args", [
    "reload", "reload --all", "reload dovecot", "reload x", "reload --if-exists x", "reload a b"])
def test_reload(both, args):
    both.same(*args.split())
    assert both.same("get", "dovecot", "banip") == ("203.0.113.9\n", 0)


def test_reload_with_restart(both):
    """fail2ban drops the bans of a jail without a database, mailban none."""
    assert both.same("reload", "--restart", "postfix-sasl") == ("OK\n", 0)


def test_reload_with_unban(both):
    both.same("set", "postfix-sasl", "banip", "192.0.2.9")
    assert both.same("reload", "--unban", "postfix-sasl") == ("OK\n", 0)
    assert both.same("get", "postfix-sasl", "banip") == ("\n", 0)
    assert both.same("get", "dovecot", "banip") == ("203.0.113.9\n", 0)


def test_configuration_test(both):
    told = [both.pair(client, "-t") for client in
            (both.real, [*both.ours, "-c", TREE])]
    assert told[0] == told[1] == \
        ("OK: configuration test is successful\n", 0)
    for tree in "/etc/bad", TREE + "-bad":
        both.host.run(["cp", "-a", TREE, tree])
        both.host.write(f"{tree}/jail.local",
                        "[dovecot]\nenabled = true\nfilter = not-there\n"
                        "logpath = /var/log/mail.log\n")
    assert both.pair(["fail2ban-client", "-c", "/etc/bad"], "-t") == \
        both.pair([*both.ours, "-c", TREE + "-bad"], "-t") == ("", 255)


@pytest.mark.parametrize("args", [
    "set dovecot bantime 5", "set dovecot addignoreip 192.0.2.1",
    "set dovecot attempt 192.0.2.1", "set dovecot banip foo",
    "get dovecot failregex", "get loglevel", "set loglevel DEBUG",
    "status dovecot cymru", "start", "stop", "restart", "-d", "-i"])
def test_what_is_not_done_is_refused(both, args):
    both.refused(*args.split())


def test_ignored_address_is_never_banned(both):
    done = both.host.run([*both.ours, "set", "dovecot", "banip",
                          "192.0.2.200"])
    assert done.stdout == "0\n" and "192.0.2.200" in done.stderr


def test_usage(both):
    for args, status in (["-h"], 0), ([], 255), (["--bad"], 255), (["-Z"], 255):
        (theirs, their_status), (ours, our_status) = both.call(*args)
        assert our_status == their_status == status
        assert lines(ours)[0] == lines(theirs)[0]


def test_flushlogs(both):
    assert both.pair(both.ours, "flushlogs") == ("logs: flushed\n", 0)


def test_unban_all(both):
    both.same("set", "dovecot", "banip", "192.0.2.1")
    both.same("set", "postfix-sasl", "banip", "192.0.2.1")
    try:
        assert both.same("unban", "--all") == ("3\n", 0)
        assert both.same("banned")[1] == 0
        out, _ = both.same("get", "dovecot", "banned")
        assert out == "[]\n"
        out, _ = both.same("status", "dovecot", "short")
        assert "Currently banned:\t0\n" in out
    finally:
        both.same("set", "dovecot", "banip", "203.0.113.9")


@pytest.fixture
def made_up(tmp_path):
    made = test_cli.Daemon(tmp_path)
    yield made
    made.close()


def alone(made_up, *args):
    return subprocess.run(
        ["fail2ban-client", "-s", made_up.path, *args], text=True, timeout=60,
        executable=test_cli.program(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_status_of_a_jail_on_the_journal(made_up):
    """As server/filtersystemd.py has it; its backend is not installed."""
    match = "_SYSTEMD_UNIT=dovecot.service + _COMM=auth"
    made_up.will_say({"jails": [{"name": "dovecot"}]})
    made_up.will_say({"failed": 1, "total_failed": 2, "banned": 2,
                      "total_banned": 4, "files": [], "journal": True,
                      "journalmatch": match})
    made_up.will_say({"bans": [
        {"address": "192.0.2.2", "start": 20, "end": None},
        {"address": "192.0.2.1", "start": 10, "end": 90}]})
    done = alone(made_up, "status", "dovecot")
    assert (done.stdout, done.stderr, done.returncode) == (
        "Status for the jail: dovecot\n"
        "|- Filter\n"
        "|  |- Currently failed:\t1\n"
        "|  |- Total failed:\t2\n"
        f"|  `- Journal matches:\t{match}\n"
        "`- Actions\n"
        "   |- Currently banned:\t2\n"
        "   |- Total banned:\t4\n"
        "   `- Banned IP list:\t192.0.2.1 192.0.2.2\n", "", 0)


def test_what_the_daemon_says_cannot_harm_the_terminal(made_up):
    hostile = test_cli.HOSTILE
    made_up.will_say({"jails": [{"name": hostile}]})
    done = alone(made_up, "status")
    assert "good" in done.stdout and done.returncode == 0
    assert not test_cli.CONTROLS.search(done.stdout.replace("\t", ""))
    made_up.will_say({"jails": [{"name": hostile}]})
    made_up.will_say({"bans": [{"address": hostile, "start": 1, "end": 2}]})
    done = alone(made_up, "banned")
    assert done.stdout.count("good") == 2 and done.returncode == 0
    assert not test_cli.CONTROLS.search(done.stdout)
    made_up.will_say({"jails": [{"name": "dovecot"}]})
    made_up.will_say({"bans": [{"address": hostile, "start": 1, "end": 2}]})
    done = alone(made_up, "get", "dovecot", "banip", "--with-time")
    assert "good" in done.stdout and done.returncode == 0
    assert not test_cli.CONTROLS.search(done.stdout.replace("\t", ""))


@pytest.mark.parametrize("answer", [b"", b"{}\n", b'{"ok":true,"result":7}\n'])
def test_strange_answers(made_up, answer):
    made_up.answers.append(answer)
    done = alone(made_up, "status", "dovecot")
    assert done.returncode == 255
