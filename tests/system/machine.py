# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole machine: the test hosts' tree, booted by systemd (see boot).

It is a hosts.Host in all that a test does with one, but for the log daemons
and programs, which are systemd's here. It begins as Debian leaves a host with
Postfix and Dovecot, without mailban and with fail2ban off.
"""
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile

import hosts
import mailhost

BOOT = hosts.TESTS / "system" / "boot"
CREDENTIALS = f"{mailhost.USER}:{mailhost.PASSWORD}\n"


def children(pid):
    """{pid: name} of a process's children; none if it is gone."""
    return {child: name for child, name, parent in hosts.processes()
            if parent == pid}


class Journal:
    """What a failing test shows of the machine."""
    argv = ["journalctl"]

    def __init__(self, machine):
        self.machine = machine

    def log(self):
        return self.machine.journal("-b", "-n", "60")


class Machine(hosts.Host):
    def __init__(self, tree, name="mx"):
        self.name = name
        self.build = "release"
        self.processes = [Journal(self)]
        self.ends = []
        self.pid = None
        self.cgroup = f"mailban-test-{secrets.token_hex(8)}"
        self.console = tempfile.TemporaryFile()
        self.files = tempfile.TemporaryDirectory()
        self.lay_files(tree)
        self.init = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "unchanged", "--pid",
             "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child",
             BOOT, tree, self.files.name, self.cgroup],
            stdin=subprocess.PIPE, stdout=self.console, stderr=self.console,
            env={"PATH": hosts.PATH, "LANG": "C.UTF-8"})
        self.wait_up()

    def lay_files(self, tree):
        """What the machine has beyond the tree."""
        top = pathlib.Path(self.files.name)
        top.chmod(0o755)
        version = subprocess.run(["chroot", tree, "dovecot", "--version"],
                                 check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        release = ".".join(version.split(".")[:2])
        for path, text in {
                "etc/hostname": f"{self.name}\n",
                "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n"
                             "192.0.2.77 friend.example.org\n",
                "etc/machine-id": "",
                "etc/dovecot/users": CREDENTIALS,
                "etc/dovecot/dovecot.conf":
                    (mailhost.DATA / f"dovecot-{release}.conf").read_text(),
                # The one makes the folder that the other's socket is in.
                "etc/systemd/system/dovecot.service.d/after.conf":
                    "[Unit]\nAfter=postfix.service postfix@-.service\n",
                "etc/postfix/main.cf":
                    (mailhost.DATA / "main.cf").read_text(),
                "etc/postfix/master.cf":
                    (mailhost.DATA / "master.cf").read_text()}.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        # Debian has had no syslogd of its own since 12: a test turns it on.
        (top / "etc/systemd/system/rsyslog.service").symlink_to("/dev/null")

    def said(self):
        size = os.fstat(self.console.fileno()).st_size
        return os.pread(self.console.fileno(), size, 0).decode(
            errors="replace")

    def leader(self):
        """systemd's process id, as seen from outside, if it is another."""
        assert self.init.poll() is None, f"no machine:\n{self.said()}"
        todo = [self.init.pid]
        while todo:
            parent = todo.pop()
            for pid, name in children(parent).items():
                if name == "systemd" and pid != self.pid:
                    return pid
                if name in ("boot", "unshare", "systemd-nspawn"):
                    todo.append(pid)
        return None

    def wait_up(self):
        """Wait until it has booted, or booted again."""
        try:
            self.pid = hosts.wait_for(self.leader, 60, "process 1",
                                      every=0.05)
            # All that follows writes through this: never into our own root.
            hosts.wait_for(lambda: self.path("/run/systemd/private").exists(),
                           30, "systemd", every=0.05)
            assert not os.path.samefile(self.path("/"), "/")
            hosts.wait_for(
                lambda: self.systemctl("is-system-running", check=False)
                .stdout.strip() in ("running", "degraded"), 60, "boot",
                every=0.1)
        except AssertionError as late:
            raise hosts.Timeout(f"{late}\n{self.said()}") from late

    def reboot(self):
        self.systemctl("reboot", check=False)
        self.wait_up()

    def close(self):
        self.init.stdin.close()
        self.init.wait(30)
        self.console.close()
        self.files.cleanup()
        self.remove_cgroups()

    def remove_cgroups(self):
        """What is left of them when the kernel has ended all in them."""
        subprocess.run(
            ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
             "mount --make-private /proc && mount -t cgroup2 none /proc && "
             f"find /proc/{self.cgroup} -depth -type d -exec rmdir {{}} +"],
            stderr=subprocess.DEVNULL, check=False)

    # Files, the service manager and the packages

    def take(self, path):
        """Copy a file in, to /root."""
        shutil.copy(path, self.path("/root"))
        return f"/root/{pathlib.Path(path).name}"

    def systemctl(self, *args, check=True):
        return self.run(["systemctl", "--no-pager", *args], check=check)

    def show(self, *properties, unit="mailban.service"):
        """{property: value} of a unit."""
        text = self.systemctl("show", *[f"-p{p}" for p in properties],
                              unit).stdout
        return dict(line.split("=", 1) for line in text.splitlines())

    def journal(self, *args):
        # What was said before now, and journald may not have taken yet.
        self.run(["journalctl", "--sync"])
        return self.run(["journalctl", "--no-pager", "-q", *args]).stdout

    def apt(self, *args):
        """apt-get, offline; what it said."""
        done = self.run(["apt-get", "-y", "--no-install-recommends",
                         "-o", "Dpkg::Use-Pty=0", *args], timeout=120,
                        env={"DEBIAN_FRONTEND": "noninteractive"})
        return done.stdout + done.stderr

    # mailban, as the package has it

    def program(self, name, build=None):
        return name
