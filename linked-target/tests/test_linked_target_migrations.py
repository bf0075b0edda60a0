"""Older link stores are brought up to date when they are opened."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from linked_target import Facts
from linked_target.store import migrations, tables
from linked_target.store.database import open_store
from linked_target.store.links import Links, StreamPair
from linked_target.store.open_properties import OpenProperties
from linked_target.store.queue import FAILED, Queue
from linked_target.store.runs import StreamCounts, last_runs
from linked_target.store.transactions import Transactions
from old_stores import NOON, version_1, version_2
from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alembic.operations import Operations

USERS = StreamPair("users", "members")


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def schema(url: str) -> dict[str, Any]:
    """Everything that a database tells about its tables."""
    engine = open_store(url)
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for table in inspector.get_table_names():
        found[table] = (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            inspector.get_foreign_keys(table),
            inspector.get_unique_constraints(table),
            [
                {**index, "dialect_options": {k: str(v) for k, v in options.items()}}
                for index in inspector.get_indexes(table)
                for options in [index.get("dialect_options", {})]
            ],
        )
    with engine.connect() as connection:
        statistics = sa.text("SELECT * FROM sqlite_stat1 ORDER BY idx")
        found["statistics"] = connection.execute(statistics).all()
        found["version"] = connection.execute(sa.select(tables.store_version)).all()
    engine.dispose()
    return found


def test_what_an_older_store_remembers_is_still_known(tmp_path: Path) -> None:
    engine = open_store(version_1(tmp_path / "links.db"))
    links = Links(Transactions(engine), "crmoffice", "trello")
    link = links.by_source(USERS, ["u1"])["u1"]

    assert (link.destination_id, link.source_record, link.created_at) == ("m1", {"id": "u1"}, NOON)
    assert links.aliases.partner_of(USERS, "kari") == "m1"
    assert OpenProperties(Transactions(engine)).of_link(link.id)[0].value == "Kari"
    assert [
        each.source_id
        for each in Queue(Transactions(engine), "crmoffice", "trello").due(USERS, FAILED)
    ]
    assert Facts(Transactions(engine)).get("card") == "c1"
    assert last_runs(engine)[0].streams == [StreamCounts("users", "members", {"read": 2})]
    engine.dispose()


@pytest.mark.parametrize("old", [version_1, version_2])
def test_an_older_store_becomes_equal_to_a_new_one(
    tmp_path: Path, old: Callable[[Path], str]
) -> None:
    new = schema(f"sqlite:///{tmp_path / 'new.db'}")
    assert schema(old(tmp_path / "old.db")) == new
    assert new["version"] == [(tables.SCHEMA_VERSION,)]


def fail(operations: Operations) -> None:
    operations.drop_column("facts", "value")
    raise StopRun("the power fails")


def orphan_aliases(operations: Operations) -> None:
    operations.execute("DELETE FROM links")


@pytest.mark.parametrize(
    ("last_step", "message"),
    [(fail, "the power fails"), (orphan_aliases, "table .* has lost its links")],
)
def test_a_migration_that_is_interrupted_leaves_the_store_as_it_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    last_step: Callable[[Operations], None],
    message: str,
) -> None:
    path = tmp_path / "links.db"
    url = version_1(path)
    before = dump(path)
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, last_step])
    with pytest.raises(StopRun, match=message):
        open_store(url)
    assert dump(path) == before
    monkeypatch.undo()
    open_store(url).dispose()
    assert "gone" in "".join(dump(path))


def rebuild_links(operations: Operations) -> None:
    with operations.batch_alter_table("links", recreate="always"):
        pass


def test_a_table_may_be_rebuilt_without_losing_what_refers_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = version_1(tmp_path / "links.db")
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, rebuild_links])
    engine = open_store(url)
    assert OpenProperties(Transactions(engine)).of_link(1)
    with engine.begin() as connection:
        connection.execute(tables.links.delete())
    assert OpenProperties(Transactions(engine)).of_link(1) == []
    engine.dispose()


def test_of_several_that_open_an_older_store_at_once_one_migrates_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = version_1(tmp_path / "links.db")
    caplog.set_level("INFO")
    with ThreadPoolExecutor(8) as pool:
        for engine in pool.map(open_store, [url] * 8):
            assert Facts(Transactions(engine)).get("card") == "c1"
            engine.dispose()
    assert caplog.text.count("the link store is brought from version 1 to 3") == 1


def test_a_store_that_is_up_to_date_is_opened_while_another_process_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'links.db'}"
    writer = open_store(url)
    with writer.begin() as connection:
        connection.execute(tables.facts.insert().values(key="k", value="v"))
        reader = open_store(url)
        assert Facts(reader).get("k") is None
        reader.dispose()
    writer.dispose()


def test_new_and_current_stores_are_opened_without_loading_what_migrates(tmp_path: Path) -> None:
    program = (
        "import sys; from linked_target.store.database import open_store\n"
        "for _ in range(2): open_store(sys.argv[1]).dispose()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    url = f"sqlite:///{tmp_path / 'links.db'}"
    subprocess.run([sys.executable, "-c", program, url], check=True)
