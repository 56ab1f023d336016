# SPDX-License-Identifier: GPL-2.0-or-later
"""The probe as an alarm of mailband's, against real mail servers."""
import hosts
import test_alarms
from test_check_servers import with_tls

SPOOL = "/var/spool/postfix"


def start(host, options, every="1s"):
    host.write("/var/log/own.log", "")
    return test_alarms.start(
        host, f"probe = {every}\nprobe_options = {options}\n",
        postfix=False)


def alarm(host, level, said, wait=30):
    """Waits until the alarm is so."""
    def look():
        found = test_alarms.alarms(host).get("probe")
        return found if found and found["level"] == level \
            and said in found["text"] else None
    return hosts.wait_for(look, wait, f"{level}: {said}", every=0.2)


def none(host):
    hosts.wait_for(lambda: not test_alarms.alarms(host), what="its end",
                   every=0.2)


def probes(host):
    return host.run(["journalctl", "-q", "-o", "cat", "-t",
                     "postfix/smtpd"]).stdout.count("disconnect from ")


def test_servers_that_stop(host, tally):
    """Each step by its name, the recovery told, and no word before."""
    host.journald()
    with_tls(host)
    start(host, "--timeout 3 --port 25,465,143,995")
    begun = probes(host)
    hosts.wait_for(lambda: probes(host) >= begun + 8, every=0.2)
    assert test_alarms.alarms(host) == {}
    tally.fault("a mail server stopped under the probe", 3)
    master = int(host.path(f"{SPOOL}/pid/master.pid").read_text())
    # And what it started, which accept connections by themselves.
    host.run(["kill", "-STOP", "--", f"-{master}"])
    told = alarm(host, "critical", "smtp 127.0.0.1: banner: no answer in time")
    assert "; clients and other servers fail as it does" in told["text"]
    assert told["next"].startswith("mailban check probe")
    assert told["value"] == 2
    host.run(["kill", "-CONT", "--", f"-{master}"])
    none(host)
    host.run(["dovecot", "stop"])
    alarm(host, "critical", "imap 127.0.0.1: connect: Connection refused")
    host.start(["dovecot", "-F"])
    none(host)
    news = [n["MAILBAN_NEWS"] for n in test_alarms.notices(host, "probe")]
    assert news == ["raised", "recovered"] * 2
    # And by a service that cannot start.
    host.run(["postconf", "-e", "smtpd_tls_security_level=nonsense"])
    host.run(["postfix", "reload"])
    alarm(host, "critical", "smtp 127.0.0.1: banner: ")


def test_what_is_not_known_is_not_fine(host):
    """A wrong option, and a program that is not there."""
    host.journald()
    test_alarms.configure(host)
    start(host, "--nonsense")
    told = alarm(host, "warning", "probe: not known: there is no option")
    assert told["value"] == 1


def test_without_room_it_is_not_asked(host, tally):
    """The disk is looked at first: no postmaster is written to."""
    host.journald()
    test_alarms.mount(host, "64m", 3000)
    with_tls(host)
    host.run(["sh", "-c", f"dd if=/dev/zero of={SPOOL}/fill bs=1M; true"])
    tally.fault("a queue's disk filled up")
    start(host, "--port 25")
    alarm(host, "critical", "Postfix refuses mail (452), not asked")
    assert "not enough free space" not in host.run(
        ["journalctl", "-q", "-o", "cat"]).stdout
    host.run(["rm", f"{SPOOL}/fill"])
    none(host)


def test_a_queue_that_is_read_only(host, tally):
    """Postfix takes MAIL FROM all the same, the probe says what it is."""
    host.journald()
    test_alarms.mount(host, "64m", 3000)
    # What master keeps open would be in the way; a fault of a disk is not
    # asked whether it is.
    host.run(["mount", "-t", "tmpfs", "none", f"{SPOOL}/pid"])
    with_tls(host)
    start(host, "--port 25")
    host.run(["mount", "-o", "remount,ro", SPOOL])
    tally.fault("a queue's disk read-only")
    alarm(host, "critical", f"{SPOOL} is read-only: no mail is taken")
    told = hosts.wait_for(
        lambda: test_alarms.alarms(host).get("read_only"), every=0.2)
    assert told["level"] == "critical" and "findmnt" in told["next"]
    host.run(["mount", "-o", "remount,rw", SPOOL])
    none(host)
    news = [n["MAILBAN_NEWS"] for n in test_alarms.notices(host, "read_only")]
    assert news == ["raised", "recovered"]
