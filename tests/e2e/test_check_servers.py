# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban check on a real mail host, and where there is none."""
import re
import signal
import time

import pytest

import attack
import hosts
import mailhost

# The command alone, which has no sandbox.
pytestmark = pytest.mark.builds("san")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
DAYS = 40


def check(host, *args, by=(), **run):
    done = host.run([*by, host.program("mailban"), "check", *args],
                    check=False, **run)
    assert re.fullmatch(r"(OK|WARNING|CRITICAL|UNKNOWN): [ -{}~]+"
                        r"(\|[ -{}~]+)?\n", done.stdout), done.stdout
    word = done.stdout.split(":")[0]
    assert done.returncode == \
        ["OK", "WARNING", "CRITICAL", "UNKNOWN"].index(word), done.stdout
    assert done.stderr == ""
    # As short as a plugin's first line may be (NRPE's least buffer).
    assert len(done.stdout) < 4096
    figures(done)
    return done


# 'label'=value[UOM];[warn];[crit];[min];[max], as the guidelines of Monitoring
# Plugins have it: without a quote where the label has neither blank, equals
# sign nor quote; a range is [@][start:][end]; what stands empty at the end may
# be left out.
NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = rf"@?(?:(?:{NUMBER}|~)?:)?(?:{NUMBER})?"
FIGURE = re.compile(
    rf"(?:'(?P<quoted>[^'=]+)'|(?P<plain>[^\s'=]+))=(?P<value>{NUMBER})"
    rf"(?P<unit>|s|ms|us|%|B|KB|MB|TB|c)(?:;(?P<w>{RANGE}))?"
    rf"(?:;(?P<c>{RANGE}))?(?:;(?P<least>{NUMBER})?)?"
    rf"(?:;(?P<most>{NUMBER})?)?(?: |$)")


def figures(done):
    """{label: value with unit} of the performance data, which must be so."""
    data = done.stdout.partition("|")[2].rstrip("\n")
    found, at = {}, 0
    while at < len(data):
        one = FIGURE.match(data, at)
        assert one, f"no figure: {data[at:]!r}"
        label = one["quoted"] or one["plain"]
        assert label not in found, f"twice: {label}"
        assert not one["quoted"] or " " in label
        if one["most"]:
            assert float(one["least"]) <= float(one["value"]) \
                <= float(one["most"]), one[0]
        found[label] = one["value"] + one["unit"]
        at = one.end()
    return found


@pytest.fixture
def mx(host):
    """A mail host whose mail to others stays where it is."""
    host.rsyslogd()
    mailhost.start(host)
    host.run(["postconf", "-e", "default_transport=retry:4.3.2 no route"])
    host.run(["postfix", "reload"])
    return host


def send(host, count, to="them@example.net"):
    for _ in range(count):
        host.run(["sendmail", "-f", "alice@mx.example.org", to],
                 input="Subject: x\n\nx\n")


def deferred(host):
    folder = host.path("/var/spool/postfix/deferred")
    return sum(path.is_file() for path in folder.rglob("*"))


# What it answers without anything

@pytest.mark.parametrize("args", [
    ("--nonsense",), ("-w",), ("queue", "-w", "5"), ("queue", "-c", "5"),
    ("queue", "-w", "5", "-c", "5"), ("queue", "-w", "x", "-c", "5"), ("disk", "-w", "101"),
    ("queue", "-w", "-1", "-c", "5"), ("disk", "-w", "5", "-c", "10"),
    ("-w", "5", "-c", "10"), ("queue", "-W", "5"), ("nothing",),
    ("queue", "disk"), ("-t", "0"), ("-t", "9999999999999999999"),
    ("-M", "exim"), ("probe", "-p", "26"), ("probe", "-p", ""),
    ("probe", "-p", "smtp:0"), ("probe", "-p", "smtp:65536"),
    ("probe", "-p", ",".join(["25"] * 17)), ("probe", "--egress", "x:y"),
    ("disk", "--path", "/nowhere"), ("queue",), ("disk",),
    ("queue", "-d", "/nowhere"), ("bans",), ("bans", "--socket", ""),
    ("bans", "--socket", "/dev/null"),
    ("probe", "--address", "x", "--reverse"), ("queue", "-H", ""),
], ids=" ".join)
def test_unknown_is_3(bare, args):
    done = bare.run([bare.program("mailban"), "check", *args], check=False)
    assert done.stdout.startswith(
        "CRITICAL: nobody" if args[0] == "probe" and "--" in args[1]
        else "UNKNOWN: "), done.stdout
    assert done.stdout.count("\n") == 1
    assert done.returncode == (2 if args[0] == "probe" and
                               "--" in args[1] else 3)


@pytest.fixture(scope="module")
def bare(tree, build):
    """A host where no mail server was ever set up."""
    host = hosts.Host(tree, build=build)
    try:
        yield host
    finally:
        host.close()


# The queue

def test_queue_as_check_mailq_says_it(mx):
    done = check(mx, "queue", "-w", "2", "-c", "4", "-M", "postfix", "-s")
    assert done.stdout.split(" maildrop=")[0] == \
        "OK: postfix mailq reports queue is empty|unsent=0;2;4;0"
    for count, said in (
            (1, "OK: postfix mailq (1) is below threshold (2/4)"),
            (2, "WARNING: postfix mailq is 2 (threshold w = 2)"),
            (4, "CRITICAL: postfix mailq is 4 (threshold c = 4)")):
        send(mx, count - deferred(mx))
        hosts.wait_for(lambda: deferred(mx) == count)
        told = f"{said}|unsent={count};2;4;0"
        done = check(mx, "queue", "-w", "2", "-c", "4")
        assert done.stdout.startswith(told), done.stdout
        assert figures(done)["deferred"] == str(count)
        # Who may not look into it hears the same from postqueue.
        done = check(mx, "queue", "--warning", "2", "--critical", "4",
                     by=NOBODY)
        assert done.stdout == told + "\n"
        mailq = mx.run(["mailq"]).stdout
        assert f"in {count} Request" in mailq
    # A message on hold is in the queue as well.
    mx.run(["postsuper", "-h", "ALL"])
    done = check(mx, "queue", "-w", "2", "-c", "4")
    assert figures(done)["hold"] == "4" and figures(done)["unsent"] == "4"


def test_queue_of_one_domain(mx):
    send(mx, 2)
    send(mx, 1, "you@example.org")
    hosts.wait_for(lambda: deferred(mx) == 3)
    done = check(mx, "queue", "-W", "3", "-C", "9")
    assert "3 messages in queue of mx.example.org (threshold W = 3)" \
        in done.stdout
    assert figures(done)["of_one_domain"] == "3"
    assert check(mx, "queue", "-W", "4", "-C", "9").returncode == 0


def test_queue_by_its_own_levels(mx):
    """Files as they lie there: many, old, damaged."""
    spool = mx.path("/var/spool/postfix")
    assert check(mx, "queue").returncode == 0
    mx.run(["postfix", "stop"])
    for number in range(201):
        (spool / f"deferred/A/A{number:09X}").parent.mkdir(exist_ok=True)
        (spool / f"deferred/A/A{number:09X}").write_bytes(b"")
    done = check(mx, "queue")
    assert "201 messages in deferred" in done.stdout
    assert done.returncode == 1
    (spool / "corrupt/C00000000").write_bytes(b"")
    assert "1 damaged messages in corrupt" in check(mx, "queue").stdout
    # A queue that is gone is nothing that is known.
    mx.run(["mv", "/var/spool/postfix/active", "/var/spool/postfix/elsewhere"])
    done = check(mx, "queue")
    assert done.returncode == 3 and "No such file" in done.stdout


def test_mail_system_is_down(mx):
    """postqueue is the only one to ask, and says so."""
    mx.run(["postfix", "stop"])
    done = check(mx, "queue", by=NOBODY)
    assert done.returncode == 2
    assert "the mail system is down" in done.stdout


# The disk

def test_disk_before_the_452(host, tally):
    """The alarm comes first; at the 452 the probe does not ask for it."""
    host.run(["mount", "-t", "tmpfs", "-o", "size=400m,nr_inodes=200", "tmpfs",
              "/srv"])
    done = check(host, "disk", "--path", "/srv")
    assert done.returncode == 0
    # By inodes.
    host.run(["sh", "-c", "for i in $(seq 185); do : >/srv/$i; done"])
    done = check(host, "disk", "--path", "/srv")
    assert done.returncode == 1 and "inodes free" in done.stdout
    host.run(["sh", "-c", "for i in $(seq 186 196); do : >/srv/$i; done"])
    assert check(host, "disk", "--path", "/srv").returncode == 2
    host.run(["umount", "/srv"])
    # By bytes, where the queue is.
    spool = "/var/spool/postfix"
    host.run(["cp", "-a", spool, "/tmp/spool"])
    host.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", spool])
    host.run(["sh", "-c", f"cp -a /tmp/spool/. {spool}; chmod 755 {spool}"])
    host.rsyslogd()
    mailhost.start(host)
    host.run(["postconf", "-e", "notify_classes="])
    host.run(["postfix", "reload"])
    host.run(["rm", "-rf", "/tmp/mailban-0"])
    seen = []
    for size in (50, 200, 340, 390):
        tally.fault("a queue's disk fills")
        host.run(["fallocate", "-l", f"{size}M", f"{spool}/filler"])
        disk = check(host, "disk")
        # -H: as if from elsewhere, where the disk is not seen.
        probe = check(host, "probe", "-H", "127.0.0.1", "-p", "25")
        seen.append((disk.returncode, probe.returncode))
    assert seen == [(0, 0), (1, 0), (2, 0), (2, 2)]
    assert "Postfix refuses mail (452)" in disk.stdout
    assert "MAIL FROM: 452 4.3.1 Insufficient system storage" in probe.stdout
    mail_log = host.path("/var/log/mail.log")
    def asked():
        """What came of it may be logged a little later: after the farewell
        of each that was there there is no more to come."""
        text = mail_log.read_text()
        came = len(re.findall(r"smtpd\[\d+\]: connect from", text))
        left = len(re.findall(r"smtpd\[\d+\]: disconnect from", text))
        return came if came == left else None
    hosts.wait_for(lambda: "not enough free space" in mail_log.read_text())
    before = hosts.wait_for(asked)
    done = check(host, "probe", "-p", "25")
    assert "Postfix refuses mail (452), not asked" in done.stdout
    hosts.wait_for(lambda: (asked() or 0) > before)
    assert mail_log.read_text().count("not enough free space") == 1
    host.run(["rm", f"{spool}/filler"])
    host.run(["rm", "-rf", "/tmp/mailban-0"])
    assert check(host, "probe", "-p", "25").returncode == 0


def test_a_disk_that_hangs(host, tally):
    """It hears no signal; the plugin has its time all the same."""
    host.path("/srv/far").mkdir()
    host.start(["/mailban/tests/frozen.py", "/srv/far"]).wait_log("^frozen$")
    tally.fault("a file system that hangs")
    done = check(host, "disk", "--path", "/", "--path", "/srv/far", "-t", "1")
    assert done.returncode == 3
    assert done.stdout.startswith(
        "UNKNOWN: /srv/far: not done within --timeout|free_/=")
    hosts.wait_for(lambda: not host.run(["pgrep", "mailban-check"],
                                        check=False).stdout)


def test_disk_read_only(host):
    host.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/srv"])
    done = check(host, "disk", "--path", "/srv")
    assert done.returncode == 2 and "/srv is read-only" in done.stdout


# The probe

def with_tls(host):
    """Postfix at 25, 587 and 465, and Dovecot, under TLS."""
    host.run(["sh", "-c", "openssl req -x509 -newkey rsa:2048 -nodes -keyout "
              f"/tmp/key -out /tmp/crt -days {DAYS} -subj /CN=mx.example.org"])
    new = hosts.debian() >= "13"
    mailhost.start(host, more="ssl = yes\n" + (
        "ssl_server_cert_file = /tmp/crt\nssl_server_key_file = /tmp/key\n"
        # 2.4 takes 465 too, which is Postfix' here.
        "service submission-login {\n inet_listener submissions {\n"
        "  port = 0\n }\n}\n"
        if new else "ssl_cert = </tmp/crt\nssl_key = </tmp/key\n"))
    host.run(["postconf", "-e", "smtpd_tls_security_level=may",
              "smtpd_tls_cert_file=/tmp/crt", "smtpd_tls_key_file=/tmp/key"])
    host.append("/etc/postfix/master.cf",
                "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n")
    host.append("/etc/postfix/main.cf", "tls_random_source = "
                "dev:/dev/urandom\n")
    host.append("/etc/postfix/master.cf",
                "tlsmgr unix - - n 1000? 1 tlsmgr\n")
    host.run(["postfix", "reload"])
    host.run(["dovecot", "reload"])


def test_probe_of_a_real_host(host):
    """All is well, and nothing that it does is taken for an attack."""
    host.rsyslogd()
    with_tls(host)
    host.mailband({"jail.local": "".join(
        attack.jail(name, ignoreself="false", logpath="/var/log/mail.log")
        for name in ("dovecot", "postfix", "postfix-sasl"))})

    def well():
        done = check(host, "probe")
        return done if done.returncode == 0 else None
    done = hosts.wait_for(well, every=0.3)
    told = figures(done)
    for kind in ("smtp", "submissions", "imap", "imaps", "pop3", "pop3s"):
        for where in ("127.0.0.1", "::1"):
            assert float(told[f"{kind} {where}"].rstrip("s")) < 10
            assert told[f"days {kind} {where}"] == str(DAYS - 1), kind
    assert "submission 127.0.0.1" in told  # Dovecot's own
    host.append("/var/log/mail.log", attack.failure("192.0.2.9"))
    hosts.wait_for(lambda: host.status("dovecot")["total_failed"] == 1)
    assert [host.status(name)["total_failed"]
            for name in ("postfix", "postfix-sasl")] == [0, 0]
    # Days as asked for.
    assert check(host, "probe", "-w", "50", "-c", "5").returncode == 1
    # One of them ends: not Dovecot, which Postfix' logins need.
    host.run(["postfix", "stop"])
    done = check(host, "probe", "-p", "25,465,143,imaps")
    assert done.returncode == 2
    assert "smtp 127.0.0.1: connect: Connection refused" in done.stdout
    assert "imap" not in done.stdout.split("|")[0]
    host.run(["dovecot", "stop"])
    assert check(host, "probe").returncode == 2


def test_probe_where_there_is_no_ipv6(mx):
    """That is this host's own affair, though the port must answer."""
    mx.run(["ip", "-6", "addr", "del", "::1/128", "dev", "lo"])
    done = check(mx, "probe", "-p", "25")
    assert done.stdout.startswith("OK: 1 listeners answer|"), done.stdout
    done = check(mx, "probe", "-p", "25", "-H", "2001:db8::1", "-t", "3")
    assert done.returncode == 3
    assert "no connection can be made from here: " in done.stdout


def test_probe_of_a_stopped_postfix(mx):
    """The kernel takes the connection, and nobody greets."""
    master = int(mx.path("/var/spool/postfix/pid/master.pid").read_text())
    mx.run(["kill", "-STOP", str(master)])
    try:
        begun = time.monotonic()
        done = check(mx, "probe", "-t", "2", "-p", "25")
        assert time.monotonic() - begun < 20
        assert done.returncode == 2
        assert "banner: no answer in time" in done.stdout
    finally:
        mx.run(["kill", "-CONT", str(master)])


def test_probe_of_servers_that_cannot_start(mx, tally):
    """Master and Dovecot wait a minute then; connections are taken."""
    tally.fault("a mail server's services throttled", 2)
    mx.run(["postconf", "-e", "smtpd_tls_security_level=nonsense"])
    mx.run(["postfix", "reload"])
    mx.append("/etc/dovecot/dovecot.conf",
              "service imap-login {\n  executable = /bin/false\n}\n")
    mx.run(["dovecot", "reload"])

    def told():
        done = check(mx, "probe", "-t", "3", "-p", "25,143,110")
        return done if all(re.search(
            rf"{what} {where}: banner: (no answer in time|the server hung up)",
            done.stdout) for what in ("smtp", "imap")
            for where in ("127.0.0.1", "::1")) else None
    done = hosts.wait_for(told, every=0.1)
    assert done.returncode == 2
    # Who has nothing to do with it is not blamed.
    assert "pop3" not in done.stdout.split("|")[0]


@pytest.mark.parametrize("program, args, by", [
    ("postqueue", ["queue"], NOBODY), ("postqueue", ["queue", "-W", "1",
                                                     "-C", "2"], ()),
    ("postconf", ["queue"], ()), ("postconf", ["disk"], ()),
    ("postconf", ["probe", "-p", "110"], ()),
])
def test_a_program_that_hangs(mx, tally, program, args, by):
    """It is not known, within the time that there is, and nothing is left."""
    tally.fault("a program of Postfix' that hangs")
    mx.write(f"/usr/local/sbin/{program}", "#!/bin/sh\nexec sleep 4321\n",
             0o755)
    done = check(mx, *args, "-t", "1", by=by)
    assert done.returncode == 3
    assert done.stdout.rstrip("\n").split("|")[0] == \
        f"UNKNOWN: {args[0]}: not done within --timeout"
    hosts.wait_for(lambda: not mx.run(["pgrep", "-f", "sleep 4321"],
                                      check=False).stdout)


@pytest.mark.parametrize("script, said", [
    ("exit 1", "cannot be asked"), ("echo nonsense", "not understood"),
    ("echo '{}'", "not understood"), ("kill -9 $$", "cannot be asked"),
    ("head -c 300000 /dev/zero", "not understood"),
    ("yes '{\"queue_name\": 5}' | head -n 20000", "not understood"),
])
def test_a_program_that_lies(mx, tally, script, said):
    tally.bad_input("answers of a program of Postfix'")
    mx.write("/usr/local/sbin/postqueue", f"#!/bin/sh\n{script}\n", 0o755)
    done = check(mx, "queue", by=NOBODY)
    assert re.search(said, done.stdout), done.stdout
    assert done.returncode == 3


# Names

def test_lists_and_names(host):
    host.start(["/mailban/tests/nameserver.py"]).wait_log("^ready$")
    host.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    host.start(["python3", "/mailban/tests/badserver.py"],
               stdin=open(hosts.TESTS / "data/wellserver.json")
               ).wait_log("^ready$")

    def ask(*args):
        return check(host, "probe", "-H", "127.0.0.1", "-p", "smtp:2525",
                     *args)

    def listed(zone, address):
        return ask("--dnsbl", zone, "--address", address)
    assert listed("good.example", "192.0.2.10").returncode == 0
    for address in ("192.0.2.66", "2001:db8::66"):
        done = listed("good.example", address)
        assert done.returncode == 2
        assert f"{address} is listed in good.example" in done.stdout
    for zone, said in (
            ("all.example", "is no list that tells the truth"),
            ("nothing.example", "is no list that tells the truth"),
            ("closed.example", "does not answer, or not to us"),
            ("web.example", "does not answer, or not to us")):
        done = listed(zone, "192.0.2.66")
        assert done.returncode == 3, zone
        assert f"{zone} {said}" in done.stdout
    for address, status, said in (
            ("192.0.2.10", 0, "OK"), ("2001:db8::20", 0, "OK"),
            ("192.0.2.11", 1, "has the name one.example, which has another"),
            ("192.0.2.12", 1, "has the name nothing.example, which has"),
            ("192.0.2.14", 1, "192.0.2.14 has no name")):
        done = ask("--reverse", "--address", address)
        assert (done.returncode, said in done.stdout) == (status, True), \
            done.stdout
    # Own addresses that the world knows: none here.
    assert "no public address here" in ask("--reverse").stdout


def test_a_name_server_that_is_silent(host):
    host.start(["/mailban/tests/nameserver.py"]).wait_log("^ready$")
    host.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    host.start(["python3", "/mailban/tests/badserver.py"],
               stdin=open(hosts.TESTS / "data/wellserver.json")
               ).wait_log("^ready$")
    done = check(host, "probe", "-t", "2", "-H", "127.0.0.1", "-p",
                 "smtp:2525", "--reverse", "--address", "192.0.2.13")
    assert done.returncode == 3


# The bans

def test_bans(host):
    host.write("/var/log/mail.log", "")
    daemon = host.mailband({"jail.d/all.conf": attack.jail()})
    done = check(host, "bans")
    assert "0 bans in 1 jail" in done.stdout
    host.mailban("ban", "dovecot", "192.0.2.1", "192.0.2.2")
    assert figures(check(host, "bans"))["banned"] == "2"
    assert check(host, "bans", "-w", "2", "-c", "9").returncode == 1
    assert check(host, "bans", "-w", "1", "-c", "2").returncode == 2
    # Who may not ask does not know.
    assert "run as root" in check(host, "bans", by=NOBODY).stdout
    # A daemon that is silent.
    daemon.signal(signal.SIGSTOP)
    done = check(host, "bans", "-t", "1")
    daemon.signal(signal.SIGCONT)
    assert done.returncode == 3
    daemon.stop()
    assert "is mailband running" in check(host, "bans").stdout


def test_bans_without_effect(host):
    """It only decides; and then it reads nothing either."""
    host.write("/var/log/mail.log", "")
    host.mailband({"jail.d/all.conf": attack.jail()}, args=["-n"])
    done = check(host, "bans")
    assert done.returncode == 1 and "only decides" in done.stdout
    assert "no log is read" not in done.stdout
    host.path("/var/log/mail.log").unlink()

    def unread():
        done = check(host, "bans")
        return "no log is read" in done.stdout
    hosts.wait_for(unread, every=0.1)


def test_all(mx):
    mx.mailband({"jail.d/all.conf": attack.jail()})
    done = check(mx)
    assert "bans in 1 jail" in done.stdout
    assert {"unsent", "banned", "smtp 127.0.0.1"} <= set(figures(done))
    mx.run(["postfix", "stop"])
    # Until the last smtpd(8) is gone the kernel takes connections for it.
    hosts.wait_for(lambda: check(mx, "all").stdout.startswith(
        "CRITICAL: nobody listens"))
