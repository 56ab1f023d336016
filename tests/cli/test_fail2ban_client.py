# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban as fail2ban-client, beside Debian's own.

Both servers run in one host, on the same jails and logs; each call goes to
both clients and must bring the same bytes and the same exit status. Debian
12's is 1.0.2, 13's is 1.1.0 (TESTROOT_RELEASE=trixie has it on a 12 too).
"""
import re
import subprocess
import time

import pytest

import hosts
import test_cli

# It is about words; e2e has that tree in a release's sandbox.
pytestmark = pytest.mark.builds("san")
TREE = "/etc/fail2ban"
JAILS = """[DEFAULT]
bantime = 600
findtime = 600
maxretry = 2
ignoreip = 127.0.0.1/8 192.0.2.200

[postfix-sasl]
enabled = true
backend = polling
bantime = -1
logpath = /var/log/mail.log
          /var/log/mail2.log

[dovecot]
enabled = true
backend = polling
logpath = /var/log/mail.log
"""
FAILURE = ("{stamp} mx dovecot: imap-login: Disconnected (auth failed, 1 "
           "attempts in 2 secs): user=<u>, method=PLAIN, rip={address}, "
           "lip=198.51.100.1, TLS, session=<a>\n")


def words_of_python(text):
    """Python 3.13 has another sentence for a time that no clock can hold."""
    return text.replace("timestamp out of range for platform time_t",
                        "timestamp too large to convert to C _PyTime_t")


class Both:
    def __init__(self, host):
        self.host = host
        self.real = ["fail2ban-client", "-c", "/etc/real"]
        self.ours = ["/root/fail2ban-client"]
        self.changed = False

    def call(self, *args):
        """(stdout, exit status) of the real one and of ours."""
        return [self.pair(client, *args) for client in (self.real, self.ours)]

    def pair(self, client, *args):
        done = self.host.run([*client, *args], check=False)
        self.changed |= done.returncode == 0 and \
            args[:1] and args[0] in ("set", "unban")
        return words_of_python(done.stdout), done.returncode

    def same(self, *args):
        real, ours = self.call(*args)
        assert ours == real, args
        return ours

    def same_but_order(self, *args):
        """The same of ignoreip: fail2ban has its addresses in no order."""
        real, ours = ((ignored(out), status) for out, status in
                      self.call(*args))
        assert ours == real, args
        return ours[0]

    def refused(self, *args):
        """Ours says that it does not do this, where fail2ban tells errors."""
        out, status = self.pair(self.ours, *args)
        assert status == 255, args
        assert re.fullmatch(r"Invalid command '\S+' \(.+\)\n", out), args

    def out_of_bounds(self, *args):
        """Ours says on stderr that a file could not say this either."""
        done = self.host.run([*self.ours, *args], check=False)
        assert (done.stdout, done.returncode) == ("", 255), args
        assert re.fullmatch(r"mailban: .+\n", done.stderr), args

    def restore(self):
        """The jails as their files have them, and no ban but the first."""
        self.changed = False
        for client in self.real, self.ours:
            assert self.pair(client, "reload")[0] == "OK\n"
            self.host.run([*client, "unban", "192.0.2.0/24", "2001:db8::/32",
                           "198.51.100.0/24"])


def unstamped(log):
    """stderr without when, and of which process, a line is."""
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} fail2ban {16}\[\d+\]"
    return re.sub(f"^{stamp}: ", "STAMP ", words_of_python(log), flags=re.M)


def ignored(out):
    """The head, networks and names in their order, addresses sorted."""
    head, *rows = out.splitlines()
    rows = [re.sub("^(\\|-|`-) ", "", row) for row in rows]
    hosts_ = [row for row in rows if re.fullmatch(r"[\d.]+|[\da-f]*:[\da-f:]+", row)]
    return head, [row for row in rows if row not in hosts_], sorted(hosts_)


@pytest.fixture(scope="module")
def servers(tree, build):
    host = hosts.Host(tree, build=build)
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
    if servers.changed:
        servers.restore()


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
    # Without a resolver's module fail2ban, too, has only "error" to tell.
    assert "Banned ASN list:\terror\n" in both.same(
        "status", "dovecot", "cymru")[0]
    both.same("status", "dovecot", "unheard-of")
    both.same("status", "postfix-sasl")


def test_all_jails_at_once(both):
    """As of 1.1.0; before, these are words that are not known.

    (fail2ban counts anew after a jail's restart: that comes later.)
    """
    new = both.same("version") != ("1.0.2\n", 0)
    both.same("set", "dovecot", "banip", "192.0.2.90", "192.0.2.91")
    both.same("set", "dovecot", "attempt", "192.0.2.92")
    for args in ["stats", "statistics", "status --all",
                 "status --all basic", "status --all short",
                 "status --all cymru", "status --all x y"]:
        _, status = both.same(*args.split())
        assert status == (0 if new and "x y" not in args else 255)


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


def test_ban_with_a_word_that_is_no_address(both):
    """fail2ban bans "foo", whoever that is; here the others are banned."""
    done = both.host.run([*both.ours, "set", "dovecot", "banip", "foo",
                          "192.0.2.1", "[2001:db8::1]", "", "192.0.2.300",
                          "198.51.100.0/255.255.255.0"], check=False)
    both.pair(both.real, "set", "dovecot", "banip", "192.0.2.1",
              "2001:db8::1", "198.51.100.0/24")
    assert (done.stdout, done.returncode) == ("3\n", 255)
    assert re.findall("mailban: '(.*)' is no address", done.stderr) == [
        "foo", "", "192.0.2.300"]
    assert both.same("get", "dovecot", "banned", "192.0.2.1", "2001:db8::1",
                     "198.51.100.0/24") == ("[1, 1, 1]\n", 0)
    both.same("status", "dovecot", "short")


def test_ban_of_a_netmask(both):
    network = "198.51.100.7/255.255.255.128"
    assert both.same("set", "dovecot", "banip", network) == ("1\n", 0)
    assert both.same("get", "dovecot", "banip") == (
        "203.0.113.9 198.51.100.0/25\n", 0)
    both.same("get", "dovecot", "banned", "198.51.100.0/255.255.255.128")
    both.same("banned", "198.51.100.0/25", network[:-3] + "0")
    assert both.same("set", "dovecot", "unbanip",
                     "198.51.100.0/255.255.255.128") == ("1\n", 0)
    both.same("set", "dovecot", "banip", "198.51.100.7", "198.51.100.8")
    assert both.same("unban", "198.51.100.0/255.255.255.0") == ("2\n", 0)


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
    "usedns", "logpath", "journalmatch", "failregex", "ignoreregex",
    "prefregex", "datepattern", "maxlines", "logencoding", "logtimezone",
    "ignorecommand", "ignorecache", "bantime.increment", "bantime.maxtime",
    "bantime.rndtime", "bantime.overalljails", "bantime.factor",
    "bantime.formula", "bantime.multipliers"])
def test_get(both, key):
    assert both.same("get", "dovecot", key)[1] == 0
    assert both.same("get", "postfix-sasl", key)[1] == 0


@pytest.mark.parametrize("args, status", [
    ("ping", 0), ("ping 1", 0), ("version", 0), ("-V", 0), ("--version", 0),
    ("echo a b", 0), ("echo", 0), ("--str2sec 1h30m", 0),
    ("--str2sec 1.5h", 0), ("--str2sec 1mo", 0), ("--str2sec 0.1", 0),
    ("--str2sec 1y/3", 0), ("--str2sec 2**3", 0), ("--str2sec 2**3h", 0),
    ("--str2sec 7//2", 0), ("--str2sec 7//2.0", 0), ("--str2sec 7%4", 0),
    ("--str2sec 1d//7h", 0), ("--str2sec 6/2h", 0), ("--str2sec 2**-2", 0), ("--str2sec 2**(-2)", 0),
    ("--str2sec 2*3//4%5", 0), ("--str2sec 2***3", 255), ("--str2sec -1", 0), ("--str2sec abc", 255),
    ("--str2sec 1x", 255), ("ping x", 255), ("ping 0.5", 0),
    ("ping -1", 0), ("ping -2", 255), ("ping -1x", 255), ("ping 1_0", 0), ("ping 1__0", 255),
    ("ping nan", 255), ("ping inf", 255), ("ping 0x5", 255), ("ping .5", 0),
    ("ping 1e99", 255), ("ping _1", 255), ("ping 1e", 255),
    ("sleep", 255), ("sleep 0", 0), ("sleep 0.001 x", 0), ("sleep x", 255),
    ("sleep -1", 255), ("sleep nan", 255), ("sleep inf", 255),
    ("multi-set", 255), ("multi-set dovecot maxretry x", 255),
    ("multi-set x maxretry 3", 255), ("-s /nonexistent sleep x", 255),
    ("start", 255), ("-s /nonexistent stop", 255),
    ("server-status", 0), ("add", 255), ("add --all", 255),
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
    ("-s /nonexistent foo", 255), ("-s /nonexistent echo a", 255),
    ("-s /nonexistent get", 255), ("-s /nonexistent get x foo", 255),
    ("-s /nonexistent set x foo", 255), ("-s /nonexistent unban", 255),
    ("-s /nonexistent set x maxretry y", 255), ("set x action y", 255),
    ("-c /nonexistent -t", 255), ("-c /nonexistent ping", 255)])
def test_words_and_faults(both, args, status):
    assert both.same(*args.split())[1] == status


@pytest.mark.parametrize("args", [
    "status x", "status a b c", "foo", "unban", "add --all", "get",
    "get dovecot foo", "get x banip", "get dovecot action x y",
    "set dovecot foo", "set dovecot foo bar", "set dovecot idle",
    "set dovecot maxretry it's", "set dovecot idle x", "set dovecot attempt",
    "set dovecot bantime abc", "set loglevel foo", "--str2sec abc",
    "-c /nonexistent ping", "ping x", "ping nan", "ping 1e99", "ping -2",
    "sleep x", "sleep", "start", "status"])
def test_log_of_faults(both, args):
    """A cron job whose stdout goes to /dev/null mails this."""
    real, ours = (unstamped(both.host.run(
        [*client, *args.split()], check=False).stderr)
        for client in (both.real, both.ours))
    assert ours == real
    assert bool(ours) == (args != "status")


@pytest.mark.parametrize("typed, status", [
    ("status\nexit\n", 0), ("ping\nquit\n", 0), ("status", 255), ("", 255),
    ("\n  \t\nexit", 0), ("status 'x\nexit\n", 0),
    ("status x\\\nexit\n", 0),
    ("echo \"a  b\" 'c \"d' e\\ f \"g\\\"h\\i\\\\\" '' j\"k\"l # m\n"
     "exit\n", 0),
    ("set dovecot banip 192.0.2.1 192.0.2.2\nget dovecot banip\n"
     "unban 192.0.2.1 192.0.2.2\nexit\n", 0),
    ("foo\nstatus x\n-V\nexit x\n exit\nexit\n", 0),
    (f"echo {'x ' * 3000}\nexit\n", 0), ("echo \u00e9\nping x\n", 255)])
def test_interactive(both, typed, status):
    """Byte for byte behind the first prompt; each has its own head."""
    def told(client, *args):
        done = both.host.run([*client, "-i", *args], input=typed, check=False)
        head, prompt, rest = done.stdout.partition("fail2ban> ")
        assert head.endswith("\n\n") and prompt
        return (head if args else None, rest, done.returncode,
                unstamped(done.stderr))

    real, ours = told(both.real), told(both.ours)
    assert ours == real
    assert ours[2] == status
    real, ours = (told(client, "status") for client in (both.real, both.ours))
    assert real[1:] == ours[1:]
    assert ours[0].startswith("Status\n|- Number of jail:\t2\n")


def test_interactive_words(both):
    both.same("-i", "status", "x")
    both.same("-i", "foo")
    done = both.host.run([*both.ours, "-i"], input="help\nexit\n")
    assert "Usage: fail2ban-client" in done.stdout


@pytest.mark.parametrize("args", [
    "reload", "reload --all", "reload dovecot", "reload x",
    "reload --if-exists x", "reload a b", "restart --if-exists postfix-sasl",
    "restart --if-exists x", "restart a b"])
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
    both.same("set", "postfix-sasl", "banip", "192.0.2.9")
    assert both.same("restart", "--unban", "postfix-sasl") == ("OK\n", 0)
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
    "set dovecot addlogpath /var/log/x", "set dovecot dellogpath /var/log/x",
    "set dovecot addfailregex <HOST>", "set dovecot delfailregex 0",
    "set dovecot addignoreregex x", "set dovecot delignoreregex 0",
    "set dovecot prefregex x", "set dovecot datepattern %Y",
    "set dovecot maxlines 2", "set dovecot logencoding utf-8",
    "set dovecot logtimezone UTC", "set dovecot ignorecommand x",
    "set dovecot ignorecache x", "set dovecot addjournalmatch A=b",
    "set dovecot deljournalmatch A=b", "set dovecot bantime.increment true",
    "set dovecot addaction x", "set dovecot delaction x",
    "set dovecot action x actionban y", "set dovecot idle on",
    "get dovecot action iptables-multiport actionban",
    "get dovecot actionproperties iptables-multiport",
    "get dovecot actionmethods iptables-multiport",
    "set logtarget STDOUT", "set syslogsocket auto", "set allowipv6 auto",
    "set dbfile None", "set dbmaxmatches 1", "set dbpurgeage 1d",
    "add foo", "stop dovecot", "stop --all"])
def test_what_is_not_done_is_refused(both, args):
    both.refused(*args.split())


@pytest.mark.parametrize("args", [
    "set dovecot banip foo", "set dovecot attempt foo",
    "set dovecot bantime 0", "set dovecot bantime -7",
    "set dovecot findtime 0", "set dovecot findtime -1",
    "set dovecot maxretry 0", "set dovecot maxretry -1",
    "set dovecot maxretry 99999999999999", "set dovecot maxretry 4294967299",
    "set dovecot maxretry 99999999999999999999999999",
    "set dovecot maxmatches -1", "set dovecot addignoreip 1.2.3.4.5",
    "set dovecot addignoreip ;"])
def test_what_no_file_could_say(both, args):
    before = both.same("get", "dovecot", args.split()[2]) if \
        args.split()[2] in ("bantime", "findtime", "maxretry") else None
    both.out_of_bounds(*args.split())
    if before:
        assert both.pair(both.ours, "get", "dovecot", args.split()[2]) == \
            before


SETTINGS = [
    ("bantime", "1h", "3600"), ("bantime", "-1", "-1"), ("bantime", "5", "5"),
    ("bantime", "1d12h", "129600"), ("bantime", "60**2 + 7//2", "3603"), ("bantime", "1.5h", "5400"),
    ("bantime", "1mo", "2629800"), ("bantime", "1 2", "3"),
    ("findtime", "10m", "600"), ("findtime", "2w", "1209600"),
    ("maxretry", "5", "5"), ("maxretry", "+5", "5"), ("maxretry", " 7 ", "7"),
    ("maxretry", "1_0", "10"), ("maxmatches", "7", "7"),
    ("maxmatches", "0", "0"), ("ignoreself", "false", "False"),
    ("ignoreself", "YES", "True"), ("ignoreself", "abc", "False"),
    ("usedns", "no", "no"), ("usedns", "YES", "yes"), ("usedns", "raw", "raw"),
    ("usedns", "abc", "no")]


@pytest.mark.parametrize("key, value, now", SETTINGS)
def test_set(both, key, value, now):
    assert both.same("set", "dovecot", key, value, "more") == (now + "\n", 0)
    assert both.same("get", "dovecot", key) == (now + "\n", 0)
    both.same("get", "postfix-sasl", key)


@pytest.mark.parametrize("args", [
    ["bantime", "abc"], ["bantime", "1x"], ["bantime", ""],
    ["bantime", "5 *"], ["bantime", "5 h x"], ["findtime", "abc"],
    ["findtime"], ["maxretry", "abc"], ["maxretry", "1h"], ["maxretry", ""],
    ["maxretry", "5.0"], ["maxretry", "it's"], ["maxretry", "\\\n"],
    ["maxretry", "1__0"], ["maxretry"], ["maxmatches", "x"],
    ["idle", "x"], ["idle"], ["idle", "off"], ["ignoreself"], ["usedns"],
    ["attempt"], ["delignoreip"], ["delignoreip", "192.0.2.99"],
    ["delignoreip", "foo"], ["delfailregex", "x"], ["maxlines", "x"],
    ["foo", "bar"], ["bantime.foo"]])
@pytest.mark.parametrize("jail", ["dovecot", "x"])
def test_set_faults(both, jail, args):
    both.same("set", jail, *args)


def by_our_name(both):
    """What mailban status says of dovecot."""
    return both.host.run([both.host.program("mailban"), "status",
                          "dovecot"]).stdout


def test_set_lasts_until_the_reload(both):
    for jail in "dovecot", "postfix-sasl":
        both.same("set", jail, "maxretry", "9")
        both.same("set", jail, "bantime", "1w")
        both.same_but_order("set", jail, "addignoreip", "192.0.2.1")
    assert "Max. failures     9 (until the next reload)\n" in by_our_name(both)
    assert both.same("reload", "dovecot") == ("OK\n", 0)
    assert "Max. failures     2\n" in by_our_name(both)
    assert both.same("get", "dovecot", "maxretry") == ("2\n", 0)
    assert both.same("get", "dovecot", "bantime") == ("600\n", 0)
    assert both.same_but_order("get", "dovecot", "ignoreip")[2] == [
        "192.0.2.200"]
    assert both.same("get", "postfix-sasl", "maxretry") == ("9\n", 0)
    assert both.same_but_order("get", "postfix-sasl", "ignoreip")[2] == [
        "192.0.2.1", "192.0.2.200"]
    both.same("reload")
    assert both.same("get", "postfix-sasl", "maxretry") == ("2\n", 0)
    assert both.same("get", "postfix-sasl", "bantime") == ("-1\n", 0)
    both.same_but_order("get", "postfix-sasl", "ignoreip")


def banned(both, *addresses):
    """Both have banned these in dovecot, in the end."""
    for client in both.real, both.ours:
        hosts.wait_for(lambda: sorted(both.pair(
            client, "get", "dovecot", "banip")[0].split()) ==
            sorted(["203.0.113.9", *addresses]), what=f"ban: {client}")


def test_attempt(both):
    attempt = ["set", "dovecot", "attempt"]
    assert both.same(*attempt, "192.0.2.60") == ("1\n", 0)
    both.same("status", "dovecot")
    both.same(*attempt, "192.0.2.60")
    banned(both, "192.0.2.60")
    both.same("set", "dovecot", "maxretry", "4")
    both.same(*attempt, "2001:db8::60", "a b", "c", "d")
    both.same("status", "dovecot")
    both.same(*attempt, "2001:db8::60")
    banned(both, "192.0.2.60", "2001:db8::60")
    both.same("status", "dovecot")


def test_maxretry_counts_what_was_before(both):
    both.same("set", "dovecot", "maxretry", "5")
    for _ in range(3):
        both.same("set", "dovecot", "attempt", "192.0.2.61")
    both.same("set", "dovecot", "maxretry", "3")
    # Nobody is banned by the change, but by the next failure.
    assert both.same("get", "dovecot", "banip") == ("203.0.113.9\n", 0)
    both.same("set", "dovecot", "attempt", "192.0.2.61")
    banned(both, "192.0.2.61")


def test_bantime_is_the_next_bans(both):
    both.same("set", "dovecot", "bantime", "-1")
    both.same("set", "dovecot", "banip", "192.0.2.70")
    for out, _ in both.call("get", "dovecot", "banip", "--with-time"):
        assert re.search(r"192\.0\.2\.70 .* \+ -1 = 9999-12-31 23:59:59", out)
    # fail2ban makes the bans of before longer too.
    assert re.search(r"203\.0\.113\.9 .* \+ 600 = ", out)


def test_ignoreip(both):
    add = ["set", "dovecot", "addignoreip"]
    drop = ["set", "dovecot", "delignoreip"]
    both.same_but_order(*add, "192.0.2.50")
    both.same_but_order(*add, "192.0.2.51", "198.51.100.0/24", "2001:db8::/32",
                        "2001:DB8:0:0::1", "192.0.2.77/24",
                        "203.0.113.128/255.255.255.128")
    assert both.same_but_order(*add, "192.0.2.50", "", "192.0.2.0/24", "abc")[
        1:] == (["127.0.0.0/8", "198.51.100.0/24", "2001:db8::/32",
                 "192.0.2.0/24", "203.0.113.128/25", "abc"],
                ["192.0.2.200", "192.0.2.50", "192.0.2.51", "2001:db8::1"])
    both.same_but_order(*add)
    both.same_but_order(*drop, "192.0.2.50", "192.0.2.51")
    both.same_but_order(*drop, "198.51.100.0/24")
    both.same_but_order(*drop, "abc")
    both.same(*drop, "192.0.2.50")
    assert both.same_but_order("get", "dovecot", "ignoreip")[1] == [
        "127.0.0.0/8", "2001:db8::/32", "192.0.2.0/24", "203.0.113.128/25"]
    both.same_but_order(*drop, "2001:db8::1")
    both.same_but_order("get", "postfix-sasl", "ignoreip")


def allowed(both):
    """What the kernel lets through unseen."""
    return "".join(
        both.host.run(["nft", "list", "set", "inet", "mailban", name]).stdout
        for name in ("allow4", "allow6"))


def test_ignoreip_reaches_the_kernel(both):
    """And the warden, which keeps the same list."""
    both.same("set", "dovecot", "banip", "192.0.2.80")
    for jail in "dovecot", "postfix-sasl":
        for word in "192.0.2.80", "2001:db8:7::/48":
            assert word not in allowed(both)
            done = both.host.run([*both.ours, "set", jail, "addignoreip",
                                  word])
            assert word in done.stdout
            if jail == "postfix-sasl":
                hosts.wait_for(lambda: word in allowed(both), what=word)
    # Whom one wants left alone is let go; fail2ban keeps the ban.
    assert both.pair(both.ours, "get", "dovecot", "banip")[0] == "203.0.113.9\n"
    done = both.host.run([*both.ours, "set", "dovecot", "banip", "192.0.2.80",
                          "2001:db8:7::1"])
    assert done.stdout == "0\n"
    both.pair(both.ours, "set", "dovecot", "delignoreip", "192.0.2.80")
    hosts.wait_for(lambda: "192.0.2.80" not in allowed(both), what="no more")
    both.pair(both.real, "unban", "192.0.2.80")
    assert both.same("set", "dovecot", "banip", "192.0.2.80") == ("1\n", 0)
    hosts.wait_for(lambda: "192.0.2.80" in both.host.run(
        ["nft", "list", "table", "inet", "mailban"]).stdout, what="element")
    assert "2001:db8:7::/48" in allowed(both)


def test_actions(both):
    """mailban runs none of them; it knows their names."""
    both.host.write(f"{TREE}/action.d/nothing.conf", "[Definition]\n")
    jails = (both.host.path(f"{TREE}/jail.local")).read_text()
    both.host.write(f"{TREE}/jail.d/action.local",
                    "[DEFAULT]\naction = nothing\n")
    try:
        both.same("reload")
        assert both.same("get", "dovecot", "actions") == (
            "The jail dovecot has the following actions:\nnothing\n", 0)
        for args in ["action", "action nothing", "action foo actionban",
                     "actionproperties", "actionproperties foo",
                     "actionmethods", "actionmethods foo"]:
            assert both.same("get", "dovecot", *args.split())[1] == 255
    finally:
        both.host.path(f"{TREE}/jail.d/action.local").unlink()
    assert jails == both.host.path(f"{TREE}/jail.local").read_text()


def test_settings_of_the_server(both):
    for args in ["get loglevel", "get syslogsocket", "get thread",
                 "get allowipv6", "set loglevel DEBUG", "get loglevel",
                 "set loglevel foo", "set loglevel", "set loglevel it's",
                 "set loglevel warning", "set logtarget", "set dbfile",
                 "set loglevel INFO", "get loglevel"]:
        both.same(*args.split())
    for args, out in [
            ("get logtarget", "Current logging target is:\n`- STDERR\n"),
            ("get dbfile", "Current database file is:\n"
                           "`- /var/lib/mailban/state.db\n"),
            ("get dbpurgeage", "Current database purge age is:\n"
                               "`- 2592000seconds\n"),
            ("get dbmaxmatches", "0\n")]:
        assert both.pair(both.ours, *args.split()) == (out, 0)
    both.same("set", "loglevel", "ERROR")
    both.same("reload")
    assert both.same("get", "loglevel") == (
        "Current logging level is 'INFO'\n", 0)


def test_start_and_stop_are_systemds(both):
    """What systemctl is told; and what is said where systemd is not."""
    nobody = "-s", "/nonexistent"
    both.out_of_bounds(*nobody, "start")
    both.out_of_bounds("stop")
    both.out_of_bounds("restart")
    assert both.same("start", "dovecot") == ("Jail started\n", 0)
    assert both.same("restart", "postfix-sasl") == ("OK\n", 0)
    both.same("restart", "x")
    both.host.run(["mkdir", "-p", "/run/systemd/system"])
    both.host.write("/usr/local/bin/systemctl",
                    "#!/bin/sh\necho \"$@\" >>/run/told\ntest ! -e /run/bad\n")
    both.host.path("/usr/local/bin/systemctl").chmod(0o755)
    said = [both.pair(both.ours, *args) for args in
            ((*nobody, "start"), ("start",), ("stop",), (*nobody, "stop"),
             ("restart",), (*nobody, "restart"))]
    assert said == [("Server ready\n", 0), ("", 255),
                    ("Shutdown successful\n", 0), ("", 255),
                    ("Shutdown successful\nServer ready\n", 0),
                    ("Server ready\n", 0)]
    assert both.host.path("/run/told").read_text() == \
        "start mailban\nstop mailban\nrestart mailban\nrestart mailban\n"
    both.host.write("/run/bad", "")
    assert both.pair(both.ours, *nobody, "start") == ("", 255)
    both.host.path("/run/systemd/system").rmdir()


def test_ignored_address_is_never_banned(both):
    done = both.host.run([*both.ours, "set", "dovecot", "banip",
                          "192.0.2.200"])
    assert done.stdout == "0\n" and "192.0.2.200" in done.stderr


def test_usage(both):
    for args, status in (["-h"], 0), ([], 255), (["--bad"], 255), (["-Z"], 255):
        (theirs, their_status), (ours, our_status) = both.call(*args)
        assert our_status == their_status == status
        assert lines(ours)[0] == lines(theirs)[0]


@pytest.mark.parametrize("pattern, least", [
    (r"^    ([a-z-]+)", {"status", "set", "get", "unban", "reload", "ping"}),
    (r"^    set ([^<\s]+)", {"loglevel"}),
    (r"^    get ([^<\s]+)", {"loglevel", "logtarget", "dbfile"}),
    (r"^    set <JAIL> (\S+)", {"banip", "unbanip", "addignoreip", "bantime",
                                "delignoreip", "findtime", "maxretry"}),
    (r"^    get <JAIL> (\S+)", {"banip", "banned", "ignoreip", "logpath",
                                "bantime", "failregex"})])
def test_usage_is_what_the_shell_completes_by(both, pattern, least):
    """fail2ban's bash-completion cuts the words out of --help like this."""
    theirs, ours = (set(re.findall(pattern, out, re.M))
                    for out, _ in both.call("--help"))
    new = {"stats", "statistics", "prefregex", "sleep", "server-status"}
    assert least <= ours <= theirs | new


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
def made_up(tmp_path, build):
    made = test_cli.Daemon(tmp_path, build)
    yield made
    made.close()


def alone(made_up, *args):
    return subprocess.run(
        ["fail2ban-client", "-s", made_up.path, *args], text=True, timeout=60,
        executable=made_up.program, stdin=subprocess.DEVNULL,
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


@pytest.mark.parametrize("seconds", ["0.1", "1", "0"])
def test_ping_waits_no_longer_than_told(made_up, seconds):
    made_up.answers.append(None)
    done = alone(made_up, "ping", seconds)
    assert (done.stdout, done.returncode) == ("", 255)
    assert "has said nothing for 1 s" in done.stderr


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
