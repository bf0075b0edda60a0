"""What each run did, for people who look at it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from linked_target.records import decoded, encoded
from linked_target.store import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Engine

__all__ = ["STOPPED", "Run", "StreamCounts", "last_runs", "record_run"]

STOPPED = "stopped"
"""Outcome of a run that could not go on to its end; others are "ok" and "failures"."""


class StreamCounts(NamedTuple):
    """Counts of one pair of streams, by column of `outcome.COLUMNS`."""

    source_stream: str
    destination_stream: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Run:
    """One run of one direction."""

    source: str
    destination: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    streams: list[StreamCounts]
    shard: str | None = None
    """The part of the direction that it was about, if it was not about all."""


def record_run(engine: Engine, run: Run) -> None:
    """Store what a run did."""
    with engine.begin() as connection:
        connection.execute(
            tables.runs.insert().values(
                source=run.source,
                destination=run.destination,
                started_at=run.started_at,
                ended_at=run.ended_at,
                outcome=run.outcome,
                counts=encoded(run.streams),
                shard=run.shard,
            )
        )


def last_runs(engine: Engine) -> list[Run]:
    """The newest run of each direction, in the order in which they ran."""
    columns = tables.runs.c
    newest = sa.select(sa.func.max(columns.id)).group_by(columns.source, columns.destination)
    query = sa.select(tables.runs).where(columns.id.in_(newest)).order_by(columns.id)
    with engine.connect() as connection:
        return [
            Run(
                row.source,
                row.destination,
                row.started_at,
                row.ended_at,
                row.outcome,
                [StreamCounts(*counts) for counts in decoded(row.counts)],
                row.shard,
            )
            for row in connection.execute(query)
        ]
