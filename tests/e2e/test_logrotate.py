# SPDX-License-Identifier: GPL-2.0-or-later
"""logrotate runs in the middle of an attack: each line counts once."""
import threading

import pytest

import attack
import hosts

LINES = 20000
CONFIG = {
    "create": "create 0640 root adm\n",
    "copytruncate": "copytruncate\n",
    "rsyslogd": "create 0640 root adm\nsharedscripts\npostrotate\n"
                "\tkill -HUP $(cat /run/rsyslogd.pid)\nendscript\n",
}


def rotate(host):
    host.run(["logrotate", "--force", "/etc/logrotate.mail"])


@pytest.fixture
def watched(host):
    """Start a host whose mail log is watched: watched(kind of rotation)."""
    def start(kind):
        host.write("/etc/logrotate.mail", "%s {\n\trotate 4\n\t%s}\n" % (
            attack.MAIL_LOG, CONFIG[kind]))
        if kind == "rsyslogd":
            host.rsyslogd()
        else:
            host.write(attack.MAIL_LOG, "", 0o644)
        # Counts all, bans none.
        host.mailband({"jail.local": attack.jail(maxretry=LINES * 2)})
        return host
    return start


def counted(host):
    return host.status("dovecot")["total_failed"]


def wait_counted(host, count, tally):
    try:
        hosts.wait_for(lambda: counted(host) >= count)
    except hosts.Timeout:
        assert counted(host) == count, "failures counted"
    # Whatever was counted twice was so by now: a last line comes last.
    host.append(attack.MAIL_LOG, attack.failure("192.0.2.1"))
    hosts.wait_for(lambda: counted(host) > count)
    tally.fault("a log that is rotated")
    tally.lines(count + 1, counted(host))


def test_create(watched, tally):
    """The writer goes on in the renamed file until it opens the new one."""
    host = watched("create")
    lines = [attack.failure(a).encode() for a in attack.addresses(LINES)]
    started, rotated = threading.Event(), threading.Event()

    def write():
        with open(host.path(attack.MAIL_LOG), "ab", buffering=0) as log:
            for number, text in enumerate(lines[:LINES // 2]):
                log.write(text)
                if number == 1000:
                    started.set()
            rotated.wait(60)
            for text in lines[LINES // 2:LINES // 2 + 1000]:
                log.write(text)
        with open(host.path(attack.MAIL_LOG), "ab", buffering=0) as log:
            for text in lines[LINES // 2 + 1000:]:
                log.write(text)
    writer = threading.Thread(target=write)
    writer.start()
    started.wait(60)
    rotate(host)
    rotated.set()
    writer.join()
    assert host.path(attack.MAIL_LOG + ".1").stat().st_size > 0
    wait_counted(host, LINES, tally)


def test_create_by_rsyslogd(watched, tally):
    """rsyslogd writes, and is told by SIGHUP to open the new file."""
    host = watched("rsyslogd")
    lines = LINES // 2
    senders = [host.start(
        ["python3", "-c", "import socket, sys\n"
         "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
         "s.connect('/dev/log')\n"
         "for line in sys.stdin.buffer: s.send(line.rstrip())"],
        stdin=open(host.write(
            f"/tmp/lines{half}", "".join(
                f"<22>{attack.line(attack.ABORTED.format(a)).replace(' mx ', ' ')}"
                for a in attack.addresses(
                    lines // 2, f"10.{half}.0.0/16"))), "rb"))
        for half in range(2)]
    hosts.wait_for(lambda: host.path(attack.MAIL_LOG).exists() and
                   host.path(attack.MAIL_LOG).stat().st_size > 10000)
    rotate(host)
    for sender in senders:
        assert sender.wait(60) == 0
    # Both files, so that it is known who lost a line if one is missing.
    files = [host.path(attack.MAIL_LOG + end) for end in (".1", "")]
    assert files[0].stat().st_size > 0
    hosts.wait_for(lambda: sum(f.read_bytes().count(b"\n")
                               for f in files) == lines,
                   what="rsyslogd has written all")
    wait_counted(host, lines, tally)


def test_copytruncate(watched, tally):
    """The writer rests meanwhile: copytruncate loses lines otherwise."""
    host = watched("copytruncate")
    written = 0
    for lines in (LINES // 2, 10, LINES // 2 - 10):
        with open(host.path(attack.MAIL_LOG), "ab", buffering=0) as log:
            for address in attack.addresses(lines):
                log.write(attack.failure(address).encode())
        written += lines
        hosts.wait_for(lambda: counted(host) >= written,
                       what=f"{written} failures counted")
        assert counted(host) == written
        rotate(host)
        assert host.path(attack.MAIL_LOG).stat().st_size == 0
    wait_counted(host, written, tally)


def test_rotated_while_stopped(host, tally):
    """What was written to the old file and to the new one is read at start."""
    host.write("/etc/logrotate.mail", "%s {\n\trotate 4\n\t%s}\n" % (
        attack.MAIL_LOG, CONFIG["create"]))
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()})
    address, other = "192.0.2.77", "192.0.2.78"
    host.append(attack.MAIL_LOG, attack.failure(address))
    daemon.wait_log(rf"\[dovecot\] Found {address}")
    assert daemon.stop() == 0
    host.append(attack.MAIL_LOG, attack.failure(address))
    rotate(host)
    host.append(attack.MAIL_LOG, attack.failure(address) +
                3 * attack.failure(other))
    daemon = host.mailband()
    tally.fault("a log that is rotated")
    tally.bans([address, other],
               host.wait_banned("dovecot", address, other))
