"""The commands that look into a store: filters, pages, JSON, and what each tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from linked_target.cli.main import links

if TYPE_CHECKING:
    from toy_bed import Bed

T1 = "2026-03-01T10:00:00Z"


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: Bed) -> None:
    """So that partners are made in the order of their records: a1 gets n1, and so on."""
    bed.settings["max_workers"] = 1


def run(bed: Bed, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(links, ["--links-url", bed.url, *arguments], input=given)


def told(bed: Bed, *arguments: str) -> Any:
    result = run(bed, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_status_tells_each_streams_counts_and_each_directions_lag(worked: Bed) -> None:
    status = told(worked, "status")
    activities = next(each for each in status["streams"] if each["a"][1] == "activities")
    assert activities["b"] == ["trello", "actions"]
    counts = {name: activities[name] for name in ("linked", "orphaned", "held", "conflicts")}
    assert counts == {"linked": 4, "orphaned": 1, "held": 1, "conflicts": 1}
    assert activities["failed"] == 1
    companies = next(each for each in status["streams"] if each["a"][1] == "companies")
    assert (companies["linked"], companies["unlinked"]) == (1, 1)
    there = status["directions"][-1]
    assert there["direction"] == "crmoffice to trello"
    assert there["outcome"] == "failures"
    assert there["read_up_to"] < there["last_run"]
    assert 0 <= there["lag"] < 600
    assert activities["lag"] == max(each["lag"] for each in status["directions"])


def test_status_for_people_shows_what_counts_something(worked: Bed) -> None:
    output = run(worked, "status").output
    assert "conflicts" in output
    assert "paired" not in output
    assert "crmoffice to trello" in output


def test_links_are_listed_by_state_stream_and_record(worked: Bed) -> None:
    every = told(worked, "list")["rows"]
    assert len(every) == 7
    assert {row["link"][0] for row in every} == {"L"}
    unlinked = told(worked, "list", "--state", "unmatched")["rows"]
    assert [row["record"] for row in unlinked] == ["crmoffice companies c2"]
    assert unlinked[0]["partner"] == "trello organizations -"
    assert unlinked[0]["reason"] == "no partner found, and none is created"
    assert len(told(worked, "list", "--stream", "actions")["rows"]) == 5
    (held,) = told(worked, "list", "--record", "a2")["rows"]
    assert held["waits"] == "date (held)"
    both = told(worked, "list", "--state", "orphaned", "--state", "unmatched")["rows"]
    assert [row["state"] for row in both] == ["orphaned", "unmatched"]


@pytest.mark.parametrize("command", [["list"], ["list", "--stream", "activities"]])
def test_pages_of_a_listing_are_the_whole(worked: Bed, command: list[str]) -> None:
    whole = told(worked, *command)
    assert whole["next"] is None
    rows: list[Any] = []
    after = 0
    while after is not None:
        page = told(worked, *command, "--limit", "2", "--after", str(after))
        assert len(page["rows"]) <= 2
        rows += page["rows"]
        after = page["next"]
    assert rows == whole["rows"]


def test_a_page_for_people_says_how_to_go_on(worked: Bed) -> None:
    output = run(worked, "list", "--limit", "2").output
    after = output.strip().splitlines()[-1]
    assert after.startswith("There are more: --after ")
    assert "There are more" not in run(worked, "list").output


def test_conflicts_tell_both_values_by_system(worked: Bed) -> None:
    (conflict,) = told(worked, "conflicts")["rows"]
    assert conflict["property"] == "text"
    assert conflict["values"] == {"crmoffice": "office", "trello": "trello"}
    assert conflict["record"] == "crmoffice activities a1"
    assert "office" in run(worked, "conflicts").output
    assert told(worked, "conflicts", "--stream", "companies")["rows"] == []


def test_what_the_policy_decided_can_be_looked_up(bed: Bed) -> None:
    for number in range(3):
        bed.office["activities"].put(id=f"a{number}", subject="call")
    bed.both()
    for number in range(3):
        bed.office["activities"].edit(f"a{number}", subject=f"office {number}")
        bed.trello["actions"].edit(f"n{number + 1}", text=f"trello {number}")
    bed.both()
    assert told(bed, "conflicts")["rows"] == []
    first = told(bed, "conflicts", "--decided", "--limit", "2")
    rest = told(bed, "conflicts", "--decided", "--limit", "2", "--after", str(first["next"]))
    rows = first["rows"] + rest["rows"]
    assert rest["next"] is None
    assert [row["values"]["trello"] for row in rows] == ["trello 2", "trello 1", "trello 0"]
    assert {row["outcome"] for row in rows} == {"crmoffice wins"}


def test_failures_and_those_that_wait_are_listed(worked: Bed) -> None:
    (failed,) = told(worked, "failures")["rows"]
    assert failed["record"] == "crmoffice activities a9"
    assert failed["tries"] == 1
    assert failed["error"].startswith("not valid: ['no text']")
    assert told(worked, "failures", "--record", "a1")["rows"] == []
    assert told(worked, "failures", "--waiting")["rows"] == []


def test_orphans_are_paged_too(worked: Bed) -> None:
    (orphan,) = told(worked, "orphans", "--limit", "1")["rows"]
    assert orphan["record"] == "crmoffice activities a3"
    assert orphan["gone"] == "trello actions n3"


@pytest.mark.parametrize("which", [["a1"], ["n1"], ["trello", "actions", "n1"]])
def test_show_tells_both_records_what_waits_and_the_history(worked: Bed, which: list[str]) -> None:
    link = told(worked, "show", *which)
    a, b = link["records"]
    assert (a["id"], a["agreed"]["subject"]) == ("a1", "office")
    assert (b["id"], b["agreed"]["text"]) == ("n1", "call 1")
    (waits,) = link["waits"]
    assert (waits["value"], waits["other"]) == ("office", "trello")
    assert [event["action"] for event in link["history"]] == ["create", "conflict"]
    assert told(worked, "show", link["link"]) == link
    output = run(worked, "show", *which).output
    for words in ("crmoffice activities a1", '"subject": "office"', "History", "both sides edited"):
        assert words in output


def test_show_tells_what_is_in_the_queue(worked: Bed) -> None:
    worked.office["activities"].edit("a4", subject=["no text"])
    worked.to_trello()
    (queued,) = told(worked, "show", "a4")["queue"]
    assert queued["status"] == "failed"
    assert "In the queue" in run(worked, "show", "a4").output


def test_a_name_that_means_nothing_or_too_much_is_refused(worked: Bed) -> None:
    worked.office["companies"].put(id="a1", name="With an activity's id")
    worked.to_trello()
    for which, message in {
        ("L999",): "no link of L999 is known; see: links list",
        ("a1",): "several links are meant by a1: L",
        ("a", "b"): "'a b' names no link: give its name (L12), a record's id, or SYSTEM STREAM ID",
    }.items():
        result = run(worked, "show", *which)
        assert result.exit_code == 1
        assert result.output.startswith(f"links: {message}")
        assert len(result.output.splitlines()) == 1


def test_check_counts_all_that_needs_a_person(worked: Bed) -> None:
    result = run(worked, "check", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"failed": 1, "conflicts": 1, "orphans": 0}
    assert "1 records failed (see: links failures), 1 records are in conflict" in result.stderr


def test_runs_tell_their_counts_for_programs(worked: Bed) -> None:
    last = told(worked, "runs")[-1]
    assert (last["source"], last["destination"], last["outcome"]) == (
        "crmoffice",
        "trello",
        "failures",
    )
    counts = {each["source_stream"]: each["counts"] for each in last["streams"]}
    assert counts["activities"]["in conflict"] == 1
    assert counts["activities"]["failed"] == 1
    assert last["usage"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["list", "--state", "odd"], "Invalid value for '--state'"),
        (["list", "--limit", "0"], "Invalid value for '--limit'"),
        (["show"], "Missing argument 'WHICH'"),
        (["resolve", "L1"], "Missing option '--take'"),
        (["status", "--form"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line_with_where_to_look(
    worked: Bed, arguments: list[str], message: str
) -> None:
    result = run(worked, *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "--help)" in result.output
    assert len(result.output.splitlines()) == 1
