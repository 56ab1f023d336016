# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed at any moment, hundreds of times, while lines keep coming: at the end
each line has counted once, and whoever should be banned is."""
import collections
import itertools
import os
import random
import threading

import pytest

import attack
import hosts
import statefile

SEED = 4
LOG = "/var/log/own.log"
FILTER = r"""[Definition]
failregex = ^\s*\S+ own(?:\[\d+\])?: bad <HOST>$
"""
MAXRETRY = 3

# Starts it, kills it after the time it is told, and says so. The warden of one
# that was killed ends by itself, beside the next one's start.
UNDERTAKER = """
while read delay who; do
    {program} -c /etc/mailban -s /run/mailban/control -d /var/lib/mailban \
        2>>/run/mailband.log &
    pid=$!
    sleep $delay
    warden=$(cat /proc/$pid/task/$pid/children 2>/dev/null)
    case $who in
    engine) kill -9 $pid;;
    warden) kill -9 ${{warden:-$pid}};;
    both) kill -9 $pid $warden;;
    esac
    wait $pid
    echo killed
done
"""


class Attackers:
    """Lines of failures, and how many each address has by now."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.fresh = iter(attack.addresses(1 << 20))
        self.open = []
        self.lines = 0
        self.failed = collections.Counter()

    def next(self):
        """Of addresses that fail one to four times, a few at a time."""
        while len(self.open) < 50:
            self.open += [next(self.fresh)] * self.numbers.randint(1, 4)
            self.numbers.shuffle(self.open)
        who = self.open.pop()
        self.lines += 1
        self.failed[who] += 1
        return f"bad {who}"

    def banned(self):
        return sorted(who for who, n in self.failed.items() if n >= MAXRETRY)


def jail(**keys):
    return attack.jail("own", filter="own", logpath=LOG, maxretry=MAXRETRY,
                       bantime="1h", **keys)


def moments(numbers, kills):
    """When to kill, and whom: often in the start, which takes 10 ms."""
    for _ in range(kills):
        most = numbers.choice([0.01, 0.03, 0.03, 0.3])
        who = numbers.choices(["engine", "warden", "both"], [6, 2, 2])[0]
        yield f"{numbers.uniform(0, most):.4f} {who}\n"


def kill_again_and_again(host, kills, write):
    """Kill it so often while write() is called; how many kills there were."""
    numbers, over = random.Random(SEED), threading.Event()

    def writing():
        while not over.is_set():
            write()
            over.wait(0.004)
    thread = threading.Thread(target=writing)
    undertaker = host.start(
        ["sh", "-c", UNDERTAKER.format(program=host.program("mailband"))],
        stdin=hosts.subprocess.PIPE, stdout=hosts.subprocess.PIPE)
    thread.start()
    done = 0
    try:
        for moment in moments(numbers, kills):
            undertaker.popen.stdin.write(moment.encode())
            undertaker.popen.stdin.flush()
            done += undertaker.popen.stdout.readline() == b"killed\n"
    finally:
        over.set()
        thread.join()
        undertaker.popen.stdin.close()
        undertaker.wait()
    return done


def judge(host, attackers, tally, kills):
    """Start it once more, and compare."""
    tally.fault("kill -9 at a random moment", kills)
    daemon = host.mailband()
    wanted = {"failures own": attackers.lines, "lines": attackers.lines,
              "bans own": len(attackers.banned())}

    def counted():
        counts = statefile.counts(host.path(statefile.PATH))
        return {name: counts.get(name) for name in wanted}
    def all_read():
        """every line is counted"""
        now = counted()
        return now if now == wanted or (now["lines"] or 0) > wanted["lines"] \
            else None
    try:
        hosts.wait_for(all_read, every=0.1)
    except hosts.Timeout:
        assert counted() == wanted
    assert daemon.stop() == 0
    assert counted() == wanted
    tally.lines(attackers.lines, counted()["lines"])
    tally.bans(attackers.banned(), host.banned("own"))
    assert sorted(host.banned("own")) == attackers.banned()
    host.run(["nft", "delete", "table", "inet", "mailban"])
    host.mailband()
    assert sorted(host.banned("own")) == attackers.banned()


def prepare(host, **keys):
    host.write(LOG, "", 0o644)
    daemon = host.mailband({"filter.d/own.conf": FILTER,
                            "jail.local": jail(**keys)})
    assert daemon.stop() == 0


@pytest.mark.builds("release")
def test_files(new_host, tally):
    host = new_host()
    prepare(host)
    attackers = Attackers(random.Random(SEED))
    log = os.open(host.path(LOG), os.O_WRONLY | os.O_APPEND)
    turn = itertools.count(1)

    def write():
        nonlocal log
        text = "".join(attack.line(attackers.next(), "own")
                       for _ in range(20)).encode()
        # Lines come in pieces, and the file is rotated.
        half = len(text) // 3
        os.write(log, text[:half])
        os.write(log, text[half:])
        if next(turn) % 1000 == 0:
            os.close(log)
            for old in range(8, 0, -1):
                if host.path(f"{LOG}.{old}").exists():
                    os.rename(host.path(f"{LOG}.{old}"),
                              host.path(f"{LOG}.{old + 1}"))
            os.rename(host.path(LOG), host.path(f"{LOG}.1"))
            log = os.open(host.path(LOG), os.O_WRONLY | os.O_APPEND |
                          os.O_CREAT, 0o644)
    assert kill_again_and_again(host, 400, write) == 400
    os.close(log)
    judge(host, attackers, tally, 400)


@pytest.mark.builds("release")
def test_journal(new_host, tally):
    host = new_host()
    host.journald()
    prepare(host, backend="systemd",
            journalmatch="SYSLOG_IDENTIFIER=own")
    attackers = Attackers(random.Random(SEED))

    def write():
        host.run(["logger", "-t", "own", "-p", "mail.info"], input="".join(
            attackers.next() + "\n" for _ in range(20)))
    assert kill_again_and_again(host, 60, write) == 60
    judge(host, attackers, tally, 60)


# The service manager's part: again, whatever it ended with.
MANAGER = """
while [ ! -e /run/over ]; do
    {program} -c /etc/mailban -s /run/mailban/control -d /var/lib/mailban \\
        2>>/run/mailband.log
    echo $? >>/run/ends
done
"""
CONF = """[mailban]
user = mailban
[alarms]
interval = 1
"""
# What runs while somebody is killed, and how often it is done.
MOMENTS = {"nothing": 2, "reload": 3, "import": 3, "flush": 3, "ban": 3,
           "full disk": 2, "at once": 2}
OURS = ("mailband", "mailban-", "gauge-", "runner-", "warden-", "lookup")


class Machine:
    """A host whose mailband is begun again whenever it ends."""

    def __init__(self, host, numbers):
        self.host, self.numbers = host, numbers
        self.attackers = Attackers(numbers)
        self.by_hand, self.imported, self.killed = [], [], \
            collections.Counter()
        self.hands = iter(attack.addresses(1 << 16, "172.16.0.0/12"))
        host.path("/var/lib/mailban").mkdir(exist_ok=True)
        host.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "none",
                  "/var/lib/mailban"])
        host.run(["chown", "mailban:", "/var/lib/mailban"])
        prepare(host, ignoreip="localhost mx.example.org")
        host.configure({"mailban.conf": CONF, "jail.d/hand.conf": attack.jail(
            "hand", filter="own", logpath="/var/log/none", bantime="1h")})
        self.manager = host.start(["sh", "-c", MANAGER.format(
            program=host.program("mailband"))])
        self.space = os.stat(f"/proc/{self.manager.pid}/ns/pid")
        self.log = os.open(host.path(LOG), os.O_WRONLY | os.O_APPEND)

    def processes(self):
        """{pid: (name, parent)} of ours in this host, as seen from outside."""
        found = {}
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.path.samestat(
                        os.stat(f"/proc/{entry}/ns/pid"), self.space):
                    with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                        name, rest = file.read().split("(", 1)[1].rsplit(
                            ")", 1)
                    state, parent = rest.split()[:2]
                    if name.startswith(OURS) and state != "Z":
                        found[int(entry)] = name, int(parent)
            except OSError:
                pass
        return found

    def write(self):
        os.write(self.log, "".join(attack.line(self.attackers.next(), "own")
                                   for _ in range(20)).encode())

    def whole(self):
        """each ban is in the kernel, all processes are one mailband's"""
        pids = self.processes()
        parents = {parent for _, parent in pids.values()}
        engines = [p for p, (_, parent) in pids.items()
                   if parent == self.manager.pid]
        return len(engines) == 1 and parents <= {*pids, self.manager.pid} and \
            sorted(self.host.banned("own")) == self.attackers.banned() and \
            sorted(self.host.banned("hand")) == \
            sorted(self.by_hand + self.imported)

    def begin(self, moment):
        """What is to be going on; a function that sees to its end."""
        command = [self.host.program("mailban"), "-s", "/run/mailban/control"]
        if moment == "reload":
            return self.host.start([*command, "reload"]).wait
        if moment == "flush":
            return self.host.start(["nft", "flush", "ruleset"]).wait
        if moment == "full disk":
            fill = "/var/lib/mailban/fill"
            self.host.run(["sh", "-c", f"cat /dev/zero >{fill}"], check=False)
            self.write()
            return lambda: os.unlink(self.host.path(fill))
        if moment == "ban":
            new, to = [next(self.hands)], self.by_hand
            argv = [*command, "ban", "hand", *new]
        elif moment == "import":
            new, to = [next(self.hands) for _ in range(200)], self.imported
            self.host.write("/srv/list", "".join(f"{a}\n" for a in new))
            argv = [*command, "import", "-J", "hand", "/srv/list"]
        else:
            return lambda: None
        begun = self.host.start(argv)

        def finish():
            """it is answered, if not now then when it is asked again: 1 is
            that it was done before"""
            if begun.wait() > 1:
                hosts.wait_for(lambda: self.host.run(
                    argv, check=False).returncode < 2, every=0.1)
            to.extend(new)
        return finish

    def shot(self):
        """The name of whom it hit."""
        try:
            pid, (name, _) = self.numbers.choice(
                sorted(self.processes().items()))
            os.kill(pid, 9)
        except (IndexError, ProcessLookupError):
            return None
        return name

    def kill_one(self, moment):
        end = self.begin(moment)
        hosts.wait_for(self.processes)
        self.host.run(["sleep", f"{self.numbers.uniform(0, 0.03):.4f}"])
        self.killed[hosts.wait_for(self.shot)] += 1
        end()
        if moment != "at once":
            hosts.wait_for(self.whole)


def test_every_process(new_host, tally, kills=int(os.environ.get("KILLS", "30"))):
    """Whoever it is, and whatever it was doing."""
    host, numbers = new_host(), random.Random(SEED)
    machine = Machine(host, numbers)
    hosts.wait_for(machine.whole)
    for moment in numbers.choices(*zip(*MOMENTS.items()), k=kills):
        machine.write()
        machine.kill_one(moment)
    hosts.wait_for(machine.whole)
    assert sorted(p.name for p in host.path("/run/mailban").iterdir()) == \
        ["control"]
    host.write("/run/over", "")
    host.run(["pkill", "-x", "mailband"])
    assert machine.manager.wait() == 0
    hosts.wait_for(lambda: not machine.processes())
    print(dict(machine.killed))
    judge(host, machine.attackers, tally, kills)
