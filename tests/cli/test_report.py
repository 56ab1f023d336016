# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban report: as pflogsumm with --compat, and right without."""
import gzip
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

import pytest

import hosts
import pflogsumm

sys.path.insert(0, str(hosts.TESTS / "ledger"))

import maillines  # noqa: E402

# Each option of pflogsumm that changes what it prints of a log.
OPTIONS = [["-e"], ["-h", "3"], ["-i"], ["-m"], ["-q"], ["-u", "4"],
           ["--detail", "2"], ["--bounce-detail=0"], ["--deferral-detail=1"],
           ["--iso-date-time"], ["--no-no-msg-size"], ["--problems-first"],
           ["--rej-add-from"], ["--reject-detail=2"], ["--smtp-detail=1"],
           ["--smtpd-stats"], ["--smtpd-warning-detail=0"],
           ["--syslog-name=postfix-out"], ["--verbose-msg-detail"],
           ["--verp-mung"], ["--verp-mung=2"], ["--zero-fill"],
           ["-d", "today"], ["-d", "yesterday"], ["--no_smtpd_warnings"]]


@pytest.fixture(scope="module")
def program(build):
    return hosts.built("mailban", build)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    return pflogsumm.oracle(tmp_path_factory.mktemp("oracle"))


def report(program, *words, status=0, **more):
    """What it prints; more is for subprocess.run."""
    env = {**pflogsumm.ENV, **hosts.SANITIZER_ENV, **more.pop("env", {})}
    done = subprocess.run([program, "report", *map(str, words)], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=120, **more)
    assert done.returncode == status, done.stderr.decode(errors="replace")
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    report.told = done.stderr.decode(errors="replace")
    return done.stdout


def held_against(program, oracle, log, words):
    hosts.within_an_hour()
    theirs, told = pflogsumm.run(oracle, *words, log)
    if b"not a valid date" in told or b"not a valid time" in told:
        return  # it dies of dates that there are not
    ours = report(program, "--compat", *words, log)
    assert ours.decode("latin-1").splitlines() == \
        theirs.decode("latin-1").splitlines(), words
    assert ours == theirs


def total(text, label):
    """The figure in front of a label of the grand totals."""
    return int(re.search(rf"^ *(\d+)[km ]  {label}", text.decode(), re.M)[1])


# As pflogsumm

def test_options_in_pairs(program, oracle, tmp_path):
    log = tmp_path / "log"
    pairs = list(itertools.combinations(OPTIONS, 2))
    random.Random(5).shuffle(pairs)
    # All of them for what ships; for the sanitizers' sake fewer.
    few = len(pairs) if "san" not in str(program) else 40
    for seed, pair in enumerate([[], *([one] for one in OPTIONS),
                                 *pairs[:few]]):
        if seed % 20 == 0:
            log.write_bytes(maillines.generate(seed // 20, 500))
        held_against(program, oracle, log, [w for one in pair for w in one])


def test_each_sort_of_line(program, oracle, tmp_path):
    """One by one: nothing hides behind the totals of a whole log."""
    log = tmp_path / "log"
    maker = maillines.Maker(11)
    for sort in maillines.LINES + maillines.OTHERS:
        lines = []
        for _ in range(3):
            fields = maker.fields()
            text = sort.format(**fields)
            if sort in maillines.LINES:
                head, rest = text.split(": ", 1)
                text = f"postfix/{head}[7]: {rest}"
            lines.append(f"{maker.date()} mx1 {text}\n")
        log.write_text("".join(lines))
        held_against(program, oracle, log, ["-e", "--smtpd-stats"])


@pytest.mark.parametrize("damage", [0.3, 0.6, 0.85])
def test_damaged_lines(program, oracle, tmp_path, damage):
    log = tmp_path / "log"
    for seed in range(8 if "san" in str(program) else 25):
        rng = random.Random(seed)
        log.write_bytes(maillines.generate(1000 + seed, 1200, damage))
        held_against(program, oracle, log,
                     rng.choice(OPTIONS) + rng.choice(OPTIONS))


def test_options_as_scripts_have_them(program, oracle, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(maillines.generate(3, 400))
    for words in (["--problems_first"], ["-problems-first"], ["--prob"],
                  ["--bounce_detail=0"], ["-bounce-det", "0"], ["--verp"],
                  ["--verbose"], ["--iso"], ["--H=2"], ["-h=2"], ["--zero"],
                  ["--SMTPD-STATS"], ["--smtpd_s"], ["--ign"], ["--uucp"],
                  ["-u", "+3"], ["--verp_mung", "2"], ["-q", "--"],
                  ["--rej-add"], ["--det", "1", "-h", "-1"]):
        held_against(program, oracle, log, words)


def test_logs_in_order_and_from_standard_input(program, oracle, tmp_path):
    logs = [tmp_path / name for name in ("b", "a", "c")]
    for seed, log in enumerate(logs):
        log.write_bytes(maillines.generate(20 + seed, 200, iso=bool(seed)))
    theirs, _ = pflogsumm.run(oracle, *logs)
    assert report(program, "--compat", *logs) == theirs
    both = b"".join(log.read_bytes() for log in logs)
    assert report(program, "--compat", input=both) == theirs
    assert report(program, "--compat", "-", input=both) == theirs
    # Options may stand behind the operands.
    theirs, _ = pflogsumm.run(oracle, logs[0], "-q", logs[1])
    assert report(program, logs[0], "-q", logs[1], "--compat") == theirs


def test_the_program_as_it_is_installed(program, tmp_path):
    """Not settled in any way: with no two rows alike nothing is chance."""
    log = tmp_path / "log"
    log.write_text("".join(
        f"Nov {1 + i % 2:2d} 10:00:0{i} mx postfix/{text}\n"
        for i, text in enumerate([
            "smtpd[1]: A1: client=mail.example.org[192.0.2.1]",
            "qmgr[1]: A1: from=<a@example.org>, size=700, nrcpt=1 (queue)",
            "lmtp[1]: A1: to=<b@example.net>, relay=x[y], delay=3, "
            "delays=0/0/0/3, dsn=2.0.0, status=sent (250 ok)",
            "smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 "
            "5.7.1 <c@d>: Relay access denied; from=<x@y> to=<c@d> helo=<z>",
        ])))
    theirs, _ = pflogsumm.run(pflogsumm.installed(), log)
    assert report(program, "--compat", log) == theirs


# As it should be

def log_of(folder, *lines, name="log", date="Nov 20 10:00:{:02d}"):
    path = folder / name
    path.write_text("".join(
        f"{date.format(i % 60)} mx1 {line}\n" for i, line in enumerate(lines)))
    return path


def figures(program, *words, **more):
    return json.loads(report(program, "--json", *words, **more))


RECEIPT = ["postfix/smtpd[1]: {0}: client=mail.example.org[192.0.2.1]",
           "postfix/cleanup[2]: {0}: message-id=<x@example.org>",
           "postfix/qmgr[3]: {0}: from=<a@example.org>, size={1}, nrcpt=1 "
           "(queue active)"]
SENT = "postfix/{2}[4]: {0}: to=<b@example.net>, relay={1}, delay=1.5, " \
    "delays=0.5/0.25/0.25/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok{3})"
REMOVED = "postfix/qmgr[3]: {0}: removed"


def message(queue, size=1000, relay="mx.example.net[203.0.113.9]:25",
            said="", program="smtp"):
    return [*(line.format(queue, size) for line in RECEIPT),
            SENT.format(queue, relay, program, said), REMOVED.format(queue)]


def test_tls_in_a_delivery(program, tmp_path):
    lines = message("3F2A1B4C5D")
    lines[3] = lines[3].replace(" dsn=", " tls=TLSv1.3, dsn=")
    got = figures(program, log_of(tmp_path, *lines))
    assert got["total"]["delivered"] == 1
    assert got["total"]["bytes_delivered"] == 1000
    assert got["delays"]["before"] == 0.5
    assert got["delays"]["classes"] == [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("service", [
    "postfix/smtpd", "postfix/submission/smtpd", "postfix/smtps/smtpd",
    "postfix/submissions/smtpd", "postfix-in/smtpd",
    "postfix-in/submissions/smtpd"])
def test_services_and_instances(program, tmp_path, service):
    log = log_of(tmp_path, f"{service}[1]: 4bXyz1234Kz9x: "
                           "client=mail.example.org[192.0.2.1]")
    assert figures(program, log)["total"]["received"] == 1


def test_a_name_of_its_own(program, tmp_path):
    log = log_of(tmp_path, "mta/smtpd[1]: ABCDEF12: client=x[192.0.2.1]",
                 "mtab/smtpd[1]: ABCDEF12: client=x[192.0.2.1]")
    assert figures(program, log)["total"]["received"] == 0
    got = figures(program, "--syslog-name=mta", log)
    assert got["total"]["received"] == 1


def test_a_queue_id_that_comes_again(program, tmp_path):
    log = log_of(tmp_path, *message("ABCDEF12", 1000),
                 *message("ABCDEF12", 5000))
    got = figures(program, log)["total"]
    assert got["bytes_received"] == got["bytes_delivered"] == 6000
    theirs = report(program, "--compat", log)
    assert total(theirs, "bytes delivered") == 2000


@pytest.mark.parametrize("known", [True, False])
def test_a_content_filter_counts_once(program, tmp_path, known):
    again = message("BBBBBB22")
    again[0] = "postfix/smtpd[9]: BBBBBB22: client=localhost[127.0.0.1]" + \
        (", orig_queue_id=AAAAAA11, orig_client=mail.example.org[192.0.2.1]"
         if known else "")
    first = message("AAAAAA11", relay="127.0.0.1[127.0.0.1]:10024",
                    said=": queued as BBBBBB22")
    # The filter answers when it has handed the message back.
    for log in (log_of(tmp_path, *first[:3], *again[:3], *first[3:],
                       *again[3:]),):
        got = figures(program, log)
        assert got["total"]["received"] == got["total"]["delivered"] == 1
        assert got["total"]["bytes_received"] == 1000
        assert [row["messages"] for row in got["senders"]] == [1]
        assert got["hours"][10]["received"] == 1
        assert got["days"][0]["received"] == 1


def test_a_proxy_in_front_receives_nothing(program, tmp_path):
    log = log_of(tmp_path, "postfix/smtpd[1]: NOQUEUE: client=x[192.0.2.1]",
                 *message("ABCDEF12"))
    assert figures(program, log)["total"]["received"] == 1


def test_milters_refuse_at_smtpd(program, tmp_path):
    log = log_of(tmp_path, "postfix/smtpd[1]: ABCDEF12: milter-reject: "
                 "END-OF-MESSAGE from x.example.org[192.0.2.1]: 5.7.1 Spam; "
                 "from=<a@b> to=<c@d> proto=ESMTP helo=<x>")
    got = figures(program, log)
    assert got["total"]["rejected"] == 1
    assert got["rejects"] == [{"command": "END-OF-MESSAGE", "reason": "Spam",
                               "who": "example.org", "count": 1}]


@pytest.mark.parametrize("end", [
    "cleanup[2]: {q}: removed (canceled)",
    "cleanup[2]: {q}: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 "
    "Spam; from=<a@b> to=<c@d> proto=ESMTP helo=<a>",
    "cleanup[2]: {q}: discard: header Subject: x from a[192.0.2.1]; "
    "from=<a@b> to=<c@d> proto=ESMTP helo=<a>: x",
    "smtpd[1]: {q}: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 "
    "Spam; from=<a@b> to=<c@d> proto=ESMTP helo=<a>",
    "smtpd[1]: {q}: reject: END-OF-MESSAGE from a[192.0.2.1]: 554 5.7.1 no; "
    "from=<a@b> proto=ESMTP helo=<a>",
], ids=["canceled", "milter", "header", "before", "end"])
def test_what_never_got_into_the_queue(program, tmp_path, end):
    """It is received and refused, and is not in the queue ever after."""
    lines = []
    for n in range(5):
        lines += [f"postfix/smtpd[1]: ABCDEF{n}1: client=a[192.0.2.1]",
                  "postfix/" + end.format(q=f"ABCDEF{n}1")]
    got = figures(program, log_of(tmp_path, *lines))
    assert got["total"]["received"] == 5
    assert max(h["queue"] for h in got["hourly"]) == 1
    # One recipient that is refused, or data that came too early, ends nothing.
    lines = []
    for n in range(5):
        lines += [f"postfix/smtpd[1]: ABCDEF{n}1: client=a[192.0.2.1]",
                  f"postfix/smtpd[1]: ABCDEF{n}1: reject: DATA from "
                  "a[192.0.2.1]: 503 5.5.0 no; from=<a@b>"]
    lines.append("postfix/qmgr[3]: ABCDEF01: removed")
    got = figures(program, log_of(tmp_path, *lines))
    assert max(h["queue"] for h in got["hourly"]) == 5


def test_quoted_addresses_fool_nobody(program, tmp_path):
    forged = '"x>, relay=evil, delay=9, dsn=5, status=bounced (x"@a'
    line = SENT.format("ABCDEF12", "mx[192.0.2.1]:25", "smtp", "")
    log = log_of(tmp_path, line.replace("b@example.net", forged))
    got = figures(program, log)
    assert got["total"]["bounced"] == 0
    assert got["total"]["delivered"] == 1


def test_days_in_any_order_and_the_turn_of_the_year(program, tmp_path):
    # A date without a year is of the last one, if in this it is yet to come.
    ahead = time.gmtime(time.time() + 3 * 86400)
    if ahead[1:3] == (2, 29):
        ahead = time.gmtime(time.time() + 4 * 86400)
    a = log_of(tmp_path, *message("ABCDEF12"), name="a",
               date="2020-01-01T00:00:{:02d}Z")
    b = log_of(tmp_path, *message("ABCDEF13"), name="b",
               date=time.strftime("%b %d 23:59:{:02d}", ahead))
    c = log_of(tmp_path, *message("ABCDEF14"), name="c",
               date="2019-03-01T00:00:{:02d}+01:00")
    got = figures(program, a, b, c, a)["days"]
    assert [day["date"] for day in got] == [
        "2019-02-28", "2020-01-01",
        f"{ahead.tm_year - 1}-{ahead.tm_mon:02}-{ahead.tm_mday:02}"]
    assert [day["received"] for day in got] == [1, 2, 1]


def test_lines_not_understood_are_counted(program, tmp_path):
    log = log_of(tmp_path, "postfix/smtpd[1]: colourless green ideas",
                 "postfix/wondrous[1]: sleep", "postfix/wondrous[1]: well",
                 "dovecot: newthing: furiously", "sshd[1]: not mail",
                 "postfix/anvil[1]: statistics: max cache size 7")
    got = figures(program, log)
    assert {row["program"]: row["count"] for row in got["unknown"]} == {
        "smtpd": 1, "wondrous": 2, "newthing": 1}
    assert got["total"]["unknown_lines"] == 4
    assert got["total"]["mail_lines"] == 5
    assert b"Lines not understood" in report(program, log)
    assert b"Lines not understood" not in report(program, "--compat", log)


def test_all_sorts_of_lines_are_understood(program, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(maillines.generate(7, 4000))
    assert figures(program, log)["unknown"] == []


def test_logins_attacks_and_bans(program, tmp_path):
    log = log_of(
        tmp_path,
        "dovecot: imap-login: Login: user=<alice>, method=PLAIN, "
        "rip=192.0.2.1, lip=203.0.113.1, mpid=7, TLS, session=<x>",
        "dovecot: imap-login: Disconnected: Connection closed (auth failed, "
        "1 attempts in 2 secs): user=<x, rip=192.0.2.99, y>, method=PLAIN, "
        "rip=198.51.100.7, lip=203.0.113.1, session=<x>",
        "postfix/smtpd[1]: warning: unknown[198.51.100.9]: SASL LOGIN "
        "authentication failed: bad, sasl_username=bob",
        "dovecot: lmtp(alice)<7><x>: msgid=<m@x>: saved mail to INBOX",
        "mailband[7]: NOTICE [dovecot] Ban 198.51.100.7")
    got = figures(program, log)
    assert got["total"]["logins"] == got["total"]["saved"] == 1
    assert got["attacks"] == [
        {"network": "198.51.100.0/24", "account": "bob",
         "address": "198.51.100.9", "count": 1},
        {"network": "198.51.100.0/24", "account": "x, rip=192.0.2.99, y",
         "address": "198.51.100.7", "count": 1}]
    assert got["bans"] == [{"network": "198.51.100.0/24", "jail": "dovecot",
                            "address": "198.51.100.7", "count": 1}]


AGAIN = [
    "postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 "
    "<c@d>: Relay access denied; from=<x@y> to=<c@d> proto=ESMTP helo=<z>",
    "postfix/smtpd[1]: warning: unknown[198.51.100.9]: SASL LOGIN "
    "authentication failed: bad, sasl_username=bob",
    "dovecot: imap-login: Disconnected: Connection closed (auth failed, "
    "3 attempts in 2 secs): user=<eve>, method=PLAIN, rip=198.51.100.7, "
    "lip=203.0.113.1, TLS",
    "postfix/master[9]: warning: process /usr/libexec/smtpd pid 7 exit status "
    "1",
    "postfix/smtp[4]: 3F2A1B4C5D: to=<b@example.net>, relay=none, delay=1, "
    "delays=1/0/0/0, dsn=4.4.1, status=deferred (x)",
    "postfix/wondrous[1]: sleep"]


def test_what_rsyslog_took_together(program, oracle, tmp_path):
    """Each line counts as often as it says; pflogsumm does not see them."""
    plain, taken = [], []
    for line in message("3F2A1B4C5D")[:3] + AGAIN:
        head, text = line.split(": ", 1)
        # Some lines stand once, as everywhere.
        times = 6 if line in AGAIN else 1
        plain += [line] * times
        taken += [line] + [f"{head}: message repeated {times - 1} times: "
                           f"[ {text}]"] * (times > 1)
    # Of one second: as many lines take more.
    plain = log_of(tmp_path, *plain, name="plain", date="Nov 20 10:00:00")
    taken = log_of(tmp_path, *taken, name="taken", date="Nov 20 10:00:00")
    want, got = figures(program, plain), figures(program, taken)
    assert want["total"]["deferrals"] == 6
    assert {a["account"]: a["count"] for a in got["attacks"]} == \
        {"bob": 6, "eve": 6}
    lines = {"lines", "mail_lines"}
    assert {k: v for k, v in want["total"].items() if k not in lines} == \
        {k: v for k, v in got["total"].items() if k not in lines}
    assert {k: v for k, v in want.items() if k != "total"} == \
        {k: v for k, v in got.items() if k != "total"}
    words = ["report", "--attacks", "--json"]
    tried = [json.loads(subprocess.run([program, *words, log], env={
        **pflogsumm.ENV, **hosts.SANITIZER_ENV}, check=True,
        stdout=subprocess.PIPE).stdout) for log in (plain, taken)]
    assert tried[0]["pairs"] == tried[1]["pairs"] and tried[0]["pairs"]
    held_against(program, oracle, taken, ["-e"])


def test_what_came_again_once(program, tmp_path):
    """Each says its own, however many stand one behind the other."""
    log = log_of(tmp_path, *(
        "postfix/smtpd[1]: message repeated 1 times: [ warning: "
        f"unknown[198.51.100.{i}]: SASL LOGIN authentication failed: bad, "
        f"sasl_username=user{i}]" for i in range(9)))
    assert sorted((a["account"], a["count"])
                  for a in figures(program, log)["attacks"]) == \
        [(f"user{i}", 1) for i in range(9)]


def test_times(program, tmp_path):
    log = log_of(tmp_path, *(line for i in range(20) for line in
                             message(f"ABCDEF{i:02d}")[:1]),
                 date="2026-11-20T10:00:{:02d}Z")
    for words, count in ((["--since", "2026-11-20 10:00:05"], 15),
                         (["--until", "2026-11-20T10:00:05"], 5),
                         (["--since=@1795168805", "--until=@1795168806"], 1),
                         (["--since", "2026-11-21"], 0)):
        assert figures(program, *words, log)["total"]["received"] == count
    report(program, "--since", "soon", log, status=2)
    hosts.within_an_hour()
    day = time.strftime("%Y-%m-%dT00:00:{:02d}Z", time.gmtime())
    log = log_of(tmp_path, *message("ABCDEF12"), date=day)
    assert figures(program, "-d", "today", log)["total"]["received"] == 1
    assert figures(program, "-d", "yesterday", log)["total"]["received"] == 0
    report(program, "-d", "tomorrow", log, status=2)


def test_the_journal(new_host):
    """A real journald's."""
    host = new_host()
    host.journald()
    for line in message("ABCDEF12"):
        tag, text = line.split(": ", 1)
        host.run(["logger", "-t", tag.split("[")[0], text])
    program = "/mailban/build/mailban"

    def total():
        done = host.run([program, "report", "--json", "journal"])
        return json.loads(done.stdout)["total"]
    hosts.wait_for(lambda: total()["delivered"] == 1, what="the delivery")
    assert total()["received"] == 1
    assert total()["bytes_delivered"] == 1000
    done = host.run([program, "report", "--json", "--until", "yesterday",
                     "journal"])
    assert json.loads(done.stdout)["total"]["received"] == 0


# Bad logs

def test_gzip_and_gzip_cut_short(program, tmp_path):
    text = log_of(tmp_path, *(line for i in range(5000) for line in
                              message(f"ABC{i:05d}"))).read_bytes()
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(text))
    assert figures(program, path)["total"]["received"] == 5000
    path.write_bytes(gzip.compress(text)[:-2000])
    got = figures(program, path, status=2)
    assert 0 < got["total"]["received"] < 5000
    assert "ends too early" in got["faults"][0]
    assert "log.gz" in report.told
    assert b"incomplete: " in report(program, path, status=2)


def test_what_is_no_log(program, tmp_path):
    (tmp_path / "bin").write_bytes(random.Random(1).randbytes(300000))
    (tmp_path / "fr").write_text("".join(
        f"20 nov. 2026 10:00:{i:02d} mx1 postfix/smtpd[1]: connect\n"
        for i in range(9)))
    for name in ("bin", "fr"):
        got = figures(program, tmp_path / name, status=2)
        assert got["total"]["received"] == 0
        assert "no log, or in another locale" in got["faults"][0]
    report(program, tmp_path / "gone", status=2)
    assert "No such file" in report.told
    report(program, tmp_path, status=2)
    report(program, tmp_path / "x|", status=2)
    report(program, "--compat", "journal", status=2)
    assert "journalctl" in report.told


def test_a_device_is_no_log(program):
    report(program, "/dev/zero", status=2)
    assert "/dev/zero: a device, and no log" in report.told
    with open("/dev/urandom", "rb") as device:
        report(program, "-", status=2, stdin=device)
    assert "standard input: a device, and no log" in report.told
    assert figures(program, "/dev/null")["total"]["received"] == 0


def test_a_log_that_is_truncated_meanwhile(program, tmp_path):
    """What was read is reported, and that it is not all."""
    log = log_of(tmp_path, *message("ABC00001"))
    os.truncate(log, 1 << 40)  # which takes long enough
    with subprocess.Popen([program, "report", "--json", log],
                          env={**pflogsumm.ENV, **hosts.SANITIZER_ENV},
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as running:
        opened = pathlib.Path(f"/proc/{running.pid}/fd")
        hosts.wait_for(lambda: str(log) in map(os.readlink, opened.iterdir()),
                       what="the log is open")
        os.truncate(log, 5000)
        told, complaint = running.communicate(timeout=60)
    got = json.loads(told)
    assert running.returncode == 2
    assert got["total"]["received"] == 1
    assert re.fullmatch(f"mailban: {log}: truncated while it was read: nothing"
                        r" is there from byte \d+ on\n", complaint.decode())
    assert complaint.decode().strip().endswith(got["faults"][0])


def test_a_gigabyte_in_one_line(program, tmp_path):
    """As a stream: nobody keeps it."""
    count = 1 << (30 if "san" not in str(program) else 26)
    begin = "Nov 20 10:00:00 mx1 postfix/smtpd[1]: ABCDEF12: client=x[192.0" \
        ".2.1], x="
    script = f"(printf '%s' '{begin}'; head -c {count} /dev/zero | " \
        "tr '\\0' x; echo; printf '%s\\n' 'Nov 20 10:00:01 mx1 postfix/" \
        "smtpd[1]: ABCDEF13: client=x[192.0.2.1]') | " \
        f"{program} report --json; echo; cat /proc/self/status >/dev/null"
    done = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE,
                          check=True, timeout=120, env=pflogsumm.ENV)
    got = json.loads(done.stdout)["total"]
    assert got["lines"] == 2
    assert got["cut_lines"] == 1
    assert got["received"] == 2


def test_memory_has_an_end(program, tmp_path):
    """A million ids that never go: the memory of a few."""
    if "san" in str(program):
        pytest.skip("the sanitizers take their own")
    script = "import sys\nfor i in range(1500000): sys.stdout.write(" \
        "f'Nov 20 10:00:00 mx1 postfix/smtpd[1]: {i:010X}: " \
        "client=x[192.0.2.1]\\n')"
    made = subprocess.Popen([sys.executable, "-c", script],
                            stdout=subprocess.PIPE)
    with made:
        # It gets no more than that; what is measured of a child includes
        # what its parent had.
        done = subprocess.run(["prlimit", "--data=160000000", program,
                               "report", "--json"], stdin=made.stdout,
                              stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert json.loads(done.stdout)["total"]["received"] == 1500000


# By one processor and by several

def damage(text, rng):
    """Bytes that are others, are missing, or newlines; lines with no end."""
    for _ in range(len(text) // 5000):
        at = rng.randrange(len(text))
        what = rng.choice([b"", b"\n", b"\0", b"\r\n", b": [ID 7 x.y] ",
                           b"x" * 70000, bytes([rng.randrange(256)])])
        text[at:at + rng.choice([0, 1, 1, 40])] = what
    return text


@pytest.fixture(scope="module")
def large_logs(tmp_path_factory):
    """More than is read before others lend a hand: whole, and damaged."""
    folder = tmp_path_factory.mktemp("large")
    made = b"".join(
        subprocess.run([hosts.REPO / "build/tests/bench/maillog",
                        f"--seed={i}", "--lines=12000", *more],
                       stdout=subprocess.PIPE, check=True).stdout
        for i, more in enumerate([[], ["--iso"]]))
    made += maillines.generate(5, 12000, damaged=0.1)
    solaris = made[:400000].replace(b"]: ", b"]: [ID 197553 mail.info] ")
    (folder / "whole").write_bytes(made + solaris)
    (folder / "damaged").write_bytes(
        damage(bytearray(made + solaris), random.Random(11)))
    with gzip.open(folder / "packed.gz", "wb", compresslevel=1) as file:
        file.write((folder / "damaged").read_bytes())
    return sorted(folder.iterdir())


@pytest.mark.parametrize("words", [
    [], ["--compat"], ["--compat", "--zero-fill", "--smtpd-stats", "-e"],
    ["--json"], ["--attacks"], ["--html"]], ids=" ".join)
def test_as_many_as_there_are_count_the_same(program, large_logs, words):
    everywhere = os.sched_getaffinity(0)
    if len(everywhere) < 2:
        pytest.skip("there is but one processor")
    for log in large_logs:
        assert log.suffix or log.stat().st_size > 4 << 20
        alone = report(program, *words, log, preexec_fn=lambda:
                       os.sched_setaffinity(0, {min(everywhere)}))
        assert report(program, *words, log) == alone
        with log.open("rb") as file:
            assert report(program, *words, stdin=file) == alone


# Other forms

def test_html(program, tmp_path):
    log = log_of(tmp_path, *message("ABCDEF12"),
                 "postfix/smtpd[1]: warning: <script>alert(1)</script> & "
                 "\x1b[31m", "postfix/smtpd[1]: NOQUEUE: reject: RCPT from "
                 "x[192.0.2.1]: 554 5.7.1 <a>: Relay access denied; from=<b>")
    page = report(program, "--html", log).decode()
    assert "<script" not in page and "\x1b" not in page
    assert "&lt;script&gt;alert(1)" in page and "&amp;" in page
    assert "Relay access denied" in page
    # Nothing is fetched, nothing runs.
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://|\bon\w+=",
                         page)
    assert page.count("<svg") == page.count("</svg>") >= 4
    assert page.count("<section>") == page.count("</section>")
    assert "prefers-color-scheme:dark" in page
    # An empty log has a page too.
    (tmp_path / "empty").write_text("")
    assert "holds no mail" in report(program, "--html",
                                     tmp_path / "empty").decode()


def test_a_host_that_is_cut_keeps_its_name(program, tmp_path):
    """pflogsumm takes a port for the end of a part."""
    lines = message("ABCDEF12")
    lines[3:] = ["postfix/smtp[4]: ABCDEF12: to=<b@c>, relay=none, delay=30, "
                 "delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to "
                 "mx.mail.example.co.uk[192.0.2.99]:25: Connection timed out)",
                 "postfix/smtp[4]: ABCDEF12: to=<b@c>, relay=none, delay=30, "
                 "delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to "
                 f"mx.{'x' * 60}.example[192.0.2.99]:25: Connection refused)"]
    log = log_of(tmp_path, *lines)
    assert {row["reason"] for row in figures(program, log)["deferrals"]} == {
        "Connection refused",
        "mx.mail.example.co.uk[192.0.2.99]:25: Connection timed out"}
    assert b"  25: Connection timed out" in report(program, "--compat", log)


def test_logins_stand_below_the_totals(program, tmp_path):
    login = "dovecot: imap-login: {}: user=<x>, method=PLAIN, rip=192.0.2.1, " \
        "lip=192.0.2.2"
    log = log_of(tmp_path, *message("ABCDEF12"), login.format("Login"),
                 login.format("Disconnected (auth failed, 1 attempts)"))
    text = report(program, log)
    assert total(text, "logins") == total(text, "failed logins") == 1
    assert total(text, "bans") == 0
    assert b"logins" not in report(program, "--compat", log)
    assert b"logins" not in report(program, log_of(
        tmp_path, *message("ABCDEF12"), name="plain"))


EVIL = [b"\x1b]0;x\x07", b"\x1b[2J", b"\0", b"\r", b"\x7f", b"\x9b31m",
        b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff",
        "\u202e\u2028\u0085".encode(), b"<script>x</script>", b"\xc3"]


@pytest.mark.parametrize("words", [
    [], ["-e", "--verbose-msg-detail", "--smtpd-stats", "--rej-add-from"],
    ["--attacks"], ["--json"], ["--html"]], ids=lambda w: "".join(w[:1]))
def test_what_strangers_write_is_text(program, tmp_path, words):
    """In whatever field, and in each way to tell it."""
    log = tmp_path / "log"
    rng = random.Random(9)
    out = []
    for line in maillines.generate(9, 1500).splitlines():
        places = [i + 1 for i, c in enumerate(line) if c in b"<=[ "][4:]
        for _ in range(rng.randrange(3) if places else 0):
            at = rng.choice(places)
            line = line[:at] + rng.choice(EVIL) + line[at:]
        out.append(line)
    log.write_bytes(b"\n".join(out))
    text = report(program, *words, log).decode()
    assert not set(text) & set(map(chr, [*range(9), *range(11, 32),
                                         *range(127, 160), 0x202e, 0x2028]))
    assert "<script" not in text or "--html" not in words
    if words in ([], ["--json"]):
        assert r"\x1b]0;x\x07" in text.replace(r"\\", "\\")


def test_names_are_as_they_are_in_compat(program, oracle, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"".join(
        b"Nov 20 10:00:00 mx1 postfix/%s\n" % text for text in (
            b"smtpd[1]: ABCDEF01: client=a[192.0.2.1]",
            b"qmgr[1]: ABCDEF01: from=<\xff\x1b[2J@b>, size=7, nrcpt=1 (q)")))
    held_against(program, oracle, log, [])
    assert b"\xff\x1b[2J@b" in report(program, "--compat", log)
    assert rb"\xff\x1b[2J@b" in report(program, log)


def test_wrong_options(program, tmp_path):
    for words in (["--nonsense"], ["--smtp"], ["-h"], ["-h", "x"], ["--q=1"],
                  ["--json", "--html"], ["--html", "--compat"],
                  ["--verp-mung=x"], ["--no"]):
        report(program, *words, status=2)
        assert report.told.startswith("mailban: report: "), words
    report(program, "-h", status=2)
    assert report.told == "mailban: report: -h needs a value\n"
    report(program, "--detail", status=2)
    assert report.told == "mailban: report: --detail needs a value\n"
    for when in ("@9999999999999999", "@1x", "@", "@-5", "6y"):
        report(program, "--since", when, status=2)
        assert "is no time" in report.told, when
    assert b"--problems-first" in report(program, "--help")
    assert report(program, "--version", "--compat") == b"pflogsumm 1.1.5\n"


def test_the_queue_is_shown(program, tmp_path):
    mailq = tmp_path / "mailq"
    mailq.write_text("#!/bin/sh\necho 'Mail queue is empty'\n")
    mailq.chmod(0o755)
    text = report(program, "--mailq", "/dev/null",
                  env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert text.endswith(b"\nCurrent Mail Queue\n------------------\n"
                         b"Mail queue is empty\n")


def test_a_bar_on_a_terminal(program, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(maillines.generate(1, 50))
    master, slave = os.openpty()
    script = f"while cat {log}; do :; done | {program} report - >/dev/null"
    process = subprocess.Popen(["sh", "-c", script], stderr=slave,
                               start_new_session=True)
    os.close(slave)
    seen = b""
    deadline = time.monotonic() + 60
    while b" lines" not in seen and time.monotonic() < deadline:
        seen += os.read(master, 4096)
    os.killpg(process.pid, 15)
    process.wait()
    os.close(master)
    assert b"standard input " in seen
