"""How fast does the tap read many cards and actions that are not far away?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA
from tests.bench.measure import best
from tests.bench.planted_boards import plant
from tests.bench.report import Table, at_most, seconds
from tests.bench.tap_bed import ids_of, opened

if TYPE_CHECKING:
    from pathlib import Path


def measure(folder: Path, number: int = 20_000, boards: int = 20) -> Table:
    """Read so many cards and as many actions, here and with the peer."""
    program = peers.trello_tap(folder)
    with opened(folder / "records", **NO_QUOTA) as bed:
        plant(bed.box, boards=boards, cards=number, actions=number)
        told = [bed.folder / "ours.jsonl", bed.folder / "theirs.jsonl"]
        commands = [bed.ours(), bed.theirs(program)]
        ours, peer = best(
            lambda: bed.run(commands[0], told[0]), lambda: bed.run(commands[1], told[1])
        )
        cards, actions = (
            [ids_of(each, stream) for each in told] for stream in ("cards", "actions")
        )
    runs = (ours, peer)
    return Table(
        ("tap-trello here", peers.TRELLO),
        (
            ("different cards read", [f"{len(set(ids)):,}" for ids in cards]),
            ("different actions read", [f"{len(set(ids)):,}" for ids in actions]),
            ("actions read twice", [f"{len(ids) - len(set(ids)):,}" for ids in actions]),
            ("wall time", [seconds(run.seconds) for run in runs]),
            ("wall time to the peer's", [at_most(ours.seconds / peer.seconds, 0.4), "1"]),
            ("CPU time", [seconds(run.cpu_seconds) for run in runs]),
            ("peak memory", [f"{run.megabytes:.0f} MB" for run in runs]),
            ("memory to the peer's", [at_most(ours.megabytes / peer.megabytes, 1.5), "1"]),
        ),
    )
