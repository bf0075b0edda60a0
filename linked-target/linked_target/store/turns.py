"""Taking turns: what may be done once only is done by one process, while the others wait.

Runs of different shards work side by side on one link store. The lock ends with the process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import filelock
from singer_rest import StopRun

from linked_target.store.database import sqlite_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

__all__ = ["turn"]

SPACE = 0x11C6
"""First key of the advisory locks in PostgreSQL, which all programs of a database share."""
LONGEST_WAIT = 600  # seconds


@contextmanager
def turn(engine: Engine, name: str) -> Iterator[None]:
    """Let no other process, and no other thread, in here with the same name.

    Whoever is in here does not ask for another turn.

    Args:
        engine: of an open link store.
        name: any text.

    Raises:
        StopRun: when another one is in here for ten minutes.
    """
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}s'")
            lock = "SELECT pg_advisory_xact_lock(%(space)s, hashtext(%(name)s))"
            connection.exec_driver_sql(lock, {"space": SPACE, "name": name})
            yield
        return
    path = sqlite_file(engine)
    if path is None:  # in memory: nobody else sees it
        yield
        return
    try:
        with filelock.FileLock(f"{path}-lock", timeout=LONGEST_WAIT, mode=0o600):
            yield
    except filelock.Timeout:
        raise StopRun(
            f"another run has been at the same thing for {LONGEST_WAIT} seconds: {name}"
        ) from None
