"""Does a large link store slow a run down, and how much room does it take?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench.bed import NO_QUOTA, as_incremental, of_stream, opened, records_of
from tests.bench.measure import Measurement, measured
from tests.bench.planted_links import plant, size_of, with_neighbours
from tests.bench.report import Table, at_most, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.bed import Bed

ROUNDS = 3


def measure(folder: Path, number: int = 10_000, neighbours: int = 99, edited: int = 100) -> Table:
    """Run over so many records, with few and with many links.

    Args:
        folder: an empty folder.
        number: records in a run.
        neighbours: further links per record in the store with many.
        edited: records with a new subject; these have real comments, made by the target.
    """
    few, many = folder / "few links", folder / "many links"
    with (
        opened(few, activities=edited, **NO_QUOTA) as small,
        opened(many, activities=edited, **NO_QUOTA) as large,
    ):
        beds = (small, large)
        messages = (
            _linked(small, number - edited, 0),
            _linked(large, number - edited, neighbours),
        )
        sizes = [size_of(bed.links) for bed in beds]
        for bed in beds:
            bed.box.reset_requests()
        runs = _alternating(beds, messages, edited)
        requests = [bed.trello_requests() // ROUNDS for bed in beds]
        counts = [bed.counted() for bed in beds]
    best = [min(each, key=lambda run: run.seconds) for each in runs]
    memory = [max(run.megabytes for run in each) for each in runs]
    ratio = best[1].seconds / best[0].seconds
    return Table(
        [f"{size.links:,} links" for size in sizes],
        (
            ("records in a run", [f"{number:,}"] * 2),
            ("unchanged ones", [f"{each['unchanged']:,}" for each in counts]),
            ("edited ones, which are written", [f"{each['updated']:,}" for each in counts]),
            ("requests to Trello", [f"{each:,}" for each in requests]),
            ("wall time", [seconds(run.seconds) for run in best]),
            ("wall time to that with few links", ["1", at_most(ratio, 1.2)]),
            ("CPU time", [seconds(run.cpu_seconds) for run in best]),
            ("peak memory", [f"{each:.0f} MB" for each in memory]),
            ("size of the store", [f"{size.bytes / 1e6:,.0f} MB" for size in sizes]),
            ("a link beyond its records' JSON", [f"{size.overhead:.0f} bytes" for size in sizes]),
        ),
    )


def _linked(bed: Bed, further: int, neighbours: int) -> Path:
    """Link all activities, so many further ones and their neighbours; return what the tap tells."""
    measured(bed.target(), bed.read(), bed.folder)
    bed.box.bulk(activities=further)
    messages = as_incremental(of_stream(bed.read(), "activities"))
    plant(bed.links, with_neighbours(records_of(messages, "activities"), neighbours))
    return messages


def _alternating(
    beds: Sequence[Bed], messages: Sequence[Path], number: int
) -> list[list[Measurement]]:
    """Run each bed some times in turn, with new edits each time."""
    runs: list[list[Measurement]] = [[] for _ in beds]
    for turn in range(ROUNDS):
        for bed, unedited, found in zip(beds, messages, runs, strict=True):
            edited = _edited(unedited, number, f"edit {turn}")
            found.append(measured(bed.target(), edited, bed.folder))
    return runs


def _edited(messages: Path, number: int, word: str) -> Path:
    """The same messages, with new subjects of the first activities."""
    path = messages.with_name("edited.jsonl")
    left = number
    with messages.open() as lines, path.open("w") as output:
        for line in lines:
            message = json.loads(line)
            if left and message["type"] == "RECORD":
                left -= 1
                message["record"]["subject"] += f", {word}"
            output.write(json.dumps(message) + "\n")
    return path
