# SPDX-License-Identifier: GPL-2.0-or-later
"""Each line of the corpora counts in the modes that it names, and no other.

A line of corpus/*.jsonl is an object:
  line     as it stands in the log
  filter   the filter that looks at it
  modes    those in which it must count; [] if in none
  expect   the address that must come out then, else null
  source   where the daemon's source prints it, and its version
  class    authfail, inject, server-fault, ...; note: what it is there for
"""
import ipaddress
import json
import pathlib

import pytest

from verdicts import MODES, verdicts

CORPUS = pathlib.Path(__file__).parent / "corpus"


def rows(name):
    text = (CORPUS / f"{name}.jsonl").read_text()
    return [json.loads(row) for row in text.splitlines()]


@pytest.mark.parametrize("name", MODES)
def test_corpus_is_sound(name):
    seen = set()
    for row in rows(name):
        assert row["filter"] == name
        assert set(row["modes"]) <= set(MODES[name]), row
        assert bool(row["modes"]) == (row["expect"] is not None), row
        assert row["expect"] is None or ipaddress.ip_address(row["expect"])
        assert row["line"] not in seen, f"twice: {row['line']}"
        seen.add(row["line"])
    for mode in MODES[name]:
        assert any(mode in row["modes"] for row in rows(name)), mode


@pytest.mark.parametrize("name,mode", [
    (name, mode) for name, modes in MODES.items() for mode in modes])
def test_corpus(name, mode):
    corpus = rows(name)
    found = verdicts(f"{name}[mode={mode}]", [row["line"] for row in corpus])
    wrong = []
    for row, address in zip(corpus, found):
        wanted = row["expect"] if mode in row["modes"] else None
        if address != wanted:
            wrong.append(f"{row['class']}, {row['source']}: "
                         f"{address} for {wanted}\n  {row['line']}"
                         f"\n  {row.get('note', '')}")
    assert not wrong, f"{len(wrong)} of {len(corpus)}:\n" + "\n".join(wrong)
