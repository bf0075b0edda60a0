"""Reading sources ahead of their turn."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_rest.read_ahead import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 10  # seconds


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(), max_size=6), max_size=12),
    st.integers(2, 5),
    st.integers(1, 3),
)
def test_items_come_in_order_whatever_the_threads(
    sources: list[list[int]], threads: int, ahead: int
) -> None:
    reader = ReadAhead(threads, ahead)
    found = list(reader.items([partial(iter, source) for source in sources]))
    assert found == [item for source in sources for item in source]


def test_sources_are_read_at_the_same_time() -> None:
    together = threading.Barrier(4)

    def source() -> Iterator[int]:
        yield together.wait(PATIENCE)

    assert sorted(ReadAhead(4).items([source] * 4)) == [0, 1, 2, 3]


def test_fewer_sources_are_read_at_the_same_time_if_that_is_wanted() -> None:
    begun: list[int] = []

    def source(number: int) -> Iterator[int]:
        begun.append(number)
        yield number

    items = ReadAhead(8).items([partial(source, each) for each in range(9)], at_once=3)
    for number in range(9):
        assert next(items) == number
        assert len(begun) <= number + 3


def test_no_more_sources_are_read_at_the_same_time_than_there_are_threads() -> None:
    begun: list[int] = []

    def source(number: int) -> Iterator[int]:
        begun.append(number)
        yield number

    items = ReadAhead(2).items([partial(source, each) for each in range(5)], at_once=5)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert len(begun) <= 2


def test_a_single_source_is_read_by_the_thread_that_asks() -> None:
    def source() -> Iterator[int]:
        yield threading.get_ident()

    assert list(ReadAhead(4).items([source])) == [threading.get_ident()]


def test_no_source_is_read_further_ahead_than_allowed() -> None:
    made: list[int] = []
    enough, go_on = threading.Event(), threading.Event()

    def first() -> Iterator[int]:
        assert go_on.wait(PATIENCE)
        yield -1

    def second() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 1:
                enough.set()
            yield number

    items = ReadAhead(2, ahead=2).items([first, second])
    taker = threading.Thread(target=partial(next, items), daemon=True)
    taker.start()
    assert enough.wait(PATIENCE)
    assert made == [0, 1]
    go_on.set()
    taker.join(PATIENCE)
    assert list(items) == list(range(100))


def test_an_error_is_raised_in_its_place_and_ends_the_reading() -> None:
    def broken() -> Iterator[int]:
        yield 2
        raise ValueError("cut")

    items = ReadAhead(3).items([partial(iter, [1]), broken, partial(iter, [3])])
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="cut"):
        next(items)


def test_threads_stop_when_nobody_takes_further_items() -> None:
    begun, closed = threading.Event(), threading.Event()

    def endless() -> Iterator[int]:
        try:
            begun.set()
            while True:
                yield 0
        finally:
            closed.set()

    items = ReadAhead(2).items([partial(iter, [1, 2]), endless])
    assert next(items) == 1
    assert begun.wait(PATIENCE)
    items.close()  # type: ignore[attr-defined]
    assert closed.wait(PATIENCE)


def test_threads_are_used_again_and_end_when_there_is_no_more_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("singer_rest.read_ahead.IDLE", 0.05)
    reader, seen = ReadAhead(2), set()

    def source() -> Iterator[threading.Thread]:
        yield threading.current_thread()

    for _ in range(5):
        seen.update(reader.items([source, source]))
    for thread in seen:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert len(list(reader.items([source, source]))) == 2
