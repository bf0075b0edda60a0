"""What the `links` command line shows of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from linked_target.store import tables
from linked_target.store.link import LINKED, ORPHANED, PAIRED, UNMATCHED
from linked_target.store.open_properties import HELD, PENDING
from linked_target.store.queue import FAILED
from linked_target.store.runs import STOPPED
from linked_target.sync.outcome import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Engine

    from linked_target.store.runs import Run

__all__ = [
    "count_queued",
    "count_undecided",
    "failures_table",
    "link_table",
    "orphans_table",
    "run_table",
    "show",
]

WIDTH = 140
"""Columns of the tables where the output is no terminal, as in Meltano's log."""
TEXTS = frozenset({"to", "since", "error", "gone", "reason"})
"""Columns that are no numbers."""
RARE = frozenset({"in conflict", "orphaned", "deleted"})
"""Columns of a run that are shown only where they count something."""


def show(table: Table) -> None:
    """Print a table."""
    console = Console()
    Console(width=None if console.is_terminal else WIDTH).print(table)


def run_table(run: Run) -> Table:
    """What a run did, stream by stream."""
    seconds = (run.ended_at - run.started_at).total_seconds()
    shard = f", shard {run.shard}" if run.shard else ""
    stopped = ", stopped before its end" if run.outcome == STOPPED else ""
    columns = [
        column
        for column in COLUMNS
        if column not in RARE or any(stream.counts.get(column) for stream in run.streams)
    ]
    table = _table(
        f"{run.source} to {run.destination}{shard} "
        f"({run.ended_at:%F %H:%M} UTC, {seconds:.1f} s{stopped})",
        ("stream", *columns),
    )
    for stream in run.streams:
        name = f"{stream.source_stream} to {stream.destination_stream}"
        table.add_row(name, *(str(stream.counts.get(column, 0)) for column in columns))
    return table


def link_table(engine: Engine) -> Table:
    """How many records of each pair of streams are linked, and what waits on their links."""
    columns = ("records", "linked", "paired", "unlinked", "orphaned", "held", "pending")
    table = _table("Links", columns)
    for row in _link_counts(engine):
        table.add_row(*row)
    return table


def failures_table(engine: Engine) -> Table:
    """The failed list, the oldest first."""
    columns = tables.queue.c
    query = sa.select(tables.queue).where(columns.status == FAILED).order_by(columns.id)
    table = _table("Failed", ("record", "to", "tries", "since", "error"))
    with engine.connect() as connection:
        for row in connection.execute(query):
            record = f"{row.source} {row.source_stream} {row.source_id}"
            target = f"{row.destination} {row.destination_stream}"
            table.add_row(record, target, str(row.attempts), f"{row.first_at:%F %H:%M}", row.error)
    return table


def orphans_table(engine: Engine) -> Table:
    """The records whose partner is gone, those that somebody has to look at first."""
    columns = tables.links.c
    query = (
        sa.select(tables.links)
        .where(columns.state == ORPHANED)
        .order_by(columns.reason.is_(None), columns.id)
    )
    table = _table("Orphaned", ("record", "gone", "since", "reason"))
    with engine.connect() as connection:
        for row in connection.execute(query):
            a = f"{row.a_system} {row.a_stream} {row.a_id}"
            b = f"{row.b_system} {row.b_stream} {row.b_id}"
            left, gone = (b, a) if row.gone == row.a_system else (a, b)
            if row.gone is None:  # an older version did not note it
                left, gone = f"{a}, {b}", "one of them"
            table.add_row(left, gone, f"{row.updated_at:%F %H:%M}", row.reason or "")
    return table


def count_queued(engine: Engine, status: str) -> int:
    """How many records are in the queue with a status."""
    return _count(engine, tables.queue.c.status == status)


def count_undecided(engine: Engine) -> int:
    """How many orphaned links wait for somebody's decision."""
    columns = tables.links.c
    return _count(engine, sa.and_(columns.state == ORPHANED, columns.reason.is_not(None)))


def _count(engine: Engine, condition: sa.ColumnElement[bool]) -> int:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(condition)) or 0


def _link_counts(engine: Engine) -> Iterable[Sequence[str]]:
    columns = tables.links.c
    ends = (columns.a_system, columns.a_stream, columns.b_system, columns.b_stream)
    by_state = [
        sa.func.sum(sa.case((columns.state == state, 1), else_=0))
        for state in (LINKED, PAIRED, UNMATCHED, ORPHANED)
    ]
    open_kind = tables.open_properties.c.kind
    by_kind = [
        sa.func.count(sa.case((open_kind == kind, columns.id)).distinct())
        for kind in (HELD, PENDING)
    ]
    with engine.connect() as connection:
        states = connection.execute(sa.select(*ends, *by_state).group_by(*ends)).all()
        waiting: Sequence[Any] = connection.execute(
            sa.select(*ends, *by_kind).join(tables.open_properties).group_by(*ends)
        ).all()
    held = {row[:4]: row[4:] for row in waiting}
    for row in states:
        name = f"{row[0]} {row[1]} with {row[2]} {row[3]}"
        yield [name, *(str(count) for count in (*row[4:], *held.get(row[:4], (0, 0))))]


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        is_count = number > 0 and column not in TEXTS
        table.add_column(column, justify="right" if is_count else "left", overflow="fold")
    return table
