"""The link store: file, version, links, aliases, queue, facts and runs."""

from __future__ import annotations

import gc
import sqlite3
import stat
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from linked_target import Facts
from linked_target.reader import MessageReader
from linked_target.store import tables
from linked_target.store.database import engine_of, open_store
from linked_target.store.links import INTENT, UNMATCHED, Links, StreamPair
from linked_target.store.queue import FAILED, WAITING, Queue, pause_after
from linked_target.store.transactions import Transactions
from singer_rest import RecordRefused, SettingError, StopRun
from singer_sdk.singerlib.exceptions import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine
    from toy_bed import Bed

PAIR = StreamPair("activities", "actions")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'links.db'}")
    yield engine
    engine.dispose()


def test_an_engine_that_is_forgotten_leaves_no_connection_open(tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'links.db'}")
    with engine.connect() as connection:
        of_driver = connection.connection.dbapi_connection
        assert isinstance(of_driver, sqlite3.Connection)
        of_driver.execute("SELECT 1")
    forgotten = weakref.ref(engine)
    del connection, engine
    gc.collect()
    assert forgotten() is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        of_driver.execute("SELECT 1")


def joined(links: Links, pair: StreamPair, source_id: str, destination_id: str) -> None:
    row = links.note_unmatched(pair, source_id, {"id": source_id}, "new")
    links.join(row, destination_id, source_record={"id": source_id}, destination_record={"b": 1})


def test_the_files_of_the_store_are_readable_by_their_owner_only(bed: Bed, tmp_path: Path) -> None:
    engine = open_store(bed.url)
    with engine.begin() as connection:
        connection.execute(tables.facts.insert().values(key="k", value="v"))
        files = list(tmp_path.glob("links.db*"))
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    engine.dispose()
    assert len(files) > 1


def test_a_store_in_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StopRun, match="can't be created: No such file or directory"):
        open_store(f"sqlite:///{tmp_path / 'typo' / 'links.db'}")


def test_several_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'links.db'}"
    with ThreadPoolExecutor(8) as pool:
        for engine in pool.map(open_store, [url] * 8):
            engine.dispose()


def test_a_store_of_a_newer_version_is_refused_untouched(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.store_version.update().values(version=99))
        connection.execute(sa.text("DROP TABLE runs"))
    with pytest.raises(StopRun, match=r"has version 99, this program knows \d: update the plugin"):
        open_store(str(engine.url))

    assert "runs" not in sa.inspect(engine).get_table_names()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("links.db secret", "'links_url' is no SQLAlchemy URL"),
        ("postgresql://me:secret@host:port/db", "'links_url' is no SQLAlchemy URL"),
        ("nosuch://me:secret@host/db", "names no usable link store"),
        ("mysql+pymysql://me:secret@host/db", "needs a driver"),
    ],
)
def test_a_bad_url_is_told_without_repeating_it(url: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_store_that_is_no_database_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "links.db"
    path.write_text("this is a letter, not a database, and it is long enough to be read as one")
    with pytest.raises(StopRun, match="the link store can't be used: file is not a database"):
        open_store(f"sqlite:///{path}")


def test_a_store_in_a_place_that_is_no_folder_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StopRun, match="can't be created"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'links.db'}")


def test_a_store_that_breaks_during_the_run_stops_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE facts"))
    with pytest.raises(StopRun, match="the link store can't be used: no such table"):
        Facts(Transactions(engine)).get("card")


def test_both_directions_see_the_same_link(engine: Engine) -> None:
    joined(Links(Transactions(engine), "crmoffice", "trello"), PAIR, "a1", "n1")
    back = Links(Transactions(engine), "trello", "crmoffice").by_source(PAIR.reversed(), ["n1"])[
        "n1"
    ]

    assert (back.source_id, back.destination_id) == ("n1", "a1")
    assert (back.source_record, back.destination_record) == ({"b": 1}, {"id": "a1"})


def test_a_record_has_one_partner_only(engine: Engine) -> None:
    links = Links(Transactions(engine), "crmoffice", "trello")
    joined(links, PAIR, "a1", "n1")
    with pytest.raises(RecordRefused, match="n1 is linked with another record already"):
        joined(links, PAIR, "a2", "n1")
    with pytest.raises(RecordRefused):
        joined(links, StreamPair("activities", "cards"), "a1", "k1")


def test_more_ids_than_a_page_are_looked_up(engine: Engine) -> None:
    links = Links(Transactions(engine), "crmoffice", "trello")
    ids = [f"a{number}" for number in range(620)]
    with engine.begin() as connection:
        connection.execute(
            tables.links.insert(),
            [_row(each) for each in ids],
        )

    assert len(links.by_source(PAIR, ids)) == 620
    assert sum(len(page) for page in links.in_state(PAIR, UNMATCHED)) == 620


def _row(source_id: str) -> dict[str, object]:
    now = datetime.now(timezone.utc)
    return {
        "a_system": "crmoffice",
        "b_system": "trello",
        "a_stream": "activities",
        "b_stream": "actions",
        "a_id": source_id,
        "state": UNMATCHED,
        "created_at": now,
        "updated_at": now,
    }


def test_an_intent_keeps_the_time_of_its_first_attempt_and_what_was_sent(engine: Engine) -> None:
    links = Links(Transactions(engine), "crmoffice", "trello")
    unmatched = links.note_unmatched(PAIR, "a1", {"id": "a1"}, "no")
    first = links.note_intent(PAIR, "a1", {"id": "a1"}, {"text": "x"})
    again = links.note_intent(PAIR, "a1", {"id": "a1"}, {"text": "x"})

    assert again.created_at == first.created_at > unmatched.created_at
    assert again.destination_record == {"text": "x"}
    assert again.state == INTENT


def test_a_reference_is_found_by_id_or_by_alias_unless_it_is_ambiguous(engine: Engine) -> None:
    links = Links(Transactions(engine), "crmoffice", "trello")
    pair = StreamPair("users", "members")
    for number, name in ((1, "kari"), (2, "ola"), (3, "ola")):
        joined(links, pair, f"u{number}", f"m{number}")
        link = links.by_source(pair, [f"u{number}"])[f"u{number}"]
        links.aliases.replace(link, "crmoffice", [name])
        links.aliases.replace(link, "trello", [f"{name}n"])

    assert links.aliases.partner_of(pair, "u1") == "m1"
    assert links.aliases.partner_of(pair, "kari") == "m1"
    assert links.aliases.partner_of(pair, "ola") is None
    assert links.aliases.canonical_destination(pair, "karin") == "m1"
    assert links.aliases.canonical_destination(pair, "kari") is None


def test_a_queue_gives_each_due_record_once_oldest_first(engine: Engine) -> None:
    queue = Queue(Transactions(engine), "crmoffice", "trello")
    for number in range(250):
        queue.wait(PAIR, f"a{number}", {"n": number})
    seen = []
    for each in queue.due(PAIR, WAITING):
        seen.append(each.record["n"])
        queue.remove(PAIR, [each.source_id])
        queue.wait(PAIR, each.source_id, each.record)

    assert seen == list(range(250))


def test_the_queues_of_the_two_directions_are_apart(engine: Engine) -> None:
    Queue(Transactions(engine), "crmoffice", "trello").wait(PAIR, "1", {})
    assert list(Queue(Transactions(engine), "trello", "crmoffice").due(PAIR, WAITING)) == []


def test_a_failed_record_rests_longer_each_time_but_waits_for_a_partner_without_pause(
    engine: Engine,
) -> None:
    queue = Queue(Transactions(engine), "crmoffice", "trello")
    for _ in range(6):
        queue.fail(PAIR, "a1", {"id": "a1"}, "no")
    assert queue.failures() == 1
    assert list(queue.due(PAIR, FAILED)) == []

    queue.wait(PAIR, "a1", {"id": "a1"})
    assert [each.source_id for each in queue.due(PAIR, WAITING)] == ["a1"]


def test_pauses_grow_up_to_a_day() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 40)]

    assert pauses[:4] == [timedelta(0)] * 3 + [timedelta(minutes=2)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(days=1)


def test_facts_are_remembered_and_replaced(engine: Engine) -> None:
    facts = Facts(Transactions(engine))
    facts.set("card", "1")
    facts.set("card", "2")

    assert Facts(Transactions(engine)).get("card") == "2"
    assert facts.get("board") is None


@pytest.mark.parametrize(
    "line",
    [
        "{no json: secret",
        '["secret"]',
        '{"type": "RECORD", "stream": "firms", "record": "secret"}',
        '{"type": "RECORD", "stream": ["secret"], "record": {}}',
        '{"type": "SCHEMA", "stream": "firms", "schema": ["secret"]}',
    ],
)
def test_a_broken_line_is_told_by_its_number_without_its_content(line: str) -> None:
    reader = MessageReader()
    reader.deserialize_json('{"type": "STATE"}')
    with pytest.raises(InvalidInputLine, match="input line 2 is not") as caught:
        reader.deserialize_json(line)
    assert "secret" not in str(caught.value)
