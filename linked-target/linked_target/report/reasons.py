"""Why values are held or pending, and records have no partner: counted by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from linked_target.store import tables
from linked_target.store.link import LINKED, UNMATCHED
from linked_target.store.open_properties import CONFLICT
from linked_target.store.queue import WAITING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Reason", "reasons"]

DECIDED = "decided, to be written"
KINDS = {"taken": DECIDED, "returned": DECIDED}


class Reason(NamedTuple):
    """So many records for which the same is true.

    Attributes:
        records: the streams that they are of.
        kind: held, pending, unlinked, ...
        what: the property that it is about; empty if it is about the whole record.
        reason: why.
        number: how many.
    """

    records: str
    kind: str
    what: str
    reason: str
    number: int


def reasons(connection: sa.Connection, most: int) -> tuple[list[Reason], int]:
    """What waits, or has no partner, and needs no person; the most frequent first.

    Args:
        connection: to an open link store.
        most: so many rows at most.

    Returns:
        The rows, and how many further ones there are.
    """
    found = sorted(
        (*_properties(connection), *_unlinked(connection), *_queued(connection)),
        key=lambda each: (-each.number, each),
    )
    return found[:most], max(0, len(found) - most)


def _properties(connection: sa.Connection) -> list[Reason]:
    links, waiting = tables.links.c, tables.open_properties.c
    what = (links.a_stream, links.b_stream, waiting.kind, waiting.name, waiting.reason)
    query = (
        sa.select(*what, sa.func.count())
        .join(tables.links, links.id == waiting.link_id)
        .where(links.state == LINKED, waiting.kind != CONFLICT)
        .group_by(*what)
    )
    return [
        Reason(f"{a} with {b}", KINDS.get(kind, kind), name, reason or "", number)
        for a, b, kind, name, reason, number in connection.execute(query)
    ]


def _unlinked(connection: sa.Connection) -> list[Reason]:
    links = tables.links.c
    what = (links.a_system, links.a_stream, links.b_system, links.b_stream, links.reason)
    has_a = links.a_id.is_not(None)
    query: sa.Select[Any] = (
        sa.select(*what, has_a, sa.func.count())
        .where(links.state == UNMATCHED)
        .group_by(*what, has_a)
    )
    return [
        Reason(f"{a} {a_stream}" if is_a else f"{b} {b_stream}", "unlinked", "", why or "", number)
        for a, a_stream, b, b_stream, why, is_a, number in connection.execute(query)
    ]


def _queued(connection: sa.Connection) -> list[Reason]:
    queue = tables.queue.c
    what = (queue.source, queue.source_stream, queue.error)
    query = sa.select(*what, sa.func.count()).where(queue.status == WAITING).group_by(*what)
    return [
        Reason(f"{source} {stream}", "waiting", "", error or "another record comes first", number)
        for source, stream, error, number in connection.execute(query)
    ]
