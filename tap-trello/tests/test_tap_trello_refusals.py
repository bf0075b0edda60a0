"""What Trello may refuse of a board or workspace that it shows otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest import PluginError

if TYPE_CHECKING:
    from conftest import Desk, Mirror
    from sandbox.testing import RunningSandbox

FIELDS = ("board_custom_fields", "card_custom_field_items")
OF_WORKSPACES = ("organization_memberships", "organization_members", "organization_actions")


def refuse(box: RunningSandbox, path: str, status: int = 403) -> None:
    for in_batch in (True, False):
        box.add_fault("status", system="trello", path=path, status=status, in_batch=in_batch)


def boards_with_fields(desk: Desk) -> list[str]:
    """The seed has boards without any custom field."""
    return [board for board in desk.boards() if desk.client.get(f"/boards/{board}/customFields")]


def warnings_in(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [
        each.getMessage()
        for each in caplog.records
        if each.levelname == "WARNING" and words in each.getMessage()
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_a_board_without_custom_fields_is_said_once_and_stops_nothing(
    mirror: Mirror, desk: Desk, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    board, *others = boards_with_fields(desk)
    refuse(desk.box, f"/boards/{board}/customFields", status)
    assert mirror.load(*FIELDS, sweep_hours=24) == list(FIELDS)
    words = f"board_custom_fields: nothing is read of board {board} (Trello answers {status}"
    assert len(warnings_in(caplog, words)) == 1
    assert {each["idModel"] for each in mirror.read("board_custom_fields")} == set(others)
    assert mirror.load(*FIELDS, sweep_hours=24) == []
    assert not mirror.boards_asked


def test_custom_fields_that_are_switched_on_later_come(mirror: Mirror, desk: Desk) -> None:
    board, *_ = boards_with_fields(desk)
    refuse(desk.box, f"/boards/{board}/customFields")
    mirror.load("board_custom_fields", sweep_hours=24)
    desk.box.clear_faults()
    desk.client.request("PUT", f"/boards/{board}", json={"name": "Something happened"})
    mirror.load("board_custom_fields", sweep_hours=24)
    assert not mirror.differences("board_custom_fields")


@pytest.mark.parametrize("hours", [0, 24])
def test_custom_fields_that_are_refused_later_are_not_gone_and_nothing_else_is_meanwhile(
    mirror: Mirror, desk: Desk, caplog: pytest.LogCaptureFixture, hours: int
) -> None:
    board, other, *_ = boards_with_fields(desk)
    mirror.load("board_custom_fields", sweep_hours=hours)
    before = mirror.tables.ids("board_custom_fields")
    refuse(desk.box, f"/boards/{board}/customFields")
    desk.client.request("PUT", f"/boards/{board}", json={"name": "Something happened"})
    gone = desk.client.get(f"/boards/{other}/customFields")[0]["id"]
    desk.delete(f"/customFields/{gone}")
    for _ in range(2):
        assert mirror.load("board_custom_fields", sweep_hours=hours) == []
        assert mirror.tables.ids("board_custom_fields") == before
    assert len(warnings_in(caplog, f"nothing is read of board {board}")) == 2
    doubt = f"nothing counts as deleted, since board {board} can't be read any more"
    assert warnings_in(caplog, doubt)
    desk.box.clear_faults()
    mirror.load("board_custom_fields", sweep_hours=0)
    assert not mirror.differences("board_custom_fields")


@pytest.mark.parametrize("stream", ["lists", "cards", "board_labels", "checklists"])
def test_what_every_board_shows_must_be_readable(mirror: Mirror, desk: Desk, stream: str) -> None:
    path = {"board_labels": "labels"}.get(stream, stream)
    refuse(desk.box, f"/boards/{desk.boards()[1]}/{path}")
    with pytest.raises(PluginError, match=f"403 to GET /boards/.*/{path}"):
        mirror.load(stream)


@pytest.mark.parametrize("status", [401, 403])
def test_a_workspace_that_does_not_tell_its_people_is_said_once_and_stops_nothing(
    mirror: Mirror, desk: Desk, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    closed, *others = [each["id"] for each in desk.client.get("/members/me/organizations")]
    refuse(desk.box, f"/organizations/{closed}/(members|memberships|actions)", status)
    for _ in range(2):
        caplog.clear()
        told = mirror.load(*OF_WORKSPACES, "members")
        assert {"organization_memberships", "organization_members", "members"} <= set(told)
        for stream in OF_WORKSPACES:
            if mirror.read(stream):
                assert {each["idOrganization"] for each in mirror.read(stream)} == set(others)
            assert len(warnings_in(caplog, f"{stream}: nothing is read of workspace")) == 1
        assert len(warnings_in(caplog, "members: nothing is read of workspace")) == 2


@pytest.mark.parametrize("stream", ["organization_memberships", "organization_members", "members"])
def test_people_who_were_told_before_are_not_gone_because_a_workspace_tells_them_no_more(
    mirror: Mirror, desk: Desk, caplog: pytest.LogCaptureFixture, stream: str
) -> None:
    mirror.load(stream)
    before = mirror.tables.ids(stream)
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    refuse(desk.box, f"/organizations/{workspace}/members")
    for _ in range(2):
        caplog.clear()
        assert mirror.load(stream) == []
        assert mirror.tables.ids(stream) == before
        assert len(warnings_in(caplog, f"since workspace {workspace} can't be read")) == 1
    desk.box.clear_faults()
    assert mirror.load(stream) == [stream]
    assert not mirror.differences(stream)


def test_a_refused_feed_of_a_workspace_is_read_on_from_where_it_was(
    mirror: Mirror, desk: Desk
) -> None:
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    mirror.load("organization_actions")
    desk.client.request("PUT", f"/organizations/{workspace}", json={"desc": "New"})
    refuse(desk.box, f"/organizations/{workspace}/actions")
    mirror.load("organization_actions")
    desk.box.clear_faults()
    mirror.load("organization_actions")
    assert not mirror.differences("organization_actions")


def test_footers_are_read_though_a_workspace_does_not_tell_its_members(
    mirror: Mirror, desk: Desk
) -> None:
    workspace = desk.client.get("/members/me/organizations")[0]["id"]
    refuse(desk.box, f"/organizations/{workspace}/members")
    comment = desk.write(desk.cards(desk.boards()[0])[0]["id"], "Hei\n\n---\nOwner: @nobody")
    mirror.load("actions", read_footers=True)
    assert mirror.tables.rows["actions"][comment]["data"]["text"] == "Hei"
