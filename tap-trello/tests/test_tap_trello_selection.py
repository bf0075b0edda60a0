"""What the catalog deselects is not asked for, and what the tap needs itself is not given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tap_trello.tap import TapTrello

from tests.trello_answers import answers, by_key
from tests.trello_work import Work

if TYPE_CHECKING:
    from conftest import Desk, Mirror

WITH_FIELDS = {
    "organizations": "/members/me/organizations",
    "organization_members": "/organizations/[^/]+/members",
    "members": "/boards/[^/]+/members",
    "boards": "/members/me/boards",
    "board_labels": "/boards/[^/]+/labels",
    "lists": "/boards/[^/]+/lists",
    "cards": "/boards/[^/]+/cards",
    "actions": "/boards/[^/]+/actions",
    "organization_actions": "/organizations/[^/]+/actions",
}
WITHOUT_FIELDS = [
    *("token_member", "organization_memberships", "board_memberships"),
    *("board_custom_fields", "card_attachments", "card_custom_field_items", "checklists"),
]
ADDED = {"tokenOwner", "idOrganization", "footer", "unstated"}


def asked_fields(mirror: Mirror, stream: str) -> set[str]:
    """What all requests for a stream's records have asked for."""
    routes = [each for each in mirror.asked if re.match(WITH_FIELDS[stream] + r"\?", each)]
    assert routes
    found = [re.search(r"\bfields=([^&]*)", each.replace("%2C", ",")) for each in routes]
    (fields,) = {each[1] for each in found if each} or {""}
    return set(fields.split(","))


@pytest.mark.parametrize("stream", [*WITH_FIELDS, *WITHOUT_FIELDS])
def test_only_the_selected_properties_are_given(mirror: Mirror, stream: str) -> None:
    mirror.load(stream, only=("name", "type"))
    keys = {"id", "idOrganization"} if stream == "organization_members" else {"id"}
    expected = answers(mirror.client)[stream]
    for record in mirror.read(stream):
        assert keys <= record.keys() <= keys | {"name", "type", "date", "dateLastActivity"}
    assert {by_key(stream)(each) for each in mirror.read(stream)} == {
        by_key(stream)(each) for each in expected
    }


@pytest.mark.parametrize(
    ("stream", "needed"),
    [
        ("organizations", set()),
        ("organization_members", set()),
        ("members", set()),
        ("boards", {"closed", "dateLastActivity", "idOrganization", "shortLink"}),
        ("board_labels", set()),
        ("lists", set()),
        ("cards", {"dateLastActivity"}),
        ("actions", {"data", "date", "idMemberCreator", "type"}),
        ("organization_actions", {"data", "date", "idMemberCreator", "type"}),
    ],
)
def test_trello_is_asked_for_the_selected_properties_and_what_the_tap_needs(
    mirror: Mirror, stream: str, needed: set[str]
) -> None:
    mirror.load(stream, only=("name",))
    own = {"name"} if stream not in {"members", "organization_members"} else set()
    own = own - ({"name"} if "actions" in stream else set())
    assert asked_fields(mirror, stream) == {"id"} | own | needed


@pytest.mark.parametrize("read_footers", [True, False])
@pytest.mark.parametrize("stream", WITH_FIELDS)
def test_nothing_is_asked_for_that_only_the_tap_knows(
    mirror: Mirror, stream: str, *, read_footers: bool
) -> None:
    properties = mirror.run(streams=(stream,), read_footers=read_footers)[0]["schema"]["properties"]
    mirror.load(stream, only=tuple(properties.keys() - {"limits"}), read_footers=read_footers)
    added = ADDED - ({"idOrganization"} if stream == "boards" else set())
    assert not asked_fields(mirror, stream) & added


@pytest.mark.parametrize("stream", [each for each in WITH_FIELDS if "actions" not in each])
def test_with_everything_selected_all_is_asked_for(mirror: Mirror, stream: str) -> None:
    mirror.load(stream)
    assert asked_fields(mirror, stream) == {"all"}


@pytest.mark.parametrize("stream", ["actions", "organization_actions"])
def test_with_everything_selected_feeds_tell_all_they_have(mirror: Mirror, stream: str) -> None:
    mirror.load(stream)
    assert asked_fields(mirror, stream) == {""}


@pytest.mark.parametrize("people", [("memberCreator",), ("member",), ()])
def test_people_of_actions_are_asked_for_only_if_they_are_selected(
    mirror: Mirror, people: tuple[str, ...]
) -> None:
    mirror.load("actions", only=("type", *people))
    for name in ("memberCreator", "member"):
        asked = all(f"&{name}=false" not in each for each in mirror.asked)
        assert asked == (name in people)
        assert any(name in each for each in mirror.read("actions")) == (name in people)


def test_footers_are_read_though_little_is_selected(mirror: Mirror, desk: Desk) -> None:
    card = desk.cards(desk.boards()[0])[0]["id"]
    comment = desk.write(card, "Hei\n\n---\nStarts: 2031-03-02T10:00:00+01:00")
    mirror.load("actions", only=("date",), read_footers=True)
    assert mirror.tables.rows["actions"][comment] == {
        "id": comment,
        "date": "2031-03-02T09:00:00.000Z",
    }


def test_parts_of_a_selected_property_can_be_deselected(config: dict[str, Any], desk: Desk) -> None:
    stream = TapTrello(config=config).streams["actions"]
    stream.metadata["properties", "data", "properties", "text"].selected = False
    comment = desk.write(desk.cards(desk.boards()[0])[0]["id"])
    (message,) = stream._generate_record_messages(desk.client.get(f"/actions/{comment}"))
    assert message.record["data"].keys() == {"textData", "card", "list", "board", "organization"}


@pytest.mark.parametrize("seed", range(3))
def test_changes_and_deletions_are_found_though_only_ids_and_names_are_selected(
    mirror: Mirror, desk: Desk, seed: int
) -> None:
    streams = ("lists", "cards", "board_labels", "card_attachments", "checklists", "members")
    desk.box.switch(label_edit_touches_board=True, member_removal_touches_board=True)
    mirror.load(*streams, only=("name", "fullName"), sweep_hours=24)
    mirror.load(*streams, only=("name", "fullName"), sweep_hours=24)
    assert not mirror.boards_asked
    work, boards = Work(desk.client), desk.boards()
    for number, name in enumerate(
        (
            *("rename_list", "delete_card", "rename_card", "move_card", "delete_label"),
            *("detach", "rename_checklist", "delete_checklist", "leave_board", "copy_card"),
        )
    ):
        getattr(work, name)(boards[(number + seed) % 6], boards[(2 * number + seed) % 6])
    mirror.load(*streams, only=("name", "fullName"), sweep_hours=24)
    for stream, records in answers(desk.client).items():
        if stream in streams:
            assert {
                key: {row.get("name"), row.get("fullName")}
                for key, row in mirror.tables.rows[stream].items()
            } == {each["id"]: {each.get("name"), each.get("fullName")} for each in records}


def test_a_stream_that_is_not_selected_costs_nothing(mirror: Mirror) -> None:
    mirror.load("token_member")
    assert len(mirror.asked) == 1
    mirror.load("organization_memberships")
    assert not any("boards" in each for each in mirror.asked)
