"""The streams that are read as a whole, and what they cover."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import SettingError
from tap_trello.account import Account
from tap_trello.cards import Listing
from tap_trello.tap import TapTrello

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Run = Callable[..., list[dict[str, Any]]]


def by_stream(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def test_streams_come_parents_first(run: Run) -> None:
    order = [message["stream"] for message in run() if message["type"] == "SCHEMA"]
    assert order == [
        "organizations",
        "token_member",
        "members",
        "organization_memberships",
        "organization_members",
        "boards",
        "board_memberships",
        "board_labels",
        "board_custom_fields",
        "lists",
        "cards",
        "card_attachments",
        "card_custom_field_items",
        "checklists",
        "actions",
        "organization_actions",
    ]


def test_every_stream_has_id_as_its_key_but_for_members_of_each_workspace(run: Run) -> None:
    keys = {each["stream"]: each["key_properties"] for each in run() if each["type"] == "SCHEMA"}
    assert keys.pop("organization_members") == ["id", "idOrganization"]
    assert set(map(tuple, keys.values())) == {("id",)}


def test_whole_streams_give_every_record_once_and_as_the_api_answers(
    run: Run, client: TrelloClient
) -> None:
    read = by_stream(run())
    boards = client.get("/members/me/boards?filter=all")
    assert read["organizations"] == client.get("/members/me/organizations?fields=all")
    assert read["boards"] == boards
    for stream, number in (("lists", 18), ("cards", 60), ("members", 12)):
        assert len({record["id"] for record in read[stream]}) == len(read[stream]) == number
    card = read["cards"][0]
    assert card == client.get(f"/cards/{card['id']}")


def test_archived_boards_lists_and_cards_are_read_too(run: Run, client: TrelloClient) -> None:
    board = client.get("/members/me/boards")[0]
    card = client.get(f"/boards/{board['id']}/cards")[0]
    inner = client.get(f"/boards/{board['id']}/lists")[0]
    for path in (f"/cards/{card['id']}", f"/lists/{inner['id']}", f"/boards/{board['id']}"):
        client.request("PUT", path, json={"closed": True})
    read = by_stream(run(streams=("boards", "lists", "cards")))
    for stream, record in (("boards", board), ("lists", inner), ("cards", card)):
        assert record["id"] in {each["id"] for each in read[stream] if each["closed"]}


def test_members_are_whole_and_only_the_own_one_is_marked_as_the_tokens(run: Run) -> None:
    members = by_stream(run(streams=("members",)))["members"]
    assert [member["username"] for member in members if member["tokenOwner"]] == ["crmsync"]
    assert all("memberType" in member and "initials" in member for member in members)
    assert {member["email"] for member in members if not member["tokenOwner"]} == {None}


def test_the_own_member_is_there_even_where_it_belongs_to_nothing(box: RunningSandbox) -> None:
    token = box.token("wencheutenforli")
    config = {"api_key": "sandbox-key", "token": token, "api_url": box.trello_url}
    account = TapTrello(config=config).account
    account.__dict__["organizations"] = []
    account.__dict__["_listing"] = ([], datetime.now(timezone.utc))
    assert [member["username"] for member in account.members] == ["wencheutenforli"]


def test_the_boards_can_be_chosen_by_id_or_short_link(run: Run, client: TrelloClient) -> None:
    one, _, other, *_ = client.get("/members/me/boards")
    read = by_stream(run(board_ids=[one["id"], other["shortLink"]]))
    chosen = {one["id"], other["id"]}
    assert {board["id"] for board in read["boards"]} == chosen
    for stream in ("lists", "cards"):
        assert {record["idBoard"] for record in read[stream]} == chosen
    assert {record["data"]["board"]["id"] for record in read["actions"]} == chosen


def test_the_workspaces_can_be_chosen_with_their_boards_and_members(
    run: Run, client: TrelloClient
) -> None:
    workspace = client.get("/members/me/organizations?fields=all")[0]
    read = by_stream(run(organization_ids=[workspace["name"]]))
    assert [each["id"] for each in read["organizations"]] == [workspace["id"]]
    assert {board["idOrganization"] for board in read["boards"]} == {workspace["id"]}
    assert 0 < len(read["members"]) < 12


@pytest.mark.parametrize("setting", ["board_ids", "organization_ids"])
def test_a_chosen_one_that_can_not_be_read_is_an_error_and_not_just_missing(
    run: Run, setting: str
) -> None:
    with pytest.raises(SettingError, match=f"{setting}.*{'0' * 24}"):
        run(**{setting: ["0" * 24]})


def test_a_board_that_only_its_workspace_shows_can_be_chosen(
    box: RunningSandbox, client: TrelloClient, run: Run
) -> None:
    board = client.get("/members/me/boards")[0]
    own = client.get("/members/me")["id"]
    client.request("DELETE", f"/boards/{board['id']}/members/{own}")
    box.reset_requests()
    assert [each["id"] for each in Account(client, board_ids=[board["id"]]).boards] == [board["id"]]
    assert board["id"] not in {each["id"] for each in by_stream(run())["boards"]}


@pytest.mark.parametrize("limit", [1, 2, 4, 1000])
def test_cards_are_each_read_once_however_large_the_pages(
    client: TrelloClient, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("tap_trello.cards.LARGEST_PAGE", limit)
    monkeypatch.setattr("tap_trello.cards.PROBE", limit)
    board = client.get("/members/me/boards")[0]["id"]
    expected = sorted(card["id"] for card in client.get(f"/boards/{board}/cards?filter=all"))
    listing = Listing(board)
    for first in (None, client.get(listing.first_path)):
        pages = list(listing.pages(client, first))
        assert sorted(card["id"] for page in pages for card in page) == expected


def test_a_page_of_cards_that_is_too_large_is_asked_for_in_smaller_ones(
    box: RunningSandbox, client: TrelloClient, run: Run
) -> None:
    box.add_fault("status", system="trello", path="/cards", status=403, count=2)
    board = client.get("/members/me/boards")[0]["id"]
    assert len(by_stream(run(streams=("cards",), board_ids=[board]))["cards"]) == 10


def test_unknown_properties_pass_through_and_deselected_ones_do_not(
    config: dict[str, Any], client: TrelloClient
) -> None:
    tap = TapTrello(config=config)
    stream = tap.streams["boards"]
    stream.metadata[("properties", "prefs")].selected = False
    record = {**client.get("/members/me/boards")[0], "unheardOf": {"deep": {"deeper": 1}}}
    (message,) = stream._generate_record_messages(record)
    assert message.record["unheardOf"] == {"deep": {"deeper": 1}}
    assert "prefs" not in message.record


def test_deselecting_a_property_takes_it_from_the_records_only(config: dict[str, Any]) -> None:
    tap = TapTrello(config=config)
    for stream in tap.streams.values():
        stream.selected = stream.name == "boards"
    tap.streams["boards"].mask[("properties", "prefs", "properties", "comments")] = False
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        tap.sync_all()
    assert all("comments" in board["prefs"] for board in tap.account.boards)


def test_chosen_boards_are_read_wherever_they_lie(run: Run, client: TrelloClient) -> None:
    one, *_, other = client.get("/members/me/boards")
    assert one["idOrganization"] != other["idOrganization"]
    read = by_stream(
        run(streams=("boards",), board_ids=[one["id"]], organization_ids=[other["idOrganization"]])
    )
    assert [board["id"] for board in read["boards"]] == [one["id"]]
