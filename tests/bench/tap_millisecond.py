"""Does a run end when more actions share a millisecond than a page holds?"""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA
from tests.bench.planted_boards import plant
from tests.bench.report import Table, seconds
from tests.bench.tap_bed import ids_of, opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.peers import Command
    from tests.bench.tap_bed import TapBed

PATIENCE = 60.0  # seconds


def measure(folder: Path, number: int = 1_500, most_requests: int = 200) -> Table:
    """Read a board with so many actions of one millisecond, here and with the peer.

    Args:
        folder: an empty folder.
        number: of actions; a page holds 1,000.
        most_requests: a run that needs more of them is stopped.
    """
    program = peers.trello_tap(folder)
    with opened(folder / "millisecond", **NO_QUOTA) as bed:
        planted = plant(bed.box, boards=1, cards=1, actions=number, together=number)
        actions = set(planted.actions)
        ended, requests, told, taken = [], [], [], []
        for name, command in (("ours", bed.ours()), ("theirs", bed.theirs(program))):
            output = bed.folder / f"{name}.jsonl"
            bed.box.reset_requests()
            begun = time.perf_counter()
            ended.append(_ends(bed, command, output, most_requests))
            taken.append(time.perf_counter() - begun)
            requests.append(bed.requests())
            told.append(ids_of(output, "actions"))
    return Table(
        ("tap-trello here", peers.TRELLO),
        (
            ("actions of one millisecond", [f"{number:,}"] * 2),
            ("the run", ["ends" if each else "was stopped" for each in ended]),
            ("after requests", [f"{each:,}" for each in requests]),
            ("after", [seconds(each) for each in taken]),
            ("different ones read", [f"{len(actions & set(ids)):,}" for ids in told]),
            ("read twice", [f"{len(ids) - len(set(ids)):,}" for ids in told]),
        ),
    )


def _ends(bed: TapBed, command: Command, output: Path, most_requests: int) -> bool:
    """Run a tap; stop it when it asks too often or too long. Say whether it ended by itself."""
    deadline = time.monotonic() + PATIENCE
    with output.open("w") as sink, (bed.folder / "bench.log").open("w") as log:
        process = subprocess.Popen(command, stdout=sink, stderr=log, cwd=bed.folder)
        while bed.requests() <= most_requests and time.monotonic() < deadline:
            try:
                code = process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            if code:
                told = (bed.folder / "bench.log").read_text()[-2000:]
                raise RuntimeError(f"a tap exits with {code}: {told}")
            return True
        process.kill()
        process.wait()
        return False
