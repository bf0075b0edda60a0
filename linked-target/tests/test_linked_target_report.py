"""The page of `links report`, read without a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from linked_target.cli.main import links
from linked_target.store.database import open_store
from linked_target.store.runs import STOPPED, Run, StreamCounts, Usage, record_run
from parsed_page import ParsedPage

if TYPE_CHECKING:
    from pathlib import Path

    from toy_bed import Bed

REASON = "edited after n3 was deleted"
NOW = datetime.now(timezone.utc)
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)> \"'`{{7*7}}\u202e\u0000&amp;"
)


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: Bed) -> None:
    """So that partners are made in the order of their records: a1 gets n1, and so on."""
    bed.settings["max_workers"] = 1


@pytest.fixture
def worked(worked: Bed) -> Bed:
    """The store with something of everything; also its orphaned record needs a decision."""
    worked.change(f"UPDATE links SET reason = '{REASON}' WHERE state = 'orphaned'")  # noqa: S608 (a constant)
    return worked


def run(bed: Bed, *arguments: str) -> Result:
    return CliRunner().invoke(links, ["--links-url", bed.url, "report", *arguments])


def text_of(bed: Bed, *arguments: str) -> str:
    result = run(bed, "--out", "-", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode()


def page(bed: Bed, *arguments: str) -> ParsedPage:
    return ParsedPage(text_of(bed, *arguments))


def recorded(bed: Bed, *runs: Run) -> None:
    bed.change("DELETE FROM runs")
    engine = open_store(bed.url)
    for each in runs:
        record_run(engine, each)
    engine.dispose()


def a_run(ended: datetime, seconds: float = 20, outcome: str = "ok", **counts: int) -> Run:
    streams = [StreamCounts("activities", "actions", counts)]
    begun = ended - timedelta(seconds=seconds)
    return Run("crmoffice", "trello", begun, ended, outcome, streams, None, Usage(50, 3.5, 1, 10.0))


def test_the_page_counts_what_needs_a_person(worked: Bed) -> None:
    body = page(worked).body
    assert "3 records need a person" in body
    for told in (
        "Could not be written: 1",
        "Edited on both sides: 1",
        "Edited, but their partner is gone: 1",
    ):
        assert told in body


def test_what_needs_a_person_comes_with_the_words_and_the_command_that_mends_it(
    worked: Bed,
) -> None:
    found = page(worked)
    assert "not valid: ['no text']" in found.body
    assert REASON in found.body
    assert "text in crmoffice office text in trello trello" in found.body
    for code in (
        "links retry crmoffice activities a9",
        "links resolve L2 --take crmoffice",
        "links resolve L2 --take trello",
        "links keep L4",
        "links unlink L4",
    ):
        assert code in found.codes()


def test_each_command_that_is_given_does_what_is_promised(worked: Bed) -> None:
    codes = page(worked).codes()
    for name in ("retry", "resolve", "keep"):
        code = next(each for each in codes if each.startswith(f"links {name} "))
        words = [*code.split()[1:], "--yes"]
        result = CliRunner().invoke(links, ["--links-url", worked.url, *words])
        assert result.exit_code == 0, result.output
    after = page(worked).body
    assert "Could not be written: 1" in after  # until the next run
    assert "1 record needs a person" in after
    assert "Lost their partner" not in after


def test_where_nothing_needs_a_person_the_page_says_so(bed: Bed) -> None:
    bed.office["companies"].put(id="c1", name="Acme")
    bed.both()
    body = page(bed).body
    assert "All is well: nothing needs a person" in body
    assert "Nothing waits." in body


def test_before_the_first_run_the_page_says_so(bed: Bed) -> None:
    open_store(bed.url).dispose()
    found = page(bed)
    assert "No run yet" in found.body
    assert found.links() == []


def test_a_run_that_stopped_is_told_first(bed: Bed) -> None:
    bed.office["companies"].put(id="c1", name="Acme")
    bed.both()
    recorded(bed, a_run(NOW - timedelta(hours=3)), a_run(NOW, outcome=STOPPED))
    body = page(bed).body
    assert body.startswith("A run stopped before its end")
    assert "The last run crmoffice to trello stopped before its end" in body
    assert re.search("what was edited in the last 3 h [0-9]+ min may be yet to come", body)


def test_a_sync_that_runs_no_longer_is_late(bed: Bed) -> None:
    bed.office["companies"].put(id="c1", name="Acme")
    bed.both()
    recorded(bed, a_run(NOW - timedelta(hours=3)))
    assert page(bed).body.startswith("All is well")
    late = page(bed, "--late-after", "2.5").body
    assert late.startswith("The sync is late")
    assert "No run crmoffice to trello came to its end of late" in late


def test_streams_are_told_with_the_same_counts_as_by_the_command_line(worked: Bed) -> None:
    result = CliRunner().invoke(links, ["--links-url", worked.url, "status", "--format", "json"])
    activities = next(
        each for each in json.loads(result.stdout)["streams"] if each["a"][1] == "activities"
    )
    text = text_of(worked)
    row = text[text.index("crmoffice activities with trello actions") :]
    row = row[: row.index("</tr>")]
    shown = dict(re.findall(r'data-label="(\w+)">(\d+)<', row))
    assert {"linked": "4", "failed": "1", "conflicts": "1"}.items() <= shown.items()
    assert shown == {name: str(activities[name]) for name in shown}


def test_what_waits_is_counted_by_reason(worked: Bed) -> None:
    body = page(worked).body
    assert "activities with actions held date it is locked 1" in body
    assert "crmoffice companies unlinked no partner found, and none is created 1" in body


def test_runs_are_told_with_their_share_of_the_quota(worked: Bed) -> None:
    recorded(worked, a_run(NOW, seconds=20, read=12, created=3, updated=4, failed=1))
    found = page(worked)
    assert "20.0 ok 12 7 1 50 25% 4 1" in found.body
    labels = [each["aria-label"] or "" for each in found.all("svg") if "role" in each]
    assert len(labels) == 3
    assert {each["viewbox"] for each in found.all("svg") if "role" in each} == {"0 0 240.0 100"}
    assert "1 runs, of which 0 stopped" in labels[0]
    assert "3 linked anew, 4 edited, 1 failed" in labels[1]
    assert "used 25% of its quota; requests waited 4 s in all, and 1 were refused" in labels[2]


def test_a_run_without_a_known_quota_is_told_as_such(worked: Bed) -> None:
    worked.change("UPDATE runs SET usage = NULL")
    found = page(worked)
    assert "unknown" in found.body
    assert not any("quota" in (each.get("aria-label") or "") for each in found.all("svg"))


def test_runs_of_long_ago_are_left_out(worked: Bed) -> None:
    recorded(worked, a_run(NOW - timedelta(days=9), created=77), a_run(NOW, created=1))
    assert "77 linked anew" not in text_of(worked, "--days", "7")
    assert "78 linked anew" in text_of(worked, "--days", "10")


def test_the_search_knows_each_link(worked: Bed) -> None:
    found = {link["a"]: link for link in page(worked).links()}
    assert len(found) == 7
    assert found["a2"]["w"] == "date (held)"
    assert found["a2"]["pair"] == ["crmoffice", "activities", "trello", "actions"]
    assert (found["a2"]["b"], found["a2"]["s"]) == ("n2", "linked")
    assert found["c2"] | {"b": "", "s": "unlinked", "t": "Alone"} == found["c2"]
    assert found["a3"]["s"] == "orphaned"
    assert found["a4"]["d"] == NOW.timestamp() // 86400
    assert found["a4"]["t"] == "call 4"


def test_names_of_records_can_be_left_out(worked: Bed) -> None:
    text = text_of(worked, "--no-titles")
    assert {link["t"] for link in ParsedPage(text).links()} == {None}
    assert "Acme" not in text


def test_of_too_many_links_the_search_knows_the_newest_and_says_so(worked: Bed) -> None:
    found = page(worked, "--most-links", "2")
    newest = [link["name"] for link in page(worked).links()][:2]
    assert [link["name"] for link in found.links()] == newest
    assert "knows the newest 2 of 7 links" in found.body


def test_a_store_of_several_blocks_is_told_as_a_whole(
    worked: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(worked).links()
    monkeypatch.setattr("linked_target.report.searchable.BLOCK", 2)
    assert page(worked).links() == whole
    assert len(page(worked, "--most-links", "3").links()) == 3


def test_texts_of_the_systems_are_text_and_nothing_else(bed: Bed) -> None:
    bed.settings |= {"conflict_policy": "ask", "on_error": "keep"}
    bed.office["activities"].put(id=f"a1{HOSTILE}", subject=f"1{HOSTILE}")
    bed.both()
    bed.office["activities"].edit(f"a1{HOSTILE}", subject=f"2{HOSTILE}" + "x" * 100_000)
    bed.trello["actions"].edit("n1", text=f"3{HOSTILE}")
    bed.office["activities"].put(id=f"a2{HOSTILE}", subject=[HOSTILE])
    bed.to_trello()
    bed.change("UPDATE runs SET source = '<b>crm</b>' || source, outcome = '\"><i>'")
    text = text_of(bed)
    found = ParsedPage(text)
    kinds = {tag for tag, _ in found.elements}
    assert not kinds & {"img", "b", "i"}
    assert len(found.all("script")) == 2
    assert "2</script><script>alert(1)" in found.body
    assert len(text) < 200_000
    (link,) = found.links()
    assert link["a"].startswith("a1</script><script>alert(1)</script><img")
    assert link["t"].startswith("2</script>")


def test_the_page_allows_itself_nothing_but_its_own_style_and_program(worked: Bed) -> None:
    found = page(worked)
    (policy,) = [each["content"] for each in found.all("meta") if each.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any(set(each) & {"style", "onclick", "src"} for _, each in found.elements)
    addresses = [each["href"] for tag, each in found.elements if "href" in each]
    assert all((each or "").startswith(("#", "data:,")) for each in addresses)


def test_the_page_can_be_read_with_ears_and_used_with_a_keyboard(worked: Bed) -> None:
    found = page(worked)
    ids = [each["id"] for _, each in found.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for attribute in ("aria-labelledby", "aria-describedby", "for"):
        assert {each[attribute] for _, each in found.elements if attribute in each} <= set(ids)
    assert {(each["href"] or "")[1:] for each in found.all("a")} <= set(ids)
    assert all("scope" in each for each in found.all("th"))
    assert all("aria-label" in each for each in found.all("svg") if each.get("role") == "img")
    assert len(found.texts["caption"]) == len(found.all("table"))
    headings = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(headings))
    assert found.all("html")[0]["lang"] == "en"


def test_the_file_is_its_owners_and_takes_the_place_of_an_older_one(
    worked: Bed, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text("older")
    path.chmod(0o644)
    result = run(worked, "--out", str(path))
    assert result.exit_code == 0
    assert str(path) in result.output
    assert path.stat().st_mode & 0o777 == 0o600
    assert "State of the sync" in path.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_told_in_one_line(worked: Bed, tmp_path: Path) -> None:
    result = run(worked, "--out", str(tmp_path / "nowhere" / "report.html"))
    assert result.exit_code == 1
    assert "can't be written: No such file or directory" in result.output
    assert len(result.output.splitlines()) == 1


def test_no_other_command_waits_for_the_templates() -> None:
    program = "import sys, linked_target.cli.main; print('jinja2' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert result.stdout.strip() == "False"
