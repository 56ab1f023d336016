# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines from a syslog socket: journald's, rsyslogd's, a program's own."""
import re

import pytest

import attack
import hosts
import statefile

ADDRESS, STRANGER = "10.20.30.40", "192.0.2.1"
FORWARD = "/run/systemd/journal/syslog"
OWN = "/run/mailban/syslog"
JAIL = {"jail.local": attack.jail(backend="syslog")}
# What systemd does: a socket that stays, and mailband as often as is asked.
MANAGER = """import os, shutil, socket, sys, time
path, argv = sys.argv[1], sys.argv[2:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(path)
os.chmod(path, 0o600)
shutil.chown(path, "mailban")
while True:
    child = os.fork()
    if not child:
        if s.fileno() != 3:
            os.dup2(s.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
        os.execv(argv[0], argv)
    os.waitpid(child, 0)
    while not os.path.exists(path + ".again"):
        time.sleep(0.01)
"""
# Datagrams as they are, each a line of hexadecimal.
SENDER = """import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 32, 1 << 20)  # SO_SNDBUFFORCE
s.connect(sys.argv[1])
for line in sys.stdin:
    s.send(bytes.fromhex(line))
"""


def send(host, *datagrams, path=OWN):
    host.run(["python3", "-c", SENDER, path], input="".join(
        f"{(d if isinstance(d, bytes) else d.encode()).hex()}\n"
        for d in datagrams))


def failure(address=ADDRESS, tag="dovecot", head=None):
    head = f"<22>{attack.stamp()} {tag}: " if head is None else head
    return head + attack.ABORTED.format(address)


def forwarded(host, files=None):
    """A mailband that has journald's forward socket, as systemd passes it."""
    host.path("/run/systemd/journal").mkdir(parents=True, exist_ok=True)
    daemon = host.mailband(files or JAIL, by=[
        "python3", "-c", MANAGER, FORWARD])
    host.journald(forward="yes")
    return daemon


def source(host, kind="syslog"):
    found, = [s for s in host.status()["sources"] if s["kind"] == kind]
    return found


def as_user(host, user, argv):
    return host.run(["setpriv", f"--reuid={user}", f"--regid={user}",
                     "--clear-groups", *argv])


def test_journald_forwards(host):
    daemon = forwarded(host)
    daemon.wait_log(f"^INFO syslog messages are read from {FORWARD}, which was "
                    "passed at the start$")
    for _ in range(3):
        host.logger(attack.ABORTED.format(ADDRESS))
    element = host.wait_banned("dovecot", ADDRESS)[ADDRESS]
    assert 600 - hosts.LATE <= element["expires"] <= 600
    seen = source(host)
    assert (seen["name"], seen["matched"]) == (FORWARD, 3)
    assert seen["trouble"] is None and seen["full"] == 0
    shown = host.status("dovecot")
    assert shown["files"] == [FORWARD] and shown["backend"] == "syslog"


DRESSES = [
    ["logger", "--id=1", "-p", "mail.info", "-t", "dovecot", "{}"],
    ["systemd-cat", "-t", "dovecot", "echo", "{}"],
    ["python3", "-c", """import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(("MESSAGE=" + sys.argv[1] + "\\nSYSLOG_IDENTIFIER=dovecot\\n_UID=0\\n"
          ).encode(), "/run/systemd/journal/socket")
""", "{}"],
]


@pytest.mark.parametrize("dress", DRESSES, ids=["logger", "stream", "fields"])
@pytest.mark.parametrize("user", ["alice", "www-data"])
def test_journald_tells_who_wrote(host, dress, user):
    """It forwards the credentials of the writer, not its own."""
    daemon = forwarded(host)
    for _ in range(3):
        as_user(host, user, [part.replace(
            "{}", attack.ABORTED.format(STRANGER)) for part in dress])
    hosts.wait_for(lambda: host.status("dovecot")["refused"] == 3)
    for _ in range(3):
        host.logger(attack.ABORTED.format(ADDRESS))
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    assert source(host)["refused"] == 3
    uid = host.run(["id", "-u", user]).stdout.strip()
    daemon.wait_log(r"^WARNING \[dovecot\] syslog: \d lines? not counted, the "
                    rf"last as dovecot by uid {uid}\b.*mailban-jail\(5\)$")
    assert "local users not believed" in host.mailban("status").stdout


def test_a_system_user_has_his_program_s_name_alone(host):
    forwarded(host, {"jail.local": attack.jail(
        "postfix-sasl", backend="syslog", maxretry=1)})
    failed = ("warning: unknown[{}]: SASL LOGIN authentication failed: "
              "authentication failure")
    for user, address in (("www-data", STRANGER), ("postfix", ADDRESS)):
        as_user(host, user, ["logger", "-p", "mail.info", "-t",
                             "postfix/smtpd[7]", "--", failed.format(address)])
    host.wait_banned("postfix-sasl", ADDRESS)
    assert list(host.banned("postfix-sasl")) == [ADDRESS]
    assert host.status("postfix-sasl")["refused"] == 1


def test_a_jail_may_believe_anyone(host):
    forwarded(host, {"jail.local": attack.jail(backend="syslog",
                                               trust="any")})
    for _ in range(3):
        as_user(host, "alice", ["logger", "-p", "mail.info", "-t", "dovecot",
                                "--", attack.ABORTED.format(ADDRESS)])
    host.wait_banned("dovecot", ADDRESS)
    assert host.status("dovecot")["refused"] == 0


def test_a_socket_of_its_own(host):
    """Only root and the daemon may send there; logger -u does."""
    daemon = host.mailband(JAIL)
    daemon.wait_log(f"^INFO syslog messages are read from {OWN}$")
    assert host.path(OWN).stat().st_mode & 0o7777 == 0o600
    for options in ([], ["--rfc5424"], ["--rfc3164"]):
        host.run(["logger", "-u", OWN, *options, "-p", "mail.info", "-t",
                  "dovecot", "--", attack.ABORTED.format(ADDRESS)])
    host.wait_banned("dovecot", ADDRESS)
    assert source(host)["matched"] == 3
    refused = host.run(["setpriv", "--reuid=alice", "--regid=alice",
                        "--clear-groups", "logger", "--socket-errors=on", "-u",
                        OWN, "x"],
                       check=False)
    assert "Permission denied" in refused.stderr


@pytest.mark.parametrize("template", [
    "RSYSLOG_TraditionalForwardFormat", "RSYSLOG_ForwardFormat",
    "RSYSLOG_SyslogProtocol23Format", "RSYSLOG_TraditionalFileFormat"])
def test_rsyslogd_sends(host, template):
    host.mailband(JAIL)
    host.rsyslogd()
    with host.path("/etc/rsyslog.conf").open("a") as file:
        file.write('module(load="omuxsock")\n'
                   f'$OMUxSockSocket {OWN}\n'
                   f'mail.* :omuxsock:;{template}\n')
    rsyslogd = host.processes[-1]
    rsyslogd.stop()
    host.start(["rsyslogd", "-n", "-i", "/run/rsyslogd.pid"])

    def sent():
        host.logger(attack.ABORTED.format(ADDRESS))
        return ADDRESS in host.banned("dovecot")
    hosts.wait_for(sent, every=0.1)
    assert source(host)["matched"] >= 3


def test_bytes_of_all_kinds(host):
    """Two lines are never made of one, and each next one is read."""
    daemon = host.mailband(JAIL)
    strange = failure(STRANGER)
    hostile = [
        b"", b"\0", b"\n", b"<", b"<22", b"<22>", b"<22>1 ", b"<22>1 - - -",
        b"<99999999999999999999>x", b"\xff" * 60000, b"\0" * 65536,
        b"A" * 200000, b"<22>1 - - dovecot - - [" + b"\\" * 50000,
        b"<22>1 " + b"x" * 50000 + b" " + b"y" * 50000 + b" z",
        # A second line within, of whatever looks like its head.
        f"<22>{attack.stamp()} other: x\n{strange}",
        f"<22>{attack.stamp()} other: x\n{strange[4:]}",
        f"<22>{attack.stamp()} other: x\0{strange}",
        f"<22>1 - mx other - - - x\n{strange}",
        f"<22>{attack.stamp()} other: {strange}",
    ]
    for _ in range(3):
        send(host, *hostile)
    # What is empty is none.
    hosts.wait_for(lambda: source(host)["lines"] == 3 * (len(hostile) - 4))
    assert source(host)["cut"] == 2 * 3
    assert source(host)["matched"] == 0
    send(host, *[failure(), failure() + "\n", failure() + "\0"])
    host.wait_banned("dovecot", ADDRESS)
    assert list(host.banned("dovecot")) == [ADDRESS]
    assert daemon.alive()


def test_descriptors_that_are_sent_along_are_not_kept(host):
    daemon = host.mailband(JAIL)

    def descriptors():
        return len(list(host.path("/").parent.joinpath(
            f"/proc/{daemon.pid}/fd").iterdir()))
    send(host, "x")
    before = descriptors()
    host.run(["python3", "-c", f"""import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("{OWN}")
for _ in range(200):
    socket.send_fds(s, [b"<22>x: y"], [0, 1, 2])
"""])
    hosts.wait_for(lambda: source(host)["lines"] == 201)
    assert descriptors() <= before + 1


def test_a_full_socket_is_told(host):
    """Nobody reads for a while, and journald does not wait."""
    daemon = forwarded(host)
    most = host.run(["cat", "/proc/sys/net/unix/max_dgram_qlen"]).stdout
    host.run(["pkill", "-STOP", "-x", "mailband"])
    host.run(["sh", "-c", f"seq {int(most) + 10} | logger -t hello"])
    host.run(["journalctl", "--sync"])
    host.run(["pkill", "-CONT", "-x", "mailband"])
    daemon.wait_log(rf"^WARNING {FORWARD} was full \d+ times? when it was "
                    "read: lines may be missing")
    assert source(host)["full"] >= 1
    assert "times the syslog socket was full" in \
        host.mailban("status", check=False).stdout


def test_nothing_is_lost_over_a_restart(host):
    """What is sent meanwhile waits in the socket that the manager holds."""
    host.path("/run/systemd/journal").mkdir(parents=True, exist_ok=True)
    daemon = host.mailband(JAIL, by=["python3", "-c", MANAGER, FORWARD])
    host.journald(forward="yes")
    for _ in range(2):
        host.logger(attack.ABORTED.format(ADDRESS))
    hosts.wait_for(lambda: host.status("dovecot")["total_failed"] == 2)
    host.run(["pkill", "-x", "mailband"])
    daemon.wait_log("^INFO stopping$")
    host.logger(attack.ABORTED.format(ADDRESS))
    host.write(f"{FORWARD}.again", "")
    host.wait_banned("dovecot", ADDRESS)


LOGIN = ("imap-login: Login: user=<alice>, method=PLAIN, rip=192.0.2.9, "
         "lip=192.0.2.10, mpid=7, TLS, session=<x>")


def test_another_backend_counts_nothing_again(host, tally):
    """Journal, socket, file: each has all lines, and each counts once."""
    ways = {"systemd": {}, "syslog": {}, "polling": {}}
    jails = {way: {"jail.local": attack.jail(backend=way, maxretry=50)}
             for way in ways}
    host.write(attack.MAIL_LOG, "")
    host.run(["chgrp", "adm", attack.MAIL_LOG])
    daemon = forwarded(host, jails["systemd"])
    sent = 0

    def attacked():
        nonlocal sent
        for _ in range(3):
            host.logger(attack.ABORTED.format(ADDRESS))
            host.logger(LOGIN)
            sent += 1
        said = hosts.wait_for(lambda: [line for line in host.run(
            ["journalctl", "-q", "-t", "dovecot", "-o", "short"]
            ).stdout.splitlines(True)[-6:] if sent * 2 == len(
                host.run(["journalctl", "-q", "-t", "dovecot"]
                         ).stdout.splitlines())])
        host.append(attack.MAIL_LOG, "".join(said))
        hosts.wait_for(lambda: counted()["found"] >= sent and
                       counted()["logins"] >= sent)

    def counted():
        logins = re.search(r"^mailban_mail_logins_total\S* (\d+)",
                           host.mailban("metrics").stdout, re.M)
        counts = statefile.counts(host.path(statefile.PATH))
        return {"found": counts.get("failures dovecot", 0),
                "logins": int(logins[1]) if logins else 0}
    attacked()
    for way in ("syslog", "systemd", "polling", "systemd", "syslog",
                "polling", "systemd", "syslog", "systemd"):
        host.configure(jails[way])
        if sent % 2:
            host.mailban("reload")
        else:
            host.run(["pkill", "-x", "mailband"])
            hosts.wait_for(lambda: daemon.log().count("INFO stopping") ==
                           daemon.log().count("is watching with"))
            seen = daemon.log().count("is watching with")
            host.write(f"{FORWARD}.again", "")
            hosts.wait_for(lambda: daemon.log().count("is watching with") >
                           seen)
            host.path(f"{FORWARD}.again").unlink()
        attacked()
        assert counted() == {"found": sent, "logins": sent}, way
    tally.fault("a jail was given another backend", 9)
    tally.lines(2 * sent, 2 * sent)


def test_a_reload_moves_it_and_takes_it_away(host):
    daemon = host.mailband({**JAIL, "mailban.conf":
                            "[mailban]\nuser = mailban\n"})

    def reload(files, status=0):
        host.configure(files)
        done = host.mailban("reload", check=False)
        assert done.returncode == status, done.stderr
        return done.stderr
    moved = "[mailban]\nuser = mailban\nsyslog_socket = /run/mailban/other\n"
    reload({"mailban.conf": moved})
    assert not host.path(OWN).exists()
    send(host, *[failure()] * 3, path="/run/mailban/other")
    host.wait_banned("dovecot", ADDRESS)
    why = reload({"mailban.conf": "[mailban]\nuser = mailban\n"
                  "syslog_socket = /run/lock/mailban\n"}, 2)
    assert "restart mailband to have it made" in why
    reload({"mailban.conf": moved, "jail.local": attack.jail()})
    assert not host.path("/run/mailban/other").exists()
    assert daemon.alive()


STORE = """import os, socket, sys
for fd, path in enumerate(sys.argv[1:3], 3):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    os.dup2(s.fileno(), fd + 10)
    s.close()
    os.dup2(fd + 10, fd, inheritable=True)
    os.close(fd + 10)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2",
                  LISTEN_FDNAMES=sys.argv[3])
os.execv(sys.argv[4], sys.argv[4:])
"""
REMOVE, KEEP = ["FDSTOREREMOVE=1", "FDNAME=syslog"], ["FDSTORE=1",
                                                      "FDNAME=syslog"]


@pytest.mark.parametrize("names, told", [
    ("syslog:unit", REMOVE), ("unit:syslog", REMOVE),
    # The one that is kept is not where it should be, and made anew.
    ("syslog:syslog", 2 * (REMOVE + KEEP)), ("unit:unit", [])])
def test_a_socket_that_is_not_taken_leaves_the_store(host, names, told):
    host.path("/run/mailban").mkdir(exist_ok=True)
    daemon = host.mailband(JAIL, by=[
        "python3", "-c", STORE, "/run/first", "/run/second", names])
    assert [word for word in daemon.notify.poll()
            if word.startswith("FD")] == told


def test_its_name_is_taken_by_another(host):
    """Its own is made again; one that was passed is told."""
    daemon = host.mailband(JAIL)
    host.run(["rm", OWN])
    hosts.wait_for(host.path(OWN).is_socket)
    send(host, *[failure()] * 3)
    host.wait_banned("dovecot", ADDRESS)
    daemon.stop()
    daemon = forwarded(host)
    host.run(["rm", FORWARD])
    daemon.wait_log(f"^WARNING {FORWARD} is another program's socket by now")
    assert "nothing comes here" in source(host)["trouble"]


@pytest.mark.parametrize("path", ["", "relative", "/run/", "/" + "x" * 108])
def test_a_path_that_is_none(host, path):
    daemon = host.mailband({**JAIL, "mailban.conf":
                            f"[mailban]\nsyslog_socket = {path}\n"},
                           wait=False)
    daemon.wait()
    assert "mailban.conf:2: syslog_socket: " in daemon.log()
