# SPDX-License-Identifier: GPL-2.0-or-later
"""Test hosts: containers over build/testroot, joined by networks of their own.

A Host is a whole small Debian (see tests/testroot and tests/hostinit) in
namespaces of its own, with this repository at /mailban, read-only. Nothing
here has a name outside those namespaces, and each is held by the standard
input of its first process: when the test run ends, however it ends, the kernel
takes all of it away.

Tests never sleep for time to pass: they wait_for() a condition.
"""
import fcntl
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parent.parent
TESTS = REPO / "tests"
# Builds of the programs. What starts mailband is run with each: sanitizers find
# what a release hides, and need a wider sandbox than a release has. Elsewhere
# the sanitizers' one is the default.
BUILDS = {"release": "build", "san": "build/san"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# A report of a sanitizer ends the program with this status.
SANITIZER_STATUS = 99
SANITIZER_ENV = {
    "ASAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:detect_leaks=1"
                    ":detect_stack_use_after_return=1",
    "LSAN_OPTIONS": f"exitcode={SANITIZER_STATUS}",
    "UBSAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:halt_on_error=1"
                     ":print_stacktrace=1",
}
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|SUMMARY: \w+Sanitizer|: runtime error: ")


# What is waited for is there at once on a quiet machine; on one that is busy it
# may be late, which is no fault of what is tested.
LATE = 60


class Timeout(AssertionError):
    """What a test waited for did not come."""


def wait_for(look, timeout=LATE, what=None, every=0.02):
    """Call look() until it answers something true, and return that."""
    end = time.monotonic() + timeout
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Timeout(f"not within {timeout} s: "
                          f"{what or look.__doc__ or look}; last: {answer!r}")
        time.sleep(every)


def within_an_hour():
    """Return when this hour, and so this day, has a minute left."""
    wait_for(lambda: time.time() % 3600 < 3600 - LATE, 2 * LATE, every=0.1)


def debian():
    """The release of the machine, and so of its hosts: "12", "13"."""
    text = pathlib.Path("/etc/os-release").read_text()
    return re.search(r'^VERSION_ID="?(\d+)', text, re.M)[1]


def builds():
    """Those that there are, the default one last; MAILBAN_TEST_BUILD alone."""
    build = os.environ.get("MAILBAN_TEST_BUILD")
    if build:
        return [build]
    return [name for name, folder in BUILDS.items()
            if name == "release" or (REPO / folder).is_dir()]


def built(name, build=None):
    """The path of a program of ours; build None: of the default."""
    return str(REPO / BUILDS[build or builds()[-1]] / name)


def testroot():
    """Make the tree if need be, and hold it for as long as this process."""
    made = subprocess.run([TESTS / "testroot"], check=True, text=True,
                          stdout=subprocess.PIPE)
    tree = made.stdout.strip()
    hold = os.open(f"{tree}.lock", os.O_RDWR)
    fcntl.flock(hold, fcntl.LOCK_SH)
    return tree


def processes():
    """(pid, name, its parent's pid) of each that there is, as seen from
    outside."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, rest = stat.split("(", 1)[1].rsplit(")", 1)
        yield int(entry.name), name, int(rest.split()[1])


def child_of(pid):
    """The only child of process pid, or None."""
    for child, _, parent in processes():
        if parent == pid:
            return child
    return None


class Process:
    """A program that runs in a host, its standard error (and output) kept."""

    def __init__(self, host, argv, env=None, **popen):
        self.host = host
        self.argv = [str(arg) for arg in argv]
        self.output = tempfile.TemporaryFile()
        self.popen = subprocess.Popen(
            host.enter(self.argv), env=host.environment(env),
            stdin=popen.pop("stdin", subprocess.DEVNULL),
            stdout=popen.pop("stdout", self.output), stderr=self.output,
            **popen)
        self.running_pid = None

    @property
    def pid(self):
        """Its process id, as seen from outside the host."""
        if self.running_pid is None:
            self.running_pid = wait_for(lambda: child_of(self.popen.pid),
                                        what=f"start of {self.argv}")
        return self.running_pid

    def log(self):
        size = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), size, 0).decode(errors="replace")

    def wait_log(self, pattern, timeout=LATE, count=1):
        """Wait until the log has count matches of pattern; the matches."""
        regex = re.compile(pattern, re.MULTILINE)

        def look():
            found = list(regex.finditer(self.log()))
            if len(found) >= count:
                return found
            if self.popen.poll() is not None:
                raise AssertionError(
                    f"{self.argv[0]} ended ({self.popen.returncode}) before "
                    f"it logged {count} x {pattern!r}:\n{self.log()}")
            return None
        try:
            return wait_for(look, timeout)
        except Timeout:
            raise Timeout(f"no {count} x {pattern!r} within {timeout} s in:\n"
                          f"{self.log()[-4000:]}") from None

    def signal(self, number):
        if self.popen.poll() is None:
            os.kill(self.pid, number)
            # nsenter(1) stops with what it runs, and must go on first.
            if number == signal.SIGCONT:
                self.popen.send_signal(number)

    def wait(self, timeout=LATE):
        """Its exit status, or minus the signal that ended it."""
        return self.popen.wait(timeout)

    def stop(self, timeout=LATE):
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def alive(self):
        return self.popen.poll() is None


class Notify:
    """The service manager's end of sd_notify(3)."""

    def __init__(self, host, path="/run/notify"):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        outside = host.path(path)
        if outside.exists():
            outside.unlink()
        self.socket.bind(str(outside))
        outside.chmod(0o777)
        self.seen = []
        # A sender waits when a few messages are not taken.
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while data := self.socket.recv(65536):
            self.seen += data.decode().splitlines()

    def poll(self):
        """All assignments seen so far, in their order."""
        return list(self.seen)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.socket.close()


class Daemon(Process):
    """A mailband."""

    def __init__(self, host, argv, env):
        self.notify = Notify(host)
        super().__init__(host, argv, {
            "NOTIFY_SOCKET": self.notify.path, **env})

    def wait_ready(self, timeout=LATE):
        def look():
            if "READY=1" in self.notify.poll():
                return True
            assert self.alive(), \
                f"mailband ended ({self.popen.returncode}):\n{self.log()}"
            return False
        wait_for(look, timeout, "READY=1 from mailband")
        return self

    def children(self):
        """{name: pid} of its descendants, pids as seen from outside."""
        found, todo = {}, [self.pid]
        stats = {pid: (name, parent) for pid, name, parent in processes()}
        while todo:
            parent = todo.pop()
            for pid, (name, ppid) in stats.items():
                if ppid == parent:
                    found[name] = pid
                    todo.append(pid)
        return found


class Host:
    """One container."""

    def __init__(self, tree, name="mx.example.org", build=None):
        self.name = name
        self.build = build or builds()[-1]
        self.processes = []
        # Of the programs of ours that ended: status, whether a sanitizer had
        # something to report.
        self.ends = []
        self.init = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "unchanged", "--pid",
             "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child",
             TESTS / "hostinit", tree, REPO, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": PATH, "LANG": "C.UTF-8"})
        line = self.init.stdout.readline()
        if not line:
            raise RuntimeError(f"host {name} did not start")
        self.pid = int(line)
        # All that follows writes through this: never into our own root.
        assert not os.path.samefile(self.path("/"), "/")

    def close(self):
        """End all in the host; fails when a sanitizer had reported."""
        logs = [(p.argv[0], p.log()) for p in self.processes]
        self.init.stdin.close()
        self.init.wait(LATE)
        self.init.stdout.close()
        for process in self.processes:
            process.popen.wait(LATE)
            process.output.close()
            if isinstance(process, Daemon):
                process.notify.close()
        for process, (_, log) in zip(self.processes, logs):
            if "/mailban/build" in " ".join(process.argv):
                self.ends.append((process.popen.returncode,
                                  bool(SANITIZER_REPORT.search(log))))
        for argv0, log in logs:
            assert not SANITIZER_REPORT.search(log), f"{argv0}:\n{log}"

    # Running programs

    def enter(self, argv):
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts",
                "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd", "--",
                *[str(arg) for arg in argv]]

    def environment(self, more=None):
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/root",
                **SANITIZER_ENV, **(more or {})}

    def run(self, argv, check=True, input=None, timeout=60, env=None,
            text=True):
        """Run to its end; a subprocess.CompletedProcess."""
        done = subprocess.run(
            self.enter(argv), input=input, timeout=timeout, text=text,
            env=self.environment(env), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL if input is None else None)
        errors = done.stderr if text else done.stderr.decode(errors="replace")
        if "/mailban/build" in str(argv[0]):
            self.ends.append((done.returncode,
                              bool(SANITIZER_REPORT.search(errors))))
        assert not SANITIZER_REPORT.search(errors), f"{argv}:\n{errors}"
        assert not check or done.returncode == 0, \
            f"{argv}: exit {done.returncode}\n{done.stdout}\n{errors}"
        return done

    def start(self, argv, env=None, **popen):
        """Start a program and leave it running; a Process."""
        process = Process(self, argv, env, **popen)
        self.processes.append(process)
        return process

    # Files

    def path(self, path):
        """A path of the host as seen from outside."""
        return pathlib.Path(f"/proc/{self.pid}/root") / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        outside = self.path(path)
        outside.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            text = text.encode()
        outside.write_bytes(text)
        outside.chmod(mode)
        return outside

    def append(self, path, text):
        """One write(2) at the end of the file."""
        if isinstance(text, str):
            text = text.encode()
        fd = os.open(self.path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT,
                     0o640)
        try:
            done = os.write(fd, text)
            assert done == len(text)
        finally:
            os.close(fd)
        return text

    # The log's daemons

    def journald(self, storage="persistent", forward="no"):
        """Start the real journald; it makes its sockets itself.

        forward="yes": it forwards to /run/systemd/journal/syslog.
        """
        self.write("/etc/systemd/journald.conf",
                   f"[Journal]\nStorage={storage}\nRateLimitIntervalSec=0\n"
                   f"ReadKMsg=no\nAudit=no\nForwardToSyslog={forward}\n"
                   "ForwardToWall=no\nSyncIntervalSec=1s\n")
        for folder in ("/run/systemd/journal", "/run/log/journal",
                       "/var/log/journal"):
            self.path(folder).mkdir(parents=True, exist_ok=True)
        self.run(["chgrp", "-R", "systemd-journal", "/run/log/journal",
                  "/var/log/journal"])
        self.run(["chmod", "2755", "/run/log/journal", "/var/log/journal"])
        # What journalctl --flush leaves: write to /var at once.
        self.write("/run/systemd/journal/flushed", "")
        devlog = self.path("/dev/log")
        if not devlog.is_symlink():
            devlog.symlink_to("/run/systemd/journal/dev-log")
        process = self.start(["/lib/systemd/systemd-journald"])

        def answers():
            """journald takes a message"""
            assert process.alive(), process.log()
            return (self.run(
                ["logger", "-t", "hosts", "--", f"hello {process.popen.pid}"],
                check=False).returncode == 0 and f"hello {process.popen.pid}" in
                self.run(["journalctl", "-q", "-t", "hosts", "-o", "cat"],
                         check=False).stdout)
        wait_for(answers, every=0.1)
        return process

    def rsyslogd(self, log="/var/log/mail.log", format="traditional",
                 more=""):
        """Start the real rsyslogd: /dev/log to a mail log."""
        template = {"traditional": "RSYSLOG_TraditionalFileFormat",
                    "iso": "RSYSLOG_FileFormat"}[format]
        self.write("/etc/rsyslog.conf",
                   f'{more}module(load="imuxsock" SysSock.Use="on")\n'
                   'global(workDirectory="/var/spool/rsyslog")\n'
                   f'mail.* action(type="omfile" file="{log}" '
                   'fileOwner="root" fileGroup="adm" fileCreateMode="0640" '
                   f'template="{template}")\n')
        self.path("/var/spool/rsyslog").mkdir(parents=True, exist_ok=True)
        devlog = self.path("/dev/log")
        if devlog.is_symlink():
            devlog.unlink()
        process = self.start(["rsyslogd", "-n", "-i", "/run/rsyslogd.pid"])
        wait_for(devlog.is_socket, what="rsyslogd's /dev/log")
        return process

    def logger(self, message, tag="dovecot", priority="mail.info"):
        self.run(["logger", "-p", priority, "-t", tag, "--", message])

    # mailban

    def program(self, name, build=None):
        return f"/mailban/{BUILDS[build or self.build]}/{name}"

    def configure(self, files, folder="/etc/mailban"):
        """Write the configuration: {name in CONFDIR: text}."""
        for name, text in {"mailban.conf": "[mailban]\nuser = mailban\n",
                           **files}.items():
            self.write(f"{folder}/{name}", text)

    def mailband(self, files=None, args=(), env=None, wait=True, build=None,
                 by=()):
        """Start mailband with this configuration and wait until it is ready.

        by is a command that becomes the one behind it, as prlimit(1).
        """
        if files is not None:
            self.configure(files)
        self.path("/run/mailban").mkdir(exist_ok=True)
        self.path("/var/lib/mailban").mkdir(exist_ok=True)
        # The one may be on a disk that is read-only.
        self.run(["chown", "mailban:", "/run/mailban"])
        self.run(["chown", "mailban:", "/var/lib/mailban"], check=False)
        daemon = Daemon(self, [
            *by, self.program("mailband", build), "-c", "/etc/mailban",
            "-s", "/run/mailban/control", "-d", "/var/lib/mailban", *args],
            env or {})
        self.processes.append(daemon)
        return daemon.wait_ready() if wait else daemon

    def mailban(self, *args, check=True, **run):
        """Run the command mailban; its CompletedProcess."""
        return self.run([self.program("mailban"), "-s",
                         "/run/mailban/control", *args], check=check, **run)

    def status(self, *jail):
        return json.loads(self.mailban("status", *jail, "--json").stdout)

    # The kernel's tables, as the real nft program shows them

    def nft_json(self, *args):
        done = self.run(["nft", "-j", *args], check=False)
        if done.returncode:
            return []
        return json.loads(done.stdout)["nftables"]

    def set_elements(self, name):
        """{address or prefix: {timeout, expires, counter}} of one set."""
        found = {}
        for item in self.nft_json("list", "set", "inet", "mailban", name):
            for elem in item.get("set", {}).get("elem", ()):
                elem = elem.get("elem", {"val": elem}) \
                    if isinstance(elem, dict) else {"val": elem}
                value = elem["val"]
                if isinstance(value, dict) and "prefix" in value:
                    value = "{addr}/{len}".format(**value["prefix"])
                elif isinstance(value, dict):
                    value = "-".join(value["range"])
                found[value] = elem
        return found

    def banned(self, jail):
        """All that the kernel has banned for a jail, as set_elements()."""
        found = {}
        for kind in ("rush4", "rush6", "ban4", "ban6", "net4", "net6"):
            found |= self.set_elements(f"{kind}-{jail}")
        return found

    def wait_banned(self, jail, *addresses, timeout=LATE):
        """Wait until these are in the kernel's sets; those sets' elements."""
        def look():
            elements = self.banned(jail)
            return elements if all(a in elements for a in addresses) else None
        return wait_for(look, timeout, f"ban of {addresses} in {jail}")


class Net:
    """A switch, in a namespace without a name, and the hosts on it.

    Gives each host eth0 with .ip4 and .ip6.
    """

    def __init__(self, *hosts):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.ip("link add switch type bridge stp_state 0 forward_delay 0 "
                "mcast_snooping 0")
        self.ip("link set switch up")
        for number, host in enumerate(hosts, 1):
            self.ip(f"link add port{number} type veth peer name eth0 "
                    f"netns {host.pid}")
            self.ip(f"link set port{number} master switch up")
            host.ip4, host.ip6 = f"198.51.100.{number}", f"fd00::{number}"
            host.run(["ip", "addr", "add", f"{host.ip4}/24", "dev", "eth0"])
            host.run(["ip", "addr", "add", f"{host.ip6}/64", "dev", "eth0",
                      "nodad"])
            host.run(["ip", "link", "set", "eth0", "up"])

    def ip(self, command):
        subprocess.run(["nsenter", "--target", str(self.holder.pid), "--net",
                        "ip", *shlex.split(command)], check=True,
                       env={"PATH": PATH})

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(LATE)
        self.holder.stdout.close()
