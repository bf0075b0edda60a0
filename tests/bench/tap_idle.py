"""What does a run cost when nothing has happened?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA
from tests.bench.planted_boards import plant
from tests.bench.report import Table, seconds
from tests.bench.tap_bed import ids_of, keep_state, opened

if TYPE_CHECKING:
    from pathlib import Path


def measure(folder: Path, boards: int = 500) -> Table:
    """Read so many boards, then again from the state of the first run, here and with the peer."""
    program = peers.trello_tap(folder)
    with opened(folder / "idle", **NO_QUOTA) as bed:
        plant(bed.box, boards=boards, cards=2 * boards, actions=2 * boards)
        first, second = bed.folder / "first.jsonl", bed.folder / "second.jsonl"
        runs, requests, actions = [], [], []
        for command in (bed.ours, lambda state=None: bed.theirs(program, state)):
            bed.run(command(), first)
            again = command(keep_state(first))
            bed.box.reset_requests()
            runs.append(bed.run(again, second))
            requests.append(bed.requests())
            actions.append(len(ids_of(second, "actions")))
    return Table(
        ("tap-trello here", peers.TRELLO),
        (
            ("boards", [f"{boards:,}"] * 2),
            ("requests of the second run", [f"{requests[0]:,} (at most 5)", f"{requests[1]:,}"]),
            ("actions read again", [f"{each:,}" for each in actions]),
            ("wall time", [seconds(run.seconds) for run in runs]),
        ),
    )
