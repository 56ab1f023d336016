# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of a run tried, and what it cost: the table at its end.

A test notes what it does with the fixture `tally`. What it notes travels with
its report, so it does not matter in which process it ran; nothing here is
known beforehand.
"""
import json
import os
import pathlib
import signal

# Where several runs of pytest add theirs up: a file that is there.
FILE = "MAILBAN_TALLY"
# What ends a program that is broken, and that no test sends.
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL,
           signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP}
COUNTS = ("times", "bans_lost", "bans", "lines_lost", "lines")


class Tally:
    """Faults, bad inputs and crashes, of a test or of a run."""

    def __init__(self):
        self.faults = {}  # what: {COUNTS}
        self.inputs = {}  # what: how many
        self.crashes = 0
        self.programs = 0  # whose end was looked at
        self.last = None

    def fault(self, what, times=1):
        """Something that should break it was done."""
        self.last = self.faults.setdefault(what, dict.fromkeys(COUNTS, 0))
        self.last["times"] += times

    def bans(self, wanted, held):
        """After the fault these bans should be there; no one may lack."""
        wanted, held = set(wanted), set(held)
        self.last["bans"] += len(wanted)
        self.last["bans_lost"] += len(wanted - held)
        assert wanted <= held, f"lost: {sorted(wanted - held)[:20]}"

    def lines(self, written, counted):
        """So many lines were written around it; each counts once."""
        self.last["lines"] += written
        self.last["lines_lost"] += abs(written - counted)
        assert counted == written

    def bad_input(self, what, count=1):
        """So many inputs were given that somebody made to break it."""
        self.inputs[what] = self.inputs.get(what, 0) + count

    def ended(self, status, report=False):
        """A program ended with this status; report: a sanitizer's."""
        self.programs += 1
        self.crashes += bool(report or (status and -status in CRASHES))

    def add(self, other):
        for what, counts in other["faults"].items():
            ours = self.faults.setdefault(what, dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                ours[name] += counts[name]
        for what, count in other["inputs"].items():
            self.bad_input(what, count)
        self.crashes += other["crashes"]
        self.programs += other["programs"]

    def plain(self):
        """For a report, which holds plain values only."""
        return {"faults": self.faults, "inputs": self.inputs,
                "crashes": self.crashes, "programs": self.programs}

    # The end of a run

    def add_up(self):
        """With what the runs before put into the file, if there is one."""
        path = pathlib.Path(os.environ.get(FILE, ""))
        if path.is_file():
            before = path.read_text()
            if before:
                self.add(json.loads(before))
            path.write_text(json.dumps(self.plain()))

    def table(self):
        """The lines of the table; none if nothing of the kind was tried."""
        if not self.faults and not self.inputs and not self.crashes:
            return []
        rows = [(what, *row(counts))
                for what, counts in sorted(self.faults.items())]
        total = {name: sum(counts[name] for counts in self.faults.values())
                 for name in COUNTS}
        rows.append(("faults tried", *row(total)))
        inputs = [(what, number(count))
                  for what, count in sorted(self.inputs.items())]
        inputs.append(("bad inputs tried", number(sum(self.inputs.values()))))
        inputs.append((f"crashes, of {number(self.programs)} programs run",
                       number(self.crashes)))
        return [*columns([("", "times", "bans lost", "lines lost"), *rows]),
                "", *columns([(*row, "", "") for row in inputs])]


def row(counts):
    return (number(counts["times"]),
            lost(counts["bans_lost"], counts["bans"]),
            lost(counts["lines_lost"], counts["lines"]))


def lost(some, of):
    return f"{number(some)} of {number(of)}" if of else "-"


def number(count):
    return f"{count:,}"


def columns(rows):
    return [f"{what:40} {times:>12} {bans:>13} {lines:>13}".rstrip()
            for what, times, bans, lines in rows]
