"""A link store for toy worlds, and what a person may do and look up there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from linked_target.cli.by_hand import join_by_hand, part_by_hand
from linked_target.cli.csv_links import End
from linked_target.store.database import open_store
from linked_target.store.open_properties import HELD
from linked_target.store.tables import metadata, store_version
from toy_terms import KIND_OF, NAMES, STREAMS

if TYPE_CHECKING:
    from pathlib import Path


class Link(NamedTuple):
    """A row of the link store."""

    kind: str
    ids: dict[str, str | None]
    state: str
    gone: str | None


class Queued(NamedTuple):
    """A record on the queue."""

    side: str
    kind: str
    record_id: str
    error: str | None


class Waiting(NamedTuple):
    """A value that waits on a link."""

    kind: str
    office_id: str
    toward: str
    name: str
    """The property's common name."""
    held: bool
    value: Any


class ToyStore:
    """A link store that stays open from world to world; to open it takes longer than a run.

    Args:
        folder: for its file.
    """

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'links.db'}"
        self.engine = open_store(self.url)
        sa.event.listen(self.engine, "connect", _need_not_last)
        self.engine.dispose()  # so that the next connection is in a hurry

    def clear(self) -> None:
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not store_version:
                    connection.execute(table.delete())

    def close(self) -> None:
        self.engine.dispose()

    def links(self) -> list[Link]:
        """The rows of the link store."""
        query = "SELECT a_stream, a_id, b_id, state, gone FROM links ORDER BY a_id, b_id"
        return [
            Link(
                KIND_OF["crmoffice", row[0]],
                {"crmoffice": row[1], "trello": row[2]},
                row[3],
                row[4],
            )
            for row in self.rows(query)
        ]

    def waiting(self) -> list[Waiting]:
        """What waits on the links."""
        query = (
            "SELECT a_stream, a_id, toward, name, kind, value FROM open_properties "
            "JOIN links ON links.id = link_id"
        )
        kinds = [(KIND_OF["crmoffice", row[0]], *row[1:]) for row in self.rows(query)]
        return [
            Waiting(*row[:3], _common(row[0], row[2], row[3]), row[4] == HELD, json.loads(row[5]))
            for row in kinds
        ]

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(query).all())

    def queued(self) -> list[Queued]:
        """Records that wait or failed, so that they are tried again without being told."""
        query = "SELECT source, source_stream, source_id, error FROM queue"
        return [
            Queued(side, KIND_OF[side, stream], record_id, error)
            for side, stream, record_id, error in self.rows(query)
        ]

    def join(self, kind: str, office_id: str, trello_id: str) -> None:
        """A person links two records."""
        with self.engine.begin() as connection:
            join_by_hand(connection, *_ends(kind, office_id, trello_id))

    def part(self, kind: str, office_id: str, trello_id: str) -> None:
        """A person takes a link apart."""
        with self.engine.begin() as connection:
            part_by_hand(connection, *_ends(kind, office_id, trello_id))

    def let_time_pass(self) -> None:
        """The pause of failed records is over by now."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE queue SET next_at = '2020-01-01 00:00:00.000000'")


def _ends(kind: str, office_id: str, trello_id: str) -> tuple[End, End]:
    streams = STREAMS[kind]
    return (
        End("crmoffice", streams["crmoffice"], office_id),
        End("trello", streams["trello"], trello_id),
    )


def _common(kind: str, side: str, name: str) -> str:
    return next(each for each, at in NAMES[kind].items() if at[side] == name)


def _need_not_last(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
