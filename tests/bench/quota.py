"""How close does the target come to Trello's quota, and does it ever go beyond?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.bed import opened
from tests.bench.measure import measured
from tests.bench.report import Table, at_most, seconds

if TYPE_CHECKING:
    from pathlib import Path

LATENCY = 0.1  # seconds
WINDOW = 10.0  # seconds
TOKEN_LIMIT, KEY_LIMIT = 100, 300  # requests per window


class Case(NamedTuple):
    """What came out of one run."""

    requests: int
    refused: int
    seconds: float
    quota: float

    @property
    def ratio(self) -> float:
        """Wall time to the time that the quota alone takes."""
        return self.seconds / self.quota


def measure(folder: Path, number: int = 1_000) -> Table:
    """Create comments at the real quotas, with the integration's token and with three more."""
    one = _run(folder / "one token", number, TOKEN_LIMIT)
    three = _run(folder / "three tokens", number, KEY_LIMIT)
    cases = (one, three)
    ratios = [at_most(one.ratio, 1.05), at_most(three.ratio, 1.1)]
    return Table(
        ("one token", "three member tokens"),
        (
            ("comments created", [f"{number:,}"] * 2),
            ("requests", [f"{case.requests:,}" for case in cases]),
            ("answers of 429", [str(case.refused) for case in cases]),
            ("requests / quota", [seconds(case.quota) for case in cases]),
            ("wall time", [seconds(case.seconds) for case in cases]),
            ("wall time to requests / quota", ratios),
        ),
    )


def _run(folder: Path, number: int, limit: int) -> Case:
    with opened(folder, activities=number) as bed:
        settings: dict[str, Any] = {}
        if limit > TOKEN_LIMIT:
            settings["member_tokens"] = bed.member_tokens()
        messages = bed.read()
        bed.box.add_fault("latency", system="trello", seconds=LATENCY)
        bed.box.reset_requests()
        bed.box.reset_quotas()
        run = measured(bed.target(**settings), messages, folder)
        requests = bed.trello_requests()
        refused = bed.box.requests()["trello"]["429"]
        return Case(requests, refused, run.seconds, requests / limit * WINDOW)
