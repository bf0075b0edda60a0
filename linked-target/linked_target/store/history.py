"""What became of each record, for people who ask how it came to be as it is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from linked_target.records import decoded, encoded
from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.store.transactions import Transactions

__all__ = ["Event", "History", "events_of", "forget_events", "keep_event", "keep_imports"]

LONGEST = 500
"""Characters of a value that are kept."""


class Event(NamedTuple):
    """One thing that was done or decided about a record.

    Attributes:
        at: when, in UTC.
        program: by which program, e.g. "target-trello" or "links resolve".
        action: as in `journal.Step`; or what somebody did by hand.
        source: the system that the record was read from.
        destination: the system of its partner.
        source_stream: its stream.
        destination_stream: that of its partner.
        source_id: its id.
        destination_id: the id of its partner, if it had one.
        changes: by property the values before and after; of a conflict both sides' values.
        detail: why, or who wins.
    """

    at: datetime
    program: str
    action: str
    source: str
    destination: str
    source_stream: str
    destination_stream: str
    source_id: str
    destination_id: str | None
    changes: Mapping[str, tuple[Any, Any]]
    detail: str | None = None


class History:
    """Keeps events. An event is stored if, and only if, what it tells of is.

    Args:
        transactions: of an open link store.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def note(self, event: Event) -> None:
        """Store an event."""
        with self._transactions.begin() as connection:
            keep_event(connection, event)


def keep_event(connection: sa.Connection, event: Event) -> None:
    """Store an event in a transaction; long values are cut."""
    changes = {name: [_cut(each) for each in pair] for name, pair in event.changes.items()}
    row = {**event._asdict(), "changes": encoded(changes) if changes else None}
    connection.execute(tables.history.insert().values(row))


def keep_imports(connection: sa.Connection, after: int, program: str, detail: str) -> None:
    """Store an event for each link that was made since, however many they are.

    Args:
        connection: in the transaction that has made them.
        after: the highest row id of a link before.
        program: which made them.
        detail: from where, and by whom.
    """
    links, history = tables.links.c, tables.history.c
    values = {
        history.at: sa.literal(datetime.now(timezone.utc), tables.history.c.at.type),
        history.program: sa.literal(program),
        history.action: sa.literal("import"),
        history.source: links.a_system,
        history.destination: links.b_system,
        history.source_stream: links.a_stream,
        history.destination_stream: links.b_stream,
        history.source_id: sa.func.coalesce(links.a_id, ""),
        history.destination_id: links.b_id,
        history.detail: sa.literal(detail),
    }
    made = sa.select(*values.values()).where(links.id > after)
    connection.execute(tables.history.insert().from_select(list(values), made))


def events_of(
    connection: sa.Connection, one: tuple[str, str, str | None], other: tuple[str, str, str | None]
) -> list[Event]:
    """The events of two records, of either direction, the oldest first.

    Args:
        connection: to an open link store.
        one: system, stream and id of a record; the id is None if there is none.
        other: the same of its partner.
    """
    columns = tables.history.c
    found: dict[int, Event] = {}
    for (system, stream, record_id), far in ((one, other), (other, one)):
        if record_id is None:
            continue
        for near, end in (("source", "destination"), ("destination", "source")):
            query = sa.select(tables.history).where(
                columns[f"{near}_id"] == record_id,
                columns[f"{near}_stream"] == stream,
                columns[near] == system,
                columns[end] == far[0],
            )
            for row in connection.execute(query):
                found[row.id] = _event(row)
    return [found[number] for number in sorted(found)]


def forget_events(connection: sa.Connection, days: float) -> None:
    """Drop the events that are older than so many days."""
    before = datetime.now(timezone.utc) - timedelta(days=days)
    connection.execute(tables.history.delete().where(tables.history.c.at < before))


def _event(row: sa.Row[Any]) -> Event:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    del values["id"]
    changes = decoded(values["changes"]) if values["changes"] else {}
    values["changes"] = {name: (before, after) for name, (before, after) in changes.items()}
    return Event(**values)


def _cut(value: Any) -> Any:
    text = value if isinstance(value, str) else encoded(value).decode()
    return value if len(text) <= LONGEST else f"{text[:LONGEST]} …"
