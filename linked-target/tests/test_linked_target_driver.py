"""Many records side by side: the driver of their generators."""

from __future__ import annotations

import threading
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import linked_target.sync.driver
import pytest
import sqlalchemy as sa
from linked_target import Facts
from linked_target.store.database import open_store
from linked_target.store.tables import facts as facts_table
from linked_target.store.transactions import Transactions
from linked_target.sync.driver import Call, Driver, Read, Write
from singer_rest import NotFound, RecordRefused, StopRun
from toy_systems import Actions
from toy_table import Table
from toy_workers import SeededWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

PATIENCE = 20
"""Seconds after which a thread that waits for another one gives up."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'links.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    return Transactions(engine)


@pytest.fixture
def facts(transactions: Transactions) -> Facts:
    return Facts(transactions)


def stored(engine: Engine) -> set[str]:
    """What another connection sees."""
    with engine.connect() as connection:
        return set(connection.execute(sa.select(facts_table.c.key)).scalars())


def asking(*requests: Any, answers: list[Any] | None = None) -> Generator[Any, Any, None]:
    """A generator that yields requests, one after the other, and notes the answers."""
    for request in requests:
        answer = yield request
        if answers is not None:
            answers.append(answer)


def meeting(number: int) -> Callable[[], None]:
    """An action that ends when so many of them are under way."""
    barrier = threading.Barrier(number)
    return lambda: barrier.wait(PATIENCE) and None


def waiting_for(event: threading.Event) -> Callable[[], None]:
    """An action that ends when something has happened."""

    def wait() -> None:
        assert event.wait(PATIENCE), "it never happened"

    return wait


class Together(SeededWorkers):
    """Workers whose answers come all at once."""

    def __init__(self, most: int) -> None:
        super().__init__(most, Random(0))  # noqa: S311 - no secret

    def finished(self, timeout: float | None = None) -> list[Any]:
        del timeout
        while self._sent:
            self._arrive()
        found, self._answered, self.busy = self._answered, [], 0
        return found


def test_the_requests_of_one_record_follow_each_other(transactions: Transactions) -> None:
    done: list[str] = []
    answers: list[list[str]] = [[] for _ in range(8)]
    tasks = [
        asking(
            *(Call(partial(_noting, done, f"{each} {step}")) for step in range(5)),
            answers=answers[each],
        )
        for each in range(8)
    ]

    Driver(transactions, max_workers=8).run(tasks)

    for each in range(8):
        steps = [f"{each} {step}" for step in range(5)]
        assert [told for told in done if told.startswith(f"{each} ")] == steps
        assert answers[each] == steps


def _noting(done: list[str], text: str) -> str:
    done.append(text)
    return text


def test_requests_of_several_records_are_under_way_at_once(transactions: Transactions) -> None:
    meet = meeting(5)

    Driver(transactions, max_workers=5).run(asking(Write(meet)) for _ in range(5))


@pytest.mark.parametrize("most", [1, 3, 16])
def test_no_more_requests_are_under_way_than_there_are_workers(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    workers = Together(1000)
    monkeypatch.setattr(linked_target.sync.driver, "Workers", lambda _: workers)
    requests = [(Call(str), Write(str, writer="a"), Write(str, writer="b"))] * 60

    Driver(transactions, max_workers=most).run(asking(*each) for each in requests)

    assert workers.busiest == most


class Library(Actions):
    """A stream that notes which records were read together."""

    reads_at_once = 10

    def __init__(self) -> None:
        super().__init__(Table(records={str(each): {"id": str(each)} for each in range(25)}))
        self.groups: list[list[str]] = []
        self.fails: Exception | None = None

    def get_many(self, record_ids: Any) -> list[Any]:
        self.groups.append(list(record_ids))
        if self.fails:
            raise self.fails
        return super().get_many(record_ids)


@pytest.mark.parametrize("most", [1, 4])
def test_reads_are_made_in_groups_and_each_answer_finds_its_record(
    transactions: Transactions, most: int
) -> None:
    library = Library()
    answers: list[list[Any]] = [[] for _ in range(25)]
    tasks = [asking(Read(library, str(n)), answers=answers[n]) for n in range(25)]

    Driver(transactions, max_workers=most).run(tasks)

    assert answers == [[{"id": str(n)}] for n in range(25)]
    assert sorted(len(group) for group in library.groups) == [5, 10, 10]


def test_a_read_waits_for_company_while_something_else_is_done(transactions: Transactions) -> None:
    library = Library()
    early = asking(Read(library, "1"))
    late = asking(Call(str), Read(library, "2"))

    Driver(transactions, max_workers=4).run([early, late])

    assert library.groups == [["1", "2"]]


def test_a_record_that_cannot_be_read_is_an_error_of_its_own(transactions: Transactions) -> None:
    library = Library()
    answers: list[Any] = []

    def missing() -> Generator[Any, Any, None]:
        with pytest.raises(NotFound):
            yield Read(library, "gone")
        answers.append("gone")

    Driver(transactions, max_workers=2).run(
        [missing(), asking(Read(library, "1"), answers=answers)]
    )

    assert library.groups == [["gone", "1"]]
    assert answers == ["gone", {"id": "1"}]


def test_an_error_of_a_whole_group_reaches_each_record(transactions: Transactions) -> None:
    library = Library()
    library.fails = RecordRefused("the batch is broken")
    failed: list[str] = []

    def reading(record_id: str) -> Generator[Any, Any, None]:
        with pytest.raises(RecordRefused, match="the batch is broken"):
            yield Read(library, record_id)
        failed.append(record_id)

    Driver(transactions, max_workers=2).run([reading("1"), reading("2")])

    assert failed == ["1", "2"]


def test_a_call_that_is_alone_waits_until_the_one_before_has_been_dealt_with(
    transactions: Transactions,
) -> None:
    done: list[str] = []

    def creating(number: int) -> Generator[Any, Any, None]:
        yield Call(partial(_noting, done, "sent"), alone="create")
        done.append("stored")
        yield Call(str)
        del number

    Driver(transactions, max_workers=8).run(creating(each) for each in range(6))

    assert done == ["sent", "stored"] * 6


def test_a_call_that_is_alone_and_fails_lets_the_next_one_begin(
    transactions: Transactions,
) -> None:
    done: list[str] = []

    def failing() -> Generator[Any, Any, None]:
        with pytest.raises(RecordRefused):
            yield Call(_refusing, alone="create")

    last = asking(Call(partial(_noting, done, "sent"), alone="create"))
    Driver(transactions, max_workers=8).run([failing(), failing(), last])

    assert done == ["sent"]


def _refusing() -> None:
    raise RecordRefused("no")


def test_calls_that_are_alone_for_different_things_go_side_by_side(
    transactions: Transactions,
) -> None:
    meet = meeting(3)
    tasks = [
        asking(Call(meet, alone="candidates")),
        asking(Call(meet, alone="create")),
        asking(Call(meet)),
    ]

    Driver(transactions, max_workers=3).run(tasks)


def test_a_writer_who_is_blocked_does_not_block_another(transactions: Transactions) -> None:
    other_is_done = threading.Event()
    blocked = [asking(Write(waiting_for(other_is_done), writer="anna")) for _ in range(10)]
    other = asking(Write(other_is_done.set, writer="bob"))

    Driver(transactions, max_workers=4).run([*blocked, other])


def test_a_single_writer_has_all_workers(transactions: Transactions) -> None:
    meet = meeting(4)

    Driver(transactions, max_workers=4).run(asking(Write(meet, writer="anna")) for _ in range(4))


def test_what_a_record_stores_before_its_request_is_committed_when_that_is_sent(
    transactions: Transactions, facts: Facts, engine: Engine
) -> None:
    seen: list[set[str]] = []

    def creating() -> Generator[Any, Any, None]:
        facts.set("intent", "")
        yield Write(lambda: seen.append(stored(engine)))

    Driver(transactions).run([creating()])

    assert seen == [{"intent"}]


def failing_run(
    driver: Driver, facts: Facts, fail: Callable[[threading.Event], Any]
) -> tuple[list[str], list[str]]:
    """A run that is stopped while other requests are under way; what was begun and what sent."""
    stopped = threading.Event()
    both = meeting(2)
    begun: list[str] = []
    sent: list[str] = []

    def under_way() -> Generator[Any, Any, None]:
        def action() -> str:
            both()
            waiting_for(stopped)()
            return "answer"

        facts.set((yield Write(action)), "")
        yield Write(partial(_noting, sent, "what follows"))

    def failing() -> Generator[Any, Any, None]:
        yield Write(both)
        yield from fail(stopped)

    def waiting(number: int) -> Generator[Any, Any, None]:
        begun.append(str(number))
        yield Write(partial(_noting, sent, "another record"), alone="never")

    def blocking() -> Generator[Any, Any, None]:
        """Keeps the others from being sent until the run is stopped."""
        yield Write(waiting_for(stopped), alone="never")

    with pytest.raises(StopRun, match="it is over"):
        driver.run([under_way(), failing(), blocking(), *map(waiting, range(100))])
    return begun, sent


def by_error(stopped: threading.Event) -> Generator[Any, Any, None]:
    def fail() -> None:
        raise StopRun("it is over")

    try:
        yield Write(fail)
    finally:
        stopped.set()


@pytest.fixture
def driver(transactions: Transactions) -> Driver:
    return Driver(transactions, max_workers=4)


def test_after_an_error_of_the_run_answers_under_way_are_stored_and_nothing_new_is_sent(
    driver: Driver, facts: Facts, engine: Engine
) -> None:
    begun, sent = failing_run(driver, facts, by_error)

    assert stored(engine) == {"answer"}
    assert sent == []
    assert len(begun) < 100


def test_after_a_signal_answers_under_way_are_stored_and_nothing_new_is_sent(
    driver: Driver, facts: Facts, engine: Engine
) -> None:
    def by_signal(stopped: threading.Event) -> Generator[Any, Any, None]:
        """What a handler does in the main thread, while that does something else."""
        driver.stop(StopRun("it is over"))
        stopped.set()
        yield Write(str)

    begun, sent = failing_run(driver, facts, by_signal)

    assert stored(engine) == {"answer"}
    assert sent == []
    assert len(begun) < 100


def test_a_signal_is_heard_while_a_request_takes_long(
    driver: Driver, facts: Facts, engine: Engine
) -> None:
    """The wait for an answer is interrupted, though that answer is then waited for."""
    is_leaving = threading.Event()

    def long() -> str:
        driver.stop(StopRun("it is over"))
        waiting_for(is_leaving)()
        return "answer"

    def storing() -> Generator[Any, Any, None]:
        facts.set((yield Write(long)), "")

    take_leave = driver._take_leave
    driver._take_leave = lambda: (is_leaving.set(), take_leave())[1]  # type: ignore[method-assign]
    with pytest.raises(StopRun, match="it is over"):
        driver.run([storing()])

    assert stored(engine) == {"answer"}


def test_a_signal_is_raised_at_once_where_nothing_runs(driver: Driver) -> None:
    with pytest.raises(StopRun, match="stopped"):
        driver.stop(StopRun("stopped"))


def test_the_first_of_several_errors_is_raised(driver: Driver) -> None:
    def fail(text: str) -> None:
        raise StopRun(text)

    first = asking(Call(partial(fail, "first")))
    second = asking(Call(str), Call(partial(fail, "second")))
    with pytest.raises(StopRun, match="first"):
        driver.run([first, second])


def test_a_driver_runs_again_after_a_run(driver: Driver) -> None:
    answers: list[Any] = []
    for _ in range(3):
        driver.run([asking(Call(lambda: "answer"), answers=answers)])

    assert answers == ["answer"] * 3


def test_a_dry_run_drafts_writes_and_sends_none(transactions: Transactions) -> None:
    library = Library()
    sent: list[str] = []
    answers: list[Any] = []
    driver = Driver(transactions, max_workers=2, dry_run=True)
    write = Write(partial(_noting, sent, "write"), draft=lambda: "draft")

    driver.run([asking(Call(lambda: "call"), Read(library, "1"), write, write, answers=answers)])

    assert sent == []
    assert answers == ["call", {"id": "1"}, "draft", "draft"]


def test_a_draft_that_fails_is_an_error_of_its_record(transactions: Transactions) -> None:
    failed: list[str] = []

    def failing() -> Generator[Any, Any, None]:
        with pytest.raises(RecordRefused):
            yield Write(str, draft=_refusing)
        failed.append("yes")

    Driver(transactions, dry_run=True).run([failing()])

    assert failed == ["yes"]


def storing_twice(facts: Facts, number: int) -> Generator[Any, Any, None]:
    facts.set(f"{number} before", "")
    yield Write(str)
    facts.set(f"{number} after", "")


def test_what_happens_between_two_waits_is_one_commit(
    transactions: Transactions, facts: Facts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked_target.sync.driver, "Workers", Together)
    commits: list[Any] = []
    sa.event.listen(engine, "commit", commits.append)

    Driver(transactions, max_workers=10).run(storing_twice(facts, each) for each in range(10))

    assert len(stored(engine)) == 20
    assert len(commits) == 2


def test_a_guard_that_raises_prevents_the_commit_and_the_requests(
    transactions: Transactions, facts: Facts, engine: Engine
) -> None:
    def refuse(_: sa.Connection) -> None:
        raise StopRun("the lock is lost")

    sent: list[str] = []

    def storing() -> Generator[Any, Any, None]:
        facts.set("intent", "")
        yield Write(partial(_noting, sent, "write"))

    transactions.guard = refuse
    with pytest.raises(StopRun, match="the lock is lost"):
        Driver(transactions).run([storing()])

    assert stored(engine) == set()
    assert sent == []


def test_records_are_begun_as_there_is_room_for_them(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a record would be written long after it was read, and all would be in memory."""
    monkeypatch.setattr(linked_target.sync.driver, "Workers", Together)
    open_now: set[int] = set()
    most_open = 0

    def task(number: int) -> Generator[Any, Any, None]:
        nonlocal most_open
        open_now.add(number)
        most_open = max(most_open, len(open_now))
        yield Call(str)
        open_now.discard(number)

    Driver(transactions, max_workers=16).run(task(each) for each in range(500))

    assert most_open == 32


def test_a_record_without_requests_is_done_at_once(driver: Driver) -> None:
    done: list[int] = []

    def task(number: int) -> Generator[Any, Any, None]:
        done.append(number)
        return
        yield

    driver.run(task(each) for each in range(100))

    assert done == list(range(100))


def test_the_threads_end_when_the_driver_is_closed(driver: Driver) -> None:
    threads: set[threading.Thread] = set()
    meet = meeting(3)

    def action() -> None:
        meet()
        threads.add(threading.current_thread())

    driver.run(asking(Call(action)) for _ in range(3))
    driver.close()

    assert len(threads) == 3
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
