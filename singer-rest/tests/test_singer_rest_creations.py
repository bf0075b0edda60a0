"""What a run knows of its own creations."""

from __future__ import annotations

import threading

import pytest
from singer_rest.creations import Creations


class LostError(Exception):
    pass


def lose(creations: Creations, key: str) -> None:
    with pytest.raises(LostError), creations.attempt(key):
        raise LostError


def test_what_was_read_before_an_attempt_ended_does_not_show_what_it_made() -> None:
    creations = Creations()
    lose(creations, "a")
    read_at = creations.now()
    lose(creations, "b")

    assert creations.shows("a", read_at)
    assert not creations.shows("b", read_at)
    assert creations.shows("of an earlier run", read_at)


def test_what_is_read_while_an_attempt_is_under_way_does_not_show_what_it_made() -> None:
    creations = Creations()
    with creations.attempt("a"):
        assert not creations.shows("a", creations.now())
    assert creations.shows("a", creations.now())


def test_a_record_that_was_answered_belongs_to_its_own_creation() -> None:
    creations = Creations()
    with creations.attempt("a") as answered:
        answered("1")

    assert creations.is_others("1", "b")
    assert not creations.is_others("1", "a")
    assert not creations.is_others("2", "b")
    assert creations.is_answered("a")
    assert not creations.is_answered("b")


def test_a_record_whose_creation_failed_in_the_end_belongs_to_nobody() -> None:
    creations = Creations()

    def fail_in_the_end() -> None:
        with creations.attempt("a") as answered:
            answered("1")
            raise LostError

    with pytest.raises(LostError):
        fail_in_the_end()
    assert not creations.is_others("1", "b")


def test_creations_under_way_and_lost_ones_are_open_and_answered_ones_are_not() -> None:
    creations = Creations()
    lose(creations, "lost")
    with creations.attempt("answered"):
        pass
    with creations.attempt("under way"):
        assert creations.open_beside("lost") == {"under way"}
        assert creations.open_beside("other") == {"lost", "under way"}


def test_who_wants_none_under_way_waits_and_lets_none_begin() -> None:
    creations = Creations()
    order: list[str] = []
    begun, over = threading.Event(), threading.Event()

    def create(name: str) -> None:
        with creations.attempt(name):
            begun.set()
            order.append(f"{name} begins")
            assert over.wait(10)
            order.append(f"{name} ends")

    def read() -> None:
        with creations.none_under_way():
            order.append("read")

    first = threading.Thread(target=create, args=("first",))
    first.start()
    assert begun.wait(10)
    reader = threading.Thread(target=read)
    reader.start()
    while not creations._readers:
        over.wait(0)
    second = threading.Thread(target=create, args=("second",))
    second.start()
    over.set()
    for thread in (first, reader, second):
        thread.join(10)

    assert order == ["first begins", "first ends", "read", "second begins", "second ends"]
