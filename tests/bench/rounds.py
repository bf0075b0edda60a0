"""What do a first round and a round without any change take, from one system to the other?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA, opened, schemas_of
from tests.bench.measure import best, measured, piped
from tests.bench.report import Table, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.peers import Command


def measure(folder: Path, numbers: Sequence[int] = (1_000, 10_000)) -> Table:
    """Sync so many activities, then again."""
    program = peers.jsonl_target(folder)
    columns = [_column(folder / str(number), number, program) for number in numbers]
    rows = [(name, [column[name] for column in columns]) for name in columns[0]]
    return Table([f"{number:,} activities" for number in numbers], rows)


def _column(folder: Path, number: int, program: Command) -> dict[str, str]:
    with opened(folder, activities=number, **NO_QUOTA) as bed:
        messages = bed.read()
        target, peer = bed.target(), bed.jsonl(program)
        first = measured(target, messages, folder)
        starting = schemas_of(messages)
        start, peer_start, alone, peer_alone, whole, peer_whole = best(
            lambda: measured(target, starting, folder),
            lambda: measured(peer, starting, folder),
            lambda: measured(target, messages, folder),
            lambda: measured(peer, messages, folder),
            lambda: piped(bed.tap, target, folder),
            lambda: piped(bed.tap, peer, folder),
        )
        bed.box.reset_requests()
        measured(target, messages, folder)
        requests = bed.trello_requests()
    after_start = (peer_alone.seconds - peer_start.seconds) / (alone.seconds - start.seconds)
    return {
        "first round": seconds(first.seconds),
        "its peak memory": f"{first.megabytes:.0f} MB",
        "no-op round": seconds(whole.seconds),
        "the same into the peer": seconds(peer_whole.seconds),
        "throughput to the peer": f"{peer_whole.seconds / whole.seconds:.2f}",
        "target alone": seconds(alone.seconds),
        "peer alone": seconds(peer_alone.seconds),
        "throughput to the peer, after the start": f"{after_start:.2f}",
        "peak memory": f"{alone.megabytes:.0f} MB",
        "requests to Trello": str(requests),
    }
