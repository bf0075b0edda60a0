"""Looking at the boards once everything else is read, while records are still being given."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest
from singer_rest.read_ahead import ReadAhead
from singer_rest.traffic import Traffic
from tap_trello.last_look import LastLook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_trello.account import Account

PATIENCE = 10  # seconds


class Boards:
    """An account whose only board is looked at so many times."""

    def __init__(self) -> None:
        self.client = self
        self.traffic = Traffic()
        self.looks = 0
        self.was_looked_at = threading.Event()

    def activity_now(self) -> dict[str, str | None]:
        with self.traffic.counted():
            self.looks += 1
        self.was_looked_at.set()
        return {"board": str(self.looks)}


@pytest.fixture
def boards() -> Boards:
    return Boards()


@pytest.fixture
def look(boards: Boards) -> LastLook:
    return LastLook(cast("Account", boards))


def read(boards: Boards) -> None:
    with boards.traffic.counted():
        pass


def take_early(look: LastLook) -> None:
    *_, early = look.behind([list, list])
    assert list(early()) == []


def test_the_look_is_taken_while_records_wait_and_not_again(boards: Boards, look: LastLook) -> None:
    all_have_read = threading.Barrier(2)

    def source() -> Iterator[str]:
        read(boards)
        all_have_read.wait(PATIENCE)
        yield from ("first", "second")

    items = ReadAhead(4).items(look.behind([source, source]), at_once=2)
    assert [next(items), next(items), next(items)] == ["first", "second", "first"]
    assert boards.was_looked_at.wait(PATIENCE)
    assert list(items) == ["second"]
    assert look.activity == {"board": "1"}
    assert boards.looks == 1


def test_a_look_after_which_something_was_read_is_taken_again(
    boards: Boards, look: LastLook
) -> None:
    take_early(look)
    read(boards)
    assert look.activity == {"board": "2"}


def test_no_look_is_taken_early_while_something_is_being_read(
    boards: Boards, look: LastLook
) -> None:
    with boards.traffic.counted():
        take_early(look)
    assert boards.looks == 0
    assert look.activity == {"board": "1"}


def test_a_look_beside_which_something_else_was_read_does_not_count(
    boards: Boards, look: LastLook, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = boards.activity_now

    def ask_late() -> Any:
        read(boards)
        return ask()

    monkeypatch.setattr(boards, "activity_now", ask_late)
    take_early(look)
    assert boards.looks == 1
    assert look.activity == {"board": "2"}


def test_a_single_reading_is_followed_by_the_look_and_not_accompanied(
    boards: Boards, look: LastLook
) -> None:
    assert len(look.behind([list])) == 1
    assert look.behind([]) == []
    assert look.activity == {"board": "1"}
    assert boards.looks == 1
