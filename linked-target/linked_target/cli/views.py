"""What a link store holds, in the terms of those who look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from linked_target.cli.listing import Listing
from linked_target.records import decoded
from linked_target.store import tables
from linked_target.store.link import LINKED, ORPHANED
from linked_target.store.open_properties import CONFLICT
from linked_target.store.queue import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from linked_target.cli.listing import Page, Row

__all__ = [
    "conflicts",
    "count_conflicts",
    "count_queued",
    "count_undecided",
    "decided_conflicts",
    "ends_of",
    "link_name",
    "links",
    "orphans",
    "problems",
    "queue_row",
    "queued",
    "waiting_on",
]

columns = tables.links.c


def link_name(number: int) -> str:
    """What people call a link: its number with an L, so that nobody takes it for a record's id."""
    return f"L{number}"


def ends_of(row: Any) -> tuple[str, str]:
    """Both records of a link in words; `-` for one that is not there."""
    a = f"{row.a_system} {row.a_stream} {row.a_id or '-'}"
    return a, f"{row.b_system} {row.b_stream} {row.b_id or '-'}"


def links(connection: sa.Connection, page: Page, states: Sequence[str] = ()) -> Listing:
    """The links, in the order of their making.

    Args:
        connection: to an open link store.
        page: which of them.
        states: those in these states; all if empty.
    """
    of_state = columns.state.in_(states) if states else sa.true()
    rows, more = _page_of(connection, page, of_state)
    waiting = waiting_on(connection, [row.id for row in rows])
    return Listing(
        [
            {
                "link": link_name(row.id),
                "record": ends_of(row)[0],
                "partner": ends_of(row)[1],
                "state": row.state,
                "since": row.updated_at,
                "waits": ", ".join(waiting.get(row.id, ())),
                "reason": row.reason,
            }
            for row in rows
        ],
        more,
    )


def orphans(connection: sa.Connection, page: Page) -> Listing:
    """The records whose partner is gone, those that somebody has to decide about first."""
    is_decided = columns.reason.is_(None)
    query = sa.select(tables.links).where(columns.state == ORPHANED, _matching(page))
    # Two parts, each in the order of its numbers: so `after` alone can't tell where a page begins.
    rows = connection.execute(
        query.order_by(is_decided, columns.id).offset(page.after).limit(page.limit + 1)
    ).all()
    found: list[Row] = []
    for row in rows[: page.limit]:
        a, b = ends_of(row)
        left, gone = (b, a) if row.gone == row.a_system else (a, b)
        if row.gone is None:  # an older version did not note it
            left, gone = f"{a}, {b}", "one of them"
        found.append(
            {
                "link": link_name(row.id),
                "record": left,
                "gone": gone,
                "since": row.updated_at,
                "reason": row.reason,
            }
        )
    return Listing(found, page.after + page.limit if len(rows) > page.limit else None)


def conflicts(connection: sa.Connection, page: Page) -> Listing:
    """The conflicts that somebody has to decide about, property by property."""
    of_conflict = tables.open_properties.c
    is_open = columns.id.in_(sa.select(of_conflict.link_id).where(of_conflict.kind == CONFLICT))
    rows, more = _page_of(connection, page, sa.and_(columns.state == LINKED, is_open))
    by_link = {row.id: row for row in rows}
    found: list[Row] = []
    query = sa.select(tables.open_properties).where(
        of_conflict.link_id.in_(list(by_link)), of_conflict.kind == CONFLICT
    )
    for row in connection.execute(query.order_by(of_conflict.link_id, of_conflict.name)):
        link = by_link[row.link_id]
        a, b = ends_of(link)
        other = link.b_system if row.toward == link.a_system else link.a_system
        values = {other: decoded(row.value), row.toward: decoded(row.other or b"null")}
        found.append(
            {
                "link": link_name(link.id),
                "record": a,
                "partner": b,
                "property": row.name,
                "values": {name: values[name] for name in sorted(values)},
                "since": row.since,
            }
        )
    return Listing(found, more)


def decided_conflicts(connection: sa.Connection, page: Page) -> Listing:
    """The conflicts that the policy has decided, the newest first, as far as the history goes."""
    history = tables.history.c
    query = sa.select(tables.history).where(history.action == "conflict")
    if page.after:
        query = query.where(history.id < page.after)
    if page.stream:
        query = query.where(
            sa.or_(history.source_stream == page.stream, history.destination_stream == page.stream)
        )
    if page.record:
        query = query.where(
            sa.or_(history.source_id == page.record, history.destination_id == page.record)
        )
    rows = connection.execute(query.order_by(history.id.desc()).limit(page.limit + 1)).all()
    found: list[Row] = []
    for row in rows[: page.limit]:
        for name, (ours, theirs) in (decoded(row.changes) if row.changes else {}).items():
            found.append(
                {
                    "record": f"{row.source} {row.source_stream} {row.source_id}",
                    "partner": (
                        f"{row.destination} {row.destination_stream} {row.destination_id or '-'}"
                    ),
                    "property": name,
                    "values": {row.source: ours, row.destination: theirs},
                    "since": row.at,
                    "outcome": row.detail,
                }
            )
    return Listing(found, rows[page.limit - 1].id if len(rows) > page.limit else None)


def queued(connection: sa.Connection, page: Page, status: str = FAILED) -> Listing:
    """The records of a status in the queue, the oldest first."""
    queue = tables.queue.c
    query = sa.select(tables.queue).where(queue.status == status, queue.id > page.after)
    if page.stream:
        query = query.where(
            sa.or_(queue.source_stream == page.stream, queue.destination_stream == page.stream)
        )
    if page.record:
        query = query.where(queue.source_id == page.record)
    rows = connection.execute(query.order_by(queue.id).limit(page.limit + 1)).all()
    found = [queue_row(row) for row in rows[: page.limit]]
    return Listing(found, rows[page.limit - 1].id if len(rows) > page.limit else None)


def queue_row(row: Any) -> Row:
    """What the queue tells of a record."""
    return {
        "record": f"{row.source} {row.source_stream} {row.source_id}",
        "which": [row.source, row.source_stream, row.source_id],
        "to": f"{row.destination} {row.destination_stream}",
        "tries": row.attempts,
        "since": row.first_at,
        "next try": row.next_at,
        "error": row.error,
    }


def waiting_on(connection: sa.Connection, link_ids: Iterable[int]) -> dict[int, list[str]]:
    """What waits on links, in words, by row id."""
    waiting = tables.open_properties.c
    query = sa.select(waiting.link_id, waiting.name, waiting.kind).where(
        waiting.link_id.in_(list(link_ids))
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(query.order_by(waiting.link_id, waiting.name)):
        found.setdefault(row.link_id, []).append(f"{row.name} ({row.kind})")
    return found


def problems(connection: sa.Connection) -> dict[str, int]:
    """How many records need a person, by why."""
    return {
        "failed": count_queued(connection, FAILED),
        "conflicts": count_conflicts(connection),
        "orphans": count_undecided(connection),
    }


def count_queued(connection: sa.Connection, status: str) -> int:
    """How many records are in the queue with a status."""
    return _count(connection, tables.queue, tables.queue.c.status == status)


def count_undecided(connection: sa.Connection) -> int:
    """How many orphaned links wait for somebody's decision."""
    is_undecided = sa.and_(columns.state == ORPHANED, columns.reason.is_not(None))
    return _count(connection, tables.links, is_undecided)


def count_conflicts(connection: sa.Connection) -> int:
    """How many links have a conflict that waits for somebody's decision."""
    waiting = tables.open_properties
    query = (
        sa.select(sa.func.count(waiting.c.link_id.distinct()))
        .join(tables.links)
        .where(waiting.c.kind == CONFLICT, columns.state == LINKED)
    )
    return connection.scalar(query) or 0


def _page_of(
    connection: sa.Connection, page: Page, condition: sa.ColumnElement[bool]
) -> tuple[Sequence[Any], int | None]:
    query = (
        sa.select(tables.links)
        .where(columns.id > page.after, condition, _matching(page))
        .order_by(columns.id)
        .limit(page.limit + 1)
    )
    rows = connection.execute(query).all()
    return rows[: page.limit], rows[page.limit - 1].id if len(rows) > page.limit else None


def _matching(page: Page) -> sa.ColumnElement[bool]:
    parts: list[sa.ColumnElement[bool]] = [sa.true()]
    if page.stream:
        parts.append(sa.or_(columns.a_stream == page.stream, columns.b_stream == page.stream))
    if page.record:
        parts.append(sa.or_(columns.a_id == page.record, columns.b_id == page.record))
    return sa.and_(*parts)


def _count(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(condition)
    return connection.scalar(query) or 0
