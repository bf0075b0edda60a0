"""Is each action read once if runs break off while people go on writing?"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

import requests

from tests.bench.bed import NO_QUOTA
from tests.bench.planted_boards import plant
from tests.bench.report import Table, seconds
from tests.bench.tap_bed import ids_of, messages_of, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Self

    from tests.bench.tap_bed import TapBed

PAUSE = 0.02  # seconds between two comments
SPACING, TOGETHER = 400, 3
"""Milliseconds from some actions of a board to its next ones, and how many share each."""


@dataclass
class Taken:
    """What a target has of interrupted runs: all that came before the last state.

    Attributes:
        state: the file from which the next run goes on.
        actions: how often each was read, by id.
    """

    state: Path
    actions: Counter[str] = field(default_factory=Counter)

    def take(self, output: Path) -> None:
        """Add what a run wrote, up to its last state."""
        waiting: list[str] = []
        for message in messages_of(output):
            if message["type"] == "STATE":
                self.state.write_text(json.dumps(message["value"]))
                self.actions.update(waiting)
                waiting = []
            elif message["type"] == "RECORD" and message["stream"] == "actions":
                waiting.append(message["record"]["id"])


class Writer:
    """Somebody who writes comments on cards in turn until the end of the context."""

    def __init__(self, bed: TapBed, cards: Sequence[str]) -> None:
        self.written: list[str] = []
        self._bed = bed
        self._cards = cycle(cards)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write(self) -> None:
        with requests.Session() as session:
            session.headers.update(self._bed.box.authorization())
            while not self._over.wait(PAUSE):
                url = f"{self._bed.box.trello_url}/cards/{next(self._cards)}/actions/comments"
                answer = session.post(url, json={"text": "Imens"}, timeout=30)
                self.written.append(answer.json()["id"])


def measure(folder: Path, number: int = 200_000, boards: int = 40, interruptions: int = 6) -> Table:
    """Read so many actions whole, then again in runs that break off while comments are written."""
    with opened(folder / "interrupted", **NO_QUOTA) as bed:
        planted = plant(
            bed.box,
            boards=boards,
            cards=boards,
            actions=number,
            spacing_ms=SPACING,
            together=TOGETHER,
        )
        output = bed.folder / "output.jsonl"
        whole = bed.run(bed.ours(), output)
        first = Counter(ids_of(output, "actions"))
        taken = Taken(bed.folder / "state.json")
        with Writer(bed, planted.cards) as writer:
            share = output.stat().st_size // (interruptions + 1)
            broken = sum(_interrupted(bed, taken, output, share) for _ in range(interruptions))
        final = bed.run(bed.ours(_state_of(taken)), output)
        taken.take(output)
    exist = [set(planted.actions), {*planted.actions, *writer.written}]
    read = [first, taken.actions]
    runs = (whole, final)
    return Table(
        ("at once", "with interruptions"),
        (
            ("actions that exist", [f"{len(ids):,}" for ids in exist]),
            ("of them written meanwhile", ["0", f"{len(writer.written):,}"]),
            ("runs that broke off", ["0", f"{broken}"]),
            ("not read", [f"{len(a - b.keys()):,}" for a, b in zip(exist, read, strict=True)]),
            ("read twice", [f"{sum(n > 1 for n in each.values()):,}" for each in read]),
            ("wall time of the last run", [seconds(run.seconds) for run in runs]),
            ("its CPU time", [seconds(run.cpu_seconds) for run in runs]),
            ("its peak memory", [f"{run.megabytes:.0f} MB" for run in runs]),
        ),
    )


def _interrupted(bed: TapBed, taken: Taken, output: Path, size: int) -> bool:
    """Run the tap and kill it when it has written so many bytes; say whether it was killed."""
    with output.open("w") as sink, (bed.folder / "bench.log").open("w") as log:
        command = bed.ours(_state_of(taken))
        process = subprocess.Popen(command, stdout=sink, stderr=log, cwd=bed.folder)
        while process.poll() is None and output.stat().st_size < size:
            time.sleep(0.01)
        process.kill()
        killed = process.wait() != 0
    taken.take(output)
    return killed


def _state_of(taken: Taken) -> Path | None:
    return taken.state if taken.state.exists() else None
