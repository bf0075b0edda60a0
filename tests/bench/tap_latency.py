"""How fast does the tap read many boards that are far away?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA
from tests.bench.planted_boards import plant
from tests.bench.report import Table, at_most, seconds
from tests.bench.tap_bed import opened

if TYPE_CHECKING:
    from pathlib import Path

LATENCY = 0.1  # seconds


def measure(folder: Path, boards: int = 100, latency: float = LATENCY) -> Table:
    """Read so many boards at that latency, here and with the peer."""
    program = peers.trello_tap(folder)
    with opened(folder / "latency", **NO_QUOTA) as bed:
        plant(bed.box, boards=boards, cards=10 * boards, actions=10 * boards)
        bed.box.add_fault("latency", system="trello", seconds=latency)
        runs, requests = [], []
        for name, command in (("ours", bed.ours()), ("theirs", bed.theirs(program))):
            bed.box.reset_requests()
            runs.append(bed.run(command, bed.folder / f"{name}.jsonl"))
            requests.append(bed.requests())
    ratio = runs[0].seconds / runs[1].seconds
    return Table(
        ("tap-trello here", peers.TRELLO),
        (
            ("boards", [f"{boards:,}"] * 2),
            ("requests", [f"{each:,}" for each in requests]),
            ("wall time", [seconds(run.seconds) for run in runs]),
            ("wall time to the peer's", [at_most(ratio, 0.05), "1"]),
        ),
    )
