"""What each run did, for people who look at it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the types of a run
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from linked_target.records import decoded, encoded
from linked_target.store import tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = [
    "STOPPED",
    "Run",
    "StreamCounts",
    "Usage",
    "last_runs",
    "newest_runs",
    "record_run",
    "runs_since",
]

STOPPED = "stopped"
"""Outcome of a run that could not go on to its end; others are "ok" and "failures"."""


class StreamCounts(NamedTuple):
    """Counts of one pair of streams, by column of `outcome.COLUMNS`."""

    source_stream: str
    destination_stream: str
    counts: dict[str, int]


class Usage(NamedTuple):
    """What a run cost.

    Attributes:
        requests: how many the target sent; those of the tap are not among them.
        seconds_waited: how long they waited for the quota, added up.
        too_many: how many answers said: too many requests.
        quota_per_second: requests a second that the quota allows; None if that is unknown.
    """

    requests: int
    seconds_waited: float
    too_many: int
    quota_per_second: float | None = None


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
    usage: Usage | None = None
    """None of runs of earlier releases."""


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
                usage=None if run.usage is None else encoded(run.usage),
            )
        )


def last_runs(engine: Engine) -> list[Run]:
    """The newest run of each direction, in the order in which they ran."""
    with engine.connect() as connection:
        return newest_runs(connection)


def newest_runs(connection: sa.Connection) -> list[Run]:
    """The same as `last_runs`, as far as a connection sees them."""
    columns = tables.runs.c
    newest = sa.select(sa.func.max(columns.id)).group_by(columns.source, columns.destination)
    query = sa.select(tables.runs).where(columns.id.in_(newest))
    return _runs(connection, query.order_by(columns.id))


def runs_since(connection: sa.Connection, begin: datetime, most: int) -> list[Run]:
    """The newest runs that ended after a time, at most so many, in the order in which they ran."""
    columns = tables.runs.c
    query = sa.select(tables.runs).where(columns.ended_at >= begin)
    return _runs(connection, query.order_by(columns.id.desc()).limit(most))[::-1]


def _runs(connection: sa.Connection, query: sa.Select[Any]) -> list[Run]:
    return [
        Run(
            row.source,
            row.destination,
            row.started_at,
            row.ended_at,
            row.outcome,
            [StreamCounts(*counts) for counts in decoded(row.counts)],
            row.shard,
            Usage(*decoded(row.usage)) if row.usage else None,
        )
        for row in connection.execute(query)
    ]
