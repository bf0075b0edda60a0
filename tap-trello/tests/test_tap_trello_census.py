"""Counting comments, board by board."""

from __future__ import annotations

from typing import Any

import pytest
from tap_trello.bookmarks import Bookmark
from tap_trello.census import Census, is_any_missing
from tap_trello.instants import instant_of
from tap_trello.tally import Tally

BEFORE = "2026-03-01T08:00:00.000Z"
THEN = "2026-03-02T08:00:00.000Z"
LATER = "2026-03-03T08:00:00.000Z"


def action(action_id: str, date: str, card: str = "c", kind: str = "commentCard") -> dict[str, Any]:
    return {"id": action_id, "date": date, "type": kind, "data": {"card": {"id": card}}}


def tally(*ids: str) -> Tally:
    return sum(map(Tally.of, ids), Tally())


def census(
    *actions: dict[str, Any], expected: Tally | None, newest_ids: tuple[str, ...] = ()
) -> Census:
    """The census of a board with these actions, newest first, that was read at THEN before."""
    before = Bookmark(newest=instant_of(THEN), newest_ids=frozenset(newest_ids))
    found = Census(before, expected)
    for each in actions:
        found.note(each)
    for each in actions:
        if each["type"] == "commentCard":
            found.count(each, for_next=True)
    return found


def test_the_order_of_ids_does_not_matter_and_each_id_does() -> None:
    assert tally("a", "b", "c") == tally("c", "a", "b")
    assert tally("a", "b") != tally("a", "c")
    assert tally("a", "b") != tally("a")


def test_a_tally_survives_the_state() -> None:
    assert Tally.of_state(tally("a", "b").as_state()) == tally("a", "b")
    assert Tally.of_state(None) is None


def test_what_was_there_before_must_come_out_again() -> None:
    complete = (action("new", LATER), action("b", BEFORE), action("a", BEFORE))
    assert not is_any_missing([census(*complete, expected=tally("a", "b"))])
    assert is_any_missing([census(*complete[:2], expected=tally("a", "b"))])
    assert census(*complete, expected=None).now == tally("a", "b", "new")


def test_of_the_newest_millisecond_the_ids_tell_what_was_there() -> None:
    here = (action("new", THEN), action("b", THEN), action("a", BEFORE))
    assert not is_any_missing([census(*here, expected=tally("a", "b"), newest_ids=("b",))])
    assert is_any_missing([census(*here, expected=tally("a", "b", "x"), newest_ids=("b", "x"))])


def test_a_board_whose_comments_were_never_counted_needs_a_full_read() -> None:
    assert is_any_missing([census(expected=None)])
    assert not is_any_missing([Census(Bookmark(), None)])


def test_what_comes_with_a_card_from_elsewhere_is_new() -> None:
    arrival = action("m", LATER, "x", "moveCardToBoard")
    assert not is_any_missing(
        [census(arrival, action("old", BEFORE, "x"), action("a", BEFORE), expected=tally("a"))]
    )


def test_what_comes_with_a_card_from_another_board_was_there_before() -> None:
    left = census(action("d", LATER, "x", "moveCardFromBoard"), expected=tally("o"))
    arrival = action("m", LATER, "x", "moveCardToBoard")
    came = (action("n", LATER, "x"), arrival, action("o", BEFORE, "x"))
    assert not is_any_missing([left, census(*came, expected=Tally())])
    assert is_any_missing([left, census(*came[:2], expected=Tally())])


def test_a_card_that_passed_through_a_board_is_counted_where_it_was_first() -> None:
    first = census(
        action("d1", "2026-03-03T08:00:00.000Z", "x", "moveCardFromBoard"), expected=tally("o")
    )
    second = Census(Bookmark(newest=instant_of("2026-01-01T08:00:00.000Z")), Tally())
    second.note(action("d2", "2026-03-03T09:00:00.000Z", "x", "moveCardFromBoard"))
    third = census(
        action("m", "2026-03-03T09:00:00.000Z", "x", "moveCardToBoard"),
        action("o", BEFORE, "x"),
        expected=Tally(),
    )
    assert not is_any_missing([second, first, third])
    assert not is_any_missing([first, second, third])


@pytest.mark.parametrize("kind", ["copyCard", "moveCardToBoard"])
def test_an_arrival_that_the_bookmark_covers_is_none(kind: str) -> None:
    here = (action("m", THEN, "x", kind), action("o", BEFORE, "x"))
    assert not is_any_missing([census(*here, expected=tally("o"), newest_ids=("m",))])


def test_actions_without_a_card_do_no_harm() -> None:
    odd = {"id": "q", "date": LATER, "type": "updateBoard", "data": {}}
    assert not is_any_missing([census(odd, expected=Tally())])


def test_a_bookmark_that_moves_takes_the_ids_of_its_new_date() -> None:
    bookmark = Bookmark(newest=instant_of(THEN), newest_ids=frozenset({"a"}))
    same = bookmark.advanced(instant_of(THEN), None, frozenset({"a", "b"}))
    assert same.newest_ids == {"a", "b"}
    assert bookmark.advanced(instant_of(LATER), None, frozenset({"c"})).newest_ids == {"c"}
    assert bookmark.advanced(instant_of(BEFORE), None, frozenset({"z"})) == bookmark
    assert bookmark.advanced(None, None) == bookmark
