# SPDX-License-Identifier: GPL-2.0-or-later
"""What pytest does here beside running Python tests.

Each tests/<folder>/test_<file>.c is collected too: its program is run out of
every build that there is, and each line of its TAP counts as a test. A run ends
with the table of what was tried (tally.py). Its last line is plain: "N passed,
N failed", and ", N skipped" if any were. Several processes may share a run
(pytest-xdist); all that is summed up is taken from the reports, then.
"""
import os
import pathlib
import re
import subprocess
import time

import pytest

import hosts
import tally as tallies

# cmocka writes "ok 1 - name", "not ok 2 - name", "not ok 3 # SKIP name".
TAP_LINE = re.compile(r"(not )?ok (\d+) (-|# SKIP) (\S+)")


# C programs

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".c" and file_path.name.startswith("test_"):
        return UnitFile.from_parent(parent, path=file_path)
    return None


class UnitFile(pytest.File):
    def collect(self):
        for build in hosts.builds():
            yield UnitProgram.from_parent(self, name=build, build=build)


class UnitProgram(pytest.Item):
    def __init__(self, *, build, **rest):
        super().__init__(**rest)
        source = self.path.relative_to(hosts.TESTS).with_suffix("")
        self.program = hosts.REPO / hosts.BUILDS[build] / "tests" / source

    def run(self):
        """Yield (name, passed, skipped, text) for each test in the program."""
        if not self.program.is_file():
            yield self.program.name, False, False, \
                f"{self.program} is not built: run make"
            return
        try:
            done = subprocess.run(
                [self.program], cwd=hosts.REPO, text=True, errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=20 * hosts.LATE,
                env={**os.environ, **hosts.SANITIZER_ENV,
                     "CMOCKA_MESSAGE_OUTPUT": "TAP"})
            text, status = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            text, status = (late.stdout or b"").decode(errors="replace"), None
        broken = bool(hosts.SANITIZER_REPORT.search(text))
        tally_of(self).ended(status, broken)
        planned, seen, failed = 0, 0, 0
        for line in text.splitlines():
            if plan := re.match(r"1\.\.(\d+)", line):
                planned += int(plan[1])
            elif test := TAP_LINE.match(line.strip()):
                seen += 1
                skipped = test[3] == "# SKIP"
                passed = skipped or not test[1]
                failed += not passed
                yield test[4], passed, skipped, text
        if seen != planned or not seen or status is None or \
                (status != 0 and not failed) or broken:
            yield self.program.name, False, False, \
                f"{text}\n{self.program}: {seen} tests of {planned}, " \
                f"exit status {status}"

    def runtest(self):
        raise NotImplementedError("see pytest_runtest_protocol")

    def reportinfo(self):
        return self.path, 0, self.name


def pytest_runtest_protocol(item, nextitem):
    if not isinstance(item, UnitProgram):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid,
                                       location=item.location)
    # Without the two, pytest 8 misses the end of the folder before.
    item.ihook.pytest_runtest_setup(item=item)
    began = time.monotonic()
    for name, passed, skipped, text in item.run():
        outcome = "failed" if not passed else \
            "skipped" if skipped else "passed"
        path, line, _ = item.location
        # The name is the program's, as pytest-xdist has it: see Totals.
        report = pytest.TestReport(
            item.nodeid, (path, line, f"{item.name}::{name}"), {}, outcome,
            (path, line, "skipped") if skipped else
            None if passed else text, "call",
            # The program ran as a whole: its time stands at the first.
            duration=time.monotonic() - began, part=name)
        began = time.monotonic()
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_teardown(item=item, nextitem=nextitem)
    item.ihook.pytest_runtest_logreport(report=pytest.TestReport(
        item.nodeid, item.location, {}, "passed", None, "teardown",
        user_properties=[(TALLY, tally_of(item).plain())]))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid,
                                        location=item.location)
    return True


# Builds

def pytest_generate_tests(metafunc):
    """What takes the fixture build is run with each of those that there are.

    @pytest.mark.builds("release"), for a test or a module as pytestmark, says
    with which it is run alone; where that is not built, with the release.
    """
    if "build" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("builds")
    there = hosts.builds()
    names = [name for name in (marked.args if marked else there)
             if name in there]
    metafunc.parametrize("build", names or ["release"], indirect=True,
                         scope="module")


@pytest.fixture(scope="module")
def build(request):
    """The build whose programs a test runs; its hosts have those."""
    return request.param


# What was tried

TALLY = "tally"


def tally_of(item):
    """The Tally of a test; its last report takes it along."""
    if not hasattr(item, "tally"):
        item.tally = tallies.Tally()
    return item.tally


@pytest.fixture
def tally(request):
    return tally_of(request.node)


# Totals

class Totals:
    """The worst outcome of each test, and what all of them tried."""
    rank = {"passed": 0, "skipped": 1, "failed": 2}

    def __init__(self):
        self.outcomes = {}
        self.tally = tallies.Tally()

    def add(self, nodeid, outcome):
        before = self.outcomes.get(nodeid, "passed")
        self.outcomes[nodeid] = max(before, outcome, key=self.rank.get)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        tried = dict(report.user_properties).get(TALLY)
        if report.when == "teardown" and tried:
            self.tally.add(tried)
            if report.passed:
                return
        if hasattr(report, "part"):
            report.nodeid += f"::{report.part}"
        self.add(report.nodeid, report.outcome)

    def pytest_collectreport(self, report):
        if report.failed:
            self.add(report.nodeid, "failed")

    def line(self):
        count = {outcome: 0 for outcome in self.rank}
        for outcome in self.outcomes.values():
            count[outcome] += 1
        text = f"{count['passed']} passed, {count['failed']} failed"
        if count["skipped"]:
            text += f", {count['skipped']} skipped"
        return text


def pytest_configure(config):
    # Hosts are made with folders that a daemon's user may enter.
    os.umask(0o022)
    config.addinivalue_line(
        "markers", "builds(name, ...): see pytest_generate_tests in conftest")
    # One of several processes leaves it to the one that started them.
    if not hasattr(config, "workerinput"):
        config.totals = Totals()
        config.pluginmanager.register(config.totals)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if hasattr(config, "totals") and not config.option.collectonly:
        totals = config.totals
        totals.tally.add_up()
        print("\n".join(["", *totals.tally.table(), "", totals.line()])
              if totals.tally.table() else totals.line(), flush=True)


# Hosts

@pytest.fixture(scope="session")
def tree():
    return hosts.testroot()


@pytest.fixture
def new_host(tree, request, build):
    """Make a Host that goes when the test ends: new_host(name)."""
    made = []
    request.node.hosts = made

    def make(name="mx.example.org"):
        host = hosts.Host(tree, name, build)
        made.append(host)
        return host
    yield make
    try:
        close_all(made)
    finally:
        for host in made:
            for status, report in host.ends:
                tally_of(request.node).ended(status, report)


@pytest.fixture
def host(new_host):
    return new_host()


@pytest.fixture
def join():
    """Join hosts by a network that goes when the test ends."""
    nets = []

    def make(*members):
        nets.append(hosts.Net(*members))
        return nets[-1]
    yield make
    close_all(nets)


def close_all(things):
    errors = []
    for thing in reversed(things):
        try:
            thing.close()
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what the daemons logged in a test that failed."""
    if call.when == "teardown" and hasattr(item, "tally"):
        item.user_properties.append((TALLY, item.tally.plain()))
    outcome = yield
    report = outcome.get_result()
    if call.when == "call" and report.failed:
        for host in getattr(item, "hosts", ()):
            for process in host.processes:
                log = process.log()
                if log:
                    report.sections.append(
                        (f"{process.argv[0]} on {host.name}", log[-3000:]))
