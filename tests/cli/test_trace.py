# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban trace: the life of a message, and of no other."""
import gzip
import json
import subprocess

import pytest

import hosts
import mailhost

# As Postfix (src/smtpd, cleanup, qmgr, bounce, global/log_adhoc.c) and Dovecot
# (src/lmtp) write them: an id that is used twice, a content filter that makes a
# new message-id, and a notice to a sender.
LOG = """\
Nov 21 09:00:00 mx postfix/qmgr[3]: 04D8CA8C442: from=<old@x>, size=1, nrcpt=1 (queue active)
Nov 21 09:00:01 mx postfix/qmgr[3]: 04D8CA8C442: removed
Nov 21 10:00:00 mx postfix/smtpd[1]: 04D8CA8C442: client=web.localnet[192.0.2.7]
Nov 21 10:00:00 mx postfix/cleanup[2]: 04D8CA8C442: message-id=<1@web.localnet>
Nov 21 10:00:00 mx postfix/qmgr[3]: 04D8CA8C442: from=<>, size=2311, nrcpt=1 (queue active)
Nov 21 10:00:30 mx postfix/smtp[4]: 04D8CA8C442: to=<bob@example.org>, relay=none, delay=30, delays=0.1/0.01/30/0, dsn=4.4.1, status=deferred (connect to mx.example.org[198.51.100.25]:25: Connection timed out)
Nov 21 10:00:31 mx postfix/smtpd[1]: 11111AAAAA: client=c[192.0.2.9]
Nov 21 10:00:31 mx postfix/cleanup[2]: 11111AAAAA: message-id=<in@a>
Nov 21 10:00:31 mx postfix/qmgr[3]: 11111AAAAA: from=<a@a>, size=2311, nrcpt=1 (queue active)
Nov 21 10:00:32 mx postfix/smtpd[1]: 22222BBBBB: client=localhost[127.0.0.1]
Nov 21 10:00:32 mx postfix/cleanup[2]: 22222BBBBB: message-id=<out@filter>
Nov 21 10:00:32 mx postfix/smtp[4]: 11111AAAAA: to=<u@here>, orig_to=<alias@here>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 22222BBBBB)
Nov 21 10:00:32 mx postfix/qmgr[3]: 11111AAAAA: removed
Nov 21 10:00:33 mx dovecot: lmtp(u@here)<77><abc>: msgid=<out@filter>: saved mail to INBOX
Nov 21 10:00:33 mx postfix/lmtp[5]: 22222BBBBB: to=<u@here>, relay=mx[private/dovecot-lmtp], delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=sent (250 2.0.0 <u@here> abc Saved)
Nov 21 10:00:33 mx postfix/qmgr[3]: 22222BBBBB: removed
Nov 21 10:00:40 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.4]: 554 5.7.1 <u@here>: no; from=<e@e> to=<u@here> proto=ESMTP helo=<x>
Nov 21 10:01:00 mx postfix/smtpd[1]: 33333CCCCC: client=c[192.0.2.9]
Nov 21 10:01:00 mx postfix/cleanup[2]: 33333CCCCC: message-id=<b@a>
Nov 21 10:01:01 mx postfix/smtp[4]: 33333CCCCC: to=<z@z>, relay=z[198.51.100.2]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host z said: 550 5.1.1 no such user (in reply to RCPT TO command))
Nov 21 10:01:01 mx postfix/cleanup[2]: 44444DDDDD: message-id=<n@mx>
Nov 21 10:01:01 mx postfix/bounce[6]: 33333CCCCC: sender non-delivery notification: 44444DDDDD
Nov 21 10:01:01 mx postfix/qmgr[3]: 33333CCCCC: removed
Nov 21 10:01:02 mx postfix/smtp[4]: 44444DDDDD: to=<b@b>, relay=a[198.51.100.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 04D8CA8C442)
Nov 21 10:01:02 mx postfix/qmgr[3]: 44444DDDDD: removed
"""


@pytest.fixture(scope="module")
def program(build):
    return hosts.built("mailban", build)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "mail.log"
    path.write_text(LOG)
    return path


def run(program, *words, status=0, given=None):
    done = subprocess.run([program, "trace", *map(str, words)], input=given,
                          env={**hosts.SANITIZER_ENV, "TZ": "UTC"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=60)
    assert done.returncode == status, done.stderr.decode()
    run.told = done.stderr.decode()
    return done.stdout.decode()


def trace(program, *words, **more):
    return json.loads(run(program, "--json", *words, **more))


def ids(message):
    return {step["queue_id"] for step in message if "queue_id" in step}


def test_example_by_its_queue_id(program, log):
    old, message = trace(program, "04D8CA8C442", log)["messages"]
    assert [step["step"] for step in old] == ["queued", "removed"]
    assert [step["step"] for step in message] == [
        "received", "named", "queued", "deferred"]
    assert message[0]["client"] == "web.localnet[192.0.2.7]"
    assert message[1]["message_id"] == "<1@web.localnet>"
    assert message[2]["sender"] == ""
    assert message[3]["dsn"] == "4.4.1"
    assert message[3]["meaning"] == "tried again"
    assert message[3]["delays"] == {"before": 0.1, "queue": 0.01,
                                    "connect": 30, "send": 0}
    text = run(program, "04D8CA8C442", log)
    assert "dsn=4.4.1 (tried again: network or routing)" in text
    assert "30 connecting" in text


@pytest.mark.parametrize("query", [
    "11111AAAAA", "22222BBBBB", "<in@a>", "out@filter", "alias@here", "A@a"])
def test_through_a_content_filter(program, log, query):
    message, = trace(program, query, log)["messages"]
    assert ids(message) == {"11111AAAAA", "22222BBBBB"}
    sent = [step for step in message if step["step"] == "sent"]
    assert sent[0]["queued_as"] == "22222BBBBB"
    assert [s["program"] for s in message if s["step"] == "saved"] == ["lmtp"]


@pytest.mark.parametrize("query", ["33333CCCCC", "z@z", "44444DDDDD", "b@b"])
def test_with_the_notice_to_the_sender(program, log, query):
    message, = trace(program, query, log)["messages"]
    assert ids(message) == {"33333CCCCC", "44444DDDDD"}
    assert message[2]["meaning"] == "returned"


def test_a_remote_id_is_not_ours(program, log):
    # The last delivery is queued there under an id that this host has too.
    assert all(ids(message) == {"04D8CA8C442"} for message in
               trace(program, "04D8CA8C442", log)["messages"])


def test_refused_before_there_was_a_message(program, log):
    told = trace(program, "e@e", log)
    assert told["messages"] == []
    assert [step["step"] for step in told["refused"]] == ["refused"]


def test_nothing_and_faults(program, log, tmp_path):
    assert run(program, "nobody@nowhere", log, status=1) == ""
    assert "nothing of 'nobody@nowhere' in these logs" in run.told
    # What reads as a pattern is none.
    for query in (".*", "04D8CA8C44.", "[0-9A-F]*", "%s%n", "a@", "@a", "@"):
        assert run(program, query, log, status=1) == ""
    run(program, status=2)
    run(program, "", log, status=2)
    run(program, "<>", log, status=2)
    run(program, "04D8CA8C442", tmp_path / "none", status=2)
    assert "none" in run.told


def test_several_logs_compressed_and_from_a_pipe(program, log, tmp_path):
    lines = LOG.encode().splitlines(keepends=True)
    first = tmp_path / "mail.log.1.gz"
    first.write_bytes(gzip.compress(b"".join(lines[:9])))
    log.write_bytes(b"".join(lines[9:]))
    whole = run(program, "11111AAAAA", first, log)
    assert whole == run(program, "11111AAAAA", "-", given=LOG.encode())
    assert whole == run(program, "11111AAAAA", first, "-",
                        given=gzip.compress(b"".join(lines[9:])))
    assert whole.count("\n") == 11
    # As <(...) of a shell is: read once, and there once.
    for place in ("/dev/stdin", "/proc/self/fd/0"):
        assert whole == run(program, "11111AAAAA", first, place,
                            given=b"".join(lines[9:]))


def test_what_never_got_into_the_queue(program, tmp_path):
    log = tmp_path / "log"
    log.write_text(
        "Nov 21 10:00:00 mx postfix/smtpd[1]: 55555FFFFF: client=x[192.0.2.7]"
        "\nNov 21 10:00:00 mx postfix/cleanup[2]: 55555FFFFF: removed "
        "(canceled)\n")
    text = run(program, "55555FFFFF", log)
    assert text.splitlines()[-1].endswith("never in the queue (canceled)")


def test_hostile_text_stays_text(program, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(
        b"Nov 21 10:00:00 mx postfix/cleanup[2]: 55555FFFFF: "
        b"message-id=<\x1b]0;x\x07%n%s\xff>\n"
        b"Nov 21 10:00:00 mx postfix/smtp[2]: 55555FFFFF: to=<\"a>, dsn=2.0.0,"
        b" status=sent (queued as X)\"@b>, relay=r, delay=nan, delays=/////,"
        b" dsn=9, status=bounced (\x00\x1b[2J \xe2\x80\xae)\n")
    text = run(program, "55555FFFFF", log)
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert r"<\x1b]0;x\x07%n%s\xff>" in text
    assert "(?" in text
    _, step = trace(program, "55555FFFFF", log)["messages"][0]
    assert step["step"] == "bounced" and "meaning" not in step


def test_more_than_is_held_is_told(program, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as out:
        for i in range(10050):
            out.write(f"Nov 21 10:00:00 mx postfix/qmgr[1]: {i:010X}: "
                      "from=<a@b>, size=1, nrcpt=1 (queue active)\n")
    assert len(trace(program, "a@b", log)["messages"]) == 10000
    assert "there is more" in run.told


SEND = """
import smtplib
with smtplib.SMTP("127.0.0.1") as to:
    to.sendmail("a@mx.example.org", ["root@localhost"],
                "Message-ID: <real@mx.example.org>\\r\\n\\r\\nhello\\r\\n")
    try:
        to.sendmail("b@mx.example.org", ["c@elsewhere.example"], "x")
    except smtplib.SMTPRecipientsRefused:
        pass
"""


def test_a_real_mail_host(new_host):
    host = new_host()
    host.rsyslogd()
    mailhost.start(host)
    # Relaying is refused to who is not known, this host too.
    host.run(["python3", "-c", SEND])
    hosts.wait_for(lambda: "removed" in host.run(
        [host.program("mailban"), "trace", "real@mx.example.org"],
        check=False).stdout, what="the message is gone")
    told = json.loads(host.run([host.program("mailban"), "trace", "--json",
                                "ROOT@localhost"]).stdout)
    message, = told["messages"]
    steps = [step["step"] for step in message]
    assert steps[:3] == ["received", "named", "queued"]
    assert {"sent", "removed"} <= set(steps)
    told = json.loads(host.run([host.program("mailban"), "trace", "--json",
                                "c@elsewhere.example"]).stdout)
    assert told["messages"] == []
    assert [step["step"] for step in told["refused"]] == ["refused"]
