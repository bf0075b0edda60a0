"""What dry runs have planned, shown for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from linked_target.cli.main import links
from toy_systems import ToyStream

if TYPE_CHECKING:
    from pathlib import Path

    from toy_bed import Bed

T1 = "2026-03-01T10:00:00Z"


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: Bed) -> None:
    """So that partners are made in the order of their records: a1 gets n1, and so on."""
    bed.settings["max_workers"] = 1


@pytest.fixture
def plan_file(bed: Bed, tmp_path: Path) -> Path:
    """The plan of a run in which something of everything would happen."""
    bed.settings |= {"on_error": "keep", "on_delete": "delete"}
    for number in range(1, 6):
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}")
    bed.both()
    bed.office["activities"].edit("a1", subject="office")
    bed.trello["actions"].edit("n1", text="trello")
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].edit("a2", startsAt=T1)
    bed.office["activities"].remove("a3")
    bed.office["activities"].put(id="a9", subject=["no text"])
    for number in range(6, 9):
        bed.office["activities"].put(id=f"a{number}", subject=f"new {number}\nin two lines")
    path = tmp_path / "plan.jsonl"
    bed.settings |= {"dry_run": True, "plan_file": str(path)}
    bed.to_trello(version=3)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(links, ["plan", *map(str, arguments)])


def told(*arguments: str | Path) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_plan_counts_what_would_become_of_the_records(plan_file: Path) -> None:
    (plan,) = told(plan_file)
    assert (plan["source"], plan["destination"]) == ("crmoffice", "trello")
    activities = next(each for each in plan["streams"] if each["stream"] == "activities to actions")
    assert activities == {
        "stream": "activities to actions",
        "read": 8,
        "create": 3,
        "match": 0,
        "update": 1,
        "hold": 1,
        "conflict": 1,
        "delete": 1,
        "orphan": 0,
        "unlinked": 0,
        "refuse": 1,
        "unchanged": 2,
    }


def test_a_plan_has_every_step_for_programs(plan_file: Path) -> None:
    (plan,) = told(plan_file, "--rows", "0")
    by_action = {step["action"]: step for step in plan["steps"]}
    assert len(plan["steps"]) == 8
    assert by_action["update"]["changes"] == {"text": ["trello", "office"]}
    assert by_action["delete"]["source_id"] == "a3"


def test_the_first_steps_of_each_kind_are_shown_with_the_values_now_and_then(
    plan_file: Path,
) -> None:
    output = run(plan_file, "--rows", "2").output
    assert "activities to actions: 7 of 8 steps" in output
    detail = output.partition("7 of 8 steps")[2]
    assert detail.index("│ refuse") < detail.index("│ conflict") < detail.index("│ create")
    assert "crmoffice has 'office', trello has 'trello'" in output
    assert "crmoffice wins" in output
    assert "new 6⏎in two lines" in output
    assert "new 8" not in output


def test_who_would_be_invited_is_listed_by_address(
    bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.jsonl"
    bed.settings |= {"dry_run": True, "plan_file": str(path)}
    monkeypatch.setattr(ToyStream, "mail_to", lambda _, values: values["displayName"])
    bed.office["companies"].put(id="c1", name="kari@acme.example")
    bed.office["companies"].put(id="c2", name="ola@acme.example")
    bed.to_trello()
    output = run(path, "--rows", "0").output
    assert "2 people would be invited by e-mail:\n  kari@acme.example\n  ola@acme.example" in output
    assert told(path)[0]["invitations"] == ["kari@acme.example", "ola@acme.example"]


def test_several_plans_are_shown_one_after_the_other(plan_file: Path) -> None:
    assert run(plan_file, plan_file).output.count("what a run would do") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "can't be read: No such file or directory; meltano run plan writes it"),
        ("", "has not come to its end; see its log"),
        ("no json\n", "is no plan: JSON is malformed"),
        ('{"action": "create"}\n', "is no plan: "),
        ("[1]\n", "is no plan: "),
        ('{"run": {"source": 1}}\n', "is no plan: "),
    ],
)
def test_what_is_no_plan_is_told_in_one_line(
    tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "plan.jsonl"
    if text is not None:
        path.write_text(text)
    result = run(path)
    assert result.exit_code == 1
    assert message in result.output
    assert len(result.output.splitlines()) == 1


def test_a_dry_run_that_was_stopped_leaves_no_whole_plan(plan_file: Path) -> None:
    lines = plan_file.read_text().splitlines()
    plan_file.write_text("\n".join(lines[:-1]))
    result = run(plan_file)
    assert result.exit_code == 1
    assert "has not come to its end" in result.output
