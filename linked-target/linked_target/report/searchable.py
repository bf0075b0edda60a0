"""The links that the page's search knows, in little room."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from linked_target.cli.status import OF_STATE
from linked_target.cli.views import waiting_on
from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["blocks", "count_links"]

BLOCK = 1000
LONGEST = 80
"""Characters of an id or a title that the search knows."""

columns = tables.links.c
ENDS = (columns.a_system, columns.a_stream, columns.b_system, columns.b_stream)


class _Titled(msgspec.Struct):
    """What a record may be called; the first that is a text counts."""

    title: Any = None
    displayName: Any = None  # noqa: N815 - as it is written in records
    fullName: Any = None  # noqa: N815
    name: Any = None
    subject: Any = None


_titled = msgspec.json.Decoder(_Titled)


def count_links(connection: sa.Connection) -> int:
    """How many links there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(tables.links)) or 0


def blocks(connection: sa.Connection, most: int, *, titles: bool) -> Iterator[dict[str, Any]]:
    """Links by columns, the newest first; as many as one reads from the store at once.

    Args:
        connection: to an open link store.
        most: so many links at most.
        titles: whether records are called by their names as well.

    Yields:
        A dict with, per link: `n` its number, `p` its pair of streams, `s` its state, `a` and `b`
        the ids of its records (empty: none), `d` the day of its last change (days since 1970), `t`
        its title; and `w`, by position in the block, what waits on it. A pair is written out in the
        first block in which it occurs, as `pairs`, and called by its number from there on.
    """
    pairs: dict[tuple[str, ...], int] = {}
    last = None
    while most > 0 and (rows := _page(connection, last, min(most, BLOCK), titles=titles)):
        last = rows[-1].id
        most -= len(rows)
        known = len(pairs)
        waiting = waiting_on(connection, [row.id for row in rows])
        block = {
            "n": [row.id for row in rows],
            "p": [pairs.setdefault(tuple(row[1:5]), len(pairs)) for row in rows],
            "s": [OF_STATE.get(row.state, row.state) for row in rows],
            "a": [_short(row.a_id or "") for row in rows],
            "b": [_short(row.b_id or "") for row in rows],
            "d": [_day(row.updated_at) for row in rows],
            "t": [_title(row) for row in rows] if titles else [],
            "w": {
                number: ", ".join(waiting[row.id])
                for number, row in enumerate(rows)
                if row.id in waiting
            },
        }
        block["pairs"] = list(pairs)[known:]
        yield block


def _page(
    connection: sa.Connection, last: int | None, most: int, *, titles: bool
) -> Sequence[sa.Row[Any]]:
    records = (columns.a_record, columns.b_record) if titles else ()
    ids = (columns.a_id, columns.b_id)
    query = sa.select(columns.id, *ENDS, columns.state, *ids, columns.updated_at, *records)
    if last is not None:
        query = query.where(columns.id < last)
    return connection.execute(query.order_by(columns.id.desc()).limit(most)).all()


def _title(row: sa.Row[Any]) -> str:
    """What either record is called; empty if nothing is known."""
    for record in (row.a_record, row.b_record):
        if record:
            found = next(filter(None, map(_text, _names(record))), "")
            if found:
                return found
    return ""


def _names(record: bytes) -> tuple[Any, ...]:
    try:
        return msgspec.structs.astuple(_titled.decode(record))
    except msgspec.DecodeError:  # no JSON object
        return ()


def _text(value: Any) -> str:
    return _short(" ".join(value[: 4 * LONGEST].split())) if isinstance(value, str) else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _day(instant: datetime) -> int:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)
    return int(aware.timestamp() // 86400)
