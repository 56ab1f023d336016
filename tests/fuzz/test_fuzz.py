# SPDX-License-Identifier: GPL-2.0-or-later
"""A short look by each fuzz target, the same each time; `make fuzz` is long."""
import importlib.machinery
import importlib.util
import pathlib

import pytest

HERE = pathlib.Path(__file__).parent
LOADER = importlib.machinery.SourceFileLoader("fuzz_run", str(HERE / "run"))
fuzz = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("fuzz_run", LOADER))
LOADER.exec_module(fuzz)

SEED = 20261121
# As many inputs as a few seconds are good for; the seeds are of them.
RUNS = {"banfile": 20000, "control": 10000, "date": 8000, "filterfile": 1500,
        "header": 100000, "helpers": 100000, "ini": 20000, "jailfile": 700,
        "kept": 15000, "line": 4000, "programs": 1500, "record": 6000,
        "request": 100000, "syslog": 100000}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """In a place of its own: others may be reading theirs."""
    assert list((fuzz.FUZZ / "tests").glob("*/fuzz_line")), "make fuzzers"
    folder = tmp_path_factory.mktemp("seeds")
    fuzz.make_seeds(folder)
    return folder


@pytest.mark.parametrize("target", fuzz.targets())
def test_nothing_breaks(target, seeds, tmp_path, tally):
    # What it learns is not for the next time, which would not be the same.
    done = fuzz.run(target, f"-seed={SEED}", f"-runs={RUNS[target]}",
                    tmp_path, seeds / target, seeds=seeds)
    tally.bad_input(f"fuzz_{target}", fuzz.tried(done))
    tally.ended(done.returncode, report=done.returncode != 0)
    assert done.returncode == 0, done.stderr[-6000:]
    print(f"fuzz_{target}: {fuzz.tried(done)} inputs")
    assert fuzz.tried(done) >= RUNS[target]
