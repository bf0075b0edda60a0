"""The commands that change a store: asked for, done, kept in the history."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from linked_target.cli.main import links
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.run_lock import RunLock

if TYPE_CHECKING:
    from pathlib import Path

    from toy_bed import Bed

NOT_CONFIRMED = "links: not confirmed, so nothing was changed (--yes confirms)"


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: Bed) -> None:
    """So that partners are made in the order of their records: a1 gets n1, and so on."""
    bed.settings["max_workers"] = 1


@pytest.fixture
def bed_at_rest(bed: Bed) -> Bed:
    bed.settings |= {"conflict_policy": "ask", "on_error": "keep"}
    for number in (1, 2):
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}")
    bed.both()
    return bed


def run(bed: Bed, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(links, ["--links-url", bed.url, *arguments], input=given)


def done(bed: Bed, *arguments: str) -> str:
    result = run(bed, *arguments, "--yes")
    assert result.exit_code == 0, result.output
    return result.output


def history(bed: Bed, which: str) -> list[dict[str, Any]]:
    link = json.loads(run(bed, "show", which, "--format", "json").stdout)
    events: list[dict[str, Any]] = link["history"]
    return events


def in_conflict(bed: Bed) -> None:
    bed.office["activities"].edit("a1", subject="office")
    bed.trello["actions"].edit("n1", text="trello")
    bed.both()


@pytest.mark.parametrize("winner", ["crmoffice", "trello"])
def test_a_conflict_that_is_resolved_is_over_after_the_next_runs(
    bed_at_rest: Bed, winner: str
) -> None:
    in_conflict(bed_at_rest)
    assert run(bed_at_rest, "check").exit_code == 1
    value = {"crmoffice": "office", "trello": "trello"}[winner]
    told = done(bed_at_rest, "resolve", "a1", "--take", winner)
    assert told == f"L1: text is to be '{value}' on both sides.\n"
    assert run(bed_at_rest, "check").exit_code == 0
    bed_at_rest.both()
    assert bed_at_rest.office["activities"].records["a1"]["subject"] == value
    assert bed_at_rest.trello["actions"].records["n1"]["text"] == value
    resolved = next(event for event in history(bed_at_rest, "a1") if event["action"] == "resolve")
    assert resolved["by"] == "links resolve"
    assert resolved["changes"] == {"text": ["office", "trello"]}
    assert resolved["detail"].startswith(f"{winner} wins, by ")


def test_two_that_were_taken_apart_are_linked_with_others_by_hand(bed_at_rest: Bed) -> None:
    bed_at_rest.settings["create"] = {"actions": False, "activities": False}
    for which in ("a1", "L2"):
        assert "are no longer linked" in done(bed_at_rest, "unlink", which)
    told = done(bed_at_rest, "link", "crmoffice", "activities", "a1", "trello", "actions", "n2")
    assert "the next run that reads one of them merges their values" in told
    assert [event["action"] for event in history(bed_at_rest, "a1")] == [
        "create",
        "create",
        "unlink",
        "unlink",
        "link",
    ]


def test_of_several_links_of_one_record_the_partner_tells_which_is_taken_apart(
    bed_at_rest: Bed,
) -> None:
    done(bed_at_rest, "link", "crmoffice", "activities", "a1", "jira", "issues", "j1")
    ambiguous = run(bed_at_rest, "unlink", "a1", "--yes")
    assert ambiguous.exit_code == 1
    assert "several links are meant by a1" in ambiguous.output
    both = ("crmoffice", "activities", "a1", "jira", "issues", "j1")
    assert "are no longer linked" in done(bed_at_rest, "unlink", *both)


def test_a_record_without_partner_can_not_be_taken_apart(bed_at_rest: Bed) -> None:
    bed_at_rest.settings["create"] = {"actions": False}
    bed_at_rest.office["activities"].put(id="a3", subject="alone")
    bed_at_rest.to_trello()
    result = run(bed_at_rest, "unlink", "a3", "--yes")
    assert result.exit_code == 1
    assert result.output == "links: a3 has no partner, so there is nothing to take apart\n"


@pytest.mark.parametrize("which", [[], ["a9"], ["crmoffice", "activities", "a9"]])
def test_a_failed_record_that_rests_is_tried_by_the_next_run_if_somebody_says_so(
    bed_at_rest: Bed, which: list[str]
) -> None:
    bed_at_rest.office["activities"].put(id="a9", subject=["no text"])
    bed_at_rest.to_trello()
    engine = open_store(bed_at_rest.url)
    with engine.begin() as connection:
        later = datetime.now(timezone.utc) + timedelta(days=1)
        connection.execute(tables.queue.update().values(next_at=later))
    engine.dispose()
    bed_at_rest.to_trello({})
    tries = "SELECT attempts FROM queue"
    assert bed_at_rest.rows(tries) == [(1,)]

    assert "1 records are tried again" in done(bed_at_rest, "retry", *which)
    bed_at_rest.to_trello({})
    assert bed_at_rest.rows(tries) == [(2,)]


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (["a1"], "a1 is not on the failed list; see: links failures"),
        (["a", "b"], "'a b' names no record: give its id, or SYSTEM STREAM ID"),
    ],
)
def test_what_has_not_failed_is_not_tried_again(
    bed_at_rest: Bed, which: list[str], message: str
) -> None:
    result = run(bed_at_rest, "retry", *which, "--yes")
    assert result.exit_code == 1
    assert result.output == f"links: {message}\n"


def test_the_survivor_of_a_deletion_is_kept(bed_at_rest: Bed) -> None:
    bed_at_rest.settings["on_delete"] = "delete"
    bed_at_rest.trello["actions"].remove("n1")
    bed_at_rest.office["activities"].edit("a1", subject="edited since")
    bed_at_rest.to_trello()
    assert run(bed_at_rest, "check").exit_code == 1
    told = done(bed_at_rest, "keep", "a1")
    assert told == "crmoffice activities a1 stays, and gets no new partner.\n"
    assert run(bed_at_rest, "check").exit_code == 0
    again = run(bed_at_rest, "keep", "a1", "--yes")
    assert again.exit_code == 1
    assert "no decision about crmoffice activities a1 is due" in again.output


CHANGES = {
    "unlink": ["unlink", "a2"],
    "link": ["link", "crmoffice", "activities", "a7", "trello", "actions", "n7"],
    "resolve": ["resolve", "a1", "--take", "trello"],
    "retry": ["retry"],
    "keep": ["keep", "a2"],
    "import": ["import", __file__],
}


@pytest.mark.parametrize("command", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_change_that_is_not_confirmed_is_not_made(
    bed_at_rest: Bed, command: list[str], answer: str
) -> None:
    in_conflict(bed_at_rest)
    before = [bed_at_rest.rows(f"SELECT * FROM {name}") for name in ("links", "open_properties")]  # noqa: S608 - constants
    result = run(bed_at_rest, *command, given=answer)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == NOT_CONFIRMED
    after = [bed_at_rest.rows(f"SELECT * FROM {name}") for name in ("links", "open_properties")]  # noqa: S608 - constants
    assert before == after


def test_a_change_is_made_once_it_is_confirmed(bed_at_rest: Bed) -> None:
    result = run(bed_at_rest, "unlink", "a2", given="y\n")
    assert result.exit_code == 0
    assert "Take crmoffice activities a2 and trello actions n2 apart?" in result.output
    assert "are no longer linked" in result.output


def test_an_imported_link_tells_from_where_it_came(bed_at_rest: Bed, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    heading = "a_system,a_stream,a_id,b_system,b_stream,b_id"
    known = "crmoffice,activities,a1,trello,actions,n1"
    new = "crmoffice,activities,a7,trello,actions,n7"
    file.write_text(f"{heading}\n{known}\n{new}\n")
    assert done(bed_at_rest, "import", str(file)) == "1 links are new, 1 were there already.\n"
    (event,) = history(bed_at_rest, "a7")
    assert (event["by"], event["action"]) == ("links import", "import")
    assert event["detail"].startswith("from links.csv, by ")
    assert [event["action"] for event in history(bed_at_rest, "n1")] == ["create"]


def test_links_from_standard_input_can_not_be_asked_about(bed_at_rest: Bed) -> None:
    result = run(bed_at_rest, "import", "-", given="a_system\n")
    assert result.exit_code == 1
    assert "confirm with --yes" in result.output


@pytest.mark.parametrize("command", CHANGES.values(), ids=CHANGES)
def test_no_change_is_made_while_a_run_is_at_work(bed_at_rest: Bed, command: list[str]) -> None:
    in_conflict(bed_at_rest)
    engine = open_store(bed_at_rest.url)
    systems = ("crmoffice", "trello")
    with RunLock(engine, systems=systems, direction="trello", program="target-trello"):
        result = run(bed_at_rest, *command, "--yes")
    engine.dispose()
    assert result.exit_code == 1
    assert "target-trello" in result.output


def test_a_decision_names_one_of_the_two_systems(bed_at_rest: Bed) -> None:
    in_conflict(bed_at_rest)
    result = run(bed_at_rest, "resolve", "a1", "--take", "jira", "--yes")
    assert result.exit_code == 1
    assert "'jira' is none of the link's systems: crmoffice and trello" in result.output
