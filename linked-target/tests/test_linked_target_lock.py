"""The run lock: who gets it, who is refused, who is taken over."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from linked_target.store import holder, run_lock, tables
from linked_target.store.database import open_store
from linked_target.store.holder import LEASE, Holder, holders, live_holders
from linked_target.store.run_lock import RunLock
from linked_target.store.runs import Run, record_run
from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

NOW = datetime.now(timezone.utc)
"""When these tests were loaded, which may be minutes ago."""
THERE, BACK = ("crmoffice", "trello"), ("trello", "crmoffice")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'links.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    yield engine
    engine.dispose()


def lock(
    engine: Engine,
    systems: tuple[str, str] | None = THERE,
    shard: str | None = None,
    started_at: datetime | None = None,
) -> RunLock:
    direction = " to ".join(systems or ["import"])
    return RunLock(
        engine,
        systems=systems,
        direction=direction,
        shard=shard,
        started_at=started_at,
        program="target-trello",
    )


def held(engine: Engine) -> list[Holder]:
    with engine.connect() as connection:
        return holders(connection)


def put_holder(engine: Engine, **changes: object) -> Holder:
    """A holder as another process would have left it."""
    ours = holder.new_holder(THERE, "crmoffice to trello", None, "target-trello")
    theirs = replace(ours, **changes)  # type: ignore[arg-type]
    with engine.begin() as connection:
        connection.execute(tables.run_locks.insert().values(**vars(theirs)))
    return theirs


def test_a_second_run_is_refused_with_the_name_of_the_first(engine: Engine) -> None:
    with lock(engine), pytest.raises(StopRun) as refused:
        lock(engine, BACK).acquire()
    message = str(refused.value)
    assert f"another run (target-trello, pid {os.getpid()} on " in message
    assert "links wait" in message
    assert "\n" not in message


def test_a_lock_that_was_given_back_is_free(engine: Engine) -> None:
    with lock(engine):
        pass
    with lock(engine, BACK):
        assert [each.direction for each in held(engine)] == ["trello to crmoffice"]
    assert held(engine) == []


def test_a_run_that_fails_gives_the_lock_back(engine: Engine) -> None:
    with pytest.raises(StopRun, match="no network"), lock(engine):
        raise StopRun("no network")
    assert held(engine) == []


@pytest.mark.parametrize(
    ("systems", "shard"),
    [
        (THERE, None),
        (THERE, "north"),
        (BACK, "south"),
        (None, None),
    ],
)
def test_runs_between_the_same_systems_exclude_each_other(
    engine: Engine, systems: tuple[str, str] | None, shard: str | None
) -> None:
    with lock(engine, THERE, "north"), pytest.raises(StopRun):
        lock(engine, systems, shard).acquire()


@pytest.mark.parametrize(
    ("systems", "shard"), [(THERE, "south"), (("crmoffice", "files"), None), (("a", "b"), "north")]
)
def test_other_shards_of_the_direction_and_other_systems_may_work_at_once(
    engine: Engine, systems: tuple[str, str], shard: str | None
) -> None:
    with lock(engine, THERE, "north"), lock(engine, systems, shard):
        assert len(held(engine)) == 2


def test_a_lock_for_the_whole_store_excludes_all_runs(engine: Engine) -> None:
    with lock(engine, None), pytest.raises(StopRun):
        lock(engine, ("a", "b")).acquire()


PROGRAM = """
import os, sys
from linked_target.store.run_lock import RunLock
from linked_target.store.database import open_store
from singer_rest import StopRun
lock = RunLock(open_store(sys.argv[1]), systems=("crmoffice", "trello"), direction="x")
print("ready", flush=True)
sys.stdin.readline()
try:
    lock.acquire()
except StopRun as refused:
    print("refused", refused, flush=True)
else:
    print("got it", os.getpid(), flush=True)
sys.stdin.readline()
os._exit(9)
"""


def started(url: str) -> subprocess.Popen[str]:
    """A process that waits for a line before it acquires, and for another before it crashes."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def crash(process: subprocess.Popen[str]) -> None:
    go(process)
    process.communicate()


@pytest.mark.usefixtures("engine")
def test_of_several_processes_at_once_exactly_one_gets_the_lock(url: str) -> None:
    processes = [started(url) for _ in range(4)]
    assert [told(process) for process in processes] == ["ready\n"] * 4
    for process in processes:
        go(process)
    answers = [told(process) for process in processes]
    for process in processes:
        crash(process)
    assert sorted(answer.split()[0] for answer in answers) == [
        "got",
        "refused",
        "refused",
        "refused",
    ]


def test_the_lock_of_a_process_that_crashed_is_taken_over_at_once(
    url: str, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    process = started(url)
    told(process)
    go(process)
    told(process)
    with pytest.raises(StopRun):
        lock(engine).acquire()
    crash(process)
    with lock(engine):
        assert [each.pid for each in held(engine)] == [os.getpid()]
    assert f"taken over: -c, pid {process.pid} on" in caplog.text


def test_a_holder_on_another_machine_is_dead_after_a_minute_without_a_sign(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    put_holder(engine, pid_space="elsewhere", host="elsewhere", renewed_at=NOW - LEASE)
    with lock(engine):
        assert len(held(engine)) == 1
    assert "target-trello" in caplog.text
    assert "on elsewhere" in caplog.text


def test_a_holder_on_another_machine_is_alive_though_no_process_here_has_its_number(
    engine: Engine,
) -> None:
    put_holder(
        engine,
        pid_space="elsewhere",
        pid=2**22 + 1,
        renewed_at=datetime.now(timezone.utc) - LEASE / 2,
    )
    with pytest.raises(StopRun, match="another run"):
        lock(engine).acquire()


def test_a_holder_here_that_hangs_is_dead_after_a_minute(engine: Engine) -> None:
    put_holder(engine, renewed_at=NOW - LEASE)
    with lock(engine):
        assert len(live_holders(engine)) == 1


def test_a_dead_holder_of_another_shard_is_no_concern(engine: Engine) -> None:
    theirs = put_holder(engine, shard="south", renewed_at=NOW - LEASE)
    with lock(engine, shard="north"):
        assert theirs in held(engine)


def test_input_that_was_read_while_a_dead_run_still_lived_is_refused(engine: Engine) -> None:
    started_at = NOW - 3 * LEASE
    put_holder(engine, renewed_at=started_at + LEASE)
    with pytest.raises(StopRun, match="may be older than what that run wrote; run it again"):
        lock(engine, started_at=started_at).acquire()
    with lock(engine, started_at=NOW):
        assert len(held(engine)) == 1


def ran(engine: Engine, systems: tuple[str, str], ended_at: datetime, shard: str | None) -> None:
    started_at = ended_at - timedelta(hours=1)
    record_run(engine, Run(*systems, started_at, ended_at, "ok", [], shard))


@pytest.mark.parametrize(
    ("systems", "shard"), [(THERE, None), (BACK, None), (BACK, "south"), (THERE, "north")]
)
def test_input_that_was_read_before_a_run_ended_is_refused(
    engine: Engine, systems: tuple[str, str], shard: str | None
) -> None:
    ran(engine, systems, NOW, shard)
    before = NOW - timedelta(seconds=1)
    with pytest.raises(StopRun, match=f"the run from {systems[0]} to {systems[1]} worked with"):
        lock(engine, THERE, "north", started_at=before).acquire()
    assert held(engine) == []
    with lock(engine, THERE, "north", started_at=NOW):
        pass


@pytest.mark.parametrize(
    ("systems", "shard"),
    [
        (THERE, "south"),
        (("crmoffice", "files"), None),
        (("files", "trello"), None),
        (("a", "b"), None),
    ],
)
def test_input_may_be_older_than_runs_of_other_shards_and_systems(
    engine: Engine, systems: tuple[str, str], shard: str | None
) -> None:
    ran(engine, systems, NOW, shard)
    with lock(engine, THERE, "north", started_at=NOW - timedelta(minutes=1)):
        assert len(held(engine)) == 1


def taken_over(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.run_locks.update().values(token="another"))


def commit_a_fact(engine: Engine, ours: RunLock) -> None:
    with engine.begin() as connection:
        connection.execute(tables.facts.insert().values(key="k", value="v"))
        ours.check(connection)


def test_who_lost_the_lock_commits_nothing(engine: Engine) -> None:
    with lock(engine) as ours:
        with engine.begin() as connection:
            ours.check(connection)
        taken_over(engine)
        with pytest.raises(StopRun, match="has lost its lock"):
            commit_a_fact(engine, ours)
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.facts)).all() == []
    assert [each.token for each in held(engine)] == ["another"]


def test_who_never_had_the_lock_commits_nothing(engine: Engine) -> None:
    with pytest.raises(StopRun), engine.begin() as connection:
        lock(engine).check(connection)


def test_a_check_renews_a_lease_that_grew_old(engine: Engine) -> None:
    old = datetime.now(timezone.utc) - timedelta(seconds=30)
    with lock(engine) as ours:
        with engine.begin() as connection:
            connection.execute(tables.run_locks.update().values(renewed_at=old))
            ours.check(connection)
        assert held(engine)[0].renewed_at >= NOW


def test_a_fresh_lease_is_checked_without_writing(engine: Engine) -> None:
    statements: list[str] = []
    with lock(engine) as ours:

        def note(*args: object) -> None:
            statements.append(str(args[2]).split()[0])

        sa.event.listen(engine, "before_cursor_execute", note)
        with engine.begin() as connection:
            ours.check(connection)
    assert statements == ["SELECT", "DELETE"]


def renewals(engine: Engine) -> threading.Semaphore:
    """Released each time another thread than this one is about to commit."""
    counted, here = threading.Semaphore(0), threading.get_ident()

    def note(_connection: sa.Connection) -> None:
        if threading.get_ident() != here:
            counted.release()

    sa.event.listen(engine, "commit", note)
    return counted


def test_a_lease_is_renewed_in_the_background(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "RENEW_EVERY", timedelta(milliseconds=1))
    renewed = renewals(engine)
    with lock(engine):
        assert renewed.acquire(timeout=10)
        assert renewed.acquire(timeout=10)
        assert held(engine)[0].renewed_at > held(engine)[0].since


def test_a_renewal_that_fails_is_tried_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "RENEW_EVERY", timedelta(milliseconds=1))
    failed, here = threading.Event(), threading.get_ident()

    def fail_once(*_args: object) -> None:
        if threading.get_ident() != here and not failed.is_set():
            failed.set()
            raise StopRun("the link store can't be used: database is locked")

    sa.event.listen(engine, "before_cursor_execute", fail_once)
    renewed = renewals(engine)
    with lock(engine):
        assert failed.wait(10)
        assert renewed.acquire(timeout=10)


def test_a_store_that_breaks_is_no_error_when_the_lock_is_given_back(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with lock(engine), engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE run_locks"))
    assert "stays for a minute" in caplog.text
