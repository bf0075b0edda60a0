"""Without what is archived: archiving counts as deleting, and unarchiving brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk, Mirror

ON_BOARDS = (
    *("boards", "board_memberships", "board_labels", "board_custom_fields", "lists", "cards"),
    *("card_attachments", "card_custom_field_items", "checklists", "actions"),
)
ON_CARDS = ("cards", "card_attachments", "card_custom_field_items", "checklists")
SWEEPS = [0, 24]
WITHOUT: dict[str, Any] = {"include_archived": False}


@pytest.fixture(autouse=True)
def _nothing_is_archived(desk: Desk) -> None:
    for board in desk.boards():
        for card in desk.client.get(f"/boards/{board}/cards?filter=closed"):
            desk.alter("card", card["id"], closed=False)


def close(desk: Desk, path: str, *, closed: bool = True) -> None:
    desk.client.request("PUT", path, json={"closed": closed})


def laden_card(desk: Desk, board: str) -> str:
    """A card with an attachment, a checklist and a value."""
    card = str(desk.client.get(f"/boards/{board}/cards")[0]["id"])
    field = next(
        each for each in desk.client.get(f"/boards/{board}/customFields") if each["type"] == "text"
    )
    post, client = "POST", desk.client
    client.request(post, f"/cards/{card}/attachments", json={"url": "https://example.com/x"})
    client.request(post, "/checklists", json={"idCard": card, "name": "X"})
    value = {"value": {"text": "X"}}
    client.request("PUT", f"/cards/{card}/customField/{field['id']}/item", json=value)
    return card


def of_card(mirror: Mirror, card: str) -> dict[str, bool]:
    """Whether tables hold anything of a card."""
    return {
        stream: any(
            card in (row["id"], row.get("idCard"))
            for row in mirror.tables.rows.get(stream, {}).values()
        )
        for stream in ON_CARDS
    }


NOTHING, EVERYTHING = dict.fromkeys(ON_CARDS, False), dict.fromkeys(ON_CARDS, True)


@pytest.mark.parametrize("hours", SWEEPS)
def test_an_archived_card_is_gone_with_all_that_hangs_on_it_until_it_is_unarchived(
    mirror: Mirror, desk: Desk, hours: int
) -> None:
    card = laden_card(desk, desk.boards()[0])
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert of_card(mirror, card) == EVERYTHING
    close(desk, f"/cards/{card}")
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert of_card(mirror, card) == NOTHING
    close(desk, f"/cards/{card}", closed=False)
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert of_card(mirror, card) == EVERYTHING
    assert not mirror.differences()


@pytest.mark.parametrize("hours", SWEEPS)
def test_the_cards_of_an_archived_list_are_gone_until_it_is_unarchived(
    mirror: Mirror, desk: Desk, hours: int
) -> None:
    card = laden_card(desk, desk.boards()[0])
    desk.alter("card", card, dateLastActivity="2025-01-01T00:00:00.000Z")
    in_list = desk.client.get(f"/cards/{card}")["idList"]
    mirror.load(sweep_hours=hours, **WITHOUT)
    close(desk, f"/lists/{in_list}")
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert of_card(mirror, card) == NOTHING
    assert in_list not in mirror.tables.ids("lists")
    assert in_list not in {row["idList"] for row in mirror.tables.rows["cards"].values()}
    close(desk, f"/lists/{in_list}", closed=False)
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert of_card(mirror, card) == EVERYTHING
    assert not mirror.differences()


@pytest.mark.parametrize("hours", SWEEPS)
def test_an_archived_board_is_gone_with_all_that_is_on_it_until_it_is_unarchived(
    mirror: Mirror, desk: Desk, hours: int
) -> None:
    board = desk.boards()[0]
    mirror.load(sweep_hours=hours, **WITHOUT)
    close(desk, f"/boards/{board}")
    told = mirror.load(sweep_hours=hours, **WITHOUT)
    assert set(told) >= set(ON_BOARDS)
    assert board not in str([mirror.tables.rows[stream] for stream in ON_BOARDS])
    mirror.load(sweep_hours=24, **WITHOUT)
    assert not mirror.boards_asked & {board}
    close(desk, f"/boards/{board}", closed=False)
    mirror.load(sweep_hours=hours, **WITHOUT)
    assert not mirror.differences()


def test_an_archived_board_that_was_chosen_is_left_out_all_the_same(
    mirror: Mirror, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    close(desk, f"/boards/{one}")
    mirror.load(board_ids=[one, other], **WITHOUT)
    assert mirror.tables.ids("boards") == {other}


@pytest.mark.parametrize("hours", SWEEPS)
def test_by_default_what_is_archived_stays(mirror: Mirror, desk: Desk, hours: int) -> None:
    one, other, *_ = desk.boards()
    card = laden_card(desk, one)
    mirror.load(sweep_hours=hours)
    for path in (
        f"/cards/{card}",
        f"/lists/{desk.first_list(one)}",
        f"/boards/{one}",
        f"/boards/{other}",
    ):
        close(desk, path)
    mirror.load(sweep_hours=hours)
    assert of_card(mirror, card) == EVERYTHING
    assert not mirror.differences()


def test_what_is_archived_is_gone_once_it_is_not_wanted_any_more_and_comes_back(
    mirror: Mirror, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    card = laden_card(desk, one)
    close(desk, f"/cards/{card}")
    close(desk, f"/boards/{other}")
    mirror.load(sweep_hours=24)
    mirror.load(sweep_hours=0, **WITHOUT)
    assert of_card(mirror, card) == NOTHING
    assert other not in mirror.tables.ids("boards")
    mirror.load(sweep_hours=0)
    assert not mirror.differences()


def test_without_versions_the_cards_of_an_unarchived_list_come_by_the_next_sweep(
    mirror: Mirror, desk: Desk
) -> None:
    in_list = desk.first_list(desk.boards()[0])
    close(desk, f"/lists/{in_list}")
    settings: dict[str, Any] = {"emit_activate_version_messages": False, **WITHOUT}
    mirror.load(sweep_hours=24, **settings)
    close(desk, f"/lists/{in_list}", closed=False)
    mirror.load(sweep_hours=24, **settings)
    mirror.load(sweep_hours=0, **settings)
    assert not mirror.differences(*ON_CARDS)
