# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban check beside a mailband that watches a real queue and its disk."""
import hosts
import test_alarms

SPOOL = "/var/spool/postfix"


def check(host, *args):
    done = host.run([host.program("mailban"), "check", *args], check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_its_alarm_is_told(host):
    """And ends with it; it is the daemon that looks, not the plugin."""
    test_alarms.mount(host, "400m", 10000)
    daemon = test_alarms.start(host)
    hosts.wait_for(lambda: host.status().get("disks"))
    assert check(host, "disk")[0] == 0
    assert check(host, "queue")[0] == 0
    host.run(["fallocate", "-l", "380M", f"{SPOOL}/filler"])

    def told():
        status, text = check(host, "disk")
        return text if status == 2 else None
    text = hosts.wait_for(told, every=0.2)
    assert text.startswith(f"CRITICAL: {SPOOL}: ")
    assert f"free_{SPOOL}=" in text
    # What it says of the queue's disk is not said of the queue.
    assert check(host, "queue")[0] == 0
    # Figures are the daemon's: a queue that it saw is told when it is gone.
    host.run(["sh", "-c", f": >{SPOOL}/corrupt/C00000000"])
    hosts.wait_for(lambda: check(host, "queue")[0] == 1, every=0.2)
    assert "corrupt=1" in check(host, "queue")[1]
    daemon.stop()
    # Without it, the same by the plugin's own eyes.
    assert check(host, "disk")[0] == 2
    assert check(host, "queue")[0] == 1
