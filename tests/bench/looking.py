"""How long does it take to look into a large link store?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.bed import BIN
from tests.bench.bulk_links import make_store
from tests.bench.measure import best, measured, nowhere
from tests.bench.report import Table, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.measure import Measurement

LIMIT = 2.0  # seconds


def measure(folder: Path, numbers: Sequence[int] = (10_000, 1_000_000)) -> Table:
    """Ask for the state of stores with so many links.

    Args:
        folder: an empty folder.
        numbers: links of each store.
    """
    urls = [make_store(folder / f"{number}.db", number) for number in numbers]
    runs = [_status(url, folder) for url in urls]
    return Table(
        [f"{number:,} links" for number in numbers],
        (
            ("`links status`, wall time", [_limited(run.seconds) for run in runs]),
            ("its CPU time", [seconds(run.cpu_seconds) for run in runs]),
            ("its peak memory", [f"{run.megabytes:.0f} MB" for run in runs]),
        ),
    )


def _status(url: str, folder: Path) -> Measurement:
    command = (BIN / "links", "--links-url", url, "status")
    return best(lambda: measured(command, nowhere, folder))[0]


def _limited(value: float) -> str:
    return f"{seconds(value)} (at most {LIMIT:g} s)"
