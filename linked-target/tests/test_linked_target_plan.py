"""Rule R14: a dry run tells what the real run does, and does nothing."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.target import RecordsFailed
from singer_rest import SettingError, StopRun

if TYPE_CHECKING:
    from toy_bed import Bed
    from toy_table import Change

TABLES = ("links", "open_properties", "aliases", "queue", "facts", "runs", "run_locks")
Steps = Counter[tuple[str, ...]]


@pytest.fixture
def mixed(bed: Bed) -> Bed:
    """Something of everything waits for the next run to Trello."""
    for tables in (bed.office, bed.trello):
        for table in tables.values():
            table.name_by_source = True
    for number in range(8):
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}")
    bed.trello["members"].put(id="m1", email="kari@acme.no")
    bed.both()
    bed.settings |= {"on_delete": "delete", "on_error": "keep", "conflict_policy": "trello"}
    bed.office["activities"].edit("a0", subject="edited", startsAt="2026-03-01")
    bed.office["activities"].edit("a1", subject="by crmoffice")
    bed.trello["actions"].edit("n-a1", text="by trello")
    bed.office["activities"].edit("a2", startsAt="2026-03-02", ownerId="u1")
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].remove("a3")
    bed.office["activities"].remove("a4")
    bed.trello["actions"].edit("n-a4", text="edited since")
    bed.trello["actions"].remove("n-a5")
    bed.office["activities"].edit("a5", subject="without partner")
    bed.office["activities"].edit("a6", ownerId="nobody")
    bed.office["users"].put(id="u1", email="kari@acme.no")
    bed.office["companies"].put(id="c1", name="Acme", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme")
    bed.office["companies"].put(id="c2", name="New")
    bed.office["activities"].put(id="a8", subject="new", company__id="c2", ownerId="u1")
    bed.office["activities"].put(id="a9", subject=["no text"])
    bed.forget()
    for tables in (bed.office, bed.trello):
        for table in tables.values():
            table.changes.clear()
    return bed


def plan_of(bed: Bed, folder: Path, run: Any) -> list[dict[str, Any]]:
    """The steps that a dry run tells."""
    path = folder / "plan.jsonl"
    bed.settings |= {"dry_run": True, "plan_file": str(path)}
    run()
    del bed.settings["dry_run"], bed.settings["plan_file"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if "run" not in line]


def store_bytes(bed: Bed) -> dict[str, bytes]:
    """The store's files."""
    path = Path(bed.url.removeprefix("sqlite:///"))
    return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}


def rows_of(bed: Bed) -> dict[str, list[Any]]:
    """All rows of the store."""
    return {name: bed.rows(f"SELECT * FROM {name}") for name in TABLES}  # noqa: S608 (constants)


def to_trello(bed: Bed) -> None:
    bed.to_trello(version=7)


def planned_writes(steps: list[dict[str, Any]]) -> Steps:
    """Creations, updates and deletions, with their values."""
    found: Steps = Counter()
    for step in steps:
        kind, destination = step["stream"].split(" to ")
        del kind
        after = {name: value for name, (_, value) in step["changes"].items()}
        if step["action"] == "create":
            found["create", destination, step["source_id"], said(after)] += 1
        elif step["action"] in {"update", "match"} and after:
            found["update", destination, step["destination_id"], said(after)] += 1
        elif step["action"] == "delete":
            found["delete", destination, step["destination_id"], "{}"] += 1
    return found


def made_writes(bed: Bed) -> Steps:
    """The same of a real run."""
    found: Steps = Counter()
    for name, table in bed.trello.items():
        source_of = {made: source for source, all_ in table.made_for.items() for made in all_}
        for change in table.changes:
            each = source_of[change.record_id] if change.call == "create" else change.record_id
            found[change.call, name, each, said(as_planned(bed, change))] += 1
    return found


def as_planned(bed: Bed, change: Change) -> dict[str, Any]:
    """What was written, with the ids that a dry run makes up for new records."""
    planned = {
        made: f"planned:{name}:{source}"
        for name, table in bed.trello.items()
        for source, all_ in table.made_for.items()
        for made in all_
        if any(each.call == "create" and each.record_id == made for each in table.changes)
    }
    return {
        name: planned.get(value, value) if isinstance(value, str) else value
        for name, value in change.after.items()
    }


def said(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def by_action(steps: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [step for step in steps if step["action"] == action]


def test_the_plan_has_just_the_writes_of_the_real_run(mixed: Bed, tmp_path: Path) -> None:
    steps = plan_of(mixed, tmp_path, lambda: to_trello(mixed))
    planned = planned_writes(steps)
    assert made_writes(mixed) == Counter()

    to_trello(mixed)

    assert planned == made_writes(mixed)
    assert {action for action, *_ in planned} == {"create", "update", "delete"}
    assert len(planned) == 6


def test_a_dry_run_changes_nothing(
    mixed: Bed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = json.dumps([mixed.office, mixed.trello], default=lambda table: table.records)
    before = store_bytes(mixed), rows_of(mixed)
    capsys.readouterr()

    plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    assert (store_bytes(mixed), rows_of(mixed)) == before
    assert mixed.writes() == []
    assert records == json.dumps([mixed.office, mixed.trello], default=lambda table: table.records)
    assert capsys.readouterr().out == ""


def test_the_plan_tells_what_is_held_in_conflict_orphaned_and_failing(
    mixed: Bed, tmp_path: Path
) -> None:
    steps = plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    (conflict,) = by_action(steps, "conflict")
    assert (conflict["source_id"], conflict["destination_id"]) == ("a1", "n-a1")
    assert conflict["changes"] == {"text": ["by crmoffice", "by trello"]}
    assert conflict["detail"] == "trello wins"
    held = {step["source_id"]: step for step in by_action(steps, "hold")}
    assert held.keys() == {"a0", "a2"}
    assert held["a2"]["changes"] == {"date": [None, "2026-03-02"]}
    assert held["a2"]["detail"] == "it is locked"
    assert [step["source_id"] for step in by_action(steps, "orphan")] == ["a5", "a4"]
    assert [step["source_id"] for step in by_action(steps, "fail")] == ["a9"]
    matched = {step["source_id"]: step["destination_id"] for step in by_action(steps, "match")}
    assert matched == {"c1": "o1", "u1": "m1"}


def test_values_before_and_after_are_told(mixed: Bed, tmp_path: Path) -> None:
    steps = plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    changes = {step["source_id"]: step["changes"] for step in by_action(steps, "update")}
    assert changes["a0"] == {"text": ["call 0", "edited"]}
    assert changes["a2"] == {"memberCreator__id": [None, "m1"]}


def test_steps_are_logged_on_one_line_each(
    mixed: Bed, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="linked_target.sync.journal")
    plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    assert "would update activities to actions a0 with n-a0: text: 'call 0' -> 'edited'" in [
        record.getMessage() for record in caplog.records
    ]


def test_a_second_dry_run_tells_the_same(mixed: Bed, tmp_path: Path) -> None:
    first, second = (plan_of(mixed, tmp_path, lambda: to_trello(mixed)) for _ in range(2))

    assert sorted(first, key=str) == sorted(second, key=str)


def test_after_the_real_run_there_is_nothing_left_to_plan(mixed: Bed, tmp_path: Path) -> None:
    del mixed.office["activities"].records["a9"]
    to_trello(mixed)
    mixed.to_office(version=7)
    to_trello(mixed)

    assert plan_of(mixed, tmp_path, lambda: to_trello(mixed)) == []


@pytest.mark.parametrize("policy", ["keep", "unlink", "delete"])
def test_the_plan_follows_the_policy_for_deletions(mixed: Bed, tmp_path: Path, policy: str) -> None:
    mixed.settings["on_delete"] = policy
    steps = plan_of(mixed, tmp_path, lambda: to_trello(mixed))
    planned = planned_writes(steps)
    to_trello(mixed)

    assert planned == made_writes(mixed)
    gone = {
        step["source_id"]: step["action"] for step in steps if step["source_id"] in {"a3", "a4"}
    }
    assert (
        gone
        == {
            "keep": {"a3": "orphan", "a4": "orphan"},
            "unlink": {"a3": "unlink", "a4": "unlink"},
            "delete": {"a3": "delete", "a4": "orphan"},
        }[policy]
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"max_creates": 1}, "would be created"), ({"max_deletes": 1}, "records are gone")],
)
def test_a_dry_run_keeps_to_the_limits(
    mixed: Bed, tmp_path: Path, settings: dict[str, int], message: str
) -> None:
    mixed.settings |= settings
    with pytest.raises(StopRun, match=message):
        plan_of(mixed, tmp_path, lambda: to_trello(mixed))


def test_a_dry_run_within_a_limit_has_the_same_plan(mixed: Bed, tmp_path: Path) -> None:
    plain = plan_of(mixed, tmp_path, lambda: to_trello(mixed))
    mixed.settings["max_creates"] = 2
    limited = plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    assert planned_writes(plain) == planned_writes(limited)


def test_the_exit_of_a_dry_run_tells_of_failures(mixed: Bed, tmp_path: Path) -> None:
    mixed.settings["on_error"] = "fail"
    with pytest.raises(RecordsFailed, match="1 records would fail"):
        plan_of(mixed, tmp_path, lambda: to_trello(mixed))

    assert mixed.failed() == []


def test_a_dry_run_before_the_first_run_makes_no_store(bed: Bed, tmp_path: Path) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    steps = plan_of(bed, tmp_path, bed.to_trello)

    assert [step["action"] for step in steps] == ["create"]
    assert store_bytes(bed) == {}


def test_the_plan_file_is_written_anew(bed: Bed, tmp_path: Path) -> None:
    (tmp_path / "plan.jsonl").write_text("old\n")

    assert plan_of(bed, tmp_path, bed.to_trello) == []


def test_nobody_else_may_read_the_plan_file(bed: Bed, tmp_path: Path) -> None:
    plan_of(bed, tmp_path, bed.to_trello)

    assert (tmp_path / "plan.jsonl").stat().st_mode & 0o077 == 0


def test_a_plan_file_that_cannot_be_written_is_refused(bed: Bed, tmp_path: Path) -> None:
    bed.settings |= {"dry_run": True, "plan_file": str(tmp_path / "missing" / "plan.jsonl")}
    with pytest.raises(SettingError, match="'plan_file'"):
        bed.to_trello()


def test_a_real_run_writes_no_plan(bed: Bed, tmp_path: Path) -> None:
    bed.settings["plan_file"] = str(tmp_path / "plan.jsonl")
    bed.office["activities"].put(id="a1", subject="call")
    bed.to_trello()

    assert not (tmp_path / "plan.jsonl").exists()
