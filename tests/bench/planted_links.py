"""Links in a store without the requests that would make them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linked_target.records import decoded, encoded, record_hash, with_property

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Record = dict[str, Any]

_PREPARE = """
PRAGMA synchronous = OFF;
PRAGMA temp_store = MEMORY;
CREATE TEMPORARY TABLE sample AS SELECT * FROM links
    WHERE a_stream = 'activities' AND b_stream = 'actions' AND b_id IS NOT NULL LIMIT 1;
UPDATE sample SET id = NULL;
"""
_CHANGE_SAMPLE = (
    "UPDATE sample SET a_id = ?, a_record = ?, a_hash = ?, b_id = ?, b_record = ?, b_hash = ?"
)
_COUNT = (
    "SELECT count(*), sum(length(a_record) + length(b_record)) FROM links"
    " WHERE a_stream = 'activities' AND b_stream = 'actions' AND b_id IS NOT NULL"
)


@dataclass(frozen=True)
class Size:
    """How large a store is.

    Attributes:
        links: linked pairs of activities and comments.
        bytes: of the file.
        json: bytes of the records in them, as JSON.
    """

    links: int
    bytes: int
    json: int

    @property
    def overhead(self) -> float:
        """Bytes a link beyond the records' own JSON."""
        return (self.bytes - self.json) / self.links


def plant(store: Path, activities: Iterable[Record]) -> None:
    """Link activities with comments that exist nowhere else.

    The rows are copies of one that the target made, so they have its shape, whatever that is.

    Args:
        store: an SQLite link store that holds a linked activity.
        activities: as the tap tells them; those that have a link keep it.
    """
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.executescript(_PREPARE)
        [template] = connection.execute("SELECT b_record FROM sample").fetchone()
        linked = {row[0] for row in connection.execute("SELECT a_id FROM links")}
        connection.execute("BEGIN")
        for number, activity in enumerate(activities, start=1):
            if activity["id"] not in linked:
                connection.execute(_CHANGE_SAMPLE, _values(activity, template, number))
                connection.execute("INSERT INTO links SELECT * FROM sample")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def with_neighbours(activities: Iterable[Record], number: int) -> Iterator[Record]:
    """Each activity, and after it so many others that nobody will ask for."""
    for activity in activities:
        yield activity
        for each in range(number):
            yield {**activity, "id": f"{activity['id']}-{each:03d}"}


def size_of(store: Path) -> Size:
    """The size of a store that nobody writes to now."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        number, json = connection.execute(_COUNT).fetchone()
    return Size(number, store.stat().st_size, json)


def _values(activity: Record, template: bytes, number: int) -> tuple[object, ...]:
    """What the row of a pair has of its own."""
    comment = _comment_of(activity, template, f"{number:024x}")
    near = (activity["id"], encoded(activity), record_hash(activity))
    return (*near, comment["id"], encoded(comment), record_hash(comment))


def _comment_of(activity: Record, template: bytes, comment_id: str) -> Record:
    comment: Record = {**decoded(template), "id": comment_id, "date": activity["startsAt"]}
    comment = with_property(comment, "data__text", activity["subject"])
    comment = with_property(comment, "footer__record", activity["id"])
    return with_property(comment, "footer__starts", activity["startsAt"])
