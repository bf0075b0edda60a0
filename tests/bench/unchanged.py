"""What do records cost that have not changed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA, of_stream, opened, records_of, schemas_of
from tests.bench.measure import best, measured
from tests.bench.planted_links import plant
from tests.bench.report import Table, at_least, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.bed import Bed

REAL = 9  # links that the target itself makes; the others are planted


def measure(folder: Path, number: int = 100_000) -> Table:
    """Send so many linked, unchanged activities, here and into the peer."""
    program = peers.jsonl_target(folder)
    with opened(folder / "unchanged", activities=REAL, **NO_QUOTA) as bed:
        messages = linked_messages(bed, number)
        starting = schemas_of(messages)
        bed.box.reset_requests()
        target, jsonl = bed.target(), bed.jsonl(program)
        start, peer_start, ours, peer = best(
            lambda: measured(target, starting, bed.folder),
            lambda: measured(jsonl, starting, bed.folder),
            lambda: measured(target, messages, bed.folder),
            lambda: measured(jsonl, messages, bed.folder),
        )
        requests = bed.trello_requests()
        unchanged = bed.counted()["unchanged"]
    runs = (ours, peer)
    after = (ours.seconds - start.seconds, peer.seconds - peer_start.seconds)
    return Table(
        ("target-trello", peers.JSONL),
        (
            ("records sent", [f"{number:,}"] * 2),
            ("counted as unchanged", [f"{unchanged:,}", ""]),
            ("requests to the destination", [str(requests), ""]),
            ("wall time", [seconds(run.seconds) for run in runs]),
            ("of it after the start", [seconds(each) for each in after]),
            ("CPU time", [seconds(run.cpu_seconds) for run in runs]),
            ("peak memory", [f"{run.megabytes:.0f} MB" for run in runs]),
            ("throughput to the peer", [at_least(peer.seconds / ours.seconds, 2.5), "1"]),
            ("the same after the start", [f"{after[1] / after[0]:.1f}", "1"]),
        ),
    )


def linked_messages(bed: Bed, number: int) -> Path:
    """Link so many activities; return what the tap tells of them."""
    measured(bed.target(), bed.read(), bed.folder)
    bed.box.bulk(activities=number - REAL)
    messages = of_stream(bed.read(), "activities")
    plant(bed.links, records_of(messages, "activities"))
    return messages
