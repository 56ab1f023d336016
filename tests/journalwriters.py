# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in a host: log as the processes of services do.

Reads the writers from standard input, as JSON. Whose unit and uid a process has
is the kernel's word to journald, so each is a process of its own, in a control
group of the unit's name, and lives until journald has asked. One without a unit
looks as one that had ended by then.
"""
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys

CGROUPS = "/mnt"
# A writer: with a new uid /proc is root's until the program is a new one, too.
WRITER = """import json, os, signal, socket, sys
writer = json.loads(sys.argv[1])
if writer["stream"]:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect("/run/systemd/journal/stdout")
    s.sendall("".join([writer["tag"], "\\n\\n6\\n1\\n0\\n0\\n0\\n", *(
        line + "\\n" for _, line in writer["lines"])]).encode())
else:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect("/dev/log")
    for priority, line in writer["lines"]:
        s.send(f"<{2 << 3 | priority}>{writer['tag']}: {line}".encode())
os.write(writer["sent"], b".")
signal.pause()
"""


def become(writer, group):
    with open(f"{group}/cgroup.procs", "w") as procs:
        procs.write("0")
    os.setgroups([])
    os.setresgid(*[writer["uid"]] * 3)
    os.setresuid(*[writer["uid"]] * 3)
    os.execv(writer["exe"] or sys.executable,
             ["python3", "-c", WRITER, json.dumps(writer)])


def start(writer, top, sent):
    group = f"{top}/{writer['unit']}" if writer["unit"] else CGROUPS
    os.makedirs(group, exist_ok=True)
    if writer["exe"] and not os.path.exists(writer["exe"]):
        os.makedirs(os.path.dirname(writer["exe"]), exist_ok=True)
        shutil.copy(sys.executable, writer["exe"])
    pid = os.fork()
    if not pid:
        try:
            become({**writer, "sent": sent}, group)
        finally:
            os._exit(1)
    return pid


def main(writers):
    top = f"{CGROUPS}/mailban{secrets.token_hex(8)}.slice"
    ready, sent = os.pipe()
    os.set_inheritable(sent, True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", CGROUPS], check=True)
    pids = []
    try:
        for writer in writers:
            pids.append(start(writer, top, sent))
        for _ in pids:
            os.read(ready, 1)
        subprocess.run(["journalctl", "--sync"], check=True)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for group, _, _ in os.walk(top, topdown=False):
            os.rmdir(group)
        subprocess.run(["umount", CGROUPS], check=True)


main(json.load(sys.stdin))
