"""Which records a full read has brought; the memory it takes does not grow with their number."""

from __future__ import annotations

import sqlite3
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Roster"]

MOST_AT_ONCE = 500


class Roster:
    """Ids in a temporary database that nobody else sees and that ends with the run."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def note(self, ids: Collection[str]) -> None:
        """Remember ids."""
        if self._connection is None:
            # A private file that SQLite itself deletes. A run that stops leaves it to the garbage
            # collector, which works in any thread.
            self._connection = sqlite3.connect("", check_same_thread=False)
            weakref.finalize(self, self._connection.close)
            self._connection.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._connection.executemany(
            "INSERT OR IGNORE INTO ids VALUES (?)", [(each,) for each in ids]
        )

    def without(self, ids: Iterable[str]) -> list[str]:
        """Those of the ids, a page of them, that were not noted."""
        wanted = list(ids)
        if self._connection is None:
            return wanted
        noted: set[str] = set()
        for begin in range(0, len(wanted), MOST_AT_ONCE):
            some = wanted[begin : begin + MOST_AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT id FROM ids WHERE id IN ({marks})"  # noqa: S608 - marks only
            noted.update(row[0] for row in self._connection.execute(query, some).fetchall())
        return [each for each in wanted if each not in noted]

    def clear(self) -> None:
        """Forget all ids."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
