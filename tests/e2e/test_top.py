# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban top, on a terminal and in a pipe."""
import fcntl
import json
import os
import pty
import signal
import struct
import termios

import pytest

import attack
import hosts
from test_counters import message
from test_report_live import HOSTILE, counted  # noqa: F401


class Terminal:
    """mailban top on a terminal of so many rows and columns."""

    def __init__(self, host, rows=40, columns=100):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = host.start(
            [host.program("mailban"), "-s", "/run/mailban/control", "top",
             "-i", "1"], env={"TERM": "xterm"}, stdin=self.slave,
            stdout=self.slave)
        os.set_blocking(self.master, False)

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        try:
            while data := os.read(self.master, 65536):
                self.seen += data
        except OSError:
            pass
        return self.seen

    def frames(self):
        """What stood on the screen, one after the other."""
        return [frame.replace(b"\x1b[K", b"").replace(b"\r", b"").decode()
                for frame in self.read().split(b"\x1b[H")[2:]
                if frame.endswith(b"\x1b[J")]

    def wait(self, look):
        return hosts.wait_for(lambda: look(f := (self.frames() or [""])[-1])
                              and f)

    def restored(self):
        """It ended, and left the terminal as it was."""
        assert self.process.wait() == 0
        end = self.read()
        assert end.endswith(b"\x1b[?7h\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)


def test_on_a_terminal(counted):  # noqa: F811
    screen = Terminal(counted)
    frame = screen.wait(lambda f: "192.0.2.66" in f)
    assert screen.read().startswith(b"\x1b[?1049h\x1b[?25l")
    for word in ("lines/s", "received", "dovecot", "192.0.2.0/24", "carol"):
        assert word in frame
    # A control byte of a name would be in it.
    assert HOSTILE not in frame and r"\x1b[31m" in frame
    # It lives.
    counted.append(attack.MAIL_LOG, "".join(message(77)))
    screen.wait(lambda f: any(line.split()[:2] == ["received", "1"]
                              for line in f.splitlines()))
    os.write(screen.master, b"xq")
    screen.restored()


def test_what_fits_a_small_terminal(host):
    """Who attacks and what is wrong, though there are jails without end."""
    host.write("/var/log/quiet", "", 0o644)
    host.write(attack.MAIL_LOG, "", 0o644)
    host.mailband({"jail.local": attack.jail() + "".join(
        attack.jail(f"quiet{n}", filter="dovecot", logpath="/var/log/quiet")
        for n in range(12))})
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.66") +
                attack.line("panic: x", "postfix/qmgr[7]"))
    screen = Terminal(host, 24, 80)
    frame = screen.wait(lambda f: "192.0.2.0/24" in f and "alarms:" in f)
    assert "alarms: crashed, warning; see mailban status" in frame
    assert len(frame.splitlines()) <= 24
    assert "dovecot" in frame and "quiet" not in frame
    screen.resize(50, 100)
    screen.process.signal(signal.SIGWINCH)
    screen.wait(lambda f: "quiet11" in f)
    os.write(screen.master, b"q")
    screen.restored()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_restore_it(counted, number):  # noqa: F811
    screen = Terminal(counted)
    screen.wait(lambda f: "lines/s" in f)
    screen.process.signal(number)
    screen.restored()


def test_another_size(counted):  # noqa: F811
    screen = Terminal(counted)
    screen.wait(lambda f: "lines/s" in f)
    screen.resize(10, 30)
    screen.process.signal(signal.SIGWINCH)
    small = screen.wait(lambda f: f.count("\n") < 10 and "lines/s" in f)
    assert max(map(len, small.replace("\x1b[J", "").split("\n"))) <= 30
    os.write(screen.master, b"q")
    screen.restored()


def test_the_daemon_goes_and_comes(counted):  # noqa: F811
    screen = Terminal(counted)
    screen.wait(lambda f: "lines/s" in f)
    assert counted.daemon.stop() == 0
    screen.wait(lambda f: "is mailband running" in f)
    counted.mailband()
    screen.wait(lambda f: "is mailband running" not in f and "lines/s" in f)
    os.write(screen.master, b"q")
    screen.restored()


def test_in_a_pipe(counted):  # noqa: F811
    once = counted.mailban("top", "-i", "1").stdout
    assert once.count("lines/s") == 1 and "\x1b" not in once
    assert "192.0.2.66" in once and r"\x1b[31m" in once
    twice = counted.mailban("top", "-i", "1", "-n", "2").stdout
    assert twice.count("lines/s") == 2
    rounds = [json.loads(line) for line in counted.mailban(
        "top", "--json", "-i", "1", "-n", "2").stdout.splitlines()]
    assert len(rounds) == 2
    assert rounds[0]["jails"][0]["name"] == "dovecot"
    assert rounds[0]["jails"][0]["banned"] == 1
    assert rounds[0]["mail"]["received"] == 0
    assert rounds[0]["attackers"]["address"]["rows"][0]["name"] == "192.0.2.66"


def test_without_a_daemon(host):
    done = host.mailban("top", check=False)
    assert done.returncode == 2 and "is mailband running" in done.stderr
