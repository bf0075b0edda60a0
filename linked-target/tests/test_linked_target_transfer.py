"""Links out of a store and into one: as a CSV file, and by hand."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from linked_target import Facts
from linked_target.cli import transfer
from linked_target.cli.csv_links import COLUMNS
from linked_target.cli.main import links as command
from linked_target.records import record_hash
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.links import (
    INTENT,
    LINKED,
    ORPHANED,
    PAIRED,
    UNMATCHED,
    Link,
    Links,
    StreamPair,
)
from linked_target.store.open_properties import HELD, OpenProperties
from linked_target.store.queue import FAILED, Queue
from linked_target.store.run_lock import RunLock
from linked_target.store.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

COMPANIES = StreamPair("companies", "organizations")
HEADING = "a_system,a_stream,a_id,b_system,b_stream,b_id"
PAIR = ("crmoffice", "companies", "1", "trello", "organizations", "o1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'links.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    yield engine
    engine.dispose()


def run(url: str, *arguments: str, given: str | None = None) -> Result:
    confirmed = ["--yes"] if arguments[0] in {"import", "link", "unlink", "keep"} else []
    return CliRunner().invoke(command, ["--links-url", url, *arguments, *confirmed], input=given)


def links_of(engine: Engine) -> Links:
    return Links(Transactions(engine), "crmoffice", "trello")


def joined(engine: Engine, source_id: str, destination_id: str, **record: Any) -> Link:
    links = links_of(engine)
    row = links.note_unmatched(COMPANIES, source_id, {"id": source_id, **record}, "new")
    return links.join(
        row,
        destination_id,
        source_record={"id": source_id, **record},
        destination_record={"id": destination_id},
    )


def rows(engine: Engine, table: sa.Table = tables.links) -> list[dict[str, Any]]:
    """All rows, without what only tells when they were stored."""
    with engine.connect() as connection:
        query = sa.select(table).order_by(*table.primary_key)
        found = [dict(row) for row in connection.execute(query).mappings()]
    return [{key: row[key] for key in row if key != "updated_at"} for row in found]


def filled(engine: Engine) -> None:
    """Links in every state, with all that may hang on them."""
    links = links_of(engine)
    joined(engine, "0", "o0")
    with engine.begin() as connection:  # version 1 did not note which of the two is gone
        connection.execute(tables.links.update().values(state=ORPHANED))
    first = joined(engine, "1", "o1", name='Ås "&" Co\nline 2, æøå', vat=1.50)
    links.orphan(joined(engine, "2", "o2"), "trello", "it was edited, afterwards")
    links.orphan(joined(engine, "3", "o3"), "crmoffice")
    links.note_unmatched(COMPANIES, "4", {"id": "4"}, "none found")
    links.note_intent(COMPANIES, "5", {"id": "5"}, {"displayName": "Five"})
    back = Links(Transactions(engine), "trello", "crmoffice")
    back.note_intent(COMPANIES.reversed(), "o6", {"id": "o6"}, {"name": "Six"})
    OpenProperties(Transactions(engine)).put(first.id, "trello", HELD, {"name": ("Å", "no token")})
    links.aliases.replace(first, "crmoffice", ["kari", "ola"])
    assert run(str(engine.url), "link", *PAIR[:2], "7", *PAIR[3:5], "o7").exit_code == 0


def test_what_is_exported_and_imported_elsewhere_is_the_same(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    filled(engine)
    file, other_url = str(tmp_path / "links.csv"), f"sqlite:///{tmp_path / 'other.db'}"
    assert run(url, "export", file).exit_code == 0
    result = run(other_url, "import", file)
    assert result.output.endswith("8 links are new, 0 were there already.\n")
    other = open_store(other_url)
    ours, theirs = rows(engine), rows(other)
    numbers = {row.pop("id"): row["a_id"] for row in ours}
    others = {row.pop("id"): row["a_id"] for row in theirs}
    assert sorted(theirs, key=str) == sorted(ours, key=str)
    for table in (tables.open_properties, tables.aliases):
        mine = [{**row, "link_id": numbers[row["link_id"]]} for row in rows(engine, table)]
        assert mine == [{**row, "link_id": others[row["link_id"]]} for row in rows(other, table)]
        assert mine
    other.dispose()


def test_an_export_is_the_same_before_and_after_an_import_elsewhere(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    filled(engine)
    other_url = f"sqlite:///{tmp_path / 'other.db'}"
    text = CliRunner().invoke(command, ["--links-url", url, "export", "-"]).stdout
    assert run(other_url, "import", "-", given=text).exit_code == 0
    again = CliRunner().invoke(command, ["--links-url", other_url, "export", "-"]).stdout
    assert sorted(again.splitlines()) == sorted(text.splitlines())


def test_what_was_imported_already_is_accepted(url: str, engine: Engine, tmp_path: Path) -> None:
    filled(engine)
    before = rows(engine)
    file = str(tmp_path / "links.csv")
    run(url, "export", file)
    assert run(url, "import", file).output == "0 links are new, 8 were there already.\n"
    assert rows(engine) == before


def test_only_its_owner_can_read_an_export(url: str, engine: Engine, tmp_path: Path) -> None:
    joined(engine, "1", "o1")
    file = tmp_path / "links.csv"
    file.write_text("an older one, for all to see")
    assert run(url, "export", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith(HEADING)
    assert {each.name for each in tmp_path.iterdir() if "csv" in each.name} == {"links.csv"}


def test_an_export_that_fails_leaves_the_older_file(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "links.csv"
    file.write_text("older")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE aliases"))
    joined(engine, "1", "o1")
    assert run(url, "export", str(file)).exit_code == 1
    assert file.read_text() == "older"
    assert len([each for each in tmp_path.iterdir() if "csv" in each.name]) == 1


@pytest.mark.usefixtures("engine")
def test_an_export_to_nowhere_is_told_in_one_line(url: str, tmp_path: Path) -> None:
    result = run(url, "export", str(tmp_path / "typo" / "links.csv"))
    assert result.exit_code == 1
    assert result.output == (
        f"links: {tmp_path}/typo/links.csv can't be written: No such file or directory\n"
    )


def test_an_export_tells_what_it_leaves_out(url: str, engine: Engine) -> None:
    Queue(Transactions(engine), "crmoffice", "trello").fail(COMPANIES, "9", {}, "no")
    Facts(Transactions(engine)).set("card", "c1")
    assert "Not in the file: 1 queued records, 1 facts." in run(url, "export", "-").output


def test_more_links_than_a_page_are_exported_as_they_were_at_the_beginning(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(transfer, "PAGE", 2)
    for number in range(5):
        joined(engine, str(number), f"o{number}")
    out = io.StringIO()
    line_of = transfer.line_of

    def line_while_somebody_writes(*args: Any) -> list[str]:
        if not (tmp_path / "written").exists():
            (tmp_path / "written").touch()
            joined(engine, "new", "onew")
        return line_of(*args)

    monkeypatch.setattr(transfer, "line_of", line_while_somebody_writes)
    assert transfer.export_links(engine, out) == 5
    out.seek(0)
    assert [line["a_id"] for line in csv.DictReader(out)] == ["0", "1", "2", "3", "4"]
    assert len(rows(engine)) == 6


def given(*lines: str, heading: str = HEADING) -> str:
    return "\n".join((heading, *lines, ""))


def test_a_pair_without_records_is_linked_by_hand_in_either_order_of_the_systems(
    url: str, engine: Engine
) -> None:
    text = given(
        "crmoffice,companies,1,trello,organizations,o1",
        "trello,organizations,o2,crmoffice,companies,2",
    )
    assert run(url, "import", "-", given="\ufeff" + text).exit_code == 0
    assert [(row["a_system"], row["a_id"], row["b_id"], row["state"]) for row in rows(engine)] == [
        ("crmoffice", "1", "o1", PAIRED),
        ("crmoffice", "2", "o2", PAIRED),
    ]


def test_records_of_a_file_are_stored_with_their_hashes_whatever_the_order(
    url: str, engine: Engine
) -> None:
    line = 'trello,organizations,o1,crmoffice,companies,1,"{""id"": ""o1""}","{""b"":1,""a"":2}"'
    text = given(line, heading=f"{HEADING},a_record,b_record")
    assert run(url, "import", "-", given=text).exit_code == 0
    link = links_of(engine).by_source(COMPANIES, ["1"])["1"]
    seen = links_of(engine).seen(COMPANIES, ["1"])["1"]
    assert (link.state, link.source_record, link.destination_record) == (
        LINKED,
        {"a": 2, "b": 1},
        {"id": "o1"},
    )
    assert seen.hash == record_hash({"a": 2, "b": 1})


def test_a_pair_that_is_linked_by_hand_no_longer_looks_for_partners(
    url: str, engine: Engine
) -> None:
    links = links_of(engine)
    links.note_unmatched(COMPANIES, "1", {}, "none")
    links.note_intent(COMPANIES, "2", {}, {})
    back = Links(Transactions(engine), "trello", "crmoffice")
    back.note_unmatched(COMPANIES.reversed(), "o1", {}, "none")
    assert run(url, "link", *PAIR).exit_code == 0
    assert [(row["a_id"], row["b_id"], row["state"]) for row in rows(engine)] == [
        ("2", None, INTENT),
        ("1", "o1", PAIRED),
    ]


def test_a_record_that_has_a_partner_is_not_imported_as_one_without(
    url: str, engine: Engine
) -> None:
    joined(engine, "1", "o1")
    text = given(
        'crmoffice,companies,1,trello,organizations,,unmatched,"{}"',
        'crmoffice,companies,2,trello,organizations,,unmatched,"{}"',
        'crmoffice,companies,2,trello,organizations,,unmatched,"{}"',
        heading=f"{HEADING},state,a_record",
    )
    assert run(url, "import", "-", given=text).output == "1 links are new, 2 were there already.\n"
    assert [(row["a_id"], row["state"]) for row in rows(engine)] == [
        ("1", LINKED),
        ("2", UNMATCHED),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "crmoffice,companies,1,trello,organizations,o2",
            "crmoffice companies 1 is linked with trello organizations o1 already, not with",
        ),
        (
            "trello,organizations,o1,crmoffice,contacts,2",
            "trello organizations o1 is linked with crmoffice companies 1 already, not with",
        ),
        (
            "trello,organizations,o8,crmoffice,companies,7",
            "crmoffice companies 7 is linked with trello organizations o7 already",
        ),
        ("crmoffice,companies,1,trello,organizations", "it has not as many values as the heading"),
        ("crmoffice,,1,trello,organizations,o2", "a_stream is empty"),
        ("trello,boards,1,trello,organizations,o2", "a link joins two systems, not trello with"),
        ("crmoffice,companies,5,trello,organizations,", "b_id is empty, and a link that is paired"),
    ],
)
def test_a_file_with_one_wrong_line_changes_nothing_and_the_line_is_named(
    url: str, engine: Engine, line: str, message: str
) -> None:
    joined(engine, "1", "o1")
    before = rows(engine)
    text = given("crmoffice,companies,7,trello,organizations,o7", "", line)
    result = run(url, "import", "-", given=text)
    assert result.exit_code == 1
    assert f"links: line 4: {message}" in result.output
    assert rows(engine) == before
    assert rows(engine, tables.run_locks) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("lost,,{},{}", "state 'lost' is none of intent, linked, orphaned, paired, unmatched"),
        ("linked,,{},[]", "b_record is not a JSON object"),
        ("linked,,{},{", "b_record is not a JSON object"),
        ("linked,trello,{},{}", "gone names a system, but the state is not orphaned"),
        ("orphaned,files,{},{}", "'files' is none of its two systems"),
        ("orphaned,trello,{},", "b_record is empty"),
        ("unmatched,,{},", "one of a_id and b_id must be empty"),
    ],
)
def test_a_state_that_makes_no_sense_is_refused(url: str, more: str, message: str) -> None:
    line = f"crmoffice,companies,1,trello,organizations,o1,{more}"
    result = run(
        url, "import", "-", given=given(line, heading=f"{HEADING},state,gone,a_record,b_record")
    )
    assert result.exit_code == 1
    assert f"links: line 2: {message}" in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the heading lacks a_system, a_stream, a_id, b_system, b_stream, b_id"),
        (HEADING + ",state,owner\n", "line 1: column 'owner' is none of a_system,"),
        (HEADING + '\na,"b"c\n', "line 2: this is no CSV"),
    ],
)
def test_a_file_that_is_no_table_of_links_is_refused(url: str, text: str, message: str) -> None:
    result = run(url, "import", "-", given=text)
    assert result.exit_code == 1
    assert f"links: {message}" in result.output


def test_a_large_record_is_no_mistake(url: str, engine: Engine, tmp_path: Path) -> None:
    joined(engine, "1", "o1", text="x" * 300_000)
    file = str(tmp_path / "links.csv")
    run(url, "export", file)
    assert run(f"sqlite:///{tmp_path / 'other.db'}", "import", file).exit_code == 0


@pytest.mark.parametrize("arguments", [["import", "-"], ["link", *PAIR], ["unlink", *PAIR]])
def test_the_store_is_not_changed_by_hand_while_a_run_is_at_work(
    url: str, engine: Engine, arguments: list[str]
) -> None:
    joined(engine, "1", "o1")
    before = rows(engine)
    systems = ("trello", "crmoffice")
    with RunLock(engine, systems=systems, direction="crmoffice", shard="a", program="the run"):
        result = run(url, *arguments, given=given("a,b,c,d,e,f"))
    assert result.exit_code == 1
    assert f"links: another run (the run, pid {os.getpid()} on " in result.output
    assert rows(engine) == before


def test_a_link_that_somebody_made_by_hand_is_known_as_such(url: str, engine: Engine) -> None:
    now = datetime.now(timezone.utc)
    result = run(url, "link", *PAIR[3:], *PAIR[:3])
    assert "trello organizations o1 and crmoffice companies 1 are linked" in result.output
    link = links_of(engine).by_source(COMPANIES, ["1"])["1"]
    assert (link.destination_id, link.state, link.source_record) == ("o1", PAIRED, {})
    assert link.created_at >= now
    assert run(url, "link", *PAIR).output.endswith("are linked already.\n")


def test_the_first_link_of_two_streams_is_told_in_case_their_names_are_mistyped(url: str) -> None:
    warning = "make sure that these names are spelled as in the stream maps"
    assert warning in run(url, "link", *PAIR).output
    assert warning not in run(url, "link", *PAIR[:2], "2", *PAIR[3:5], "o2").output


def test_a_record_is_not_linked_with_two(url: str, engine: Engine) -> None:
    joined(engine, "1", "o1")
    result = run(url, "link", *PAIR[:5], "o2")
    assert result.exit_code == 1
    assert "crmoffice companies 1 is linked with trello organizations o1 already" in result.output


@pytest.mark.parametrize("name", ["link", "unlink"])
def test_two_records_of_one_system_are_refused(url: str, name: str) -> None:
    open_store(url).dispose()
    result = run(url, name, *PAIR[:3], *PAIR[:3])
    assert result.exit_code == 1
    assert "a link joins two systems, not crmoffice with itself" in result.output


def test_to_unlink_forgets_what_waits_on_the_link_but_not_what_is_queued(
    url: str, engine: Engine
) -> None:
    transactions = Transactions(engine)
    link = joined(engine, "1", "o1")
    OpenProperties(transactions).put(link.id, "trello", HELD, {"displayName": ("Acme", "no")})
    links_of(engine).aliases.replace(link, "crmoffice", ["acme"])
    queue = Queue(transactions, "crmoffice", "trello")
    queue.fail(COMPANIES, "1", {"id": "1"}, "no")
    result = run(url, "unlink", *PAIR[3:], *PAIR[:3])
    assert "are no longer linked, and 1 held or pending values are dropped" in result.output
    for table in (tables.links, tables.open_properties, tables.aliases):
        assert rows(engine, table) == []
    assert [each.source_id for each in queue.due(COMPANIES, FAILED)] == ["1"]


def test_what_is_not_linked_is_not_unlinked(url: str, engine: Engine) -> None:
    joined(engine, "1", "o1")
    result = run(url, "unlink", *PAIR[:5], "o2")
    assert result.exit_code == 1
    assert "crmoffice companies 1 and trello organizations o2 are not linked" in result.output
    assert len(rows(engine)) == 1


def test_the_command_itself_moves_links_from_one_store_to_another(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    joined(engine, "1", "o1")
    links = str(Path(sys.executable).with_name("links"))
    exported = subprocess.run(
        [links, "--links-url", url, "export", "-"], check=True, capture_output=True
    )
    assert exported.stderr == b"1 links are exported.\n"
    assert exported.stdout.splitlines()[0].decode().split(",") == list(COLUMNS)
    imported = subprocess.run(
        [links, "import", "--yes", "-"],
        input=exported.stdout,
        check=True,
        capture_output=True,
        env={**os.environ, "LINKS_URL": f"sqlite:///{tmp_path / 'other.db'}"},
    )
    assert imported.stdout == b"1 links are new, 0 were there already.\n"
    refused = subprocess.run(
        [links, "--links-url", url, "link", "--yes", *PAIR[:5], "o2"],
        check=False,
        capture_output=True,
    )
    assert refused.returncode == 1
    assert refused.stderr.count(b"\n") == 1
