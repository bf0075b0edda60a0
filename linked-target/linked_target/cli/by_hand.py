"""Linking two records by hand, and taking a link apart."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa
from singer_rest import PluginError

from linked_target.cli.csv_links import End, LinkLine
from linked_target.cli.placing import Placing, is_known, unlink
from linked_target.store import tables
from linked_target.store.link import ORPHANED, PAIRED
from linked_target.store.queue import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["join_by_hand", "keep_orphan", "part_by_hand", "retry_failed"]


def join_by_hand(connection: sa.Connection, one: End, other: End) -> str:
    """Link two records, whose values the next run merges; what to tell about it.

    Args:
        connection: in a transaction.
        one: a record of one system.
        other: one of another system.

    Raises:
        LinkRefused: when one of them is linked with a third one.
        PluginError: when they are of the same system.
    """
    a, b = _in_order(one, other)
    is_strange = not is_known(connection, a, b)
    link = LinkLine(a, b, PAIRED, None, None, created_at=datetime.now(timezone.utc))
    placing = Placing(connection)
    placing.look_up([link])
    if not placing.place(link):
        return f"{one} and {other} are linked already."
    placing.store()
    told = f"{one} and {other} are linked; the next run that reads one of them merges their values."
    if is_strange:
        told += (
            f" They are the first of {a.system} {a.stream} and {b.system} {b.stream}: make sure "
            "that these names are spelled as in the stream maps."
        )
    return told


def part_by_hand(connection: sa.Connection, one: End, other: End) -> str:
    """Take a link apart; what to tell about it. For the arguments see `join_by_hand`.

    Raises:
        LinkRefused: when the two are not linked.
        PluginError: when they are of the same system.
    """
    waited = unlink(connection, *_in_order(one, other))
    lost = f", and {waited} held or pending values are dropped" if waited else ""
    return (
        f"{one} and {other} are no longer linked{lost}; the next run that reads one of them looks "
        "for a partner anew."
    )


def keep_orphan(connection: sa.Connection, link_id: int, survivor: End) -> str:
    """Decide that the survivor of a deletion stays as it is; what to tell about it.

    Args:
        connection: in a transaction.
        link_id: row id of the link.
        survivor: the record that is left.

    Raises:
        PluginError: when no decision about it is due.
    """
    links = tables.links.c
    undecided = sa.and_(links.id == link_id, links.state == ORPHANED, links.reason.is_not(None))
    kept = connection.execute(tables.links.update().where(undecided).values(reason=None))
    if not kept.rowcount:
        raise PluginError(f"no decision about {survivor} is due; see: links orphans")
    return f"{survivor} stays, and gets no new partner."


def retry_failed(connection: sa.Connection, which: Sequence[str]) -> list[tuple[End, End]]:
    """Let failed records rest no longer.

    Args:
        connection: in a transaction.
        which: the id of those that are meant, or system, stream and id; all if empty.

    Returns:
        The records, each with where it is to go.

    Raises:
        PluginError: when none of those that are meant has failed.
    """
    queue = tables.queue.c
    names = (queue.source, queue.source_stream, queue.source_id)[-len(which) :] if which else ()
    these = sa.and_(
        queue.status == FAILED, *(name == word for name, word in zip(names, which, strict=True))
    )
    found = [
        (
            End(row.source, row.source_stream, row.source_id),
            End(row.destination, row.destination_stream, None),
        )
        for row in connection.execute(sa.select(tables.queue).where(these))
    ]
    if which and not found:
        raise PluginError(f"{' '.join(which)} is not on the failed list; see: links failures")
    now = datetime.now(timezone.utc)
    connection.execute(tables.queue.update().where(these).values(next_at=now))
    return found


def _in_order(one: End, other: End) -> tuple[End, End]:
    if one.system == other.system:
        raise PluginError(f"a link joins two systems, not {one.system} with itself")
    return (one, other) if one.system < other.system else (other, one)
