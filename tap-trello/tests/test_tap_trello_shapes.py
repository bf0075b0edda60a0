"""Whatever shape an answer has: no run stops at it, no property is lost, and schemas allow it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from sandbox.server import STATE_FILE

if TYPE_CHECKING:
    from conftest import Desk, Mirror
    from sandbox.testing import RunningSandbox

    Json = dict[str, Any]

UNKNOWN: dict[str, Any] = {
    "unheardOf": {"deep": [{"deeper": {"deepest": None}}, [], [[1]], "x"]},
    "unheardOfNumber": 1.5,
    "unheardOfFlag": True,
    "unheardOfNull": None,
    "unheardOfTime": "not a time",
    "unheardOfEmoji": "👩‍👩‍👧‍👦 ✓ \u0000 \u2028",
    "unheardOfInteger": 2**53 + 1,
}
GONE = "0" * 24  # nobody's id


def assert_valid(mirror: Mirror) -> None:
    """Every record of the last run fits the schema that came before it."""
    schemas: dict[str, Draft202012Validator] = {}
    for message in mirror.messages:
        if message["type"] == "SCHEMA":
            schema = Draft202012Validator(message["schema"])
            schemas[message["stream"]] = schema
        elif message["type"] == "RECORD":
            errors = [
                f"{error.json_path}: {error.message}"
                for error in schemas[message["stream"]].iter_errors(message["record"])
            ]
            assert not errors, (message["stream"], errors)


@pytest.mark.parametrize("read_footers", [True, False])
def test_every_record_fits_the_schema_of_its_stream(mirror: Mirror, *, read_footers: bool) -> None:
    mirror.load(read_footers=read_footers)
    assert_valid(mirror)


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        *(("organization", "organizations"), ("member", "members"), ("board", "boards")),
        *(("list", "lists"), ("card", "cards"), ("label", "board_labels")),
        *(("customField", "board_custom_fields"), ("checklist", "checklists")),
        ("customFieldItem", "card_custom_field_items"),
    ],
)
def test_unknown_properties_come_along_at_the_top_and_below(
    mirror: Mirror, desk: Desk, kind: str, stream: str
) -> None:
    mirror.load(stream)
    known = mirror.read(stream)[0]
    nested = next((name for name, value in known.items() if isinstance(value, dict)), None)
    below = {} if nested is None else {nested: {**known[nested], **UNKNOWN}}
    desk.alter(kind, known["id"], **UNKNOWN, **below)
    mirror.load(stream)
    assert_valid(mirror)
    row = mirror.tables.rows[stream][known["id"]]
    assert {name: row[name] for name in UNKNOWN} == UNKNOWN
    if nested is not None:
        assert {name: row[nested][name] for name in UNKNOWN} == UNKNOWN
    assert not mirror.differences(stream)


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        *(("organization", "organizations"), ("board", "boards"), ("list", "lists")),
        *(("label", "board_labels"), ("customField", "board_custom_fields")),
        *(("checklist", "checklists"), ("card", "cards")),
        ("customFieldItem", "card_custom_field_items"),
    ],
)
def test_anything_but_what_tells_where_a_record_is_may_be_null(
    mirror: Mirror, desk: Desk, kind: str, stream: str
) -> None:
    mirror.load(stream)
    known = mirror.read(stream)[0]
    # Without these the sandbox itself would not find the record.
    kept = {"id", "idBoard", "idModel", "idCard", "idList", "idCustomField", "idOrganization"}
    kept |= {"name", "shortLink", "pos", "closed", "checkItems"}
    changes = dict.fromkeys(known.keys() - kept)
    desk.alter(kind, known["id"], **changes)
    for hours in (0, 24):
        mirror.load(stream, sweep_hours=hours)
        assert_valid(mirror)
    if stream != "organizations":  # a count that the sandbox makes itself
        assert mirror.tables.rows[stream][known["id"]].keys() >= changes.keys()
    assert not mirror.differences(stream)


@pytest.mark.parametrize("streams", [(), ("card_attachments",), ("card_custom_field_items",)])
def test_a_board_or_card_without_a_last_activity_is_read_in_each_run(
    mirror: Mirror, desk: Desk, streams: tuple[str, ...]
) -> None:
    board = desk.boards()[0]
    desk.alter("board", board, dateLastActivity=None)
    for card in desk.cards(board):
        desk.alter("card", card["id"], dateLastActivity=None)
    mirror.load(*streams, sweep_hours=24)
    for _ in range(2):
        mirror.load(*streams, sweep_hours=24)
        assert mirror.boards_asked == {board}
    assert not mirror.differences(*streams)


def test_other_peoples_nulls_and_ghosts_are_told_as_they_are(mirror: Mirror, desk: Desk) -> None:
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    body = {"email": "ny@example.com", "fullName": "Ny Person"}
    desk.client.request("PUT", f"/organizations/{workspace}/members", json=body)
    mirror.load()
    assert_valid(mirror)
    others = [each for each in mirror.read("members") if not each["tokenOwner"]]
    assert {(each["email"], each["loginTypes"], each["prefs"]) for each in others} == {(None,) * 3}
    assert {each["memberType"] for each in others} == {"normal", "ghost"}
    assert any(each["unconfirmed"] for each in mirror.read("organization_memberships"))
    assert not mirror.differences()


@pytest.mark.parametrize("read_footers", [True, False])
def test_members_without_a_username_stop_nothing(
    mirror: Mirror, desk: Desk, box: RunningSandbox, *, read_footers: bool
) -> None:
    nobody = next(
        each["id"]
        for each in desk.client.get(f"/boards/{desk.boards()[0]}/members")
        if each["username"] != "crmsync"
    )
    with closing(sqlite3.connect(box.data / STATE_FILE)) as store:
        sql = "UPDATE records SET body = json_set(body, '$.username', null) WHERE id = ?"
        store.execute(sql, (nobody,))
        store.commit()
    comment = desk.write(desk.cards(desk.boards()[0])[0]["id"], "Hei\n\n---\nOwner: @nobody")
    mirror.load(read_footers=read_footers)
    assert_valid(mirror)
    assert mirror.tables.rows["members"][nobody]["username"] is None
    assert comment in mirror.tables.ids("actions")


ACTIONS: list[Json] = [
    {"type": "unheardOf", "data": UNKNOWN},
    {"type": "unheardOf", "data": {"card": {"id": GONE}, "old": None, "list": None}},
    {"type": "commentCard", "creator": GONE, "data": {"text": "Hei"}},
    {"type": "commentCard", "data": {"text": None, "dateLastEdited": None}},
    {"type": "commentCard", "data": {"text": "👩‍👩‍👧‍👦", "textData": {"emoji": {"x": 1}}}},
    {"type": "updateCard", "data": {"old": {"due": None, "pos": 2**53 + 1}}},
    {"type": "createCard", "appCreator": {"id": GONE, "name": "Slack", "icon": None}},
    {"type": "createCard", "appCreator": None, "more": {"unheardOf": UNKNOWN, "limits": None}},
    {"type": "addMemberToCard", "data": {"idMember": GONE, "member": None}},
    {"type": "copyCard", "data": {"card": {"id": GONE}, "cardSource": {"id": GONE}}},
    {"type": "moveCardToBoard", "data": {"card": {"id": GONE}, "boardSource": None}},
]


@pytest.mark.parametrize("read_footers", [True, False])
def test_actions_of_any_kind_with_any_data_are_given_as_they_are(
    mirror: Mirror, desk: Desk, box: RunningSandbox, *, read_footers: bool
) -> None:
    board = desk.boards()[0]
    card = desk.cards(board)[0]["id"]
    mirror.load("actions", read_footers=read_footers, sweep_hours=24)
    for place in ({"card": card}, {"board": board}):
        box.plant_actions([{**place, **each} for each in ACTIONS])
        mirror.load("actions", read_footers=read_footers, sweep_hours=24)
        assert_valid(mirror)
        mirror.load("actions", read_footers=read_footers, sweep_hours=0)
    found = {"footer", "unstated"} if read_footers else set()
    for row in mirror.tables.rows["actions"].values():
        for name in found:
            row.pop(name, None)
    if read_footers:
        return
    assert not mirror.differences("actions")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        *((kind, {}) for kind in ("copyCard", "moveCardToBoard")),
        *((kind, {"card": None}) for kind in ("copyCard", "moveCardToBoard", "moveCardFromBoard")),
        ("commentCard", {"card": None}),
    ],
)
def test_a_card_that_came_or_left_without_a_name_stops_nothing(
    mirror: Mirror, desk: Desk, box: RunningSandbox, kind: str, data: Json
) -> None:
    mirror.load("actions")
    box.plant_action(board=desk.boards()[0], type=kind, data=data)
    for _ in range(2):
        mirror.load("actions")
    assert not mirror.differences("actions")


def test_actions_of_a_workspace_may_tell_anything_too(
    mirror: Mirror, desk: Desk, box: RunningSandbox
) -> None:
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    box.plant_actions([{"organization": workspace, **each} for each in ACTIONS])
    mirror.load("organization_actions")
    assert_valid(mirror)
    assert not mirror.differences("organization_actions")


def test_an_id_of_another_form_is_no_obstacle(mirror: Mirror, desk: Desk) -> None:
    board = desk.boards()[0]
    known = desk.client.get(f"/boards/{board}/labels")[0]
    mirror.load("board_labels", sweep_hours=24)
    desk.alter("label", known["id"], id="ari:cloud:trello::label/1", name="Of another form")
    desk.client.request("PUT", f"/boards/{board}", json={"name": "Something happened"})
    mirror.load("board_labels", sweep_hours=24)
    assert not mirror.differences("board_labels")
    mirror.load("board_labels", sweep_hours=24)
    assert not mirror.differences("board_labels")


@pytest.mark.parametrize(
    ("answered", "given"),
    [
        (r'"\ud83d"', "\ufffd"),  # half of an emoji, which no UTF-8 can hold
        (r'"a\ud83d\ude00b"', "a😀b"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("-1e-300", -1e-300),
    ],
)
def test_values_at_the_edge_of_json_stop_nothing(
    mirror: Mirror, desk: Desk, box: RunningSandbox, answered: str, given: Any
) -> None:
    card = desk.cards(desk.boards()[0])[0]["id"]
    with closing(sqlite3.connect(box.data / STATE_FILE)) as store:
        sql = "UPDATE records SET body = substr(body, 1, length(body) - 1) || ? WHERE id = ?"
        store.execute(sql, (f',"unheardOf":{answered}}}', card))
        store.commit()
    for _ in range(2):
        mirror.load("cards")
        assert mirror.tables.rows["cards"][card]["unheardOf"] == given
