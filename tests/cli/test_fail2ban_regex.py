# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban as fail2ban-regex, beside Debian's own.

Each call goes to both, in one host, and must bring the same bytes on stdout
and the same exit status. What cannot be the same is taken out before the
comparison, and only here:
  - the run's time ("[processed in 0.07 sec]"),
  - the moment that stands for a line without a date, which is now,
  - the order of several users in one session, a Python set,
  - what is wrong with a regular expression, behind the expression itself:
    Python's words there, PCRE2's here,
  - the expression of a date template, which is what each of them runs.
The help is our own text; only its exit status and what goes to stderr are held
against theirs.

The journal theirs reads only with python3-systemd, which fail2ban's package
does not ask for: without it, ours is held against what the journal's entries
make in that program's form.
"""
import calendar
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import sys
import time

import pytest

import hosts

sys.path.append(str(hosts.TESTS / "filters"))
import fail2ban_samples as f2b  # noqa: E402

REAL = "/usr/bin/fail2ban-regex"
OURS = "/root/bin/fail2ban-regex"
CONFDIR = "/etc/fail2ban"
LOGS = f"/{f2b.PACKAGE}/files/logs"
FILES = f"/{f2b.PACKAGE}/files"


class Both:
    def __init__(self, host):
        self.host = host

    def call(self, program, args, env=None):
        done = self.host.run([program, *args], check=False, text=False,
                             env=env)
        return (plain(done.stdout), done.returncode,
                done.stderr.decode(errors="replace"))

    def differ(self, *args, env=None):
        """What differs in a call, for people; "" if nothing does."""
        real, ours = (self.call(p, args, env) for p in (REAL, OURS))
        if real[:2] == ours[:2]:
            return ""
        said = "\n".join(
            f"  - {a}\n  + {b}" for a, b in rows(real[0], ours[0])
            if a != b) or "  (as many lines, the same)"
        return (f"{args}: exit {real[1]}, ours {ours[1]}\n{said}\n"
                f"{real[2][-400:]}{ours[2][-400:]}")

    def same(self, *args, env=None):
        assert self.differ(*args, env=env) == ""


def rows(a, b):
    a, b = a.splitlines(), b.splitlines()
    n = max(len(a), len(b))
    return zip(a + [""] * (n - len(a)), b + [""] * (n - len(b)))


def plain(out):
    text = out.decode("utf-8", "replace")
    text = re.sub(r"\b\w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}\b", moment,
                  text)
    text = re.sub(r"\b\d{10}\.\d+\b", lambda m: "NOW" if abs(
        float(m[0]) - time.time()) < 300 else m[0], text)
    text = re.sub(r"(?m)^\[processed in [\d.]+ sec\]$", "[processed]", text)
    text = re.sub(r"(?m)^(\|      # regex:   ).*$", r"\1", text)
    text = re.sub(r"(ERROR: Unable to compile .*':)\n(?s:.*)", r"\1", text)
    return re.sub(
        r"'users': \{([^}]*, [^}]*)\}",
        lambda m: f"'users': {sorted(m[1].split(', '))}", text)


def moment(match):
    """Now, if it is about that; else as it is. Hosts are in UTC."""
    when = calendar.timegm(time.strptime(match[0], "%a %b %d %H:%M:%S %Y"))
    return "NOW" if abs(when - time.time()) < 300 else match[0]


@pytest.fixture(scope="module")
def both(tree):
    host = hosts.Host(tree)
    try:
        host.path("/root/bin").mkdir()
        host.path(OURS).symlink_to(host.program("mailban"))
        # One address a name: of several, the order is a Python set's.
        host.write("/etc/hosts", "127.0.0.1 localhost\n"
                   "192.0.2.50 name.example\n")
        yield Both(host)
    finally:
        host.close()


def sample_calls(both):
    """(filter with each of the options that its samples are for, its log)."""
    logs = pathlib.Path(hosts.testroot()) / f2b.PACKAGE / "files/logs"
    for path in sorted(logs.iterdir()):
        if not both.host.path(
                f"{CONFDIR}/filter.d/{path.name}.conf").exists():
            continue
        specs = []
        for sample in f2b.read_samples(logs, path.name):
            given = [f'{k}="{v}"' for k, v in sample.options.items()
                     if not k.startswith("test.")]
            spec = path.name + (f"[{', '.join(given)}]" if given else "")
            if spec not in specs:
                specs.append(spec)
        for spec in specs:
            yield f"{LOGS}/{path.name}", spec


def all_same(both, calls):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda call: both.differ(*call), calls))
    assert calls
    assert not any(said), "\n".join(filter(None, said))


def test_sample_logs(both, capsys):
    calls = [["-v", "--print-all-matched", "--print-all-missed", log, spec]
             for log, spec in sample_calls(both)]
    all_same(both, calls)
    with capsys.disabled():
        print(f"\nfail2ban-regex: {len(calls)} filters and options alike")


MAIL = """# a comment, and an empty line behind it

Nov 21 10:00:00 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts \
in 2 secs): user=<alice>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, TLS
Nov 21 10:00:01 mx postfix/smtpd[9]: warning: unknown[2001:db8::1]: SASL LOGIN \
authentication failed: UGFzc3dvcmQ6
Nov 21 10:00:02 mx dovecot: imap-login: Login: user=<bob>, rip=192.0.2.3
2026-11-21 10:00:03.5 mx x: from 192.0.2.12
21/Nov/2026:10:00:04 -0230 from 192.0.2.13
@4000000052f4f8b21a2b3c4d from 192.0.2.14
1790000000.25 from 192.0.2.15
nothing dated at all, from 192.0.2.4
2026-11-21T10:00:03.250000+01:00 mx x: from 192.0.2.5 for \xe9\xe2\x82 \t end
Nov 21 10:00:04 mx x: from 999.0.2.6 and [192.0.2.7] and ::ffff:192.0.2.8
Nov 31 10:00:04 mx x: from 192.0.2.9: no such day
1790000000 mx x: from 192.0.2.10
""".encode("latin-1")
FROM = r"from <HOST>(?: for <F-USER>\S+</F-USER>)?"
SSHD = f"{LOGS}/sshd"


@pytest.fixture(scope="module")
def mail(both):
    both.host.write("/tmp/mail.log", MAIL)
    both.host.write("/tmp/cut.log", MAIL + b"Nov 21 10:00:05 from 192.0.2.11")
    both.host.write("/tmp/empty.log", b"")
    both.host.write("/tmp/crlf.log", MAIL.replace(b"\n", b"\r\n"))
    many = b"".join(b"Nov 21 10:00:00 x: line %d from x\n" % i
                    for i in range(30))
    both.host.write("/tmp/many.log", many)
    both.host.write("/tmp/mine.conf", MINE)
    both.host.write("/tmp/lines.log", LINES)
    both.host.write(f"{CONFDIR}/filter.d/broken.conf",
                    "[Definition]\nfailregex = ^(<HOST>\n")
    both.host.write(f"{CONFDIR}/filter.d/mine.conf", MINE)
    return "/tmp/mail.log"


MINE = r"""[Definition]
prefregex = ^\s*\S+ <F-MLFID>x\d*</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$
failregex = ^from <ADDR>
            ^<F-NOFAIL>hello</F-NOFAIL> <F-ALT_USER>\S+</F-ALT_USER>
            ^<F-MLFGAINED>in</F-MLFGAINED> <F-USER>\S+</F-USER>$
            ^<F-MLFFORGET>bye</F-MLFFORGET> <F-ID>\S+</F-ID>$
            ^bad
            ^bad <F-ALT_USER_1>\w+</F-ALT_USER_1>
ignoreregex = ^from 192\.0\.2\.77
datepattern = {^LN-BEG}
"""
LINES = b"""Nov 21 10:00:00 mx x1: hello alice
Nov 21 10:00:01 mx x1: from 192.0.2.1
Nov 21 10:00:02 mx x1: bad alice
Nov 21 10:00:03 mx x1: in alice
Nov 21 10:00:04 mx x2: bad mallory
Nov 21 10:00:05 mx x2: bad mallory's"
Nov 21 10:00:06 mx x2: from 192.0.2.77
Nov 21 10:00:07 mx x2: from 192.0.2.2
Nov 21 10:00:08 mx x2: bye 192.0.2.2
Nov 21 10:00:09 mx x3: hello eve
Nov 21 10:00:10 mx x3: bye eve
"""
VIEWS = [[], ["-v"], ["--print-all-matched", "--print-all-missed",
                      "--print-all-ignored"],
         ["--print-no-missed", "--print-no-ignored"], ["--no-check-all"],
         ["-r"], ["--usedns", "no"], ["--usedns", "raw"], ["-vv"]]
OUTS = ["ip", "id", "fid", "msg", "row", "host", "user", "<ip> <time>",
        "<fid>: <F-USER> <family> <failures> <nothing> <F-NONE>|<ip-rev>",
        "<matches>", "<msg> by <ip>", "ip4", "matches"]


def test_hand_made(both, mail):
    calls = [[*view, log, regex]
             for view in VIEWS
             for log, regex in ((mail, FROM), ("/tmp/lines.log", "mine"),
                                ("/tmp/many.log", "line <HOST>"))]
    calls += [["-v", log, FROM] for log in
              ("/tmp/cut.log", "/tmp/empty.log", "/tmp/crlf.log")]
    calls += [["-v", "--print-all-missed", "-e", e, mail, FROM]
              for e in ("latin1", "utf-8", "ascii", "iso-8859-15")]
    calls += [["-v", mail, FROM, r"192\.0\.2\.[45]"],
              ["-v", "--TZ", "UTC+0200", mail, FROM],
              ["--TZ", "nowhere", mail, FROM],
              ["-v", "-d", "{^LN-BEG}", mail, FROM],
              ["-v", "-d", "%b %d %H:%M:%S", mail, FROM],
              ["-d", "{NONE}", mail, FROM],
              ["-d", "^(Epoch)", mail, FROM], ["-d", "EPOCH", mail, FROM],
              ["-v", "/tmp/lines.log", "/tmp/mine.conf"],
              ["-v", "/tmp/lines.log", "mine[usedns=no, mode='a, b']"],
              ["-vv", SSHD, "sshd[mode=aggressive,x=\"y'z\"]"],
              ["-v", SSHD, f"{CONFDIR}/filter.d/sshd"],
              ["-v", SSHD, f"{CONFDIR}/filter.d/sshd.conf"],
              ["-v", SSHD, "sshd.conf"], ["-c", CONFDIR, SSHD, "sshd"]]
    all_same(both, calls)


def test_dates(both, mail):
    """What each date template weighs, and its pattern."""
    calls = [[*view, *given, log, FROM]
             for view in (["--verbose-date"], ["--VD", "-v"],
                          ["--VD", "-o", "ip"])
             for log in (mail, "/tmp/crlf.log", "/tmp/empty.log")
             for given in ([], ["-d", "{^LN-BEG}"], ["-d", "^EPOCH"],
                           ["-d", r"^[^\d]*{EPOCH}"], ["-d", "TAI64N"],
                           ["-d", "{NONE}"], ["-d", "{DATE} mx"],
                           ["-d", "{UNB}%b %d %H:%M:%S"])]
    all_same(both, calls)
    shown = both.call(OURS, ["--VD", mail, FROM])[0]
    assert "|      # regex:   " in shown


def test_debuggex(both, mail):
    calls = [[*view, "-D", "--print-all-matched", log, regex, *ignore]
             for view in ([], ["-v"], ["--usedns", "no"], ["-e", "latin1"],
                          ["-e", "ascii"])
             for log, regex, *ignore in (
                 (mail, FROM, r"192\.0\.2\.[45]"), ("/tmp/lines.log", "mine"),
                 (mail, "((?i)FROM) <HOST>"))]
    calls += [["-D", *more, "-L", "2", "/tmp/lines.log", "mine"]
              for more in ([], ["--print-all-matched"])]
    calls += [["-D", "/tmp/many.log", "line <HOST>"], ["-D", SSHD, "sshd"],
              ["--debuggex", "-o", "ip", mail, FROM]]
    all_same(both, calls)


def test_out(both, mail):
    calls = [["-o", out, log, regex] for out in OUTS
             for log, regex in ((mail, FROM), ("/tmp/lines.log", "mine"),
                                (SSHD, "sshd"))
             if "matches" != out or regex == FROM]
    all_same(both, calls)


def test_lines(both, mail):
    line = "Nov 21 10:00:00 mx x: from 192.0.2.1 and so on, which is long"
    two = line + "\nNov 21 10:00:01 mx x: more"
    calls = [[line, FROM], [two, FROM], ["-L", "2", two, FROM],
             ["-v", "-L", "3", two + "\n" + two + "\nx\ny",
              r"from <HOST>.*$<SKIPLINES>^.*more"],
             ["", FROM], ["\u00e9" * 60 + " from 192.0.2.1", FROM],
             ["/nowhere/at all", FROM], ["/etc", FROM],
             ["-v", "-L", "2", "/tmp/lines.log", "mine"],
             ["-L", "1", "--print-all-matched", f"{FILES}/"
              "testcase-multiline.log", r"^.*<HOST>"]]
    all_same(both, calls)


def test_faults(both, mail):
    calls = [[mail, "nowhere"], [mail, "broken"], [mail, "a(<HOST>"],
             [mail, "no host"], [mail, ""], [mail, "sshd[mode=none]"],
             ["-L", "0", mail, FROM], ["-L", "-1", mail, FROM],
             ["-V"], ["--version"], ["-o", "ip", mail, "no host"],
             ["-o", "row", mail, "nowhere"]]
    all_same(both, calls)


def test_misused(both, mail):
    """On stderr they tell the same; the help on stdout is our own."""
    for args in ([], ["x"], ["a", "b", "c", "d"], ["-L", "x", "a", "b"],
                 ["--nonsense", "a", "b"], ["--verb", "a", "b"],
                 ["--verbosity=x"], ["--print", "a"], ["--time"],
                 ["--ver", "a", "b"], ["--raw=1", "a", "b"],
                 ["-Z", "a"], ["-d"], ["--config"],
                 ["--verbosity", "x"],
                 ["--print-no-missed", "--print-all-missed", mail, FROM],
                 ["--print-no-ignored", "--print-all-ignored", mail]):
        real, ours = (both.call(p, args) for p in (REAL, OURS))
        assert ours[1] == real[1], args
        assert ours[2].replace(OURS, REAL) == real[2], args
        assert bool(ours[0]) == bool(real[0]), args
    assert both.call(OURS, ["-h"])[0].startswith(f"Usage: {OURS} [OPTIONS] ")


ENTRIES = ["from 192.0.2.1 in a line", "of two\nlines from 192.0.2.2",
           "nothing", "  from 192.0.2.3  ", "# from 192.0.2.4",
           "Nov 21 10:00:00 from 192.0.2.5 for b\u00f6b", "hello 192.0.2.6"]
JOURNALED = r"""[Definition]
failregex = from <HOST>(?: for <F-USER>\S+</F-USER>)?
journalmatch = SYSLOG_IDENTIFIER=dovecot + SYSLOG_IDENTIFIER=sasl
"""


@pytest.fixture
def journaled(new_host):
    host = new_host()
    host.path("/root/bin").mkdir()
    host.path(OURS).symlink_to(host.program("mailban"))
    host.write(f"{CONFDIR}/filter.d/journaled.conf", JOURNALED)
    host.journald()
    for i, message in enumerate(ENTRIES):
        entry = (f"SYSLOG_IDENTIFIER={('dovecot', 'sasl')[i % 2]}\n"
                 f"SYSLOG_PID={40 + i}\nMESSAGE\n").encode()
        message = message.encode()
        entry += len(message).to_bytes(8, "little") + message + b"\n"
        host.write("/tmp/entry", entry)
        host.run(["python3", "-c", SEND])
    hosts.wait_for(lambda: len(entries(host)) == len(ENTRIES), every=0.1)
    return Both(host)


SEND = """import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("/run/systemd/journal/socket")
s.send(open("/tmp/entry", "rb").read())"""


def entries(host):
    """Those of ENTRIES, as fail2ban-regex has them."""
    out = host.run(["journalctl", "-q", "-o", "json", "-t", "dovecot", "-t",
                    "sasl"], check=False).stdout
    return [as_line(json.loads(line)) for line in out.splitlines()]


def as_line(entry):
    us = int(entry.get("_SOURCE_REALTIME_TIMESTAMP")
             or entry["__REALTIME_TIMESTAMP"])
    when = datetime.datetime.fromtimestamp(us / 1e6, datetime.UTC)
    message = entry["MESSAGE"].replace("\n", "\\n")
    return (f"{when.isoformat()} {entry['_HOSTNAME']} "
            f"{entry['SYSLOG_IDENTIFIER']}[{entry['SYSLOG_PID']}]: {message}")


def test_journal(journaled):
    both, only = journaled, ["-m", "SYSLOG_IDENTIFIER=dovecot"]
    match = "SYSLOG_IDENTIFIER=dovecot + SYSLOG_IDENTIFIER=sasl"
    rows = entries(both.host)
    out, status, told = both.call(OURS, [
        "--print-all-matched", "systemd-journal", "journaled"])
    assert status == 0, (out, told)
    assert f"\nUse    journal match : {match}\n\n" in out
    assert "Date template hits" not in out
    assert "\nLines: 7 lines, 0 ignored, 5 matched, 2 missed\n" in out
    hits = [row.rstrip() for row in rows if "from " in row]
    assert "Matched line(s):\n|  " + "\n|  ".join(hits) + "\n`-\n" in out
    out = both.call(OURS, ["-o", "msg", *only, "systemd-journal",
                           "journaled"])[0]
    assert out.splitlines() == [r for r in rows[::2] if "from " in r]
    both.host.run(["journalctl", "--sync"])
    both.host.run(["cp", "-r", "/var/log/journal", "/tmp/kept"])
    places = [f"systemd-journal[{place}]" for place in (
        "journalpath=/tmp/kept", "journalfiles=/tmp/kept/*/*.journal",
        "journalfiles='/tmp/kept/*',journalfiles=/tmp/kept/*/*.journal",
        "journalflags=1")]
    for place in places:
        assert both.call(OURS, ["-o", "msg", *only, place, "journaled"])[0] \
            == out, place
    for place, why in (("journalpth=/x", "'journalpth' is not known; there"),
                       ("journalfiles=/tmp/none*", "nothing fits '/tmp/none*'"),
                       ("journalflags=yes", "'yes' is no number"),
                       ("journalpath=/tmp/none", "No such file"),
                       ("namespace=none", "there is none that may be read")):
        said = both.call(OURS, [f"systemd-journal[{place}]", "journaled"])
        assert said[1] == 255 and why in said[2], said
    if not both.host.path(
            "/usr/lib/python3/dist-packages/systemd").exists():
        assert both.call(REAL, ["systemd-journal", FROM])[0].endswith(
            "Error: systemd library not found. Exiting...\n")
        return
    all_same(both, [
        [*view, *given, "systemd-journal", regex]
        for view in (*VIEWS, ["-o", "row"], ["-o", "<ip> <time>"],
                     ["-o", "msg"], ["-vd", "{^LN-BEG}"])
        for given, regex in (([], "journaled"), (only, "journaled"),
                             (only, FROM))] + [
        [view, place, "journaled"] for place in places[:2]
        for view in ("-v", "--print-all-missed")] + [
        ["-v", "systemd-journal[journalflags=4]", "sshd"],
        ["-vv", "systemd-journal[journalpath=/var/log/journal]", "dovecot"]])


def test_locale(both, mail):
    for env in ({"LANG": "C"}, {"LANG": ""}, {"LC_ALL": "C"},
                {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "POSIX"}):
        both.same(mail, FROM, env=env)


def test_a_jail_whose_filter_is_none(both):
    """What 1.1.0 takes for a jail is told if it is none that can be read."""
    release = both.host.path("/etc/os-release")
    link = os.readlink(release) if release.is_symlink() else None
    before = release.read_text()
    release.unlink()
    release.write_text('VERSION_ID="13"\n')
    jails = both.host.path(f"{CONFDIR}/jail.local")
    both.host.write(f"{CONFDIR}/jail.local", "[broken]\nfilter = x[mode\n"
                    "[nowhere]\nfilter = nowhere\n")
    try:
        for name in ("broken", "nowhere"):
            out, status, _ = both.call(OURS, ["a line", name])
            assert status == 255, out
            assert f"ERROR: Failed to get jail for '{name}'\n" in out
    finally:
        jails.unlink()
        release.unlink()
        if link:
            release.symlink_to(link)
        else:
            release.write_text(before)
