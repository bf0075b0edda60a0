"""A dry run tells exactly what the real run then does, and does nothing itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import same_value

from tests.crash_lab import FIRST_RUN, LATER_RUN, CrashLab
from tests.outcome_of_run import Step, picture_of, properties_of, steps_between

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import Ended, ForkedOffice, Forks

TARGETS = ("target-trello", "target-crmoffice")
AS_SHIPPED: list[tuple[str, dict[str, Any]]] = [(FIRST_RUN, {}), (LATER_RUN, {})]
OTHERWISE: list[tuple[str, dict[str, Any]]] = [
    (FIRST_RUN, {"create": {"organizations": False, "activities": False}, "max_creates": 100}),
    (LATER_RUN, {"on_delete": "unlink", "conflict_policy": "trello"}),
    (LATER_RUN, {"on_delete": "keep", "propagate_nulls": True, "max_workers": 1}),
]


@pytest.fixture
def lab(forks: Forks, tmp_path: Path, target: str, when: str, settings: dict[str, Any]) -> CrashLab:
    wrong = "activities" if target == "target-trello" else "organizations"
    if "create" in settings:
        settings = settings | {"create": settings["create"].copy()}
        del settings["create"][wrong]
    return CrashLab(forks, tmp_path, target, when, settings)


def dry_run(lab: CrashLab, office: ForkedOffice) -> Ended:
    settings = lab.settings | {"dry_run": True, "plan_file": str(plan_file(office))}
    return office.run_plugin(lab.target, office.config_of(lab.target, **settings), lab.messages)


def plan_file(office: ForkedOffice) -> Path:
    return office.folder / "plan.jsonl"


def planned(office: ForkedOffice) -> list[Step]:
    """The steps of the plan file."""
    lines = [json.loads(line) for line in plan_file(office).read_text().splitlines()]
    return [
        Step(
            line["action"],
            line["stream"],
            line["source_id"],
            line["destination_id"],
            {name: (old, new) for name, (old, new) in line["changes"].items()},
        )
        for line in lines
        if "run" not in line
    ]


@pytest.mark.parametrize(("when", "settings"), [*AS_SHIPPED, *OTHERWISE])
@pytest.mark.parametrize("target", TARGETS)
def test_the_plan_is_what_the_real_run_then_does(lab: CrashLab) -> None:
    with lab.rebuilt("planned") as office:
        before = picture_of(office, lab.target)
        assert dry_run(lab, office).status == 0
        plan = planned(office)
        real = lab.run(office)
        done = steps_between(before, picture_of(office, lab.target), lab.target, real.errors)
    assert len(plan) > 10
    assert sorted(map(title, plan)) == sorted(map(title, done))
    for step, happened in zip(sorted(plan, key=title), sorted(done, key=title), strict=True):
        assert_same_changes(lab.target, step, happened)


def title(step: Step) -> tuple[str, ...]:
    return (step.action, step.stream, step.source_id, step.destination_id or "")


def assert_same_changes(target: str, step: Step, happened: Step) -> None:
    """Compare the values property by property; those that the API shows nobody are left out."""
    shown = properties_of(target, step.stream.rpartition(" ")[2])
    changes = {name: each for name, each in step.changes.items() if name in shown}
    assert changes.keys() == happened.changes.keys(), step
    if step.action in {"create", "update", "match"}:
        for name, values in changes.items():
            for told, real in zip(values, happened.changes[name], strict=True):
                assert same_value(shown[name].kind, told, real), (step, name)


@pytest.mark.parametrize(("when", "settings"), AS_SHIPPED)
@pytest.mark.parametrize("target", TARGETS)
def test_a_dry_run_writes_nothing_anywhere(lab: CrashLab) -> None:
    with lab.rebuilt("planned") as office:
        store = {path.name: path.read_bytes() for path in office.folder.glob("links.db*")}
        office.box.reset_requests()
        ended = dry_run(lab, office)
        assert ended.status == 0, ended.errors
        assert {path.name: path.read_bytes() for path in office.folder.glob("links.db*")} == store
        sent = [(each["method"], each["path"]) for each in office.box.log()]
        assert sent
        assert {path for method, path in sent if method != "GET"} <= {
            "/crmoffice/auth/connect/token"
        }
        assert ended.output == ""
        told = [line for line in ended.errors.splitlines() if " would " in line]
        assert len(told) == len(planned(office))
