# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban, the command, against a daemon that is made up.

The made-up daemon answers one request on a socket of its own with bytes that
the test chose, and keeps what it was asked.
"""
import json
import os
import pathlib
import pty
import re
import socket
import subprocess
import threading
import time

import pytest

import hosts

HOSTILE = "x\x1b]0;owned\x07\x1b[2J\r\n\x9b31m\u202egood"


def short(value):
    """A parameter as it stands in a test's name."""
    return ascii(value)[:40]


CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Daemon:
    """Answers each request with the next of its answers."""

    def __init__(self, folder, build):
        self.program = hosts.built("mailban", build)
        self.path = str(folder / "control")
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(self.path)
        self.listening.listen()
        self.requests = []
        self.answers = []
        self.hold = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listening.accept()
            except OSError:
                return
            with peer:
                self.answer(peer)

    def answer(self, peer):
        request = b""
        while not request.endswith(b"\n"):
            got = peer.recv(65536)
            if not got:
                break
            request += got
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else b""
        if answer is None:
            self.hold.wait(60)
            return
        try:
            peer.sendall(answer)
        except OSError:
            pass

    def will_say(self, result):
        self.answers.append(
            json.dumps({"ok": True, "result": result}).encode() + b"\n")

    def will_refuse(self, text, code):
        self.answers.append(json.dumps(
            {"ok": False, "error": text, "code": code}).encode() + b"\n")

    def asked(self):
        """The requests so far, each of which must be one line of JSON."""
        for request in self.requests:
            assert request.count(b"\n") == 1 and len(request) <= 65536
        return [json.loads(request) for request in self.requests]

    def close(self):
        self.hold.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(10)


@pytest.fixture
def daemon(tmp_path, build):
    made = Daemon(tmp_path, build)
    yield made
    made.close()


def mailban(daemon, *args, path=None, **env):
    path = path or (daemon.path if daemon else "/nonexistent/control")
    program = daemon.program if daemon else hosts.built("mailban")
    return subprocess.run(
        [program, "-s", path, *args], text=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C", **env})


def test_every_command_says_what_it_asks(daemon):
    calls = [
        (["status"], {}, {"command": "status"}),
        (["status", "dovecot"], {}, {"command": "status", "jail": "dovecot"}),
        (["list"], [], {"command": "list"}),
        (["list", "dovecot"], [], {"command": "list", "jail": "dovecot"}),
        (["ban", "dovecot", "192.0.2.1", "2001:DB8:0::/64"], {"count": 2},
         {"command": "ban", "jail": "dovecot",
          "addresses": ["192.0.2.1", "2001:db8::/64"]}),
        (["ban", "-t", "60", "dovecot", "192.0.2.1"], {"count": 1},
         {"command": "ban", "jail": "dovecot", "addresses": ["192.0.2.1"],
          "time": 60}),
        (["ban", "--time", "1h 30m", "d", "192.0.2.1"], {"count": 1},
         {"command": "ban", "jail": "d", "addresses": ["192.0.2.1"],
          "time": 5400}),
        (["ban", "--time=-1", "d", "192.0.2.1"], {"count": 1},
         {"command": "ban", "jail": "d", "addresses": ["192.0.2.1"],
          "time": -1}),
        (["unban", "192.0.2.1"], {"count": 1},
         {"command": "unban", "jail": None, "addresses": ["192.0.2.1"]}),
        (["unban", "dovecot", "192.0.2.1", "::1"], {"count": 1},
         {"command": "unban", "jail": "dovecot",
          "addresses": ["192.0.2.1", "::1"]}),
        (["unban", "--all"], {"count": 0}, {"command": "unban", "all": True}),
        (["reload"], {}, {"command": "reload"}),
    ]
    for args, result, _ in calls:
        daemon.will_say(result)
        done = mailban(daemon, *args)
        assert (done.returncode, done.stderr) == (0, ""), args
    assert daemon.asked() == [request for _, _, request in calls]


STATUS = {
    "version": "0.1", "pid": 4711, "uptime": 3700, "lines": 1234,
    "matched": 56, "dry_run": False, "given_up": 0, "errors": 0,
    "jails": [{"name": "dovecot", "failed": 1, "total_failed": 12,
               "banned": 3, "enforced": 3, "total_banned": 40},
              {"name": "postfix-sasl", "failed": 0, "total_failed": 0,
               "banned": 0, "total_banned": 0}],
    "sources": [{"name": "/var/log/mail.log", "kind": "file", "lines": 1000,
                 "matched": 50, "cut": 2, "lag": 512, "trouble": None},
                {"name": "/var/log/auth.log", "kind": "file", "lines": 0,
                 "matched": 0, "cut": 0, "lag": 0, "trouble": "may not be read"},
                {"name": "journal", "kind": "journal", "lines": 234,
                 "matched": 6, "cut": 0, "lag": None}],
}


def test_status_of_many_services_takes_more_lines(daemon):
    services = [{"name": f"service{i}", "type": "unix", "processes": i,
                 "limit": 100} for i in range(20)]
    daemon.will_say({**STATUS, "services": services})
    lines = mailban(daemon, "status").stdout.splitlines()
    first = lines.index("processes of Postfix: service0/unix 0 of 100, "
                        "service1/unix 1 of 100,")
    last = next(i for i in range(first, len(lines)) if lines[i][-1] != ",")
    assert all(len(line) < 80 for line in lines[first:last + 1])
    assert all(line[:5].rstrip() == 4 * " " + line[4]
               for line in lines[first + 1:last + 1])
    assert " ".join(line.strip() for line in lines[first:last + 1]) == \
        "processes of Postfix: " + ", ".join(
            f"service{i}/unix {i} of 100" for i in range(20))


def test_status(daemon):
    daemon.will_say(STATUS)
    done = mailban(daemon, "status")
    assert done.stdout == """\
mailband 0.1, process 4711, up 1 h 1 min
1234 lines read, 56 of them failures

Jail          Failing  Failed  Banned  In the kernel  Banned in all
dovecot             1      12       3              3             40
postfix-sasl        0       0       0              -              0

Source             Kind     Lines  Failures  Cut short  Bytes behind  State
/var/log/mail.log  file      1000        50          2           512  read
/var/log/auth.log  file         0         0          0             0  may not be read
journal            journal    234         6          0             -  read
"""


def test_status_tells_what_is_amiss(daemon):
    daemon.will_say({**STATUS, "dry_run": True, "given_up": 7, "errors": 3,
                     "disconnected": 1,
                     "jails": [{**STATUS["jails"][0], "differs": True}]})
    done = mailban(daemon, "status")
    said = done.stdout
    assert "nothing is enforced" in said
    assert "1 connection of who was banned ended" in said
    assert "the kernel does not hold what is wanted" in said
    assert done.returncode == 1
    assert "7 times a line was given up" in said
    assert "3 times the kernel refused" in said


def test_status_of_a_jail(daemon):
    daemon.will_say({
        "name": "dovecot", "filter": "dovecot[mode=aggressive]",
        "files": ["/var/log/mail.log", "/var/log/dovecot.log"],
        "journal": True, "journalmatch": "_SYSTEMD_UNIT=dovecot.service",
        "failed": 1, "ignored": 5,
        "maxretry": 5, "findtime": 600, "bantime": -1,
        "changed": ["maxretry", "bantime"],
        "total_failed": 2, "banned": 3, "enforced": 2, "total_banned": 4,
        "addresses": ["192.0.2.1", "2001:db8::1"]})
    done = mailban(daemon, "status", "dovecot")
    assert done.stdout == """\
Jail              dovecot
Filter            dovecot[mode=aggressive]
Files             /var/log/mail.log
                  /var/log/dovecot.log
Journal           _SYSTEMD_UNIT=dovecot.service
Max. failures     5 (until the next reload)
Find time         10 min
Ban time          for ever (until the next reload)
Failing now       1
Failed in all     2
Ignored in all    5
Banned now        3
In the kernel     2
Banned in all     4
Addresses         192.0.2.1
                  2001:db8::1
"""


def ban(address, **more):
    return {"jail": "dovecot", "address": address, "start": 1763762097,
            "end": 1763762697, "remaining": 598, "count": 2, "packets": 17,
            "bytes": 1020,
            "enforced": True, **more}


def test_list(daemon):
    daemon.will_say([
        ban("192.0.2.1"),
        ban("2001:db8::1", start=1763762096, end=None, remaining=None, enforced=False),
        ban("192.0.2.2", remaining=-1, start=None, count=None)])
    done = mailban(daemon, "list")
    assert done.stdout == """\
Address      Jail     Since                      Left  Bans  Packets  \
Bytes  In the kernel
192.0.2.2    dovecot  -                           0 s     0       17   1020  yes
2001:db8::1  dovecot  2025-11-21 21:54:56    for ever     2       17   1020  NO
192.0.2.1    dovecot  2025-11-21 21:54:57  9 min 58 s     2       17   1020  yes
"""
    daemon.will_say([])
    assert mailban(daemon, "list").stdout == "Nobody is banned.\n"


def test_json_is_the_daemons(daemon):
    for args, result in ((["status"], STATUS), (["list"], [ban("::1")]),
                         (["reload"], {"jails": 2}),
                         (["status", "x"], {"name": "x\x1b[31m"})):
        daemon.will_say(result)
        done = mailban(daemon, *args, "--json")
        assert json.loads(done.stdout) == result
        assert not CONTROLS.search(done.stdout)
    daemon.will_say({"count": 3})
    done = mailban(daemon, "unban", "-j", "--all")
    assert json.loads(done.stdout) == {"count": 3}


@pytest.mark.parametrize("words", [
    ("test", hosts.REPO / "filters" / "dovecot.conf"),
    ("report", "--attacks"), ("trace", "b\u00f6b@example.org")],
    ids=lambda words: words[0])
def test_json_of_a_log_is_ascii(words, build, tmp_path):
    """As the manual has it of all commands."""
    user = "b\u00f6b@example.org"
    log = tmp_path / "mail.log"
    log.write_text(
        "Nov 20 09:00:00 mx dovecot: imap-login: Aborted login (auth failed, "
        f"2 attempts in 2 secs): user=<{user}>, method=PLAIN, rip=192.0.2.1, "
        "lip=192.0.2.2, session=<a>\n"
        "Nov 20 09:00:01 mx postfix/smtp[4]: 04D8CA8C442: "
        f"to=<{user}>, relay=none, delay=30, delays=0.1/0.01/30/0, dsn=4.4.1, "
        "status=deferred (connect: Connection timed out)\n", "utf-8")
    done = subprocess.run(
        [hosts.built("mailban", build), *words, "--json", log],
        env=hosts.SANITIZER_ENV, stdout=subprocess.PIPE, check=True,
        timeout=60)
    assert b"b\\u00F6b@" in done.stdout
    assert done.stdout.isascii()


def test_exit_tells_yes_no_and_fault(daemon):
    daemon.will_say({"count": 0})
    assert mailban(daemon, "unban", "192.0.2.1").returncode == 1
    daemon.will_say({"count": 0})
    assert mailban(daemon, "ban", "dovecot", "192.0.2.1").returncode == 1
    daemon.will_say({"count": 0})
    assert mailban(daemon, "unban", "--all").returncode == 0
    for code, exits in ((1, 1), (2, 2), (77, 2), ("1", 2)):
        daemon.will_refuse("there is no jail 'x'; jails: dovecot", code)
        done = mailban(daemon, "status", "x")
        assert done.returncode == exits
        assert done.stdout == ""
        assert done.stderr == "mailban: there is no jail 'x'; jails: dovecot\n"


@pytest.mark.parametrize("args, says", [
    ([], "usage: mailban"),
    (["frobnicate"], "no command 'frobnicate'"),
    (["ban", "dovecot"], "usage: mailban ban"),
    (["ban", "dovecot", "192.0.2.256"], "'192.0.2.256' is no address"),
    (["ban", "dovecot", "192.0.2.1", "evil.example"], "is no address"),
    (["ban", "-t", "10x", "dovecot", "192.0.2.1"], "--time: '10x'"),
    (["ban", "-t", "0", "dovecot", "192.0.2.1"], "--time: '0'"),
    (["ban", "-t", "99999999999999999999", "d", "192.0.2.1"], "--time:"),
    (["unban"], "usage: mailban unban"),
    (["unban", "dovecot"], "usage: mailban unban"),
    (["unban", "--all", "192.0.2.1"], "usage: mailban unban"),
    (["list", "a", "b"], "usage: mailban list"),
    (["status", "--all"], "unrecognized option '--all'"),
    (["reload", "x"], "usage: mailban reload"),
    (["-w", "0", "status"], "--wait: '0'"),
    (["status", "x" * 70000], "too long to ask"),
    (["status", b"\xff\xfe"], "UTF-8"),
    (["ban", b"\xff\xfe", "192.0.2.1"], "UTF-8"),
    (["help", "nothing"], "no command 'nothing'"),
], ids=short)
def test_what_cannot_be_asked_is_not_sent(daemon, args, says):
    done = mailban(daemon, *args)
    assert done.returncode == 2
    assert says in done.stderr and done.stdout == ""
    assert daemon.requests == []


def test_no_daemon(tmp_path):
    gone = tmp_path / "gone"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(gone))
    listening.close()
    for path in (gone, tmp_path / "never"):
        done = mailban(None, "status", path=str(path))
        assert done.returncode == 2
        assert done.stderr == f"mailban: no answer at {path}: is mailband " \
            "running? (systemctl status mailban)\n"
    done = mailban(None, "status", path="/" + "x" * 200)
    assert done.returncode == 2 and "1 to 107 bytes" in done.stderr


def test_no_right(daemon):
    if os.getuid():
        pytest.skip("needs root, to become somebody without the right")
    os.chmod(daemon.path, 0o600)
    for folder in pathlib.Path(daemon.path).parents[:4]:
        if str(folder).startswith("/tmp/"):
            os.chmod(folder, 0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", daemon.program, "-s",
         daemon.path, "status"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == f"mailban: may not use {daemon.path}: run as " \
        "root or as a member of group mailban\n"


def test_hostile_values_never_reach_the_terminal(daemon):
    hostile_status = json.loads(json.dumps(STATUS))
    hostile_status["version"] = HOSTILE
    hostile_status["jails"][0]["name"] = HOSTILE
    hostile_status["sources"][0].update(name=HOSTILE, kind=HOSTILE)
    jail = {key: HOSTILE for key in ("name", "filter", "journalmatch")}
    jail.update(files=[HOSTILE], addresses=[HOSTILE])
    for args, result in ((["status"], hostile_status), (["status", "x"], jail),
                         (["list"], [ban(HOSTILE, jail=HOSTILE)])):
        daemon.will_say(result)
        done = mailban(daemon, *args)
        assert done.returncode == 0
        assert "x\\x1b]0;owned" in done.stdout
        assert "\\u{9b}31m\\u{202e}good" in done.stdout
        assert not CONTROLS.search(done.stdout)
    daemon.will_refuse(HOSTILE, 2)
    done = mailban(daemon, "status")
    assert "x\\x1b]0;owned" in done.stderr
    assert not CONTROLS.search(done.stderr)
    done = mailban(daemon, HOSTILE)
    assert "x\\x1b]0;owned" in done.stderr
    assert not CONTROLS.search(done.stderr)


def test_wide_letters_keep_the_columns(daemon):
    daemon.will_say([ban("::1", jail="メール"), ban("::2", jail="dové"),
                     ban("::3", jail="abcdefgh")])
    done = mailban(daemon, "list")
    lines = done.stdout.splitlines()
    assert lines[1].startswith("::1      メール    2025")
    assert lines[2].startswith("::2      dové      2025")
    assert lines[3].startswith("::3      abcdefgh  2025")


def test_no_answer(daemon):
    daemon.answers.append(b"")
    done = mailban(daemon, "status")
    assert done.returncode == 2 and done.stdout == ""
    assert "hung up without an answer" in done.stderr


@pytest.mark.parametrize("answer", [
    b"{", b'{"ok":true,"result":[1,2', b'{"ok":true}', b"x" * 200000,
    b'{"ok":true,"result":{}}'], ids=short)
def test_an_answer_that_breaks_off(daemon, answer):
    daemon.answers.append(answer)
    done = mailban(daemon, "status")
    assert done.returncode == 2 and done.stdout == ""
    assert f"broke off after {len(answer)} bytes" in done.stderr


@pytest.mark.parametrize("answer", [
    b"\n", b"{}\n", b"[]\n", b"null\n", b'"x"\n', b'{"ok":1,"result":{}}\n',
    b'{"ok":true}\n', b'{"ok":false}\n', b'{"ok":false,"error":{}}\n',
    b'{"ok":true,"result":{}} x\n', b'{"ok":true,"ok":false,"error":"x"}\n',
    b"\xff\xfe\n", b'{"ok":true,"result":"\\u0000"}\n',
    b"[" * 100000 + b"\n", b'{"ok":true,"result":1e999}\n',
    b'{"ok":true,"result":99999999999999999999}\n'],
    ids=short)
def test_an_answer_that_is_none(daemon, answer):
    daemon.answers.append(answer)
    done = mailban(daemon, "status")
    assert done.returncode == 2 and done.stdout == ""
    assert "is not understood" in done.stderr


@pytest.mark.parametrize("result", [
    [], {}, 1, "x", None, [1, None, {}, []], {"jails": 1, "sources": "x"},
    {"jails": [None, 5, {"name": 5}], "sources": [{"lag": "x"}, {"lag": 1e300},
                                                  {"lag": -5}]},
    {"uptime": 1e18, "pid": -1, "version": {}},
    [{"start": 1e17, "end": 5, "remaining": 1e17}, {"start": -1e17}],
    {"files": [1, None], "addresses": {"x": 1}, "name": []}])
def test_an_answer_of_another_shape_breaks_nothing(daemon, result):
    for args in (["status"], ["status", "x"], ["list"], ["reload"],
                 ["unban", "--all"], ["ban", "x", "::1"], ["status", "-j"]):
        daemon.will_say(result)
        done = mailban(daemon, *args)
        assert done.returncode in (0, 1) and done.stderr == "", args


def test_a_hundred_thousand_bans(daemon):
    bans = [ban(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")
            for i in range(100000)]
    daemon.will_say(bans)
    done = mailban(daemon, "list")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 100001
    assert lines[-1].startswith("10.1.134.159  dovecot  2025-11-21")
    daemon.will_say(bans)
    assert json.loads(mailban(daemon, "list", "-j").stdout) == bans


def test_many_addresses_are_asked_in_parts(daemon):
    addresses = [f"10.0.{i >> 8}.{i & 255}" for i in range(2500)]
    for n in (1000, 1000, 500):
        daemon.will_say({"count": n})
    done = mailban(daemon, "ban", "dovecot", *addresses)
    assert done.returncode == 0 and done.stdout == "2500 banned\n"
    asked = daemon.asked()
    assert [len(part["addresses"]) for part in asked] == [1000, 1000, 500]
    assert sum((part["addresses"] for part in asked), []) == addresses


def test_the_longest_addresses_fit_a_request(daemon):
    addresses = [f"{0xabcd:x}:" * 6 + f"ffff:{i + 4096:x}/127"
                 for i in range(0, 2000, 2)]
    daemon.will_say({"count": 1000})
    done = mailban(daemon, "ban", "j" * 64, *addresses)
    assert done.returncode == 0, done.stderr
    assert len(daemon.asked()) == 1


def test_a_silent_daemon_is_given_up(daemon):
    daemon.answers.append(None)
    before = time.monotonic()
    done = mailban(daemon, "-w", "1", "status")
    assert time.monotonic() - before < 30
    assert done.returncode == 2
    assert "has said nothing for 1 s" in done.stderr


def test_output_that_cannot_be_written_is_a_fault(daemon):
    daemon.will_say(STATUS)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [daemon.program, "-s", daemon.path, "status"], stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2 and "cannot write" in done.stderr


def on_terminal(daemon, **env):
    """What `mailban list` writes to a terminal."""
    daemon.will_say([ban("192.0.2.1", enforced=False)])
    mine, its = pty.openpty()
    environ = {key: value for key, value in os.environ.items()
               if key != "NO_COLOR"}
    with subprocess.Popen(
            [daemon.program, "-s", daemon.path, "list"], stdout=its,
            env={**environ, "TERM": "xterm", **env}) as child:
        os.close(its)
        text = b""
        while True:
            try:
                got = os.read(mine, 65536)
            except OSError:
                break
            if not got:
                break
            text += got
        os.close(mine)
        assert child.wait(60) == 0
    return text.decode()


def test_colour_only_where_it_is_wanted(daemon):
    assert "\x1b[1m" in on_terminal(daemon)
    assert "\x1b[31mNO\x1b[0m" in on_terminal(daemon)
    assert "\x1b" not in on_terminal(daemon, NO_COLOR="1")
    assert "\x1b" not in on_terminal(daemon, TERM="dumb")
    daemon.will_say([ban("192.0.2.1", enforced=False)])
    assert "\x1b" not in mailban(daemon, "list", TERM="xterm").stdout


def test_help_and_version(daemon):
    overview = mailban(None, "help")
    assert overview.returncode == 0
    assert mailban(None, "--help").stdout == overview.stdout
    commands = json.loads(mailban(None, "help", "--json").stdout)
    for command in commands:
        assert f"\n  {command['name']} " in overview.stdout
        helped = mailban(None, "help", command["name"])
        assert helped.returncode == 0
        # In pflogsumm's words -h is the number of hosts.
        help_option = "--help" if command["name"] == "report" else "-h"
        assert mailban(None, command["name"], help_option).stdout == \
            helped.stdout
        for option in command["options"]:
            assert f"-{option['letter']}, --{option['name']}" in helped.stdout
    version = json.loads(mailban(None, "version", "--json").stdout)["version"]
    assert mailban(None, "--version").stdout == f"mailban {version}\n"
    assert mailban(None, "version").stdout == f"mailban {version}\n"
