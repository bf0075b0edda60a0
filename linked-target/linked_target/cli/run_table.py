"""What a run did, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linked_target.cli.listing import table_of
from linked_target.store.runs import STOPPED
from linked_target.sync.outcome import COLUMNS

if TYPE_CHECKING:
    from rich.table import Table

    from linked_target.store.runs import Run

__all__ = ["run_table"]

RARE = frozenset({"in conflict", "orphaned", "deleted"})
"""Columns of a run that are shown only where they count something."""


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
    rows = [
        {
            "stream": f"{stream.source_stream} to {stream.destination_stream}",
            **{column: stream.counts.get(column, 0) for column in columns},
        }
        for stream in run.streams
    ]
    return table_of(
        f"{run.source} to {run.destination}{shard} "
        f"({run.ended_at:%F %H:%M} UTC, {seconds:.1f} s{_cost(run)}{stopped})",
        ("stream", *columns),
        rows,
    )


def _cost(run: Run) -> str:
    """What a run has cost, in words."""
    if run.usage is None:
        return ""
    return f", {run.usage.requests} requests"
