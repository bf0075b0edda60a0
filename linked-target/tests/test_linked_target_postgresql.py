"""The link store in PostgreSQL: made, migrated, copied and locked like the one in SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from linked_target.cli.main import links
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.holder import LEASE, live_holders
from linked_target.store.links import Links, StreamPair
from linked_target.store.run_lock import RunLock
from linked_target.store.runs import Run, StreamCounts, record_run
from linked_target.store.store_copy import copy_store
from linked_target.store.transactions import Transactions
from old_stores import NOON, make_version_1
from parsed_page import ParsedPage
from postgresql_server import programs, running_server
from side_by_side import makers_of_one_thing, remembered_by_several
from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")

COMPANIES = StreamPair("companies", "organizations")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    folder = programs()
    assert folder is not None
    with running_server(folder) as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """An empty database; its clock is not set to UTC."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS links WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE links")
        connection.exec_driver_sql("ALTER DATABASE links SET timezone TO 'Asia/Kolkata'")
    engine.dispose()
    return server.replace("/postgres?", "/links?")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    yield engine
    engine.dispose()


def old(url: str) -> str:
    """A store as version 1 made it."""
    engine = sa.create_engine(url)
    make_version_1(engine)
    engine.dispose()
    return url


def schema(engine: Engine) -> dict[str, Any]:
    inspector = sa.inspect(engine)
    return {
        table: (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            inspector.get_foreign_keys(table),
            inspector.get_unique_constraints(table),
            sorted(inspector.get_indexes(table), key=lambda index: str(index["name"])),
        )
        for table in inspector.get_table_names()
    }


def rows(engine: Engine, table: sa.Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def lock(engine: Engine, direction: tuple[str, str] = ("crmoffice", "trello")) -> RunLock:
    return RunLock(engine, systems=direction, direction=" to ".join(direction))


def test_an_older_store_becomes_equal_to_a_new_one(url: str) -> None:
    new = open_store(url)
    expected = schema(new)
    with new.begin() as connection:
        tables.links.metadata.drop_all(connection)
    new.dispose()
    migrated = open_store(old(url))
    assert schema(migrated) == expected
    assert rows(migrated, tables.store_version) == [{"version": tables.SCHEMA_VERSION}]
    assert [row["a_id"] for row in rows(migrated, tables.links)] == ["u1"]
    migrated.dispose()


@pytest.mark.parametrize("is_old", [False, True])
def test_several_may_open_a_new_or_old_store_at_once(url: str, is_old: bool) -> None:
    if is_old:
        old(url)
    with ThreadPoolExecutor(8) as pool:
        for engine in pool.map(open_store, [url] * 8):
            assert len(rows(engine, tables.store_version)) == 1
            engine.dispose()


def link(a_id: str | None, b_id: str | None, a_stream: str = "users") -> dict[str, Any]:
    return {
        "a_system": "crmoffice",
        "b_system": "trello",
        "a_stream": a_stream,
        "b_stream": "members",
        "a_id": a_id,
        "b_id": b_id,
        "state": "linked",
        "a_record": b"{}",
        "created_at": NOON,
        "updated_at": NOON,
    }


def test_a_record_has_one_partner_but_may_lack_several(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            tables.links.insert(),
            [link("1", "1"), link(None, "1"), link("1", None), link("1", None)],
        )
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(tables.links.insert(), [link("2", "1", "contacts")])


@pytest.mark.parametrize("is_old", [False, True])
def test_a_copy_has_all_rows_with_their_times_and_the_newest_form(url: str, is_old: bool) -> None:
    if is_old:
        old(url)
    else:
        engine = open_store(url)
        with engine.begin() as connection:
            connection.execute(
                tables.links.insert(), [link(str(each), str(each)) for each in range(1200)]
            )
            connection.execute(tables.links.insert(), [link("1", None), link("1", None)])
        engine.dispose()
    copy = copy_store(url)
    found = rows(copy, tables.links)
    assert len(found) == (1 if is_old else 1202)
    assert found[0]["created_at"] == NOON.replace(tzinfo=None)
    assert found[0]["gone"] is None
    assert rows(copy, tables.store_version) == [{"version": tables.SCHEMA_VERSION}]
    copy.dispose()


def test_a_store_without_tables_is_not_made_by_a_copy(url: str) -> None:
    copy = copy_store(url)
    assert rows(copy, tables.links) == []
    copy.dispose()
    engine = sa.create_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def acquired(ours: RunLock) -> bool:
    try:
        ours.acquire()
    except StopRun:
        return False
    return True


def test_of_several_at_once_exactly_one_gets_the_lock(url: str, engine: Engine) -> None:
    engines = [open_store(url) for _ in range(8)]
    locks = [lock(each) for each in engines]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(acquired, locks)) == 1
    assert len(live_holders(engine)) == 1
    for ours, each in zip(locks, engines, strict=True):
        ours.release()
        each.dispose()


def test_of_several_at_once_one_makes_what_is_made_once(url: str) -> None:
    assert makers_of_one_thing(url) == 1


def test_several_may_remember_something_at_once(url: str) -> None:
    assert remembered_by_several(url) == "c1"


def test_who_lost_the_lock_commits_nothing(engine: Engine) -> None:
    now = datetime.now(timezone.utc)
    with lock(engine) as ours:
        with engine.begin() as connection:
            connection.execute(tables.run_locks.update().values(renewed_at=now - LEASE))
        with lock(engine, ("trello", "crmoffice")), pytest.raises(StopRun, match="has lost"):
            commit_a_fact(engine, ours)
    assert rows(engine, tables.facts) == []


def commit_a_fact(engine: Engine, ours: RunLock) -> None:
    with engine.begin() as connection:
        connection.execute(tables.facts.insert().values(key="k", value="v"))
        ours.check(connection)


def test_nobody_takes_the_lock_over_between_the_check_and_the_commit(engine: Engine) -> None:
    past = datetime.now(timezone.utc) - timedelta(seconds=10)
    with lock(engine) as ours, ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(tables.run_locks.update().values(renewed_at=past))
        with engine.begin() as connection:
            ours.check(connection)
            removal = pool.submit(remove_holders, engine)
            blocked = sa.text(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            )
            while not removal.done() and not rows_waiting(engine, blocked):
                pass
            assert not removal.done()
        removal.result(10)


def remove_holders(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.run_locks.delete())


def rows_waiting(engine: Engine, query: sa.TextClause) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def test_the_report_tells_the_same_of_a_store_in_postgresql(engine: Engine, url: str) -> None:
    of_links = Links(Transactions(engine), "crmoffice", "trello")
    of_links.note_unmatched(COMPANIES, "c1", {"id": "c1", "name": "Alone"}, "none is created")
    row = of_links.note_unmatched(COMPANIES, "c2", {"id": "c2", "name": "Acme"}, "new")
    of_links.join(row, "o2", source_record={"id": "c2", "name": "Acme"}, destination_record={})
    now = datetime.now(timezone.utc)
    streams = [StreamCounts(*COMPANIES, {"read": 2, "created": 1})]
    record_run(engine, Run("crmoffice", "trello", now, now, "ok", streams))
    result = CliRunner().invoke(links, ["--links-url", url, "report", "--out", "-"])
    assert result.exit_code == 0, result.output
    page = ParsedPage(result.stdout)
    assert "crmoffice companies unlinked none is created 1" in page.body
    assert "All is well: nothing needs a person" in page.body
    assert [(link["t"], link["s"]) for link in page.links()] == [
        ("Acme", "linked"),
        ("Alone", "unlinked"),
    ]
    assert page.links()[0]["d"] == now.timestamp() // 86400
