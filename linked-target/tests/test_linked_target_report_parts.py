"""What the page of `links report` is made of: commands, charts, shares of the quota."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from linked_target.report.page import command
from linked_target.report.timeline import share_of_quota, spans_of, width_for
from linked_target.store.runs import Run, StreamCounts, Usage

NOW = datetime.now(timezone.utc)


def a_run(ended: datetime, seconds: float = 20, **counts: int) -> Run:
    streams = [StreamCounts("activities", "actions", counts)]
    begun = ended - timedelta(seconds=seconds)
    return Run("crmoffice", "trello", begun, ended, "ok", streams, None, Usage(50, 3.5, 1, 10.0))


@pytest.mark.parametrize(
    ("which", "line"),
    [
        (["L12"], "links resolve L12 --take trello"),
        (
            ["crm", "people", "it's $(me)"],
            "links resolve crm people 'it'\"'\"'s $(me)' --take trello",
        ),
        (["crm", "people", "--yes"], "links resolve --take trello -- crm people --yes"),
    ],
)
def test_a_command_can_be_pasted_into_a_shell(which: list[str], line: str) -> None:
    assert command("resolve", which, "--take", "trello") == line


@pytest.mark.parametrize(("days", "hours"), [(1, 1), (2, 1), (7, 6), (30, 24), (366, 336)])
def test_a_chart_has_few_bars_of_a_length_that_people_know(days: int, hours: int) -> None:
    whole = timedelta(days=days)
    assert width_for(whole) == timedelta(hours=hours)
    spans = spans_of([], NOW - whole, NOW, width_for(whole))
    assert days / 14 <= len(spans) <= 50
    assert all(one.end == other.begin for one, other in pairwise(spans))
    assert spans[0].begin <= NOW - whole
    assert spans[-1].end > NOW


def test_each_run_is_in_one_span() -> None:
    runs = [a_run(NOW - timedelta(minutes=17 * number), read=1) for number in range(200)][::-1]
    spans = spans_of(runs, runs[0].ended_at, NOW, timedelta(hours=3))
    assert [run for span in spans for run in span.runs] == runs
    assert all(span.begin <= run.ended_at < span.end for span in spans for run in span.runs)


def test_a_short_run_may_use_at_once_what_the_quota_allows_in_ten_seconds() -> None:
    assert share_of_quota(a_run(NOW, seconds=1)) == 0.5
    assert share_of_quota(a_run(NOW, seconds=20)) == 0.25
