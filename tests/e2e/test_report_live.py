# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban report without a log: what the daemon counted, and who attacked."""
import datetime
import itertools
import json
import os
import re
import signal
import time

import pytest

import attack
import hosts
import statefile
from test_counters import SIZE, message, prepare, totals

SESSIONS = itertools.count(1)
ATTACKER = "192.0.2.66"
HOSTILE = "<i\x1b[31m\"&"


def login_failed(account, address):
    return attack.line(
        f"imap-login: Disconnected (auth failed, 1 attempts in 2 secs): "
        f"user=<{account}>, method=PLAIN, rip={address}, lip=192.0.2.1, TLS, "
        f"session=<{next(SESSIONS)}>")


@pytest.fixture
def counted(host):
    hosts.within_an_hour()
    host.daemon = prepare(host)
    host.append(attack.MAIL_LOG, "".join(
        line for n in range(3) for line in message(n)))
    host.append(attack.MAIL_LOG, "".join(login_failed(account, ATTACKER) for account in
                ("carol", "carol", "carol", HOSTILE)))
    host.wait_banned("dovecot", ATTACKER)
    hosts.wait_for(lambda: totals(host)["delivered"] == 3)
    return host


def report(host, *args, **run):
    return host.mailban("report", *args, **run).stdout


def told(host, *args, **run):
    return json.loads(report(host, "--json", *args, **run))


def test_text(counted):
    text = report(counted)
    for row in (" 3 received", " 3 delivered", " 3 deferred (6 deferrals)",
                f" {3 * SIZE} bytes received", " 3 logins",
                " 4 failed logins", " 1 bans", " 3 carol (new)"):
        assert row in re.sub(" +", " ", text).splitlines(), (row, text)
    # What it cannot know is not shown as none.
    assert "senders" not in text and "Host/Domain" not in text
    assert "stand in the logs" in text
    assert "\x1b" not in text and r"<i\x1b[31m" in text
    assert re.search(r"^ +[34]   192\.0\.2\.0/24  \(new\)$", text, re.M)
    assert report(counted, "counters") == text


def test_accounts_that_smtpd_asked_for(counted):
    """Whom it names; "(unavailable)" is nobody."""
    before = told(counted)["total"]["attacks"]
    counted.append(attack.MAIL_LOG, "".join(attack.line(
        f"warning: unknown[{ATTACKER}]: SASL LOGIN authentication failed: x, "
        f"sasl_username={name}", "postfix/smtpd[1]")
        for name in ("(unavailable)", "erin", "(unavailable)", "erin")))
    hosts.wait_for(
        lambda: told(counted)["total"]["attacks"] == before + 4)
    rows = told(counted)["attackers"]["account"]["rows"]
    assert {row["name"]: row["failures"] for row in rows} == {
        "carol": 3, "erin": 2, HOSTILE: 1}


def test_json(counted):
    got = told(counted, "counters")
    assert got["source"] == "counters"
    assert got["total"]["received"] == got["total"]["delivered"] == 3
    assert sum(h["received"] for h in got["hourly"]) == 3
    assert got["attackers"]["account"]["rows"][0] == {
        "name": "carol", "failures": 3, "new": True}
    assert "senders" not in got and "rejects" not in got


def test_html(counted):
    page = report(counted, "--html")
    assert "<i\\" not in page and "&lt;i\\x1b[31m&quot;&amp;" in page
    assert "192.0.2.0/24" in page and "Failed logins" in page
    assert "Nothing was delivered" not in page
    assert "http:" not in page and "https:" not in page


def test_days_and_times(counted):
    assert told(counted, "-d", "today")["total"]["received"] == 3
    assert told(counted, "-d", "yesterday")["total"]["received"] == 0
    assert "Nothing was counted" in report(
        counted, "-d", "yesterday", "--html")
    assert told(counted, "--since", "2h")["total"]["received"] == 3
    assert told(counted, "--until", "2h")["total"]["received"] == 0


def test_over_a_restart_and_a_day(counted):
    assert counted.daemon.stop() == 0
    path = counted.path(statefile.PATH)
    # What was counted was so a day ago.
    statefile.change(path, "UPDATE mail SET hour = hour - 24 WHERE hour > 0")
    statefile.change(path, "UPDATE attacker SET day = day - 1")
    counted.mailband()
    got = told(counted, "-d", "yesterday")
    assert got["total"]["received"] == 3
    assert [d["received"] for d in got["days"]] == [3]
    network = got["attackers"]["network"]
    assert network["days"][0][0] == 1 and network["new"] == 1
    # Who comes again is not new.
    counted.append(attack.MAIL_LOG, login_failed("carol", "192.0.2.67"))
    hosts.wait_for(lambda: told(counted, "-d", "today")
                   ["attackers"]["network"]["days"][0] == [1, 1])
    row, = told(counted, "-d", "today")["attackers"]["network"]["rows"]
    assert row == {"name": "192.0.2.0/24", "failures": 1, "new": False}


def test_ninety_days_over_both_changes_of_the_clock(counted):
    """Each hour of them has seven: days are of 24 hours, of 23 and of 25."""
    assert counted.daemon.stop() == 0
    now = int(time.time()) // 3600
    # Here it is noon, at any hour of the test's: the day is the same in both.
    west = now % 24 - 12
    today = datetime.datetime.fromtimestamp(now * 3600, datetime.UTC).date()
    spring, autumn, yesterday = (
        today - datetime.timedelta(ago) for ago in (60, 30, 1))
    path = counted.path(statefile.PATH)
    with statefile.copied(path) as (copy, db):
        db.executemany("INSERT OR REPLACE INTO mail VALUES (?, ?)", [
            (now - i, (7).to_bytes(8, "little") + bytes(144))
            for i in range(90 * 24)])
        db.commit()
        db.close()
        path.write_bytes(copy.read_bytes())
    counted.mailband()

    def zone(*days):
        """In summer it is one o'clock, and the clock changes at one."""
        return {"TZ": "AAA{}BBB,{}/1,{}/2".format(
            west, *(day.timetuple().tm_yday - 1 for day in days))}
    got = told(counted, env=zone(spring, autumn))
    assert got["total"]["received"] == 7 * 90 * 24
    days = {day["date"]: day["received"] for day in got["days"]}
    assert days.pop(str(spring)) == 7 * 23
    assert days.pop(str(autumn)) == 7 * 25
    # The first and the last are not whole.
    assert len(days) == 89
    assert {days[day] for day in sorted(days)[1:-1]} == {7 * 24}
    for change, n in ((spring, yesterday), 25), ((yesterday, autumn), 23):
        assert told(counted, "-d", "yesterday", env=zone(*change))["total"][
            "received"] == 7 * n


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_what_a_daemon_left(counted, killed):
    """What it left is told, and stays as it is."""
    before = told(counted, "counters")
    assert before["running"] is True
    if killed:
        # What stands in the store by now is told, whole or in its log.
        hosts.wait_for(lambda: left_received(counted) == 3)
        os.kill(counted.daemon.pid, signal.SIGKILL)
        counted.daemon.wait()
    else:
        assert counted.daemon.stop() == 0
    folder = counted.path(statefile.PATH).parent
    files = {p.name: p.read_bytes() for p in folder.glob("state.db*")
             if not p.name.endswith("-shm")}
    done = counted.mailban("report", "counters", "--json")
    got = json.loads(done.stdout)
    assert "is what mailband left in /var/lib/mailban" in done.stderr
    assert got["running"] is False and got["source"] == "counters"
    assert got["total"] == before["total"]
    assert got["hourly"] == before["hourly"]
    assert "mailband does not run" in report(counted, "counters")
    assert "does not run" in report(counted, "--html", "counters")
    assert told(counted, "counters", "-d", "yesterday")["total"][
        "received"] == 0
    for path in folder.glob("state.db*"):
        assert path.stat().st_uid == folder.stat().st_uid, path
        if path.name in files:
            assert path.read_bytes() == files[path.name], path
    # And a daemon goes on with it.
    counted.mailband()
    assert told(counted, "counters")["total"]["received"] == 3


def left_received(host):
    """What stands in the store by now; a daemon that runs lets nobody in."""
    done = host.run(["/mailban/build/mailband", "-p"], check=False)
    assert done.returncode == 1 and "locked" in done.stderr
    with statefile.copied(host.path(statefile.PATH)) as (_, db):
        rows = db.execute("SELECT sums FROM mail WHERE hour > 0").fetchall()
    return sum(int.from_bytes(sums[:8], "little") for sums, in rows)


def test_nothing_left(host):
    done = host.mailban("report", "counters", check=False)
    assert done.returncode == 2 and "No such file" in done.stderr
    assert "mailban report journal" in done.stderr
    host.write("/var/log/mail.log", "")
    done = host.mailban("report", "counters", check=False)
    assert "mailban report /var/log/mail.log" in done.stderr
    assert not host.path(statefile.PATH).exists()
    # What is damaged stays where it is.
    path = host.path(statefile.PATH)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff" * 8192)
    done = host.mailban("report", "counters", check=False)
    assert done.returncode == 2 and "cannot be read" in done.stderr
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_log_goes_first(counted):
    """What is piped in is read, were it empty."""
    lines = "".join(message(1))
    assert json.loads(report(counted, "--json", input=lines))[
        "total"]["received"] == 1
    assert json.loads(report(counted, "--json", input=""))[
        "total"]["received"] == 0
    assert "source" not in json.loads(report(counted, "--json", "-", input=""))
    done = counted.mailban("report", "counters", attack.MAIL_LOG, check=False)
    assert done.returncode == 2 and "stand alone" in done.stderr
    done = counted.mailban("report", "--compat", input="")
    assert "mailband" not in done.stdout


def test_many_attackers(host):
    """Those who attack most are told, however many names strangers make."""
    host.daemon = prepare(host)
    for _ in range(50):
        host.append(attack.MAIL_LOG, login_failed("root", "198.51.100.1"))
    host.append(attack.MAIL_LOG, "".join(
        login_failed(f"n{i}", f"10.{i // 256 % 256}.{i % 256}.1")
        for i in range(12000)))
    host.append(attack.MAIL_LOG, login_failed("last", "203.0.113.1"))
    hosts.wait_for(lambda: totals(host)["lines"] == 12051)
    rows = told(host)["attackers"]["account"]
    assert rows["rows"][0]["name"] == "root"
    assert rows["rows"][0]["failures"] == 50
    assert 3000 < rows["days"][0][0] <= 4096
    assert host.daemon.stop() == 0
    with statefile.copied(host.path(statefile.PATH)) as (_, db):
        assert db.execute("SELECT count(*) FROM attacker").fetchone()[0] \
            <= 2 * 4096


def test_without_a_daemon(host):
    done = host.mailban("report", check=False)
    assert done.returncode == 2 and "is mailband running" in done.stderr
    assert done.stdout == ""
