"""Runs over time: a direction's runs in spans of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from linked_target.store.runs import STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from linked_target.store.runs import Run

__all__ = ["Span", "counted", "share_of_quota", "spans_of", "width_for"]

WIDTHS = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 48, 168, 336))
MOST_SPANS = 48
DAY = 24
EPOCH = datetime(1970, 1, 5, tzinfo=timezone.utc)
"""A Monday, so that spans of a day or a week begin where people expect it."""
SHORTEST = 10.0
"""Seconds for which a shorter run counts: a quota allows that many seconds' requests at once."""


@dataclass(frozen=True)
class Span:
    """Some hours, and the runs that ended in them.

    Attributes:
        begin: first moment, in UTC.
        end: the moment after its last.
        runs: in the order in which they ran.
    """

    begin: datetime
    end: datetime
    runs: tuple[Run, ...]

    @property
    def length(self) -> str:
        """How long it is, in words, e.g. `3 hours`."""
        hours = (self.end - self.begin) // timedelta(hours=1)
        number, unit = (hours, "hour") if hours < DAY else (hours // DAY, "day")
        return unit if number == 1 else f"{number} {unit}s"

    @property
    def stopped(self) -> int:
        """How many runs stopped before their end."""
        return sum(run.outcome == STOPPED for run in self.runs)

    @property
    def imperfect(self) -> int:
        """How many runs came to their end, but with failed records."""
        return sum(run.outcome not in {STOPPED, "ok"} for run in self.runs)

    @property
    def requests(self) -> int:
        """How many requests the runs sent, as far as they noted it."""
        return sum(run.usage.requests for run in self.runs if run.usage)

    @property
    def waited(self) -> float:
        """Seconds for which their requests waited for the quota, added up."""
        return sum(run.usage.seconds_waited for run in self.runs if run.usage)

    @property
    def too_many(self) -> int:
        """How many answers said: too many requests."""
        return sum(run.usage.too_many for run in self.runs if run.usage)

    @property
    def share(self) -> float | None:
        """The largest share of the quota that one of the runs used; None if none is known."""
        known = [share for run in self.runs if (share := share_of_quota(run)) is not None]
        return max(known, default=None)

    def count(self, *columns: str) -> int:
        """How many records the runs counted in these columns."""
        return sum(counted(run, *columns) for run in self.runs)


def counted(run: Run, *columns: str) -> int:
    """How many records a run counted in some of `outcome.COLUMNS`."""
    return sum(stream.counts.get(column, 0) for stream in run.streams for column in columns)


def share_of_quota(run: Run) -> float | None:
    """A run's requests to those that the quota allows in its time; None if either is unknown."""
    if run.usage is None or not run.usage.quota_per_second:
        return None
    seconds = max((run.ended_at - run.started_at).total_seconds(), SHORTEST)
    return run.usage.requests / (run.usage.quota_per_second * seconds)


def width_for(whole: timedelta) -> timedelta:
    """The length of the spans into which so much time is divided."""
    fitting = (width for width in WIDTHS if whole <= width * MOST_SPANS)
    return next(fitting, WIDTHS[-1])


def spans_of(
    runs: Iterable[Run], begin: datetime, end: datetime, width: timedelta
) -> Sequence[Span]:
    """Spans without a gap, from the one of a first moment to that of a last.

    Args:
        runs: those of one direction that ended in between, in the order in which they ran.
        begin: the first moment; aware.
        end: the last.
        width: length of a span.
    """
    first, last = ((moment - EPOCH) // width for moment in (begin, end))
    by_span: dict[int, list[Run]] = {number: [] for number in range(first, last + 1)}
    for run in runs:
        by_span[min(max((run.ended_at - EPOCH) // width, first), last)].append(run)
    return [
        Span(EPOCH + number * width, EPOCH + (number + 1) * width, tuple(found))
        for number, found in by_span.items()
    ]
