"""Whatever people do, each run does what they expect, and in the end there is rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from singer_rest import OutcomeUnknown, RecordRefused, StopRun
from toy_checked import Checked
from toy_people import WHAT, People, Work
from toy_rest import check_nothing_waits, check_rest, take_stock
from toy_rules import Rules
from toy_store import ToyStore
from toy_terms import NAMES, SIDES, other
from toy_world import Fault

if TYPE_CHECKING:
    from pathlib import Path

SOAK = bool(os.environ.get("SOAK"))
MINUTES = 60 if SOAK else 10
LENGTH = settings(
    max_examples=250 if SOAK else 8,
    stateful_step_count=60 if SOAK else 30,
    deadline=None,
    derandomize=False,
    database=None,
    suppress_health_check=list(HealthCheck),
)

sides = st.sampled_from(SIDES)
picks = st.integers(0, 7)
seeds = st.integers(0, 2**16)
modes = st.sampled_from(["changed", "all", "complete"])
winners = st.sampled_from([*SIDES, "newest"])
policies = winners | st.fixed_dictionaries(
    {},
    optional={(kind, name): winners for kind, names in NAMES.items() for name in names},
)
mostly = st.sampled_from([True, True, True, False])
errors = st.sampled_from(
    [
        (True, StopRun("no network")),
        (False, StopRun("no network")),
        (True, OutcomeUnknown("the answer was lost")),
        (False, OutcomeUnknown("the answer was lost")),
        (False, RecordRefused("not now")),
    ]
)
"""Whether the write is carried out, and the error that comes in place of its answer."""
faults = st.builds(lambda number, error: Fault(number, *error), st.integers(1, 4), errors)
rules = st.builds(
    Rules,
    policy=policies,
    propagate_nulls=st.booleans(),
    on_delete=st.sampled_from(["keep", "unlink", "delete"]),
    create=st.tuples(mostly, mostly, mostly, mostly),
)
speeds = st.fixed_dictionaries(
    {
        "max_workers": st.sampled_from([1, 2, 3, 8]),
        "batch_size_rows": st.sampled_from([1, 2, 500]),
    },
    optional={"max_creates": st.just(1000)},
)


def work_on(kind: str) -> st.SearchStrategy[Work]:
    return st.builds(
        Work,
        st.sampled_from(WHAT),
        sides,
        st.just(kind),
        picks,
        st.sampled_from(list(NAMES[kind])),
        picks,
    )


works = st.lists(
    work_on("activity") | work_on("activity") | work_on("company"), min_size=1, max_size=7
)


class Days(RuleBasedStateMachine):
    """Users of two systems, somebody who changes the settings, and a sync that is run at times."""

    store: ToyStore

    def __init__(self) -> None:
        super().__init__()
        self.checked = Checked(self.store)
        self.world = self.checked.world
        self.people = People(self.checked)

    @initialize(linked=mostly, rules=rules)
    def begin(self, linked: bool, rules: Rules) -> None:
        for side in SIDES:
            self.people.create(Work("create", side, "company", 0, "", 6))
            for pick in range(2):
                self.people.create(Work("create", side, "activity", pick, "", 6))
        if linked:
            for side in SIDES:
                self.checked.run(side, "all", 0)
        self.checked.rules = rules

    @rule(works=works, source=sides, mode=modes, seed=seeds)
    def a_day(self, works: list[Work], source: str, mode: str, seed: int) -> None:
        self.people.work(works)
        self.checked.run(source, mode, seed)

    @rule(works=works, source=sides, mode=modes, seed=seeds)  # so that most days are good ones
    def another_day(self, works: list[Work], source: str, mode: str, seed: int) -> None:
        self.a_day(works, source, mode, seed)

    @rule(works=works, source=sides, mode=modes, seed=seeds, fault=faults)
    def a_bad_day(self, works: list[Work], source: str, mode: str, seed: int, fault: Fault) -> None:
        self.people.work(works)
        self.checked.run(source, mode, seed, fault)

    @rule(rules=rules, speed=speeds)
    def somebody_changes_the_rules(self, rules: Rules, speed: dict[str, int]) -> None:
        self.checked.rules = rules
        self.world.speed = speed

    @rule(first=sides, mode=st.sampled_from(["all", "complete"]), seed=seeds)
    def nobody_does_anything_for_a_while(self, first: str, mode: str, seed: int) -> None:
        for _ in range(2):
            self.checked.run(first, mode, seed)
            self.checked.run(other(first), mode, seed)
        for side in (first, other(first)):
            report = self.checked.run(side, mode, seed)
            assert report.changes == []
            refused = {record_id for _, record_id in self.checked.expected.remembered[side]}
            assert not [
                told for told in report.conflicts if told.split(",")[0].split()[-1] not in refused
            ]
        check_rest(self.checked, deletions_are_known=mode == "complete")
        take_stock(self.checked)

    def teardown(self) -> None:
        if not self.checked.is_broken:
            self.nobody_does_anything_for_a_while("crmoffice", "complete", 0)
            self.everything_is_mended()

    def everything_is_mended(self) -> None:
        """Where nothing is refused, locked or forbidden any more, nothing waits or is in doubt."""
        self.people.heal()
        self.checked.rules = Rules()
        for _ in range(3):
            for side in SIDES:
                self.checked.run(side, "complete", 0)
        check_nothing_waits(self.checked)


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.parametrize("part", range(2))
def test_each_run_does_what_people_expect_and_in_the_end_there_is_rest(
    part: int, tmp_path: Path
) -> None:
    days = type("Days", (Days,), {"store": ToyStore(tmp_path)})
    if not SOAK:  # so that a change meets the histories that the last one met
        days = seed(part)(days)
    try:
        run_state_machine_as_test(days, settings=LENGTH)
    finally:
        days.store.close()
