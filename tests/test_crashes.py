"""Wherever a run dies or loses an answer: the next one completes it, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crash_lab import FIRST_RUN, LATER_RUN, CrashLab
from tests.soak import SOAK, at_length
from tests.sudden_death import AFTER_ANSWER, AFTER_COMMIT, BEFORE_COMMIT, BEFORE_REQUEST

pytestmark = pytest.mark.soak

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.crash_lab import Mishap
    from tests.forked import Ended, ForkedOffice, Forks

MOMENTS = (BEFORE_REQUEST, AFTER_ANSWER, BEFORE_COMMIT, AFTER_COMMIT)
FAULTS = ("status_after_commit", "drop_after_commit", "cut_body")
TARGETS = ("target-trello", "target-crmoffice")
IN_PARALLEL: dict[str, Any] = {}
ONE_BY_ONE: dict[str, Any] = {"max_workers": 1}
MOST = ((FIRST_RUN, ONE_BY_ONE), (LATER_RUN, IN_PARALLEL))
OTHERS = ((FIRST_RUN, IN_PARALLEL), (LATER_RUN, ONE_BY_ONE))
RUNS = [
    pytest.param(
        (target, when, settings),
        id=f"{target}, {when}, {'one by one' if settings else 'in parallel'}",
    )
    for target in TARGETS
    for when, settings in (*MOST, *at_length((), OTHERS))
]


@pytest.fixture(params=RUNS)
def lab(request: pytest.FixtureRequest, forks: Forks, tmp_path: Path) -> CrashLab:
    return CrashLab(forks, tmp_path, *request.param)


@pytest.mark.timeout(at_length(400, 4000))
def test_a_run_that_was_killed_is_completed_by_the_next(lab: CrashLab) -> None:
    counts = lab.moments()
    deaths = [
        (moment, number)
        for moment in MOMENTS
        for number in chosen(lab, counts[moment], 1, offset=MOMENTS.index(moment))
    ]
    expected = lab.result("undisturbed")
    assert expected.late_writes == 0
    told = [
        f"killed {moment}, the {number}th: {line}"
        for moment, number in deaths
        for line in lab.result(f"{moment} {number}", killed_at(moment, number)).differences(
            expected
        )
    ]
    assert not told, "\n".join(told)


@pytest.mark.timeout(at_length(400, 4000))
def test_a_lost_answer_to_a_write_that_was_carried_out_leads_to_the_same(lab: CrashLab) -> None:
    expected = lab.result("undisturbed")
    faults = [
        (kind, number)
        for kind in FAULTS
        for number in chosen(lab, expected.changes, 1, offset=FAULTS.index(kind))
    ]
    told = [
        f"{kind} at write {number}: {line}"
        for kind, number in faults
        for line in lab.result(f"{kind} {number}", fault_at(kind, number)).differences(
            expected, besides="changes"
        )
    ]
    assert not told, "\n".join(told)


def chosen(lab: CrashLab, total: int, some: int, *, offset: int) -> Sequence[int]:
    """All numbers from 1 to `total`, or some of them, evenly spread and shifted by a quarter."""
    assert total > 3 * some
    if SOAK and (lab.when, lab.settings) in MOST:
        return range(1, total + 1)
    return [1 + (4 * each + offset) * total // (4 * some) for each in range(some)]


def killed_at(moment: str, number: int) -> Mishap:
    """A run that dies."""

    def mishap(office: ForkedOffice, run: Callable[..., Ended]) -> None:
        run(office, death=(moment, number))

    return mishap


def fault_at(kind: str, number: int) -> Mishap:
    """A run that gets no proper answer to its n-th write."""

    def mishap(office: ForkedOffice, run: Callable[..., Ended]) -> None:
        office.box.add_fault(kind, only="writes", after=number - 1, count=1)
        office.pauses = 0.01
        run(office)
        assert office.box.faults()[0]["count"] == 0
        office.box.clear_faults()

    return mishap
