"""Throw-away copies of a link store, for runs that leave no trace in it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from linked_target import Facts
from linked_target.store import store_copy, tables
from linked_target.store.database import open_store
from linked_target.store.store_copy import copy_store
from linked_target.store.transactions import Transactions
from old_stores import version_1
from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "a place"
    folder.mkdir()
    return folder / "links #1.db"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def facts(engine: Engine) -> Facts:
    return Facts(Transactions(engine))


@contextmanager
def copied(path: Path) -> Iterator[Engine]:
    engine = copy_store(url_of(path))
    try:
        yield engine
    finally:
        engine.dispose()


def put(path: Path, value: str) -> Engine:
    engine = open_store(url_of(path))
    facts(engine).set("card", value)
    return engine


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}


def test_what_is_done_to_a_copy_leaves_the_store_as_it_was_byte_for_byte(path: Path) -> None:
    put(path, "c1").dispose()
    before = contents(path.parent)
    with copied(path) as copy:
        assert facts(copy).get("card") == "c1"
        facts(copy).set("card", "c2")
        assert facts(copy).get("card") == "c2"
    assert contents(path.parent) == before


def test_a_copy_has_what_another_process_wrote_just_now_and_leaves_it_alone(path: Path) -> None:
    writer = put(path, "c1")
    before = contents(path.parent)
    assert before[f"{path.name}-wal"][0]
    with copied(path) as copy:
        assert facts(copy).get("card") == "c1"
        facts(copy).set("card", "c2")
    after = contents(path.parent)
    for name in (path.name, f"{path.name}-wal"):
        assert after[name] == before[name]
    assert facts(writer).get("card") == "c1"
    writer.dispose()


def test_a_copy_does_not_keep_others_from_writing(path: Path) -> None:
    writer = put(path, "c1")
    with copied(path) as copy:
        facts(writer).set("card", "c3")
        assert facts(copy).get("card") == "c1"
    writer.dispose()


def test_a_writer_that_comes_while_the_store_is_copied_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, "c1").dispose()
    back_up, writers = store_copy._back_up, []

    def back_up_late(source: Path, copy: Path, mode: str) -> None:
        back_up(source, copy, mode)
        if not writers:
            writers.append(put(path, "c2"))

    monkeypatch.setattr(store_copy, "_back_up", back_up_late)
    with copied(path) as copy:
        assert facts(copy).get("card") == "c2"
    writers[0].dispose()


def test_a_store_that_does_not_exist_has_an_empty_copy_and_is_not_made(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with copied(path) as copy, copy.connect() as connection:
        assert connection.execute(sa.select(tables.links)).all() == []
    assert contents(path.parent) == {}
    assert caplog.messages == [f"there is no link store {path} yet; an empty one is assumed"]


def test_only_the_copy_of_an_older_store_is_brought_up_to_date(path: Path) -> None:
    version_1(path)
    before = contents(path.parent)
    with copied(path) as copy, copy.connect() as connection:
        assert connection.execute(sa.select(tables.links.c.gone)).all() == [(None,)]
    assert contents(path.parent) == before


def test_a_newer_store_has_no_copy(path: Path, scratch: Path) -> None:
    engine = put(path, "c1")
    with engine.begin() as connection:
        connection.execute(tables.store_version.update().values(version=99))
    engine.dispose()
    with pytest.raises(StopRun, match="has version 99"):
        copy_store(url_of(path))
    assert list(scratch.iterdir()) == []


def test_a_file_that_is_no_store_has_no_copy(path: Path, scratch: Path) -> None:
    path.write_text("this is a letter, not a database, and it is long enough to be read as one")
    with pytest.raises(StopRun, match="can't be read: file is not a database"):
        copy_store(url_of(path))
    assert list(scratch.iterdir()) == []


def test_only_its_owner_can_read_a_copy(path: Path, scratch: Path) -> None:
    put(path, "c1").dispose()
    with copied(path) as copy:
        facts(copy).set("card", "c2")
        (folder,) = scratch.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_a_copy_ends_with_its_engine(path: Path, scratch: Path) -> None:
    put(path, "c1").dispose()
    with copied(path):
        assert list(scratch.iterdir())
    assert list(scratch.iterdir()) == []


def test_a_copy_ends_with_its_process(path: Path, scratch: Path) -> None:
    put(path, "c1").dispose()
    program = (
        "import sys, sqlalchemy; from linked_target.store.store_copy import copy_store\n"
        "engine = copy_store(sys.argv[1]); connection = engine.connect()\n"
        "connection.execute(sqlalchemy.text('SELECT * FROM links')).all()\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, url_of(path)],
        check=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert list(scratch.iterdir()) == []
