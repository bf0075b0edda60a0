"""Runs that broke off, and what the next one makes of their state."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import PluginError
from tap_trello import board_parts
from trello_days import Act, Clock, Days
from trello_loads import History, Loads, Pages, Run, read_little_by_little

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.testing import RunningSandbox

Json = dict[str, Any]

PAGES = Pages(limit=3, probe=3)


@pytest.fixture
def days(running: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    days = Days(running, Clock())
    read_little_by_little(monkeypatch, days, PAGES)
    days.begin()
    days.clock.pass_by(1000)
    return days


@pytest.fixture
def new_loads(days: Days) -> Callable[..., Loads]:
    return lambda **settings: Loads(days, History(pages=PAGES, settings=settings))


def act(days: Days, kind: str, pick: int = 0, other: int = 0) -> None:
    days.do(Act(kind, pick, other))


def feeds(loads: Loads, board: str) -> list[str]:
    """The addresses of a board's feed that the last run has asked for."""
    paths = [each for path in loads.paths for each in path.replace(" ", ",").split(",/")]
    return [path for path in paths if f"boards/{board}/actions?filter=all" in path]


def times(loads: Loads) -> Counter[str]:
    return Counter(each.record["id"] for each in loads.deliveries)


def partitions(loads: Loads) -> list[Json]:
    assert loads.state is not None
    parts: list[Json] = loads.state["bookmarks"]["actions"].get("partitions", [])
    return parts


def part_of(loads: Loads, board: str) -> Json:
    return next(part for part in partitions(loads) if part["context"]["idBoard"] == board)


def write_in_turn(days: Days, board: str, number: int) -> list[str]:
    """Write so many comments on a board, one a millisecond."""
    card = days.client.get(f"/boards/{board}/cards")[0]["id"]
    wishes = []
    for _ in range(number):
        days.clock.pass_by(1)
        date = days.clock.now().isoformat(timespec="milliseconds")
        wishes.append({"card": card, "date": date, "data": {"text": "One in a row"}})
    return days.box.plant_actions(wishes)


def test_a_board_is_read_on_from_the_page_where_a_run_broke_off(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    board = days.covered()[0]
    write_in_turn(days, board, 12)
    loads = new_loads()
    loads.run(Run(messages=9))  # a schema, and two pages with a state each
    before = feeds(loads, board)
    assert "gap" in part_of(loads, board)
    loads.run()
    assert not set(before[:-1]) & set(feeds(loads, board))  # the last was not given any more
    loads.run(sweep_hours=0)
    assert not loads.activated
    assert set(times(loads)) == set(days.actions())
    assert set(times(loads).values()) == {1}


@pytest.mark.parametrize("messages", range(2, 24))
def test_an_instant_that_fills_many_pages_is_read_once_wherever_a_run_breaks_off(
    days: Days, new_loads: Callable[..., Loads], messages: int
) -> None:
    loads = new_loads()
    loads.run()
    for _ in range(3):
        act(days, "comment_much", 0, 5)
    for _ in range(3):
        loads.run(Run(messages=messages))
    loads.run()
    assert set(times(loads)) == set(days.actions())
    assert set(times(loads).values()) == {1}


def test_what_is_new_above_a_gap_is_read_once_the_gap_is_closed_though_runs_break_off_twice(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    board = days.covered()[0]
    loads = new_loads()
    loads.run()
    for messages in (6, 9, 15):
        write_in_turn(days, board, 10)
        loads.run(Run(messages=messages))
        assert "gap" in part_of(loads, board)
    loads.run()
    assert "gap" not in part_of(loads, board)
    assert set(times(loads)) == set(days.actions())
    assert set(times(loads).values()) == {1}


def test_a_card_that_comes_between_two_parts_of_a_first_reading_brings_its_comments(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    board = days.covered()[0]
    write_in_turn(days, board, 6)
    (comment, *_) = write_in_turn(days, days.elsewhere, 1)
    write_in_turn(days, board, 1)
    loads = new_loads()
    loads.run(Run(messages=9))
    card = days.client.get(f"/actions/{comment}")["data"]["card"]["id"]
    days.client.request("PUT", f"/cards/{card}", json={"idBoard": board})
    loads.run()
    assert times(loads)[comment] == 1


def test_a_comment_deleted_between_two_parts_of_a_first_reading_is_told(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    comments = write_in_turn(days, days.covered()[0], 6)
    loads = new_loads(sweep_hours=0)
    loads.run(Run(messages=9))
    assert comments[-1] in loads.comments
    days.client.request("DELETE", f"/actions/{comments[-1]}")
    loads.run()
    loads.run()
    assert loads.comments == set(comments[:-1])
    loads.run()
    assert not loads.activated


def test_of_a_card_that_came_twice_all_comments_of_elsewhere_are_read(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    one, other, *_ = days.covered()
    card = days.client.get(f"/boards/{one}/cards")[0]["id"]
    loads = new_loads(board_ids=[one])
    write_in_turn(days, one, 1)
    loads.run()
    comments = []
    for messages in (9, None):
        for board in (other, one):
            days.clock.pass_by(1)
            days.client.request("PUT", f"/cards/{card}", json={"idBoard": board})
            if board == other:
                path = f"/cards/{card}/actions/comments"
                days.clock.pass_by(1)
                comments.append(days.client.request("POST", path, json={"text": "x"})["id"])
        write_in_turn(days, one, 3)
        loads.run(Run(messages=messages))
        if messages:
            assert card in part_of(loads, one)["arrived"]
    assert set(comments) <= set(times(loads))


def test_copies_that_were_made_a_second_after_all_else_are_missed_when_they_are_deleted(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    board = days.covered()[0]
    write_in_turn(days, board, 3)
    card = days.client.get(f"/boards/{board}/cards")[0]
    loads = new_loads(sweep_hours=0)
    loads.run()
    body = {"idCardSource": card["id"], "idList": card["idList"], "keepFromSource": "all"}
    days.clock.pace = 400
    copied = days.client.request("POST", "/cards", json=body)["id"]
    days.clock.pace = 0
    (last, *_), path = days.client.get(f"/boards/{board}/actions"), f"/cards/{copied}/actions"
    copies = [each["id"] for each in days.client.get(f"{path}?filter=copyCommentCard")]
    assert max(copies)[:8] > last["id"][:8]
    loads.run()
    assert set(copies) <= loads.comments
    assert not loads.activated
    days.client.request("DELETE", f"/actions/{max(copies)}")
    loads.run()
    assert loads.comments & set(copies) == set(copies) - {max(copies)}


@pytest.mark.parametrize("boards", [1, 2])
def test_a_sweep_goes_on_and_reads_no_board_again_that_it_has_read(
    days: Days, new_loads: Callable[..., Loads], boards: int
) -> None:
    covered = days.covered()
    for board in covered:
        write_in_turn(days, board, 4)
    loads = new_loads()
    messages = 0
    while not loads.state or len(partitions(loads)) <= boards:
        loads = new_loads()
        messages += 1
        loads.run(Run(messages=messages))
    *read, begun = [part["context"]["idBoard"] for part in partitions(loads)]
    assert len(read) == boards
    assert "gap" in part_of(loads, begun)
    loads.run()
    for board in read:
        assert [path for path in feeds(loads, board) if "since" not in path] == []
    assert loads.activated
    assert set(times(loads).values()) == {1}


def test_a_sweep_comes_to_its_end_though_each_run_gets_no_further_than_a_page(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    for board in days.covered():
        write_in_turn(days, board, 7)
    loads = new_loads()
    pages = 0
    while not loads.activated:
        loads.run(Run(messages=PAGES.limit + 2))  # a schema, a page, a state
        pages += 1
        assert pages < len(days.actions())
    assert set(times(loads)) == set(days.actions())
    assert set(times(loads).values()) == {1}


@pytest.mark.parametrize("deletion", ["/actions/{comment}", "/boards/{board}"])
def test_what_is_deleted_between_the_parts_of_a_sweep_is_told_by_the_next_run(
    days: Days, new_loads: Callable[..., Loads], deletion: str
) -> None:
    board = days.covered()[0]
    comment = write_in_turn(days, board, 3)[0]
    loads = new_loads(sweep_hours=0)
    loads.run(Run(messages=14))  # the whole board
    assert comment in loads.comments
    assert part_of(loads, board)["sweep"]
    days.client.request("DELETE", deletion.format(comment=comment, board=board))
    loads.run()
    loads.run()
    assert comment not in loads.comments


@pytest.mark.parametrize("messages", range(5, 12))
def test_a_comment_that_was_given_by_a_run_that_broke_off_and_then_deleted_is_told(
    days: Days, new_loads: Callable[..., Loads], messages: int
) -> None:
    board = days.covered()[0]
    loads = new_loads(sweep_hours=0)
    loads.run()
    comments = write_in_turn(days, board, 5)
    loads.run(Run(messages=messages))
    days.client.request("DELETE", f"/actions/{comments[-1]}")
    assert comments[-1] in loads.comments
    loads.run()
    assert loads.comments == set(comments[:-1])
    assert loads.run() == []
    assert not loads.activated


@pytest.mark.parametrize("messages", range(3, 12))
def test_no_run_that_breaks_off_is_a_reason_to_read_everything(
    days: Days, new_loads: Callable[..., Loads], messages: int
) -> None:
    one, other, *_ = days.covered()
    write_in_turn(days, one, 3)
    loads = new_loads(sweep_hours=0)
    loads.run()
    card = days.client.get(f"/boards/{one}/cards")[0]["id"]
    days.client.request("PUT", f"/cards/{card}", json={"idBoard": other})
    act(days, "new_board")
    write_in_turn(days, one, 3)
    for _ in range(2):
        loads.run(Run(messages=messages))
        assert not loads.activated
    for _ in range(2):
        loads.run()
        assert not loads.activated


def test_more_comments_than_the_state_shall_hold_lead_to_a_full_read_if_a_run_breaks_off(
    days: Days, new_loads: Callable[..., Loads], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_parts, "MOST_UNCOUNTED", 4)
    board = days.covered()[0]
    loads = new_loads(sweep_hours=0)
    loads.run()
    write_in_turn(days, board, 5)
    loads.run(Run(messages=8))
    loads.run()
    assert loads.activated
    write_in_turn(days, board, 5)
    loads.run()
    assert not loads.activated


def test_while_a_board_is_out_of_sight_news_of_a_begun_sweep_are_not_lost(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    one, other, *_ = days.covered()
    loads = new_loads()
    loads.run()
    comment = write_in_turn(days, other, 1)[0]
    loads.run()
    days.client.request("DELETE", f"/actions/{comment}")
    loads.run(Run(messages=16), sweep_hours=0)
    assert part_of(loads, one)["sweep"]
    new = write_in_turn(days, one, 1)[0]
    hidden = loads.settings.pop("organization_ids")
    loads.run(board_ids=[one])
    loads.settings["organization_ids"] = hidden
    assert new in loads.comments
    loads.run()
    assert loads.activated
    assert loads.comments == {new}


def of_earlier_release(state: Json) -> Json:
    """The state as the release before wrote it."""
    old = copy.deepcopy(state)
    part = old["bookmarks"]["actions"]
    del part["swept_at"]
    names = ("context", "replication_key", "replication_key_value", "newest_ids", "edits_bookmark")
    part["partitions"] = [
        {
            **{name: each[name] for name in names if name in each},
            "comments": {name: each["comments"][name] for name in ("number", "digest")},
        }
        for each in part["partitions"]
    ]
    return old


@pytest.mark.parametrize("settings", [{}, {"edit_lookback_days": 1}])
@pytest.mark.parametrize("has_edits", [True, False])
def test_a_state_of_the_earlier_release_is_read_on_from(
    days: Days, new_loads: Callable[..., Loads], settings: Json, has_edits: bool
) -> None:
    board = days.covered()[0]
    comments = write_in_turn(days, board, 3)
    loads = new_loads()
    loads.run()
    assert loads.state is not None
    loads.state = of_earlier_release(loads.state)
    if not has_edits:  # nobody had edited a comment before
        for part in partitions(loads):
            del part["edits_bookmark"]
    loads.deliveries.clear()
    comments += write_in_turn(days, board, 1)
    act(days, "edit", 3)
    loads.run(**settings)
    assert not loads.activated
    assert times(loads) == Counter([comments[-1], comments[0]])
    days.client.request("DELETE", f"/actions/{comments[1]}")
    loads.run(sweep_hours=0)
    assert loads.activated
    assert loads.comments == {comments[0], *comments[2:]}


DAMAGES: list[Callable[[Json], object]] = [
    lambda part: part.update(swept_at="yesterday"),
    lambda part: part.update(sweep="x"),
    lambda part: part.update(full_read_at=5),
    lambda part: part.update(partitions=["board"]),
    lambda part: part.update(partitions={"board": {}}),
    lambda part: part["partitions"][0].pop("context"),
    lambda part: part["partitions"][0].update(replication_key_value="yesterday"),
    lambda part: part["partitions"][0].update(replication_key_value=5),
    lambda part: part["partitions"][0].update(newest_ids=5),
    lambda part: part["partitions"][0].update(edits_bookmark="2026-01-01"),
    lambda part: part["partitions"][0].update(gap={"oldest": "2026-01-01T00:00:00Z"}),
    lambda part: part["partitions"][0].update(gap="x"),
    lambda part: part["partitions"][0].update(given=["x"]),
    lambda part: part["partitions"][0].update(given={"x": "yesterday"}),
    lambda part: part["partitions"][0].update(arrived={"x": "yesterday"}),
    lambda part: part["partitions"][0].update(uncounted=5),
    lambda part: part["partitions"][0].update(comments={"number": 5}),
    lambda part: part["partitions"][0].update(comments={"number": "x", "digest": "00"}),
    lambda part: part["partitions"][0].update(comments={"number": 5, "digest": "xyz"}),
    lambda part: part["partitions"][0].update(activity=5),
    lambda part: part["partitions"][0].update(sweep="x"),
]


@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_a_damaged_state_is_told_in_one_line(
    days: Days, new_loads: Callable[..., Loads], damage: int
) -> None:
    loads = new_loads()
    loads.run()
    assert days
    assert loads.state is not None
    DAMAGES[damage](loads.state["bookmarks"]["actions"])
    with pytest.raises(PluginError, match=r"state of the stream 'actions'.*run without state"):
        loads.run()


def test_without_versions_boards_come_to_rest_after_a_deletion(
    days: Days, new_loads: Callable[..., Loads]
) -> None:
    board = days.covered()[0]
    comments = write_in_turn(days, board, 3)
    loads = new_loads(emit_activate_version_messages=False)
    loads.run()
    days.client.request("DELETE", f"/actions/{comments[0]}")
    write_in_turn(days, board, 1)
    days.clock.pass_by(int(timedelta(minutes=5).total_seconds() * 1000))
    loads.run()
    assert loads.run() == []
    assert feeds(loads, board) == []
