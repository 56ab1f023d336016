# SPDX-License-Identifier: GPL-2.0-or-later
"""The state store, as one who is not the daemon sees and changes it."""
import contextlib
import pathlib
import sqlite3
import tempfile

PATH = "/var/lib/mailban/state.db"


@contextlib.contextmanager
def copied(path, fresh=False):
    """A copy, with its log; SQLite opens no file through /proc/PID/root."""
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name) / path.name
        for end in () if fresh else ("", "-wal"):
            part = path.with_name(path.name + end)
            if part.exists():
                copy.with_name(part.name).write_bytes(part.read_bytes())
        db = sqlite3.connect(copy)
        yield copy, db
        db.close()


def change(path, statement, fresh=False):
    with copied(path, fresh) as (copy, db):
        db.execute(statement)
        db.commit()
        db.close()
        path.write_bytes(copy.read_bytes())


def counts(path):
    """{name: sum over all hours}"""
    with copied(path) as (_, db):
        try:
            return dict(db.execute(
                "SELECT name, sum(value) FROM hourly GROUP BY name"))
        except sqlite3.DatabaseError:
            # Caught in mid-write: ask again.
            return {}
