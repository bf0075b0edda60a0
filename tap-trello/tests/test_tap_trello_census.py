"""Counting comments, board by board."""

from __future__ import annotations

from typing import Any

import pytest
from tap_trello.census import Census, is_any_missing
from tap_trello.counts import Count
from tap_trello.instants import instant_of
from tap_trello.newest import Newest
from tap_trello.tally import Tally

BEFORE = "2026-03-01T08:00:00.000Z"
THEN = "2026-03-02T08:00:00.000Z"
LATER = "2026-03-03T08:00:00.000Z"


def action(action_id: str, date: str, card: str = "c", kind: str = "commentCard") -> dict[str, Any]:
    return {"id": action_id, "date": date, "type": kind, "data": {"card": {"id": card}}}


def tally(*ids: str) -> Tally:
    return sum(map(Tally.of, ids), Tally())


def newest(date: str, *ids: str) -> Newest:
    return Newest(instant_of(date), frozenset(ids))


def census(
    *actions: dict[str, Any],
    expected: Tally | None,
    newest_ids: tuple[str, ...] = (),
    at: str = THEN,
) -> Census:
    """The census of a board with these actions, newest first, that was counted before."""
    before = None if expected is None else Count(expected, newest(at, *newest_ids))
    found = Census(before, is_known=True)
    for each in actions:
        found.note(each)
    found.begin_count(Newest().and_also(actions))
    for each in actions:
        if each["type"] == "commentCard":
            found.count(each)
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
    now = census(*complete, expected=None).now
    assert now == Count(tally("a", "b", "new"), newest(LATER, "new"))


def test_of_the_newest_millisecond_the_ids_tell_what_was_there() -> None:
    here = (action("new", THEN), action("b", THEN), action("a", BEFORE))
    assert not is_any_missing([census(*here, expected=tally("a", "b"), newest_ids=("b",))])
    assert is_any_missing([census(*here, expected=tally("a", "b", "x"), newest_ids=("b", "x"))])


def test_a_board_whose_comments_were_never_counted_needs_a_full_read() -> None:
    assert is_any_missing([census(expected=None)])
    assert not is_any_missing([Census(None, is_known=False)])


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
    second = census(
        action("d2", "2026-03-03T09:00:00.000Z", "x", "moveCardFromBoard"),
        expected=Tally(),
        at="2026-01-01T08:00:00.000Z",
    )
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


def test_a_count_of_an_earlier_release_is_one_of_its_bookmark() -> None:
    kept = tally("a").as_state()
    assert Count.of_state(kept, newest(THEN, "a")) == Count(tally("a"), newest(THEN, "a"))
    count = Count(tally("a"), newest(BEFORE, "a"))
    assert Count.of_state(count.as_state(), newest(THEN, "b")) == count


def test_the_newest_of_further_actions_takes_all_ids_of_its_date() -> None:
    here = newest(THEN, "a")
    assert here.and_also([action("b", THEN), action("a", THEN)]) == newest(THEN, "a", "b")
    further = [action("d", LATER), action("c", LATER), action("b", THEN)]
    assert here.and_also(further) == newest(LATER, "c", "d")
    assert here.and_also([action("z", BEFORE)]) == here
    assert here.and_also([]) == here


def test_a_copy_that_was_made_since_was_not_there_though_its_date_is_old() -> None:
    second = int(instant_of(LATER).timestamp())
    copy = action(f"{second:08x}{'0' * 16}", BEFORE, "new card", "copyCommentCard")
    before = Count(tally("a"), newest(THEN, "t"))
    assert not before.includes(copy)
    assert Count(tally("a"), newest(LATER, "t")).includes(copy)
