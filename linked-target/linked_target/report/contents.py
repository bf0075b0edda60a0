"""What the page tells, beside the links that its search knows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from linked_target.cli import views
from linked_target.cli.listing import Page
from linked_target.cli.status import directions, streams
from linked_target.report.reasons import reasons
from linked_target.report.searchable import count_links
from linked_target.report.timeline import Span, spans_of, width_for
from linked_target.store.runs import STOPPED, runs_since

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    import sqlalchemy as sa

    from linked_target.cli.listing import Listing
    from linked_target.cli.status import DirectionState, StreamState
    from linked_target.report.reasons import Reason
    from linked_target.store.runs import Run

__all__ = ["Contents", "Contested", "History", "contents_of"]

MOST_LISTED = 100
"""Rows of each list of the page; the command line has the others."""
MOST_REASONS = 50
MOST_RUNS = 20_000
NEWEST_RUNS = 20
FEWEST_SPANS = 23
"""Before the last one; so that the bars of a first day are no blocks."""


class Contested(NamedTuple):
    """A link with conflicts.

    Attributes:
        link: its name.
        record: one of its records, in words.
        partner: the other.
        properties: the conflicts; see `views.conflicts`.
    """

    link: str
    record: str
    partner: str
    properties: list[dict[str, Any]]


class History(NamedTuple):
    """The runs of one direction in spans of time."""

    direction: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class Contents:
    """What the page tells.

    Attributes:
        made_at: the moment at which all of it was true, in UTC.
        problems: how many records need a person; see `views.problems`.
        stopped: the directions whose last run stopped before its end.
        late: the directions without a complete run for too long.
        streams: state of each pair of streams.
        directions: state of each direction.
        links: how many there are.
        histories: the runs of each direction over time.
        newest: the newest runs, the newest first.
        forgotten: whether there were too many runs to tell of all.
        failed: records that could not be written, the oldest first; not all if there are many.
        contested: links with conflicts; likewise.
        undecided: records that lost their partner and wait for a decision; likewise.
        reasons: what waits and needs no person.
        further_reasons: how many more of these there are.
    """

    made_at: datetime
    problems: dict[str, int]
    stopped: list[str]
    late: list[str]
    streams: list[StreamState]
    directions: list[DirectionState]
    links: int
    histories: list[History]
    newest: list[Run]
    forgotten: bool
    failed: Listing
    contested: list[Contested]
    undecided: Listing
    reasons: list[Reason]
    further_reasons: int

    @property
    def needing_a_person(self) -> int:
        """How many records need a person."""
        return sum(self.problems.values())

    @property
    def is_well(self) -> bool:
        """Whether nothing needs a person, and each direction came to its end of late."""
        return bool(self.directions) and not (self.needing_a_person or self.stopped or self.late)


def contents_of(
    connection: sa.Connection, now: datetime, period: timedelta, patience: timedelta
) -> Contents:
    """Read it from a store.

    Args:
        connection: to a snapshot of an open link store.
        now: the time; aware.
        period: runs that ended longer ago are left out.
        patience: how long after its last complete run a direction is not late.
    """
    problems = views.problems(connection)
    runs = runs_since(connection, now - period, MOST_RUNS)
    of_directions = directions(connection)
    why, further = reasons(connection, MOST_REASONS)
    listed = Page(limit=MOST_LISTED)
    undecided = Page(
        limit=min(problems["orphans"], MOST_LISTED)
    )  # the decided ones come after them
    return Contents(
        made_at=now,
        problems=problems,
        stopped=[_name(each.last) for each in of_directions if each.last.outcome == STOPPED],
        late=[
            _name(each.last)
            for each in of_directions
            if each.lag is None or each.lag > patience.total_seconds()
        ],
        streams=streams(connection),
        directions=of_directions,
        links=count_links(connection),
        histories=_histories(runs, now),
        newest=runs[: -NEWEST_RUNS - 1 : -1],
        forgotten=len(runs) == MOST_RUNS,
        failed=views.queued(connection, listed),
        contested=_contested(views.conflicts(connection, listed)),
        undecided=views.orphans(connection, undecided),
        reasons=why,
        further_reasons=further,
    )


def _name(run: Run) -> str:
    return f"{run.source} to {run.destination}"


def _histories(runs: Sequence[Run], now: datetime) -> list[History]:
    """Each direction's runs over the time of all of them, so that they stand under each other."""
    if not runs:
        return []
    begin = min(run.ended_at for run in runs)
    width = width_for(now - begin)
    begin = min(begin, now - FEWEST_SPANS * width)
    return [
        History(name, spans_of(found, begin, now, width))
        for name, found in groupby(sorted(runs, key=_name), key=_name)
    ]


def _contested(found: Listing) -> list[Contested]:
    """The conflicts by link: they are decided together."""
    return [
        Contested(link, rows[0]["record"], rows[0]["partner"], rows)
        for link, rows in (
            (link, list(each)) for link, each in groupby(found.rows, key=lambda row: row["link"])
        )
    ]
