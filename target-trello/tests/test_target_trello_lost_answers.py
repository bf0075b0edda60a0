"""Writes whose answer was lost or cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent
from singer_rest import OutcomeUnknown, RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]


def intent_for(source_id: str, stream: str = "activities") -> Intent:
    return Intent("crmoffice", stream, source_id, datetime.now(timezone.utc))


def free(_: str) -> bool:
    return False


@pytest.fixture
def actions(open_streams: Open, client: TrelloClient) -> DestinationStream:
    board = client.get("/members/me/boards")[0]["id"]
    card = client.get(f"/boards/{board}/cards")[0]["id"]
    return open_streams(card_id=card)["actions"]


@pytest.fixture
def organizations(open_streams: Open) -> DestinationStream:
    return open_streams()["organizations"]


def lose(
    box: RunningSandbox,
    stream: DestinationStream,
    values: dict[str, Any],
    intent: Intent,
    kind: str = "drop_after_commit",
) -> None:
    box.add_fault(kind, system="trello", method="POST", count=1)
    with pytest.raises(OutcomeUnknown):
        stream.create(values, intent)


def feeds_read(box: RunningSandbox) -> int:
    return sum(1 for each in box.log() if each["path"].endswith("/actions"))


@pytest.mark.parametrize("kind", ["cut_body", "drop_after_commit", "status_after_commit"])
def test_a_comment_whose_answer_was_cut_or_lost_is_never_sent_twice_and_found(
    box: RunningSandbox, actions: DestinationStream, kind: str
) -> None:
    lose(box, actions, {"data__text": "Hi"}, intent_for("1"), kind)

    found = actions.recover({}, intent_for("1"), taken=free)

    assert found is not None
    assert found["data"]["text"] == "Hi"
    assert box.requests()["trello"]["POST"] == 1


@pytest.mark.parametrize("kind", ["cut_body", "drop_after_commit", "status_after_commit"])
def test_an_edit_whose_answer_was_cut_or_lost_is_sent_again(
    box: RunningSandbox, actions: DestinationStream, kind: str
) -> None:
    made = actions.create({"data__text": "Hi"}, intent_for("1"))
    box.add_fault(kind, system="trello", method="PUT", count=1)

    assert actions.update(made, {"data__text": "New"})["data"]["text"] == "New"
    assert box.requests()["trello"]["PUT"] == 2


@pytest.mark.parametrize("kind", ["cut_body", "drop_after_commit", "status_after_commit"])
def test_a_workspace_whose_answer_was_cut_or_lost_is_never_sent_twice_and_found(
    box: RunningSandbox, organizations: DestinationStream, kind: str
) -> None:
    intent = intent_for("1", "companies")
    lose(box, organizations, {"displayName": "Nordlys"}, intent, kind)

    found = organizations.recover({"displayName": "Nordlys"}, intent, taken=free)

    assert found is not None
    assert found["displayName"] == "Nordlys"
    assert box.requests()["trello"]["POST"] == 1


def test_a_workspace_that_can_not_be_read_once_it_was_created_is_no_refusal(
    box: RunningSandbox, organizations: DestinationStream
) -> None:
    intent = intent_for("1", "companies")
    fault = {"system": "trello", "method": "GET", "path": "/organizations/", "count": 1}
    box.add_fault("status", status=403, **fault)

    with pytest.raises(OutcomeUnknown, match="403"):
        organizations.create({"displayName": "Nordlys"}, intent)

    assert organizations.recover({"displayName": "Nordlys"}, intent, taken=free) is not None


@pytest.mark.parametrize("answer", [None, [], "text", {"message": "created"}])
def test_an_answer_that_is_no_record_leaves_the_outcome_of_a_creation_unknown(
    open_streams: Open, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    streams = open_streams(card_id="5f" * 12)
    client = streams["actions"]._client  # type: ignore[attr-defined]
    _ = streams["actions"]._account.own_id  # type: ignore[attr-defined]
    monkeypatch.setattr(client, "request", lambda *_, **__: answer)

    with pytest.raises(OutcomeUnknown, match="without the new comment"):
        streams["actions"].create({}, intent_for("1"))
    with pytest.raises(OutcomeUnknown, match="without the new workspace"):
        streams["organizations"].create({"displayName": "A"}, intent_for("1", "companies"))


def test_one_reading_of_the_card_serves_many_lost_answers(
    box: RunningSandbox, actions: DestinationStream
) -> None:
    for number in range(5):
        lose(box, actions, {"data__text": f"Call {number}"}, intent_for(str(number)))
    box.reset_requests()

    for number in range(6):
        found = actions.recover({}, intent_for(str(number)), taken=free)
        assert (found is not None) == (number < 5)
        assert found is None or found["data"]["text"] == f"Call {number}"
        actions.create({}, intent_for(f"after {number}"))
    assert feeds_read(box) == 1


def test_the_card_is_read_again_for_an_attempt_that_came_later(
    box: RunningSandbox, actions: DestinationStream
) -> None:
    assert actions.recover({}, intent_for("1"), taken=free) is None
    lose(box, actions, {}, intent_for("1"))

    assert actions.recover({}, intent_for("1"), taken=free) is not None
    assert feeds_read(box) == 2


def test_the_card_is_read_again_for_an_intent_from_longer_ago(
    box: RunningSandbox, actions: DestinationStream
) -> None:
    made = actions.create({}, intent_for("1"))
    later = datetime.now(timezone.utc) + timedelta(days=1)
    assert actions.recover({}, replace(intent_for("1"), begun_at=later), taken=free) is None

    assert actions.recover({}, intent_for("1"), taken=free) == made
    assert actions.recover({}, replace(intent_for("1"), begun_at=later), taken=free) == made
    assert feeds_read(box) == 2


def test_a_card_that_is_read_again_is_read_from_as_long_ago_as_before(
    box: RunningSandbox, actions: DestinationStream
) -> None:
    old = replace(intent_for("1"), begun_at=datetime.now(timezone.utc) - timedelta(days=1))
    assert actions.recover({}, old, taken=free) is None
    lose(box, actions, {}, intent_for("2"))
    assert actions.recover({}, intent_for("2"), taken=free) is not None
    assert actions.recover({}, old, taken=free) is None
    assert feeds_read(box) == 2


def test_a_comment_that_was_deleted_since_it_was_found_is_not_adopted(
    box: RunningSandbox, actions: DestinationStream, client: TrelloClient
) -> None:
    for number in ("1", "2"):
        lose(box, actions, {}, intent_for(number))
    first = actions.recover({}, intent_for("1"), taken=free)
    second = actions.recover({}, intent_for("2"), taken=free)
    assert first is not None
    assert second is not None
    client.request("DELETE", f"/actions/{second['id']}")

    assert actions.recover({}, intent_for("2"), taken=free) is None


def test_one_list_of_workspaces_serves_many_lost_answers(
    box: RunningSandbox, organizations: DestinationStream
) -> None:
    def intent(number: int) -> Intent:
        return intent_for(str(number), "companies")

    for number in range(4):
        lose(box, organizations, {"displayName": f"Company {number}"}, intent(number))
    box.reset_requests()

    for number in range(5):
        values = {"displayName": f"Company {number}"}
        assert (organizations.recover(values, intent(number), taken=free) is not None) == (
            number < 4
        )
    lists = [each for each in box.log() if each["path"].endswith("/members/me/organizations")]
    assert len(lists) == 1


def test_a_workspace_of_another_record_is_not_taken_for_one_under_a_replaced_name(
    box: RunningSandbox, organizations: DestinationStream
) -> None:
    same = {"displayName": "Nordlys"}
    box.add_fault("drop_before", system="trello", method="POST", count=1)
    with pytest.raises(OutcomeUnknown):
        organizations.create(same, intent_for("1", "companies"))
    answered = organizations.create(same, intent_for("101", "companies"))
    lose(box, organizations, same, intent_for("102", "companies"))
    assert answered["name"] == "crmoffice_companies_101"

    assert organizations.recover(same, intent_for("1", "companies"), taken=free) is None
    found = organizations.recover(same, intent_for("102", "companies"), taken=free)
    assert found is not None
    assert found["name"] == "crmoffice_companies_102"


def test_a_name_of_a_member_whose_answer_was_cut_is_written_again(
    box: RunningSandbox, open_streams: Open
) -> None:
    members = open_streams()["members"]
    own = next(each for each in members.candidates() if each["tokenOwner"])
    box.add_fault("cut_body", system="trello", method="PUT", count=1)

    assert members.update(own, {"fullName": "New Name"})["fullName"] == "New Name"
    assert box.requests()["trello"]["PUT"] == 2


@pytest.mark.parametrize("answer", ["member", "organization"])
def test_an_invitation_costs_no_further_list_where_the_answer_tells_all(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, answer: str
) -> None:
    box.switch(invite_answer=answer)
    workspace = client.get("/members/me/organizations")[0]["id"]
    members = open_streams(create_members="invite", organization_id=workspace)["members"]
    box.reset_requests()

    for number in range(3):
        values = {"email": f"n{number}@nowhere.example", "fullName": f"Person {number}"}
        made = members.create(values, intent_for(str(number), "contacts"))
        assert made["fullName"] == f"Person {number}"

    lists = [
        each
        for each in box.log()
        if each["method"] == "GET" and each["path"].endswith(f"/{workspace}/members")
    ]
    assert len(lists) == (1 if answer == "member" else 4)


@pytest.mark.parametrize("answer", [None, [], "text", {"message": "moved"}])
def test_an_answer_that_is_no_record_is_refused_and_stops_nothing_else(
    open_streams: Open, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    streams = open_streams()
    client = streams["actions"]._client  # type: ignore[attr-defined]
    monkeypatch.setattr(client, "get", lambda *_: answer)

    for name in ("actions", "organizations"):
        (found,) = streams[name].get_many(["1"])
        assert isinstance(found, RecordRefused)
        with pytest.raises(RecordRefused):
            streams[name].get("1")
