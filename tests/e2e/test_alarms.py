# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks and queues of a real Postfix: the alarm comes before the mail stops."""
import json
import os
import re
import signal

import pytest

import attack
import hosts
import mailhost

SPOOL = "/var/spool/postfix"
# One message, as far as it gets: the last reply, "CODE text"; 0 = none came.
TRY = """
import smtplib
try:
    s = smtplib.SMTP("127.0.0.1", timeout=20)
    s.ehlo("test")
    code, text = s.mail("a@mx.example.org")
    if code == 250:
        code, text = s.rcpt("alice@mx.example.org")
    if code == 250:
        code, text = s.data("Subject: x\\r\\n\\r\\nx\\r\\n")
except smtplib.SMTPResponseException as e:
    code, text = e.smtp_code, e.smtp_error
except (smtplib.SMTPException, OSError) as e:
    code, text = 0, str(e).encode()
print(code, text.decode())
"""
CONF = """[mailban]
user = mailban
[alarms]
interval = 1
{more}"""


def mount(host, size, inodes):
    """The queue on a file system of its own."""
    host.run(["sh", "-c",
              f"cp -a {SPOOL} /srv/spool && "
              f"mount -t tmpfs -o size={size},nr_inodes={inodes},mode=755 "
              f"none {SPOOL} && cp -a /srv/spool/. {SPOOL}/"])


def configure(host):
    """Postfix' configuration; it need not run."""
    for name in ("main.cf", "master.cf"):
        host.write(f"/etc/postfix/{name}",
                   (mailhost.DATA / name).read_text())


def start(host, more="", postfix=True, **how):
    host.journald()
    if postfix:
        mailhost.start(host)
    return host.mailband({"mailban.conf": CONF.format(more=more),
                          "jail.local": attack.jail(
                              logpath="/var/log/own.log")}, **how)


def disk(host, path=SPOOL):
    return next((d for d in host.status().get("disks", ())
                 if d["path"] == path), None)


def alarms(host):
    """{name: (level, subject)} of what is raised now."""
    return {a["name"]: a for a in host.status()["alarms"]}


def send(host):
    return host.run(["python3", "-c", TRY]).stdout.strip()


def wait_seen(host, look):
    return hosts.wait_for(lambda: look(disk(host) or {}),
                          what="a look at the disk", every=0.1)


def notices(host, name):
    """What the journal has of an alarm, oldest first."""
    out = host.run(["journalctl", "-q", "-o", "json",
                    f"MAILBAN_ALARM={name}"]).stdout
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def full(host):
    """A host with 64 MB and 3000 inodes for the queue."""
    host.write("/var/log/own.log", "")
    mount(host, "64m", 3000)
    host.daemon = start(host)
    wait_seen(host, lambda d: d.get("bytes"))
    return host


def test_a_queue_that_fills_by_bytes(full, tally):
    """In small steps until Postfix says 452."""
    assert send(full).startswith("250 ")
    full.run(["dd", "if=/dev/zero", f"of={SPOOL}/fill0", "bs=1M",
              "count=26", "status=none"])
    raised, step = {}, 0
    while True:
        before = alarms(full)
        for name, alarm in before.items():
            raised.setdefault((name, alarm["level"]), step)
        answer = send(full)
        if not answer.startswith("250 "):
            break
        step += 1
        full.run(["dd", "if=/dev/zero", f"of={SPOOL}/fill{step}", "bs=1M",
                  "count=2", "status=none"])
        free = full.run(["stat", "-f", "-c", "%a %S", SPOOL]).stdout.split()
        free = int(free[0]) * int(free[1])
        wait_seen(full, lambda d: abs(d["bytes_free"] - free) < 200_000)
        assert step < 64
    assert answer.startswith("452 4.3.1")
    assert raised["disk_free", "warning"] < raised["disk_free", "critical"] \
        < step
    tally.fault("a queue's disk filled up")
    alarm = alarms(full)["disk_free"]
    assert alarm["subject"] == SPOOL
    assert "Postfix refuses mail now (452 4.3.1" in alarm["text"]
    assert alarm["next"].startswith("du -xh")
    done = full.mailban("status")
    assert "disk_free" in done.stdout and SPOOL in done.stdout
    # The end of it is told, once, and all is quiet again.
    full.run(["sh", "-c", f"rm {SPOOL}/fill*"])
    hosts.wait_for(lambda: not alarms(full), what="recovery", every=0.2)
    told = notices(full, "disk_free")
    assert [n["MAILBAN_NEWS"] for n in told] == \
        ["raised", "worse", "recovered"]
    assert [n["PRIORITY"] for n in told] == ["4", "2", "5"]
    assert told[0]["MESSAGE_ID"] == told[1]["MESSAGE_ID"] \
        != told[2]["MESSAGE_ID"]
    assert "well again, after" in told[2]["MESSAGE"]
    assert send(full).startswith("250 ")


def test_a_queue_that_fills_by_inodes(full, tally):
    """Postfix never looks at inodes; without any it hangs or says 451."""
    raised, made = {}, 0
    while True:
        for name, alarm in alarms(full).items():
            raised.setdefault((name, alarm["level"]), made)
        answer = send(full)
        if not answer.startswith("250 "):
            break
        free = int(full.run(["stat", "-f", "-c", "%d", SPOOL]).stdout)
        more = min(free, max(20, free // 3))
        full.run(["python3", "-c",
                  f"for i in range({more}): "
                  f"open('{SPOOL}/n{made}-%d' % i, 'w').close()"],
                 check=False)
        made += more
        free = int(full.run(["stat", "-f", "-c", "%d", SPOOL]).stdout)
        wait_seen(full, lambda d: abs(d["inodes_free"] - free) < 10)
    tally.fault("a queue's disk out of inodes")
    assert re.match("(0|45[12]) ", answer), answer
    assert raised["inodes_free", "warning"] <= \
        raised["inodes_free", "critical"] < made
    assert "disk_free" not in alarms(full)


@pytest.mark.builds("release")  # it has a figure
def test_a_hundred_thousand_deferred(host):
    """Each with the name that Postfix would give it, in its hashed folder."""
    host.write("/var/log/own.log", "")
    mount(host, "256m", 200000)
    host.run(["python3", "-c", f"""
import os
for i in range(100000):
    name = "%05X%07X" % (i * 7 % 0x100000, i)
    folder = "{SPOOL}/deferred/" + name[0]
    os.makedirs(folder, 0o700, exist_ok=True)
    os.mknod(folder + "/" + name, 0o100700)
os.system("chown -R postfix {SPOOL}/deferred; chmod 700 {SPOOL}/deferred")
"""])
    # A queue manager that runs would take empty files for corrupt ones.
    configure(host)
    start(host, postfix=False)

    def look():
        return {q["name"]: q for q in host.status().get("queues", ())}
    queues = hosts.wait_for(look, what="a look at the queues", every=0.1)
    assert queues["deferred"]["messages"] == 100000
    hosts.wait_for(lambda: "deferred" in alarms(host), every=0.2)
    alarm = alarms(host)["deferred"]
    assert alarm["level"] == "critical" and alarm["value"] == 100000
    assert "postqueue -f" in alarm["next"] and "-d ALL" not in alarm["next"]
    # Others may have the processors just now.
    hosts.wait_for(lambda: host.status()["look_took"] < 200_000,
                   what="a look of 0.2 s", every=0.5)


HOOK = """#!/usr/bin/python3
import json, os, sys
if os.path.exists("/srv/hang"):
    import time
    time.sleep(1000)
with open("/srv/told", "a") as f:
    f.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
"""


def told(host):
    path = host.path("/srv/told")
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def corrupt(host, name):
    host.write(f"{SPOOL}/corrupt/{name}", "", 0o600)


def test_the_hook(host):
    """argv and environment, of the user, without a shell or a capability."""
    host.write("/var/log/own.log", "")
    host.write("/usr/local/bin/hook", HOOK, 0o755)
    host.path("/srv").chmod(0o777)
    start(host, "hook = /usr/local/bin/hook\n")
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    corrupt(host, "A1")
    (argv, env), = hosts.wait_for(lambda: told(host), every=0.1)
    assert argv[:2] == ["corrupt", "raised"]
    assert argv[2].startswith(f"{SPOOL}: 1 message in the corrupt queue")
    assert env["MAILBAN_ALARM"] == "corrupt"
    assert env["MAILBAN_LEVEL"] == "warning"
    assert env["MAILBAN_SUBJECT"] == SPOOL
    assert env["MAILBAN_VALUE"] == "1"
    assert env["MAILBAN_NEXT"].endswith("rm -i " + SPOOL + "/corrupt/QUEUEID")
    assert host.run(["stat", "-c", "%U", "/srv/told"]).stdout == "mailban\n"
    host.path(f"{SPOOL}/corrupt/A1").unlink()
    hosts.wait_for(lambda: len(told(host)) == 2, every=0.1)
    assert told(host)[1][0][:2] == ["corrupt", "recovered"]


def test_a_hook_that_fails(host):
    host.write("/var/log/own.log", "")
    daemon = start(host, "hook = /nowhere/at/all\n")
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    corrupt(host, "A1")
    daemon.wait_log("^ERROR alarms: the hook failed with status 127")


def test_without_postfix_the_disks_are_watched(host):
    host.write("/var/log/own.log", "")
    host.run(["mv", "/usr/sbin/postconf", "/usr/sbin/postconf.away"])
    start(host, postfix=False)
    disks = hosts.wait_for(lambda: host.status()["disks"], every=0.1)
    assert [d["path"] for d in disks] == ["/var/log", "/var/lib/mailban"]
    assert host.status()["queues"] == []


def stop_gauge(host, how="-STOP"):
    host.run(["kill", how, host.run(["pgrep", "mailban-gauge"]).stdout
              .strip()])


def test_a_gauge_process_that_stands_still(host):
    host.write("/var/log/own.log", "")
    daemon = start(host, postfix=False)
    hosts.wait_for(lambda: host.status()["disks"], every=0.1)
    stop_gauge(host)
    hosts.wait_for(lambda: "gauge" in alarms(host), every=0.2)
    assert alarms(host)["gauge"]["text"].startswith(
        "disks and queues: not seen for")
    assert daemon.alive()


def test_a_file_system_that_hangs(host, tally):
    """It is told, bans go on; so is one that has gone away for good."""
    host.write("/var/log/own.log", "")
    host.path("/srv/far").mkdir()
    host.run(["mount", "-t", "tmpfs", "none", "/srv/far"])
    daemon = start(host, "paths = /srv/far\n", postfix=False)
    hosts.wait_for(lambda: disk(host, "/srv/far"), every=0.1)
    far = host.start(["/mailban/tests/frozen.py", "/srv/far"])
    far.wait_log("^frozen$")
    tally.fault("a file system that hangs")
    hosts.wait_for(lambda: "gauge" in alarms(host), every=0.2)
    host.mailban("ban", "dovecot", "192.0.2.1")
    tally.bans(["192.0.2.1"], host.wait_banned("dovecot", "192.0.2.1"))
    os.kill(far.pid, signal.SIGKILL)
    hosts.wait_for(lambda: set(alarms(host)) == {"read_only"}, every=0.2)
    alarm = alarms(host)["read_only"]
    assert alarm["text"].startswith(
        "/srv/far: cannot be looked at: Transport endpoint is not connected")
    host.run(["umount", "/srv/far"])
    hosts.wait_for(lambda: not alarms(host), every=0.2)
    assert "ERROR" not in daemon.log()


def test_a_gauge_process_that_is_killed(host, tally):
    """Another one looks on, and each time it is told once."""
    host.write("/var/log/own.log", "")
    configure(host)
    daemon = start(host, postfix=False)
    for times in (1, 2, 3):
        hosts.wait_for(lambda: host.status()["queues"], every=0.1)
        before = daemon.children()["mailban-gauge"]
        tally.fault("kill -9 of the gauge process")
        os.kill(before, signal.SIGKILL)
        daemon.wait_log("^ERROR alarms: the gauge process was killed: another",
                        count=times)
        daemon.wait_log("^INFO alarms: disks and queues are watched again",
                        count=times)
        assert daemon.children()["mailban-gauge"] != before
    assert daemon.log().count("ERROR") == 3


def test_a_runner_that_is_killed(host, tally):
    """With the hook that it runs: the next notice is told by another one."""
    host.write("/var/log/own.log", "")
    host.path("/srv").chmod(0o777)
    hook = "#!/bin/sh\necho $1 $2 >>/srv/told\n"
    host.write("/srv/hook", hook + "sleep 1000 & sleep 1001\n", 0o755)
    configure(host)
    daemon = start(host, "hook = /srv/hook\n", postfix=False)
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    corrupt(host, "A1")
    hosts.wait_for(host.path("/srv/told").exists, every=0.1)
    tally.fault("kill -9 of the runner")
    os.kill(daemon.children()["mailban-runner"], signal.SIGKILL)
    daemon.wait_log("^ERROR alarms: the process that runs the hook was "
                    "killed: 1 notices are lost")
    # Nobody would ever end it.
    assert host.run(["pgrep", "sleep"], check=False).stdout == ""
    host.write("/srv/hook", hook, 0o755)
    # So is Postfix asked, who answers to another one.
    host.mailban("reload")
    host.path(f"{SPOOL}/corrupt/A1").unlink()
    hosts.wait_for(lambda: "corrupt recovered" in
                   host.path("/srv/told").read_text(), every=0.1)
    assert host.status()["notices_lost"] == 1
    assert daemon.log().count("ERROR") == 1


@pytest.mark.parametrize("keeper", ["gauge-keeper", "runner-keeper",
                                    "mailban-names"])
def test_who_starts_others_is_killed(host, keeper, tally):
    """Who started mailband can start all of it; the bans stay."""
    host.write("/var/log/own.log", "")
    daemon = start(host, postfix=False)
    host.mailban("ban", "dovecot", "192.0.2.1")
    host.wait_banned("dovecot", "192.0.2.1")
    tally.fault("kill -9 of a keeper")
    os.kill(daemon.children()[keeper], signal.SIGKILL)
    assert daemon.wait() == 1
    assert "gone" in daemon.log() and "to be started again" in daemon.log()
    tally.bans(["192.0.2.1"], host.banned("dovecot"))
    host.mailband()
    tally.bans(["192.0.2.1"], host.banned("dovecot"))
    # Of the first one nothing is left.
    hosts.wait_for(lambda: len(host.run(["pgrep", "-f", "/mailban/build"])
                               .stdout.split()) <= 6)


def test_a_queue_that_is_mounted_later(host):
    """It is looked into as soon as it is there."""
    host.write("/var/log/own.log", "")
    host.run(["mv", SPOOL, "/srv/spool"])
    host.path(SPOOL).mkdir()
    configure(host)
    daemon = start(host, postfix=False)
    hosts.wait_for(lambda: host.status()["disks"], every=0.1)
    assert not host.status()["queues"]
    host.run(["mount", "-t", "tmpfs", "none", SPOOL])
    host.run(["cp", "-a", "/srv/spool/.", SPOOL])
    corrupt(host, "A1")
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    hosts.wait_for(lambda: "corrupt" in alarms(host), every=0.1)
    # And another one over it.
    host.run(["mount", "-t", "tmpfs", "none", SPOOL])
    host.run(["cp", "-a", "/srv/spool/.", SPOOL])
    hosts.wait_for(lambda: "corrupt" not in alarms(host), every=0.1)
    assert "ERROR" not in daemon.log()


def test_a_mail_store_that_is_not_mounted(host, tally):
    """The disk beneath shows through, and has room."""
    store = "/srv/store"
    host.write("/var/log/own.log", "")
    host.run(["mkdir", "-p", f"{store}/vhosts"])
    mounted = ["mount", "-t", "tmpfs", "-o", "size=9m", "none", store]
    host.run(mounted)
    host.run(["mkdir", f"{store}/vhosts"])
    start(host, f"paths = {store} {store}/vhosts\n", postfix=False)
    hosts.wait_for(lambda: (disk(host, store) or {}).get("bytes") == 9 << 20,
                   what="a look", every=0.1)
    assert not alarms(host)
    host.run(["umount", store])
    alarm = hosts.wait_for(lambda: alarms(host).get("read_only"),
                           what="the alarm", every=0.2)
    tally.fault("a mail store was unmounted")
    assert alarm["level"] == "critical" and alarm["subject"] == store
    assert f"{store}: is not mounted any more, since" in alarm["text"]
    assert alarm["next"].startswith("mount -a; ")
    assert set(alarms(host)) == {"read_only"}
    assert "not mounted" in next(d for d in host.status()["disks"]
                                 if d["path"] == store)["error"]
    host.run(mounted)
    hosts.wait_for(lambda: not alarms(host), what="recovery", every=0.2)


def test_a_hook_that_never_ends(host, tally):
    """It is killed, with what it began, and all else goes on."""
    host.write("/var/log/own.log", "")
    host.path("/srv").chmod(0o777)
    host.write("/srv/hook", "#!/bin/sh\necho $2 >>/srv/told\n"
               "sleep 1000 & sleep 1001\n", 0o755)
    configure(host)
    daemon = start(host, "hook = /srv/hook\n", postfix=False)
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    tally.fault("a hook that never ends")
    corrupt(host, "A1")
    hosts.wait_for(host.path("/srv/told").exists, every=0.1)
    host.mailban("ban", "dovecot", "192.0.2.1")
    tally.bans(["192.0.2.1"], host.wait_banned("dovecot", "192.0.2.1"))
    daemon.wait_log("^ERROR alarms: the hook took more than 30 seconds and was "
                    "killed", timeout=30 + hosts.LATE)
    # They have the signal, and are gone when they had a processor since.
    hosts.wait_for(lambda: host.run(["pgrep", "sleep"],
                                    check=False).returncode == 1, every=0.1,
                   what="nothing is left of the hook")
    host.path(f"{SPOOL}/corrupt/A1").unlink()
    hosts.wait_for(lambda: "recovered" in host.path("/srv/told").read_text(),
                   every=0.1)


@pytest.mark.parametrize("line, fault", [
    ("message_size_limit = 900000000000",
     "message_size_limit = 900 GB: Postfix refuses all mail with less than "
     "1.4 TB free in /var/spool/postfix"),
    ("queue_minfree = 1000",
     "queue_minfree = 1000 is without effect: Postfix wants 1.5 times "
     "message_size_limit anyway, so 15 MB (15360000) at least"),
    ("message_size_limit = 0",
     "Postfix takes mail until /var/spool/postfix is full"),
])
def test_faults_of_main_cf_are_told(host, line, fault):
    host.write("/var/log/own.log", "")
    mount(host, "64m", 3000)
    configure(host)
    host.append("/etc/postfix/main.cf", line + "\n")
    daemon = start(host, postfix=False)
    daemon.wait_log("^WARNING main.cf: .*" + re.escape(fault))


def test_mail_of_what_is_not_about_mail(host):
    """Through Postfix' own sendmail; an alarm of the queue is not sent so."""
    host.write("/var/log/own.log", "")
    daemon = start(host, "mail_to = alice@mx.example.org\n")
    hosts.wait_for(lambda: host.status()["queues"], every=0.1)
    corrupt(host, "A1")
    hosts.wait_for(lambda: "corrupt" in alarms(host), every=0.1)
    stop_gauge(host)

    def sent():
        return [line for line in host.run(
            ["journalctl", "-q", "-o", "cat", "-t", "postfix/pickup"])
            .stdout.splitlines() if "from=<>" in line]
    hosts.wait_for(sent, what="a message in the queue", every=0.2)
    # One after the other: one of the queue would have come before.
    assert len(sent()) <= len(notices(host, "gauge"))
    assert "sendmail failed" not in daemon.log()
