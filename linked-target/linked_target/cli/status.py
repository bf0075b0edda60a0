"""The state of the sync, stream by stream."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from linked_target.store import tables
from linked_target.store.link import INTENT, LINKED, ORPHANED, PAIRED, UNMATCHED
from linked_target.store.open_properties import CONFLICT, HELD, PENDING, RETURNED, TAKEN
from linked_target.store.queue import FAILED, WAITING
from linked_target.store.runs import STOPPED, Run, newest_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COUNTS", "OF_STATE", "DirectionState", "StreamState", "directions", "streams"]

COUNTS = (
    "linked",
    "paired",
    "unlinked",
    "orphaned",
    "held",
    "pending",
    "conflicts",
    "waiting",
    "failed",
)
OF_STATE = {
    LINKED: "linked",
    PAIRED: "paired",
    UNMATCHED: "unlinked",
    INTENT: "waiting",
    ORPHANED: "orphaned",
}
"""What the states of links are called where people count them."""
OF_KIND = {
    HELD: "held",
    PENDING: "pending",
    TAKEN: "pending",
    RETURNED: "pending",
    CONFLICT: "conflicts",
}
OF_STATUS = {WAITING: "waiting", FAILED: "failed"}

Ends = tuple[str, str, str, str]


@dataclass(frozen=True)
class StreamState:
    """One pair of streams.

    Attributes:
        a: system and stream.
        b: those of the other end.
        counts: how many records, by COUNTS.
        last_run: when a run of either direction ended last, in UTC.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    counts: dict[str, int]
    last_run: datetime | None

    @property
    def name(self) -> str:
        """Both streams in words."""
        return f"{' '.join(self.a)} with {' '.join(self.b)}"


@dataclass(frozen=True)
class DirectionState:
    """One direction.

    Attributes:
        last: its last run.
        read_up_to: when its last run began that came to its end, in UTC.
        lag: seconds since then: what was edited since has not arrived yet.
    """

    last: Run
    read_up_to: datetime | None
    lag: float | None


def streams(connection: sa.Connection) -> list[StreamState]:
    """The state of each pair of streams that has records."""
    counts: defaultdict[Ends, Counter[str]] = defaultdict(Counter)
    for *ends, state, number in connection.execute(_by_state()):
        counts[_ends(ends)][OF_STATE.get(state, state)] += number
    for *ends, kind, number in connection.execute(_by_kind()):
        counts[_ends(ends)][OF_KIND.get(kind, kind)] += number
    for *ends, status, number in connection.execute(_by_status()):
        counts[_in_order(ends)][OF_STATUS.get(status, status)] += number
    ended: dict[Ends, datetime] = {}
    for run in newest_runs(connection):
        for stream in run.streams:
            key = _in_order((run.source, *stream[:2], run.destination))
            ended[key] = max(run.ended_at, ended.get(key, run.ended_at))
    return [
        StreamState(ends[:2], ends[2:], {name: of[name] for name in COUNTS}, ended.get(ends))
        for ends, of in sorted(counts.items())
    ]


def directions(connection: sa.Connection) -> list[DirectionState]:
    """The state of each direction that has run."""
    now = datetime.now(timezone.utc)
    runs = tables.runs.c
    query = (
        sa.select(runs.source, runs.destination, sa.func.max(runs.started_at))
        .where(runs.outcome != STOPPED)
        .group_by(runs.source, runs.destination)
    )
    began = {(source, to): at for source, to, at in connection.execute(query)}
    found = []
    for run in newest_runs(connection):
        at = began.get((run.source, run.destination))
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=timezone.utc)
        found.append(DirectionState(run, at, None if at is None else (now - at).total_seconds()))
    return found


def _by_state() -> sa.Select[Any]:
    columns = tables.links.c
    ends = (columns.a_system, columns.a_stream, columns.b_system, columns.b_stream)
    return sa.select(*ends, columns.state, sa.func.count()).group_by(columns.state, *ends)


def _by_kind() -> sa.Select[Any]:
    columns, waiting = tables.links.c, tables.open_properties.c
    ends = (columns.a_system, columns.a_stream, columns.b_system, columns.b_stream)
    return (
        sa.select(*ends, waiting.kind, sa.func.count(waiting.link_id.distinct()))
        .join(tables.links, columns.id == waiting.link_id)
        .where(columns.state == LINKED)
        .group_by(*ends, waiting.kind)
    )


def _by_status() -> sa.Select[Any]:
    queue = tables.queue.c
    ends = (queue.source, queue.source_stream, queue.destination_stream, queue.destination)
    return sa.select(*ends, queue.status, sa.func.count()).group_by(*ends, queue.status)


def _ends(columns: Iterable[str]) -> Ends:
    a_system, a_stream, b_system, b_stream = columns
    return a_system, a_stream, b_system, b_stream


def _in_order(columns: Iterable[str]) -> Ends:
    """The two ends as a link has them, of source, its stream, the other's stream, destination."""
    source, source_stream, destination_stream, destination = columns
    if source < destination:
        return source, source_stream, destination, destination_stream
    return destination, destination_stream, source, source_stream
