"""What every stream gives: each record once, as Trello answers it, with where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_trello.tap import TapTrello

from tests.trello_answers import answers, by_key

if TYPE_CHECKING:
    from conftest import Desk, Mirror
    from tap_trello.client import TrelloClient

    Json = dict[str, Any]

STREAMS = [
    *("organizations", "token_member", "members", "organization_memberships"),
    *("organization_members", "boards", "board_memberships", "board_labels"),
    *("board_custom_fields", "lists", "cards", "card_attachments", "card_custom_field_items"),
    *("checklists", "actions", "organization_actions"),
]


def sorted_by_key(stream: str, records: list[Json]) -> list[Json]:
    return sorted(records, key=by_key(stream))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_gives_every_record_once_and_as_trello_answers_it(
    mirror: Mirror, client: TrelloClient, stream: str
) -> None:
    mirror.load(stream)
    given, expected = mirror.read(stream), answers(client)[stream]
    assert expected
    assert sorted_by_key(stream, given) == sorted_by_key(stream, expected)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_key_and_the_place_are_in_every_record_and_required_by_the_schema(
    config: Json, stream: str
) -> None:
    schema = TapTrello(config=config).streams[stream].schema
    keys = ["id", "idOrganization"] if stream == "organization_members" else ["id"]
    assert sorted(schema["required"]) == sorted(keys)
    assert schema["additionalProperties"] is True
    for name in keys:
        assert schema["properties"][name]["type"] == ["string"]


def test_a_stream_that_is_not_selected_gives_nothing(mirror: Mirror) -> None:
    mirror.load("lists")
    assert {each.get("stream") for each in mirror.messages if each["type"] == "RECORD"} == {"lists"}


def test_chosen_boards_bring_nothing_of_other_boards(mirror: Mirror, client: TrelloClient) -> None:
    one, _, other, *_ = client.get("/members/me/boards")
    mirror.load(board_ids=[one["id"], other["shortLink"]])
    chosen = {one["id"], other["id"]}
    for stream in STREAMS:
        places = {each["idBoard"] for each in mirror.read(stream) if "idBoard" in each}
        assert places <= chosen
    expected = answers(client)
    for stream in ("board_memberships", "board_labels", "lists", "cards", "card_attachments"):
        assert sorted_by_key(stream, mirror.read(stream)) == sorted_by_key(
            stream, [each for each in expected[stream] if each["idBoard"] in chosen]
        )
    for stream in ("card_custom_field_items", "checklists"):
        assert {each["id"] for each in mirror.read(stream)} == {
            each["id"] for each in expected[stream] if each["idBoard"] in chosen
        }
    assert {each["idModel"] for each in mirror.read("board_custom_fields")} == chosen


def test_chosen_workspaces_bring_nothing_of_other_workspaces(
    mirror: Mirror, client: TrelloClient
) -> None:
    workspace = client.get("/members/me/organizations?fields=all")[1]
    boards = {
        each["id"]
        for each in client.get("/members/me/boards")
        if each["idOrganization"] == workspace["id"]
    }
    mirror.load(organization_ids=[workspace["name"]])
    for stream in ("organization_memberships", "organization_members", "organization_actions"):
        assert {each["idOrganization"] for each in mirror.read(stream)} == {workspace["id"]}
    for stream in ("board_memberships", "board_labels", "lists", "cards", "checklists"):
        assert {each["idBoard"] for each in mirror.read(stream)} == boards
    assert len(mirror.read("token_member")) == 1


def test_what_no_board_has_is_read_as_nothing_and_not_again(mirror: Mirror, desk: Desk) -> None:
    for path in [
        f"/customFields/{each['id']}" for each in answers(desk.client)["board_custom_fields"]
    ]:
        desk.delete(path)
    for board in desk.boards():
        desk.alter("board", board, dateLastActivity="2026-01-01T00:00:00.000Z")
    streams = ("board_custom_fields", "card_custom_field_items")
    assert mirror.load(*streams, sweep_hours=24) == list(streams)
    assert not any(mirror.read(stream) for stream in streams)
    assert mirror.load(*streams, sweep_hours=24) == []
    assert not mirror.boards_asked
