"""Does the tap keep to Trello's quota, alone and beside another client of the same token?"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import requests

from tests.bench.planted_boards import plant
from tests.bench.report import Table, seconds
from tests.bench.tap_bed import opened

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import RunningSandbox
    from typing_extensions import Self

LIMIT, WINDOW = 100, 10.0  # requests of a token in so many seconds


class Case(NamedTuple):
    """What came out of one run."""

    requests: int
    refused: int
    foreign: int
    seconds: float


class Foreigner:
    """Another program with the same token, which uses half of the quota, in even steps."""

    def __init__(self, box: RunningSandbox) -> None:
        self.sent = self.refused = 0
        self._box = box
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        url = f"{self._box.trello_url}/members/me/organizations"
        with requests.Session() as session:
            session.headers.update(self._box.authorization())
            while not self._over.wait(2 * WINDOW / LIMIT):
                self.refused += session.get(url, timeout=30).status_code == 429
                self.sent += 1


def measure(folder: Path, boards: int = 500) -> Table:
    """Read so many boards at the real quota, alone and beside the other client."""
    with opened(folder / "quota") as bed:
        plant(bed.box, boards=boards, cards=boards, actions=boards)
        cases = []
        for other in (False, True):
            bed.box.reset_requests()
            bed.box.reset_quotas()
            foreigner = Foreigner(bed.box)
            if other:
                with foreigner:
                    run = bed.run(bed.ours(), bed.folder / "output.jsonl")
            else:
                run = bed.run(bed.ours(), bed.folder / "output.jsonl")
            refused = bed.box.requests()["trello"]["429"] - foreigner.refused
            own = bed.requests() - foreigner.sent
            cases.append(Case(own, refused, foreigner.sent, run.seconds))
    limits = ("0", "a handful")
    return Table(
        ("alone", "beside another client"),
        (
            ("boards", [f"{boards:,}"] * 2),
            ("requests", [f"{case.requests:,}" for case in cases]),
            ("requests of the other client", [f"{case.foreign:,}" for case in cases]),
            (
                "answers of 429 to the tap",
                [
                    f"{case.refused} (at most {limit})"
                    for case, limit in zip(cases, limits, strict=True)
                ],
            ),
            ("wall time", [seconds(case.seconds) for case in cases]),
        ),
    )
