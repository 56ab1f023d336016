# SPDX-License-Identifier: GPL-2.0-or-later
"""What Postfix and Dovecot log of themselves becomes an alarm, once."""
import re

import pytest

import attack
import hosts
import mailhost
import statefile
from test_alarms import CONF, alarms, notices

SPAM = ("NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 <a@b>: Relay access "
        "denied; from=<{0}> to=<a@b> proto=ESMTP helo=<{0}>")


def watch(host, more="", **how):
    """mailband on a mail log, with Postfix and Dovecot nowhere."""
    host.journald()
    host.write(attack.MAIL_LOG, "")
    return host.mailband({"mailban.conf": CONF.format(more=more),
                          "jail.local": attack.jail()}, **how)


def log(host, *lines, at=attack.MAIL_LOG):
    host.append(at, "".join(attack.line(text, tag) for tag, text in lines))


def kept(host):
    """What alarms have learnt, as the state has it."""
    with statefile.copied(host.path(statefile.PATH)) as (_, db):
        row = db.execute(
            "SELECT place FROM position WHERE source = 'alarms'").fetchone()
    return row[0] if row else b""


def raised(host, *names):
    return hosts.wait_for(lambda: set(names) <= set(alarms(host)) and
                          alarms(host), what=f"alarms {names}", every=0.1)


@pytest.mark.parametrize("name, subject, level, tag, text", [
    ("no_space", "postfix", "critical", "postfix/cleanup[7]",
     "warning: mail_queue_enter: create file incoming/112.77: No space left on "
     "device"),
    ("disk_fault", "postfix", "critical", "postfix/qmgr[7]",
     "fatal: qmgr_move: update active/4F1C2A3 time stamps: Read-only file "
     "system"),
    ("process_limit", "dovecot", "critical", "dovecot",
     "master: Warning: service(imap-login): process_limit (100) reached, "
     "client connections are being dropped"),
    ("throttled", "postfix", "warning", "postfix/master[7]",
     "warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- "
     "throttling"),
    ("crashed", "dovecot", "warning", "dovecot",
     "imap(alice)<4711><9ZHq>: Fatal: master: service(imap): child 4711 killed "
     "with signal 11 (core dumped)"),
])
def test_one_line_is_enough(host, name, subject, level, tag, text, tally):
    watch(host)
    log(host, (tag, text))
    alarm = raised(host, name)[name]
    assert (alarm["subject"], alarm["level"]) == (subject, level)
    assert alarm["value"] == 1 and alarm["text"].startswith(
        f"{subject}: 1 line of the last minutes says that")
    assert alarm["next"]
    told, = notices(host, name)
    assert told["MAILBAN_NEWS"] == "raised"
    tally.fault(f"a mail system that logs {name}")


def test_no_client_raises_one(host, tally):
    """All that would be a sign, where clients write."""
    watch(host, "fatal = 0 0\nmail_config = 0 0\n")
    texts = ["452 4.3.1 Insufficient system storage", "panic: x", "fatal: y",
             "No space left on device", "service \"smtp\" (25) has reached its "
             "process limit \"1\": x", "x -- throttling",
             "terminating on signal 15", "mail system configuration error",
             "master: Warning: Killed with signal 15 (by pid=1 uid=0 code=x)",
             ">, Fatal: master: service(imap): child 1 killed with signal 9"]
    for text in texts:
        log(host, ("postfix/smtpd[7]", SPAM.format(text)),
            ("postfix/smtpd[7]", "warning: x[192.0.2.1]: SASL LOGIN "
             f"authentication failed: x, sasl_username={text}: {text}"),
            ("postfix/smtpd[7]",
             f"warning: non-SMTP command from x[192.0.2.1]: {text}"),
            ("postfix/smtp[7]", "4F1C2A3: to=<a@b>, relay=mx[192.0.2.9]:25, "
             "delay=1, delays=1/0/0/0, dsn=4.3.1, status=deferred (host mx"
             f"[192.0.2.9] said: {text})"),
            ("dovecot", "imap-login: Disconnected (auth failed, 1 attempts): "
             f"user=<{text}>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2"))
    tally.bad_input("signs of trouble where clients write", 5 * len(texts))
    log(host, ("postfix/panic[7]", "statistics: x"),
        ("postfix/smtpd[7]", "fatal: open database: really"))
    assert set(raised(host, "fatal")) == {"fatal"}
    assert alarms(host)["fatal"]["value"] == 1


def test_an_end_without_a_new_beginning(host, tally):
    watch(host, "mail_down = off 2s\n")
    log(host, ("postfix/master[7]", "terminating on signal 15"),
        ("postfix/master[8]", "daemon started -- version 3.7.11, "
         "configuration /etc/postfix"),
        ("dovecot", "master: Warning: Killed with signal 15 (by pid=1 uid=0 "
         "code=kill)"))
    alarm = raised(host, "mail_down")["mail_down"]
    assert alarm["subject"] == "dovecot" and alarm["level"] == "critical"
    assert "nobody can read mail or log in" in alarm["text"]
    log(host, ("dovecot", "master: Dovecot v2.3.19.1 (9b53102964) starting up "
               "for imap, lmtp (core dumps disabled)"))
    hosts.wait_for(lambda: not alarms(host), every=0.1)
    assert [n["MAILBAN_NEWS"] for n in notices(host, "mail_down")] == \
        ["raised", "recovered"]
    tally.fault("a mail system that ended")


def test_who_ended_is_known_over_a_restart(host, tally):
    """Of two instances the one that did, and what it is that began."""
    daemon = watch(host, "mail_down = off 2s\n")
    log(host, ("postfix-out/master[9]", "terminating on signal 15"),
        ("postfix/master[7]", "terminating on signal 15"),
        ("postfix/master[8]", "daemon started -- version 3.7.11, "
         "configuration /etc/postfix"))
    alarm = raised(host, "mail_down")["mail_down"]
    assert alarm["subject"] == "postfix-out"
    assert "postmulti -i postfix-out -p start" in alarm["next"]
    since = alarm["value"]
    assert daemon.stop() == 0
    daemon = host.mailband()
    alarm = raised(host, "mail_down")["mail_down"]
    assert alarm["subject"] == "postfix-out" and alarm["value"] > since
    # Killed, too: who ended is written at once.
    log(host, ("dovecot", "master: Warning: Killed with signal 15 (by pid=1 "
               "uid=0 code=kill)"),
        ("postfix-out/master[9]", "daemon started -- version 3.7.11, "
         "configuration /etc/postfix-out"))
    hosts.wait_for(lambda: alarms(host).get("mail_down", {}).get("subject") ==
                   "dovecot", what="Dovecot's end", every=0.1)
    hosts.wait_for(lambda: re.search(
        rb"dovecot\x01\x00\x00\x00.{8}\x01", kept(host), re.S),
        what="that Dovecot ended, in the state", every=0.1)
    daemon.kill()
    host.mailband()
    assert raised(host, "mail_down")["mail_down"]["subject"] == "dovecot"
    tally.fault("a mail system that ended, and a mailband that did")


def test_a_line_of_long_ago_is_no_alarm(host):
    """As a log has it that was written while mailband was away."""
    watch(host)
    host.append(attack.MAIL_LOG, "2026-01-01T10:00:00+00:00 mx "
                "postfix/smtpd[7]: panic: x\n")
    log(host, ("postfix/smtpd[7]", "panic: x"))
    assert raised(host, "crashed")["crashed"]["value"] == 1


def test_one_line_in_two_logs_is_one(host):
    host.journald()
    for path in ("/var/log/mail.log", "/var/log/mail.err"):
        host.write(path, "")
    host.mailband({
        "mailban.conf": CONF.format(more=""), "jail.local": attack.jail(
            logpath="/var/log/mail.log\n          /var/log/mail.err")})
    for path in ("/var/log/mail.log", "/var/log/mail.err"):
        log(host, ("postfix/smtpd[7]", "panic: x"), at=path)
    raised(host, "crashed")
    log(host, ("postfix/smtpd[7]", "panic: x"))
    hosts.wait_for(lambda: alarms(host)["crashed"]["value"] == 2,
                   every=0.1)


def test_who_is_not_believed_raises_none(host):
    """In the journal any user may call himself postfix/smtpd."""
    host.journald()
    host.mailband({"mailban.conf": CONF.format(more=""),
                   "jail.local": attack.jail("postfix", backend="systemd")})
    host.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
              "logger", "-t", "postfix/smtpd", "-p", "mail.crit", "panic: x"])
    host.logger("panic: y", tag="postfix/smtpd")
    assert raised(host, "crashed")["crashed"]["value"] == 1


def swell(host, senders):
    """A real Postfix with no route: so many messages of each sender."""
    host.run(["postconf", "-e", "defer_transports=smtp"])
    host.run(["postfix", "reload"])
    host.run(["sh", "-c", "".join(
        f"for i in $(seq {n}); do echo x | sendmail -f '{sender}' "
        "x@far.example; done;" for sender, n in senders.items())])


def queued(host, name):
    return next((q["messages"] for q in host.status().get("queues", ())
                 if q["name"] == name), 0)


@pytest.mark.parametrize("sandbox", ["yes", "no"])
def test_who_fills_the_queue_is_named(host, sandbox, tally):
    """Asked of a real postqueue as soon as the first sample is beyond."""
    host.write("/var/log/own.log", "")
    host.journald()
    mailhost.start(host)
    host.mailband({
        "mailban.conf": CONF.format(more="deferred = 5 100\n").replace(
            "[alarms]", f"sandbox = {sandbox}\n[alarms]"),
        "jail.local": attack.jail(logpath="/var/log/own.log")})
    swell(host, {"boss@spam.example": 8, "a<b>|c@spam.example": 2})
    alarm = hosts.wait_for(
        lambda: alarms(host).get("deferred"), 60, every=0.2)
    alarm = hosts.wait_for(
        lambda: "from <" in alarms(host)["deferred"]["text"] and
        alarms(host)["deferred"], what="who fills it", every=0.2)
    # It may have been asked before the last of them was there.
    alarm = hosts.wait_for(
        lambda: "; to <far.example> 10; " in alarms(host)["deferred"]
        ["text"] and alarms(host)["deferred"], 90, what="all", every=0.5)
    assert "; from <boss@spam.example> 8, <" in alarm["text"]
    assert "; because <" in alarm["text"]
    moving, hold = host.status()["queue_lists"]
    assert moving["part"] == "moving" and moving["messages"] == 10
    assert moving["senders"][0] == {"name": "boss@spam.example", "n": 8}
    assert moving["domains"] == [{"name": "far.example", "n": 10}]
    assert hold["messages"] == 0
    done = host.mailban("check", "queue", check=False)
    assert done.returncode == 1
    first, *more = done.stdout.splitlines()
    assert "10 messages in the deferred queue" in first
    assert more[0].startswith("on their way, from: <boss@spam.example> 8")
    assert "|" not in "".join(more)
    tally.fault("a queue that swells")


def test_what_is_put_on_hold_is_told(host):
    host.write("/var/log/own.log", "")
    host.journald()
    mailhost.start(host)
    host.mailband({
        "mailban.conf": CONF.format(more="hold_growth = 2 off\n"),
        "jail.local": attack.jail(logpath="/var/log/own.log")})
    swell(host, {"boss@spam.example": 3})
    hosts.wait_for(lambda: queued(host, "deferred") == 3, every=0.2)
    host.run(["postsuper", "-h", "ALL"])
    alarm = hosts.wait_for(
        lambda: alarms(host).get("hold_growth"), every=0.2)
    alarm = hosts.wait_for(
        lambda: "from <" in alarms(host)["hold_growth"]["text"] and
        alarms(host)["hold_growth"], what="who is on hold", every=0.2)
    assert "more messages in the hold queue within an hour" in alarm["text"]
    assert "; from <boss@spam.example> " in alarm["text"]
    assert "postsuper -H QUEUEID" in alarm["next"]
