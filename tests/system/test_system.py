# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail host's life with the Debian package, under systemd.

One machine goes through all of it, so a test begins where the one before it
left off: run the file as a whole (make check-system).
"""
import email
import email.policy
import json
import os
import pathlib
import re
import signal
import subprocess
import syslog

import pytest
from prometheus_client.openmetrics import parser

import attack
import hosts
import mailhost
import statefile
from machine import Machine
from zabbix import ITEMS, Proxy

JAILS = "/etc/mailban/jail.d/mailhost.conf"
ATTACKERS = ("a", "b", "c", "d", "e")


class World:
    """The machine, who attacks it, and the net between them."""

    def __init__(self, tree):
        self.mx = Machine(tree)
        self.clients = {name: hosts.Host(tree, name) for name in ATTACKERS}
        self.net = None
        # From where on nothing was provoked.
        self.clean_from = None
        self.join()

    def join(self):
        """Lay the net, anew after a reboot."""
        if self.net:
            # The kernel takes a namespace's links away some time after it.
            for client in self.clients.values():
                client.run(["ip", "link", "delete", "eth0"])
            self.net.close()
        self.net = hosts.Net(self.mx, *self.clients.values())

    def close(self):
        for client in self.clients.values():
            client.close()
        self.net.close()
        self.mx.close()

    def login(self, name, kind="imap", family="ip4", **how):
        return mailhost.login(self.clients[name], kind,
                              getattr(self.mx, family), **how)

    def attack(self, name, kind="imap", family="ip4", jail="dovecot"):
        """Guess passwords until silence; the address is banned."""
        address = getattr(self.clients[name], family)
        for _ in range(3):
            assert self.login(name, kind, family, password="guess") == "denied"
        self.mx.wait_banned(jail, address)
        assert self.login(name, kind, family, timeout=1) == "silent"
        return address

    def seen(self):
        """A place in the journal: what comes later is after it."""
        mark = self.mx.journal("-n0", "--show-cursor")
        return re.search(r"-- cursor: (\S+)", mark)[1]

    def complaints(self, cursor=None):
        """What the unit or systemd of it has to complain of, since."""
        # Not filtered by journalctl, which after a cursor that the filter
        # leaves out goes past the first entry.
        since = ["--after-cursor", cursor] if cursor else ["-b"]
        entries = map(json.loads, self.mx.journal(
            "-o", "json", *since).splitlines())
        return [entry["MESSAGE"] for entry in entries
                if "mailban.service" in (entry.get("UNIT"),
                                         entry.get("_SYSTEMD_UNIT")) and
                int(entry["PRIORITY"]) <= syslog.LOG_WARNING]


@pytest.fixture(scope="module")
def world(tree):
    made = World(tree)
    yield made
    made.close()


@pytest.fixture
def mx(world, request):
    request.node.hosts = [world.mx]
    return world.mx


@pytest.fixture(scope="session")
def deb():
    """The package, as make deb leaves it."""
    found = sorted((hosts.REPO / "build").glob("mailban_*.deb"))
    assert len(found) == 1, f"{found}: run make deb"
    return found[0]


@pytest.fixture(scope="session")
def next_deb(deb, tmp_path_factory):
    """The next version: the same but for its number."""
    folder = tmp_path_factory.mktemp("deb")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, folder / "tree"],
                   check=True)
    control = folder / "tree/DEBIAN/control"
    text = control.read_text()
    version = re.search(r"^Version: (.*)$", text, re.M)[1]
    control.write_text(text.replace(f"Version: {version}",
                                    f"Version: {version}+1"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build",
                    folder / "tree", folder / "mailban_next.deb"], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / "mailban_next.deb"


def status_of(mx, pid):
    """{key: value} of /proc/pid/status in the machine."""
    text = mx.path(f"/proc/{pid}/status").read_text()
    return {line.split(":")[0]: line.split(":")[1].split()
            for line in text.splitlines() if ":" in line}


def processes(mx):
    """{name: pid in the machine} of the service, while it runs no other."""
    control = mx.show("ControlGroup")["ControlGroup"]
    file = mx.path(f"/sys/fs/cgroup{control}/cgroup.procs")
    return hosts.wait_for(lambda: processes_now(mx, file))


def processes_now(mx, file):
    # The file has them as its reader sees them; its names do not change.
    pids = file.read_text().split()
    done = mx.run(["ps", "-o", "pid=,comm=", "-C",
                   "mailband,mailban-warden,mailban-names,"
                   "mailban-gauge,mailban-runner,"
                   "gauge-keeper,runner-keeper"])
    if len(pids) != len(done.stdout.splitlines()):
        return None
    return {line.split()[1]: int(line.split()[0])
            for line in done.stdout.splitlines()}


def active(mx):
    return mx.show("ActiveState", "SubState") == \
        {"ActiveState": "active", "SubState": "running"}


def test_the_machine_is_sound(world, mx):
    assert mx.systemctl("--failed", "--plain", "--no-legend").stdout == ""
    for kind in mailhost.KINDS:
        assert world.login("a", kind) == "ok"


def test_installing_starts_it(world, mx, deb):
    said = mx.apt("install", mx.take(deb))
    assert "fail2ban" not in said and "rror" not in said
    assert active(mx)
    assert mx.show("UnitFileState") == {"UnitFileState": "enabled"}
    status = mx.mailban("status", "--json").stdout
    assert {jail["name"] for jail in json.loads(status)["jails"]} == \
        {"dovecot", "postfix", "postfix-sasl", "sshd"}


def test_no_process_is_root(mx):
    wanted = {"mailband", "mailban-warden", "mailban-names", "gauge-keeper",
              "mailban-gauge", "runner-keeper", "mailban-runner"}
    found = hosts.wait_for(
        lambda: (lambda now: now if set(now) == wanted else None)(
            processes(mx)))
    user = mx.run(["id", "-u", "mailban"]).stdout.strip()
    kept = {"mailban-warden": 1 << 12, "mailban-gauge": 1 << 2,
            "gauge-keeper": 1 << 2}
    for name, pid in found.items():
        status = status_of(mx, pid)
        assert status["Uid"] == [user] * 4
        keeps = f"{kept.get(name, 0):016x}"
        assert status["CapPrm"] == status["CapEff"] == [keeps], name
        assert status["CapInh"] == status["CapAmb"] == ["0" * 16], name
        assert int(status["CapBnd"][0], 16) & ~(1 << 12 | 1 << 2) == 0, name
        assert status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"]


@pytest.mark.parametrize("name, kind, family, jail", [
    ("a", "imap", "ip4", "dovecot"), ("a", "pop3", "ip6", "dovecot"),
    ("b", "smtp", "ip4", "postfix-sasl")])
def test_an_attacker_is_banned(world, mx, name, kind, family, jail):
    address = world.attack(name, kind, family, jail)
    assert address in mx.mailban("list").stdout
    assert world.login("e", kind, family) == "ok"


def test_so_far_all_is_clean(world):
    assert world.complaints() == []


# Starting a user's manager, systemd asks logind, by a bus that is not there.
MANAGER = {
    "user-runtime-dir@.service.d/test.conf":
        "[Service]\nExecStart=\nExecStop=\n"
        "ExecStart=install -d -o %i -m 700 /run/user/%i\n",
    "user@.service.d/test.conf":
        "[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n"}
# It stays, so that journald can see whose it is.
SPEAKER = """import signal, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for _ in range(4):
    s.sendto(f"<22>dovecot: {sys.argv[1]}".encode(), "/dev/log")
signal.pause()
"""
# In the name of process argv[1], by what the kernel takes for it and by all
# that the text can say.
FORGER = """import os, socket, struct, sys
pid, said = int(sys.argv[1]), sys.argv[2]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for who in ((pid, os.getuid(), os.getgid()), (os.getpid(), 0, 0)):
    try:
        s.sendmsg([f"<22>dovecot[{pid}]: {said}".encode()],
                  [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS,
                    struct.pack("3i", *who))], 0, "/dev/log")
        print("taken")
    except PermissionError:
        print("refused")
s.sendto(f"<22>dovecot[{pid}]: {said}".encode(), "/dev/log")
s.sendto(f"MESSAGE={said}\\nSYSLOG_IDENTIFIER=dovecot\\nSYSLOG_PID={pid}\\n"
         f"OBJECT_PID={pid}\\n_PID={pid}\\n_UID=0\\n".encode(),
         "/run/systemd/journal/socket")
"""


def test_people_of_the_host_are_not_believed(world, mx):
    """Under the name of a unit of theirs, or of a process of Dovecot's."""
    for path, text in MANAGER.items():
        mx.write(f"/etc/systemd/system/{path}", text)
    mx.systemctl("daemon-reload")
    uid = mx.run(["id", "-u", "alice"]).stdout.strip()
    mx.systemctl("start", f"user@{uid}.service")
    alice = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
             "env", f"XDG_RUNTIME_DIR=/run/user/{uid}"]
    said, mark = attack.ABORTED.format("192.0.2.9"), world.seen()
    mx.run([*alice, "systemd-run", "--user", "--unit=dovecot", "python3", "-c",
            SPEAKER, said])
    dovecot = mx.show("MainPID", unit="dovecot.service")["MainPID"]
    for _ in range(2):
        assert mx.run([*alice, "python3", "-c", FORGER, dovecot,
                       said]).stdout == "refused\n" * 2
    hosts.wait_for(lambda: mx.status("dovecot")["refused"] == 8)
    assert "192.0.2.9" not in mx.mailban("list").stdout
    # They are what they are meant to be. The systemd of Debian 13 names a unit of
    # systemd-run by its command as it starts, and so by that text.
    entries = [json.loads(row) for row in mx.journal(
        "-o", "json", "--after-cursor", mark).splitlines()]
    entries = [one for one in entries if said in one["MESSAGE"] and
               one.get("SYSLOG_IDENTIFIER") == "dovecot"]
    assert len(entries) == 8 and {one["_UID"] for one in entries} == {uid}
    assert [(one.get("_SYSTEMD_UNIT"), one.get("_SYSTEMD_USER_UNIT"))
            for one in entries].count(
        (f"user@{uid}.service", "dovecot.service")) == 4
    assert {one.get("SYSLOG_PID") for one in entries} >= {dovecot}
    hosts.wait_for(lambda: re.search(
        rf"\[dovecot\] journal: \d+ lines? not counted, the last by uid {uid} ",
        "\n".join(world.complaints(mark))))
    mx.systemctl("stop", f"user@{uid}.service")


def test_journald_sends_to_the_syslog_socket(world, mx):
    """Which waits while mailband restarts, and is no other daemon's.

    The journal has the same lines, and is read again after: of an address
    that no other test wants.
    """
    socket = "mailban-syslog.socket"
    link = mx.path("/etc/systemd/system/syslog.service")
    if not os.path.lexists(link):
        link.symlink_to("/lib/systemd/system/rsyslog.service")
    done = mx.run(["systemctl", "start", socket], check=False)
    assert done.returncode and "Assertion failed" in done.stderr
    link.unlink()
    mx.write("/etc/systemd/journald.conf.d/syslog.conf",
             "[Journal]\nForwardToSyslog=yes\n")
    mx.write("/etc/mailban/jail.local", "[dovecot]\nbackend = syslog\n")
    # What mailband(8) says.
    mx.systemctl("stop", "mailban")
    mx.systemctl("enable", "--now", socket)
    mx.systemctl("restart", "systemd-journald")
    mx.systemctl("start", "mailban")

    def source():
        found, = [one for one in mx.status()["sources"]
                  if one["kind"] == "syslog"]
        return found
    assert source()["name"] == "/run/systemd/journal/syslog"
    for _ in range(2):
        assert world.login("d", family="ip6", password="guess") == "denied"
    alice = mx.run(["id", "-u", "alice"]).stdout.strip()
    mx.run(["setpriv", f"--reuid={alice}", f"--regid={alice}",
            "--clear-groups", "logger", "-p", "mail.info", "-t", "dovecot",
            "--", attack.ABORTED.format("192.0.2.9")])
    hosts.wait_for(lambda: source()["refused"] == 1)
    assert source()["trouble"] is None
    # What comes while there is no mailband starts it, and counts.
    mx.systemctl("stop", "mailban")
    assert world.login("d", family="ip6", password="guess") == "denied"
    hosts.wait_for(lambda: active(mx))
    mx.wait_banned("dovecot", world.clients["d"].ip6)
    mx.mailban("unban", world.clients["d"].ip6)


def test_systemd_keeps_a_syslog_socket_of_mailband_s_own(mx):
    mx.systemctl("disable", "--now", "mailban-syslog.socket")
    mx.systemctl("stop", "mailban")
    mx.systemctl("start", "mailban")
    kept = mx.show("NFileDescriptorStore")["NFileDescriptorStore"]
    assert kept == "1"
    pid = processes(mx)["mailband"]
    mx.run(["kill", "-9", str(pid)])
    hosts.wait_for(lambda: not active(mx))
    for _ in range(3):
        mx.run(["logger", "--socket-errors=on", "-u", "/run/mailban/syslog",
                "-p", "mail.info", "-t", "dovecot", "--",
                attack.ABORTED.format("192.0.2.10")])
    hosts.wait_for(lambda: active(mx))
    mx.wait_banned("dovecot", "192.0.2.10")
    mx.mailban("unban", "192.0.2.10")
    mx.run(["rm", "/etc/systemd/journald.conf.d/syslog.conf",
            "/etc/mailban/jail.local"])
    mx.systemctl("restart", "systemd-journald", "mailban")


def test_a_name_that_needs_no_network_is_ignored(world, mx):
    mx.write("/etc/mailban/jail.local",
             "[DEFAULT]\nignoreip = 127.0.0.0/8 friend.example.org\n")
    mx.systemctl("reload", "mailban")
    done = mx.mailban("ban", "dovecot", "192.0.2.77", check=False)
    assert done.returncode == 1
    assert "192.0.2.77" not in mx.banned("dovecot")


def test_names_of_a_name_server_need_the_drop_in(world, mx):
    server = world.clients["e"]
    server.start(["python3", "/mailban/tests/system/nameserver.py",
                  server.ip4, "192.0.2.88"])
    mx.write("/etc/resolv.conf", f"nameserver {server.ip4}\n")
    hosts.wait_for(lambda: mx.run(["getent", "ahostsv4", "far.example.org"],
                                  check=False).returncode == 0)
    mx.write("/etc/mailban/jail.local",
             "[dovecot]\nignoreip = far.example.org\n")
    mark = world.seen()
    mx.systemctl("restart", "mailban")
    complaint, = world.complaints(mark)
    assert "ignoreip: far.example.org has no address now" in complaint
    example = mx.path("/usr/share/doc/mailban/examples/names.conf").read_text()
    mx.write("/etc/systemd/system/mailban.service.d/names.conf",
             example.replace("#IPAddressAllow=192.0.2.53",
                             f"IPAddressAllow={server.ip4}"))
    mx.systemctl("daemon-reload")
    mark = world.seen()
    mx.systemctl("restart", "mailban")
    assert world.complaints(mark) == []
    world.clean_from = mark
    done = mx.mailban("ban", "dovecot", "192.0.2.88", check=False)
    assert done.returncode == 1
    # As it was: no network.
    mx.run(["rm", "/etc/systemd/system/mailban.service.d/names.conf",
            "/etc/mailban/jail.local"])
    mx.systemctl("daemon-reload")
    mx.systemctl("restart", "mailban")


EXAMPLES = "/usr/share/doc/mailban/examples"


def manual(mx, begin):
    """Run the literal block of mailband(8) that begins so, as root would."""
    text = (hosts.REPO / "man/mailband.8").read_text()
    block, = (b for b in re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed$", text,
                                    re.M | re.S) if b.startswith(begin))
    mx.run(["sh", "-ec", block])


def test_mail_probe_and_hold_as_the_manual_has_it(world, mx):
    """Without the drop-ins it is told what is amiss; with them all works."""
    settings = mx.path("/etc/mailban/mailban.conf").read_text()
    mx.write("/etc/mailban/mailban.conf", settings.replace(
        "[alarms]\n", """[alarms]
interval = 1
mail_to = alice@mx.example.org
probe = 1s
probe_options = --port 25,143
deferred = 1 100
recipients = 5 10
hold = /usr/local/sbin/mailban-hold
""", 1))
    mx.run(["postconf", "-e", "defer_transports=smtp"])
    mx.run(["postfix", "reload"])
    mx.run(["sh", "-c", "for i in 1 2 3; do echo x | "
            "sendmail -f boss@mx.example.org x@far.example; done"])
    mark = world.seen()
    mx.systemctl("restart", "mailban")

    def alarm(name):
        return next((a for a in mx.status()["alarms"] if a["name"] == name),
                    None)
    assert mx.status()["services"] == []
    told = hosts.wait_for(lambda: alarm("probe"), what="the probe's alarm")
    assert told["level"] == "warning"
    assert "not known: no connection can be made from here" in told["text"]
    hosts.wait_for(lambda: any("it wants the drop-in mail.conf" in line
                               for line in world.complaints(mark)))
    manual(mx, "mkdir -p /etc/systemd/system/mailban.service.d")
    manual(mx, f"cd {EXAMPLES}\ninstall mailban-hold")
    hosts.wait_for(lambda: alarm("deferred") and
                   "from <boss@mx.example.org> 3" in alarm("deferred")["text"])
    assert alarm("probe") is None
    hosts.wait_for(lambda: any(s["name"] == "qmgr" and s["processes"] == 1
                               for s in mx.status()["services"]))
    mx.run(["python3", "-c", mailhost.SEND, "127.0.0.1", "far.example", 2,
            10])
    hold = mx.path("/var/spool/postfix/hold")
    hosts.wait_for(lambda: len(list(hold.iterdir())) == 2, what="two on hold")
    hosts.wait_for(lambda: not list(mx.path(
        "/var/lib/mailban/hold").iterdir()), what="the ids to be taken")
    hosts.wait_for(lambda: "recipients critical" in mx.run(
        ["cat", "/var/mail/alice"], check=False).stdout, what="the mail")
    # What somebody who is in there could ask for is not all.
    mx.run(["setpriv", "--reuid=mailban", "--regid=mailban", "--clear-groups",
            "sh", "-c", "cd /var/lib/mailban/hold; echo ALL >ids.x; mkdir y"])
    hosts.wait_for(lambda: not list(mx.path(
        "/var/lib/mailban/hold").iterdir()))
    assert len(list(hold.iterdir())) == 2
    assert alarm("probe") is None
    # As it was.
    mx.systemctl("disable", "--now", "mailban-hold.path")
    mx.run(["sh", "-c", "cd /etc/systemd/system/mailban.service.d; "
            "rm mail.conf probe.conf processes.conf"])
    mx.run(["postsuper", "-d", "ALL"])
    mx.run(["postconf", "-X", "defer_transports"])
    mx.run(["postfix", "reload"])
    mx.write("/etc/mailban/mailban.conf", settings)
    mx.systemctl("daemon-reload")
    mx.systemctl("restart", "mailban")
    world.clean_from = world.seen()


def test_reload_takes_what_was_changed(world, mx):
    before = mx.show("MainPID")
    mx.write("/etc/mailban/jail.local",
             "[dovecot]\nmaxretry = 1\nbantime = 1d\n")
    mx.systemctl("reload", "mailban")
    assert mx.show("MainPID") == before
    assert world.clients["a"].ip4 in mx.banned("dovecot")
    assert world.login("c", password="guess") == "denied"
    mx.wait_banned("dovecot", world.clients["c"].ip4)


def test_bans_outlast_a_stop(world, mx):
    mx.systemctl("stop", "mailban")
    assert mx.show("ActiveState", "Result") == \
        {"ActiveState": "inactive", "Result": "success"}
    assert world.clients["c"].ip4 in mx.banned("dovecot")
    assert world.login("c", timeout=1) == "silent"
    # Nobody looks just now, but it is in the journal.
    assert world.login("d", password="guess") == "denied"
    mx.systemctl("start", "mailban")
    mx.wait_banned("dovecot", world.clients["d"].ip4)
    assert world.clients["c"].ip4 in mx.mailban("list").stdout


def test_an_unban_lets_in(world, mx):
    mx.mailban("unban", world.clients["d"].ip4)
    assert world.login("d") == "ok"


def test_counters_are_served_once_they_are_wanted(mx):
    """By a process that is nobody's, for who is on the machine."""
    assert mx.show("ActiveState", "UnitFileState",
                   unit="mailban-metrics.socket") == \
        {"ActiveState": "inactive", "UnitFileState": "disabled"}
    mx.systemctl("enable", "--now", "mailban-metrics.socket")
    assert mx.show("ActiveState", unit="mailban-metrics.service") == \
        {"ActiveState": "inactive"}
    for _ in range(2):
        text = mx.run(
            ["python3", "-c", "import urllib.request as u; print(u.urlopen("
             "'http://127.0.0.1:9811/metrics', timeout=20).read().decode())"]
        ).stdout.strip()
        # As Prometheus' own client reads it.
        assert list(parser.text_string_to_metric_families(text + "\n"))
        assert re.search(r'^mailban_jail_bans_total{jail="dovecot"} [1-9]',
                         text, re.M)
        assert re.search(r"^mailban_mail_login_failures_total [1-9]", text,
                         re.M)
    pid = mx.show("MainPID", unit="mailban-metrics.service")["MainPID"]
    status = status_of(mx, pid)
    assert "0" not in status["Uid"] and status["Seccomp"] == ["2"]
    assert status["CapPrm"] == status["CapBnd"] == ["0" * 16]
    mx.systemctl("disable", "--now", "mailban-metrics.socket")
    mx.systemctl("stop", "mailban-metrics.service")


def test_zabbix_is_told_once_it_is_wanted(world, mx):
    """A real proxy of Zabbix; from the unit as from its timer."""
    settings = mx.path("/etc/mailban/mailban.conf").read_text()
    proxy = Proxy(mx)
    mx.write("/etc/mailban/mailban.conf",
             settings.replace("[mailban]\n", "[mailban]\n"
                              "zabbix_server = 127.0.0.1\n"
                              "zabbix_host = mx1\nzabbix_interval = 1s\n",
                              1))
    mx.systemctl("reload", "mailban")
    hosts.wait_for(lambda: mx.mailban(
        "zabbix", "--get", "postfix[received]", check=False).returncode == 0,
        what="a period that is over")
    assert mx.show("ActiveState", "UnitFileState",
                   unit="mailban-zabbix.timer") == \
        {"ActiveState": "inactive", "UnitFileState": "disabled"}
    mx.systemctl("start", "mailban-zabbix.service")
    hosts.wait_for(lambda: {key for key, _, _ in proxy.took()} == set(ITEMS))
    mx.systemctl("enable", "--now", "mailban-zabbix.timer")
    assert "mailban-zabbix.service" in mx.systemctl("list-timers").stdout
    mx.systemctl("disable", "--now", "mailban-zabbix.timer")
    proxy.process.stop()
    mx.write("/etc/mailban/mailban.conf", settings)
    mx.systemctl("reload", "mailban")


def test_the_daily_mail_comes_by_its_timer(mx):
    """The units as they are, but for the hour; by Postfix to root's mailbox,
    with what yesterday had."""
    assert mx.show("ActiveState", "UnitFileState",
                   unit="mailban-report.timer") == \
        {"ActiveState": "inactive", "UnitFileState": "disabled"}
    seconds, day = mx.run(["date", "-d", "yesterday 12:00",
                           "+%s %F"]).stdout.split()
    mx.systemctl("stop", "mailban")
    seven = (7).to_bytes(8, "little").hex() + 18 * "00" * 8
    statefile.change(mx.path(statefile.PATH), "INSERT OR REPLACE INTO mail "
                     f"VALUES ({int(seconds) // 3600}, x'{seven}')")
    mx.systemctl("start", "mailban")
    hour = "/etc/systemd/system/mailban-report.timer.d/hour.conf"
    mx.write(hour, "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\n"
             "RandomizedDelaySec=0\nAccuracySec=1ms\n")
    mx.systemctl("enable", "--now", "mailban-report.timer")
    box = mx.path("/var/mail/root")
    text = hosts.wait_for(lambda: box.exists() and box.read_text(),
                          what="a mail")
    mx.systemctl("disable", "--now", "mailban-report.timer")
    mx.run(["rm", hour])
    mx.systemctl("daemon-reload")
    mail = email.message_from_string(text, policy=email.policy.default)
    assert mail["Subject"] == \
        f"{mx.name}: 7 in, 0 out, 0 refused, 0 bans, {day}"
    assert mail["From"].startswith("mailban ")
    text, page = mail.iter_parts()
    assert text.get_content().startswith("Messages in: 7")
    assert page.get_content().startswith("<!DOCTYPE html>")


def test_a_mail_log_is_followed_too(world, mx):
    mx.run(["rm", "/etc/systemd/system/rsyslog.service"])
    mx.systemctl("daemon-reload")
    mx.systemctl("enable", "--now", "rsyslog")
    mx.systemctl("restart", "mailban")
    world.login("d", password="guess")
    hosts.wait_for(lambda: mx.path("/var/log/mail.log").exists(),
                   what="mail.log")
    mx.wait_banned("dovecot", world.clients["d"].ip4)
    mx.mailban("unban", world.clients["d"].ip4)


def test_all_that_was_clean(world, mx):
    said = mx.systemctl("status", "mailban").stdout
    assert "active (running)" in said and "enabled" in said
    assert not re.search("warning|error|fail", said.split("\n\n")[0], re.I)
    assert world.complaints(world.clean_from) == []
    assert mx.systemctl("--failed", "--plain", "--no-legend").stdout == ""


def test_reboot(world, mx):
    banned = set(mx.banned("dovecot"))
    assert world.clients["c"].ip4 in banned
    mx.reboot()
    world.join()
    assert active(mx)
    # A network of its own goes with the machine: the kernel began empty.
    mx.wait_banned("dovecot", *banned)
    assert world.login("c", timeout=1) == "silent"
    assert world.login("e") == "ok"
    assert world.complaints() == []


def test_a_wrong_configuration_is_told_and_not_taken(world, mx):
    before = mx.show("MainPID")
    mx.write("/etc/mailban/jail.d/wrong.local", "[dovecot]\nbantime = soon\n")
    done = mx.systemctl("reload", "mailban", check=False)
    assert done.returncode
    assert active(mx) and mx.show("MainPID") == before
    assert "wrong.local:2: bantime:" in mx.journal("-u", "mailban")
    mx.path("/etc/mailban/jail.d/wrong.local").unlink()
    mx.systemctl("reload", "mailban")


@pytest.mark.parametrize("process, number", [
    ("mailband", signal.SIGSTOP), ("mailband", signal.SIGKILL),
    ("mailban-warden", signal.SIGKILL)])
def test_what_hangs_or_dies_comes_back(world, mx, process, number):
    mx.write("/run/systemd/system/mailban.service.d/soon.conf",
             "[Service]\nWatchdogSec=2\n")
    mx.systemctl("daemon-reload")
    mx.systemctl("restart", "mailban")
    before = mx.show("NRestarts", "MainPID")
    mx.run(["kill", f"-{number}", str(processes(mx)[process])])
    hosts.wait_for(lambda: mx.show("NRestarts")["NRestarts"] == "1" and
                   active(mx), 30, "the service again")
    assert mx.show("MainPID")["MainPID"] != before["MainPID"]
    assert world.clients["c"].ip4 in mx.banned("dovecot")
    mx.mailban("status")
    mx.path("/run/systemd/system/mailban.service.d/soon.conf").unlink()
    mx.systemctl("daemon-reload")
    mx.systemctl("restart", "mailban")


def test_upgrade(world, mx, next_deb):
    banned = mx.banned("dovecot")
    before, mark = mx.show("MainPID"), world.seen()
    mx.write("/etc/mailban/jail.d/mailhost.conf",
             mx.path(JAILS).read_text() + "# ours\n")
    mx.apt("install", mx.take(next_deb))
    assert active(mx) and mx.show("MainPID") != before
    after = mx.banned("dovecot")
    assert set(after) == set(banned)
    for address, element in banned.items():
        # It is the element of before, or one that ends no later.
        assert after[address]["expires"] <= element["expires"]
    assert mx.path(JAILS).read_text().endswith("# ours\n")
    assert world.complaints(mark) == []


def test_an_upgrade_starts_nothing_that_was_off(mx, deb):
    mx.systemctl("disable", "--now", "mailban")
    mx.apt("install", "--allow-downgrades", mx.take(deb))
    assert mx.show("ActiveState", "UnitFileState") == \
        {"ActiveState": "inactive", "UnitFileState": "disabled"}
    mx.systemctl("enable", "--now", "mailban")


def test_removal_takes_the_bans_and_a_new_installation_has_them(world, mx,
                                                                deb):
    mx.apt("remove", "mailban")
    assert mx.nft_json("list", "table", "inet", "mailban") == []
    assert world.login("c") == "ok"
    mx.apt("install", mx.take(deb))
    assert active(mx)
    mx.wait_banned("dovecot", world.clients["c"].ip4)


def test_purge(mx):
    mx.apt("purge", "mailban")
    assert mx.nft_json("list", "table", "inet", "mailban") == []
    for path in ("/var/lib/mailban", "/run/mailban", JAILS,
                 "/etc/mailban/mailban.conf",
                 "/etc/systemd/system/multi-user.target.wants/"
                 "mailban.service"):
        assert not os.path.lexists(mx.path(path)), path
    # The admin wrote that.
    assert mx.path("/etc/mailban/jail.local").exists()
    assert mx.run(["systemctl", "cat", "mailban"], check=False).returncode
    assert mx.run(["id", "mailban"]).returncode == 0
    mx.run(["rm", "-r", "/etc/mailban"])


def test_beside_fail2ban_it_waits_and_says_how_to_move(world, mx, deb):
    mx.write("/etc/fail2ban/jail.d/defaults-debian.conf", "")
    mx.write("/etc/fail2ban/jail.local",
             "[dovecot]\nenabled = true\nbackend = auto\nmaxretry = 2\n"
             f"ignoreip = {world.clients['e'].ip4}\n")
    mx.systemctl("enable", "--now", "fail2ban")
    said = mx.apt("install", mx.take(deb))
    assert "mailban: WARNING: fail2ban guards this host." in said
    assert mx.show("ActiveState", "UnitFileState") == \
        {"ActiveState": "inactive", "UnitFileState": "disabled"}
    # Whom fail2ban knows to leave alone is known when its files are here.
    told = re.findall(r"^mailban:   (\S.*?)(?: +#.*)?$", said, re.M)
    assert told[-1] == "systemctl enable --now mailban"
    for command in told:
        done = mx.run(["sh", "-c", command], check=False)
        assert done.returncode == 0 or "*.local" in command, done.stderr
    assert mx.show("ActiveState", unit="fail2ban.service") == \
        {"ActiveState": "inactive"}
    assert active(mx)
    jail = mx.mailban("status", "dovecot", "--json").stdout
    assert json.loads(jail)["name"] == "dovecot"
    done = mx.mailban("ban", "dovecot", world.clients["e"].ip4, check=False)
    assert done.returncode == 1
    assert pathlib.Path(mx.path("/etc/mailban/jail.local")).exists()
