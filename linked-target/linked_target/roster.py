"""Which records a full read has brought; the memory it takes does not grow with their number."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Roster"]


class Roster:
    """Ids in a temporary database that nobody else sees and that ends with the run."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self.size = 0
        """How many ids were noted, repeated ones included."""

    def note(self, ids: Collection[str]) -> None:
        """Remember ids."""
        if self._connection is None:
            self._connection = sqlite3.connect("")  # a private file that SQLite itself deletes
            self._connection.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._connection.executemany(
            "INSERT OR IGNORE INTO ids VALUES (?)", [(each,) for each in ids]
        )
        self.size += len(ids)

    def without(self, ids: Iterable[str]) -> list[str]:
        """Those of the ids that were not noted."""
        if self._connection is None:
            return list(ids)
        query = "SELECT 1 FROM ids WHERE id = ?"
        return [each for each in ids if not self._connection.execute(query, (each,)).fetchone()]

    def clear(self) -> None:
        """Forget all ids."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self.size = 0
