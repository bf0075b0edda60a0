"""Only boards where something has happened are read, and only what has changed is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trello_work import Work

if TYPE_CHECKING:
    from conftest import Desk, Mirror
    from sandbox.testing import RunningSandbox

OF_BOARDS = [
    *("board_memberships", "board_labels", "board_custom_fields", "lists", "cards"),
    *("card_attachments", "card_custom_field_items", "checklists", "actions"),
]
LONG_AGO = "2026-01-01T00:00:00.000Z"
TOUCHING = {"label_edit_touches_board": True, "member_removal_touches_board": True}


def settle(desk: Desk) -> None:
    """Let all that has happened on the boards be long ago."""
    for board in desk.boards():
        desk.alter("board", board, dateLastActivity=LONG_AGO)


@pytest.mark.parametrize("more", [0, 30])
def test_an_idle_run_asks_nothing_of_any_board_however_many_there_are(
    mirror: Mirror, desk: Desk, more: int
) -> None:
    for number in range(more):
        desk.new_board(f"No. {number}")
    settle(desk)
    mirror.load(sweep_hours=24)
    assert len(mirror.boards_asked) == 6 + more
    for _ in range(2):
        told = mirror.load(sweep_hours=24)
        assert told == [
            *("organizations", "token_member", "organization_memberships"),
            *("organization_members", "boards"),
        ]
        assert not mirror.boards_asked
        assert len(mirror.asked) == 3 + 4 * 3  # what is listed, and four lists for each workspace
        assert not any(mirror.read(stream) for stream in (*OF_BOARDS, "members"))


@pytest.mark.parametrize("stream", OF_BOARDS)
def test_an_idle_run_of_a_single_stream_costs_one_request(
    mirror: Mirror, box: RunningSandbox, stream: str
) -> None:
    mirror.load(stream, sweep_hours=24)
    mirror.load(stream, sweep_hours=24)
    assert box.requests()["trello"]["GET"] == 1
    assert [route.partition("?")[0] for route in mirror.asked] == ["/members/me/boards"]


@pytest.mark.parametrize(
    ("stream", "work"),
    [
        *(("lists", work) for work in ("make_list", "rename_list", "close_list")),
        ("board_labels", "make_label"),
        ("board_labels", "rename_label"),
        ("board_labels", "label_card"),
        ("board_custom_fields", "make_field"),
        ("board_custom_fields", "rename_field"),
        *(("checklists", work) for work in ("make_checklist", "rename_checklist", "add_item")),
        *(("checklists", work) for work in ("tick_item", "delete_item")),
        ("board_memberships", "join_board"),
        ("members", "join_board"),
    ],
)
def test_a_list_in_which_anything_differs_is_given_as_a_whole_and_no_other_board_is_read(
    mirror: Mirror, desk: Desk, stream: str, work: str
) -> None:
    desk.box.switch(**TOUCHING)
    one = desk.boards()[2]
    mirror.load(stream, sweep_hours=24)
    getattr(Work(desk.client), work)(one, one)
    assert mirror.differences(stream)
    assert mirror.load(stream, sweep_hours=24) == []
    assert mirror.boards_asked == {one}
    assert 0 < len(mirror.read(stream)) < 12
    assert not mirror.differences(stream)


@pytest.mark.parametrize(
    ("stream", "work"),
    [
        *(("cards", work) for work in ("make_card", "rename_card", "close_card", "comment")),
        *(("cards", work) for work in ("put_card_into_another_list", "copy_card", "label_card")),
        *(("cards", work) for work in ("set_value", "tick_item", "attach", "move_card")),
        ("card_attachments", "attach"),
        ("card_custom_field_items", "set_value"),
    ],
)
def test_of_cards_and_what_hangs_on_them_only_what_belongs_to_a_changed_card_is_given(
    mirror: Mirror, desk: Desk, stream: str, work: str
) -> None:
    one, other, *_ = desk.boards()
    mirror.load(stream, sweep_hours=24)
    getattr(Work(desk.client), work)(one, other)
    changed = [
        card["id"]
        for board in (one, other)
        for card in desk.cards(board)
        if card["dateLastActivity"] > LONG_AGO
    ]
    assert mirror.load(stream, sweep_hours=24) == []
    assert mirror.boards_asked <= {one, other}
    given = mirror.read(stream)
    assert given
    assert {record.get("idCard", record["id"]) for record in given} <= set(changed)
    assert not mirror.differences(stream)


@pytest.mark.parametrize(
    ("stream", "work"),
    [
        ("cards", "delete_card"),
        ("board_labels", "delete_label"),
        ("board_custom_fields", "delete_field"),
        ("card_custom_field_items", "delete_field"),
        ("card_custom_field_items", "clear_value"),
        ("checklists", "delete_checklist"),
        ("card_attachments", "detach"),
        ("board_memberships", "leave_board"),
        ("members", "leave_board"),
    ],
)
def test_what_is_gone_is_told_by_the_next_run_where_the_board_tells_that_something_happened(
    mirror: Mirror, desk: Desk, stream: str, work: str
) -> None:
    desk.box.switch(**TOUCHING)
    one, other, *_ = desk.boards()
    mirror.load(stream, sweep_hours=24)
    getattr(Work(desk.client), work)(one, other)
    assert mirror.load(stream, sweep_hours=24) == [stream]
    assert not mirror.differences(stream)
    settle(desk)
    mirror.load(stream, sweep_hours=24)
    assert mirror.load(stream, sweep_hours=24) == []
    assert not mirror.boards_asked


@pytest.mark.parametrize(
    ("stream", "work", "is_gone"),
    [
        ("board_labels", "rename_label", False),
        ("cards", "rename_label", False),
        ("board_labels", "delete_label", True),
        ("cards", "delete_label", False),
        ("board_memberships", "leave_board", True),
        ("members", "leave_board", False),
    ],
)
def test_what_leaves_no_trace_on_the_board_is_found_by_the_next_sweep_at_the_latest(
    mirror: Mirror, desk: Desk, stream: str, work: str, *, is_gone: bool
) -> None:
    one = desk.boards()[1]
    mirror.load(stream, sweep_hours=24)
    for _ in range(4):
        getattr(Work(desk.client), work)(one, one)
    gone = mirror.tables.ids(stream)
    mirror.load(stream, sweep_hours=24)
    assert not mirror.boards_asked
    assert mirror.load(stream, sweep_hours=0) == [stream]
    assert not mirror.differences(stream)
    assert (mirror.tables.ids(stream) < gone) == is_gone


def test_a_member_who_is_invited_and_joins_later_costs_no_reading_of_all_boards(
    mirror: Mirror, desk: Desk
) -> None:
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    mirror.load("members", sweep_hours=24)
    body = {"email": "ny@example.com", "fullName": "Ny Person"}
    desk.client.request("PUT", f"/organizations/{workspace}/members", json=body)
    assert mirror.load("members", sweep_hours=24) == []
    assert not mirror.boards_asked
    assert "ghost" in {member["memberType"] for member in mirror.read("members")}
    assert not mirror.differences("members")


def test_a_member_who_changes_the_own_name_is_given_anew(mirror: Mirror, desk: Desk) -> None:
    mirror.load("members", "token_member", sweep_hours=24)
    desk.client.request("PUT", "/members/me", json={"fullName": "Another Name"})
    mirror.load("members", "token_member", sweep_hours=24)
    assert "Another Name" in {member["fullName"] for member in mirror.read("members")}
    assert not mirror.differences("members", "token_member")


@pytest.mark.parametrize(
    ("stream", "work"),
    [
        ("cards", "make_card"),
        ("lists", "make_list"),
        ("board_labels", "make_label"),
        ("checklists", "make_checklist"),
        ("card_attachments", "attach"),
        ("board_memberships", "join_board"),
        ("members", "join_board"),
    ],
)
def test_what_was_made_a_moment_ago_is_no_reason_to_read_all_boards(
    mirror: Mirror, desk: Desk, stream: str, work: str
) -> None:
    desk.box.switch(**TOUCHING)
    one = desk.boards()[1]
    mirror.load(stream, sweep_hours=24)
    getattr(Work(desk.client), work)(one, one)
    for _ in range(3):
        assert mirror.load(stream, sweep_hours=24) == []
        assert mirror.boards_asked == {one}
    assert not mirror.differences(stream)
