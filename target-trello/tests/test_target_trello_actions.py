"""Comments."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent
from singer_rest import NotFound, OutcomeUnknown, RecordRefused
from tap_trello.account import Account
from tap_trello.records import effective_action
from target_trello.comment_text import LONGEST_TEXT, label_of, starts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream, Facts
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]

STARTS = "2026-03-02T10:00:00+01:00"


@pytest.fixture
def card(client: TrelloClient) -> str:
    board = client.get("/members/me/boards")[0]["id"]
    return str(client.get(f"/boards/{board}/cards")[0]["id"])


@pytest.fixture
def members(client: TrelloClient) -> dict[str, dict[str, Any]]:
    return {member["username"]: member for member in Account(client).members}


@pytest.fixture
def anna(members: dict[str, dict[str, Any]]) -> str:
    return str(members["annahavblikk"]["id"])


@pytest.fixture
def values(anna: str) -> dict[str, Any]:
    return {"memberCreator__id": anna, "date": STARTS, "data__text": "Called about the offer"}


@pytest.fixture
def actions(open_streams: Open, card: str) -> DestinationStream:
    return open_streams(card_id=card)["actions"]


def as_tap_reads(client: TrelloClient, card: str, *trusted: str) -> dict[str, dict[str, Any]]:
    """The comments of a card by id, read by a run of the tap's own."""
    account = Account(client)
    feed = client.get(f"/cards/{card}/actions", {"filter": "commentCard", "limit": 1000})
    known = {account.own_id, *trusted}
    return {raw["id"]: effective_action(raw, known, account.directory) for raw in feed}


def raw_text(client: TrelloClient, record: dict[str, Any]) -> str:
    return str(client.get(f"/actions/{record['id']}")["data"]["text"])


def none_taken(_: str) -> bool:
    return False


def test_a_new_activity_is_a_comment_that_says_what_trello_can_not(
    actions: DestinationStream, client: TrelloClient, values: dict[str, Any], intent: Intent
) -> None:
    made = actions.create(values, intent)
    assert raw_text(client, made) == (
        "Called about the offer\n\n---\n"
        f"Starts: {STARTS}\nOwner: @annahavblikk\nCRMOffice activity: 4711"
    )


def test_what_was_written_reads_back_as_the_tap_reads_it(
    actions: DestinationStream,
    client: TrelloClient,
    card: str,
    values: dict[str, Any],
    intent: Intent,
) -> None:
    made = actions.create(values, intent)
    assert as_tap_reads(client, card)[made["id"]] == json.loads(json.dumps(made))
    assert actions.get(made["id"]) == made
    changed = actions.update(made, {"date": "2027-01-01T00:00:00Z"})
    assert as_tap_reads(client, card)[made["id"]] == changed


def test_its_effective_values_are_those_of_the_activity(
    actions: DestinationStream, values: dict[str, Any], anna: str, intent: Intent
) -> None:
    made = actions.create(values, intent)
    assert made["memberCreator"]["id"] == anna
    assert made["date"] == "2026-03-02T09:00:00.000Z"
    assert made["data"]["text"] == "Called about the offer"
    assert made["unstated"] == []


def test_its_author_is_the_owner_where_the_owners_token_is_known(
    *,
    box: RunningSandbox,
    open_streams: Open,
    client: TrelloClient,
    card: str,
    values: dict[str, Any],
    anna: str,
    intent: Intent,
) -> None:
    tokens = {anna: box.token("annahavblikk")}
    made = open_streams(card_id=card, member_tokens=tokens)["actions"].create(values, intent)
    assert client.get(f"/actions/{made['id']}")["idMemberCreator"] == anna
    assert as_tap_reads(client, card, anna)[made["id"]] == made


def test_where_the_owners_token_is_refused_the_integration_writes_and_says_so(
    *,
    open_streams: Open,
    client: TrelloClient,
    card: str,
    values: dict[str, Any],
    anna: str,
    intent: Intent,
    caplog: pytest.LogCaptureFixture,
) -> None:
    streams = open_streams(card_id=card, member_tokens={anna: "sandbox-token-expired"})
    made = streams["actions"].create(values, intent)
    assert client.get(f"/actions/{made['id']}")["memberCreator"]["username"] == "crmsync"
    assert made["memberCreator"]["id"] == anna
    assert "@annahavblikk can't write" in caplog.text
    assert "sandbox-token" not in caplog.text


def test_an_activity_that_says_nothing_is_a_comment_nonetheless(
    actions: DestinationStream, client: TrelloClient, intent: Intent
) -> None:
    made = actions.create({}, intent)
    assert raw_text(client, made) == "(no subject)\n\n---\nCRMOffice activity: 4711"
    assert made["unstated"] == ["date", "memberCreator"]


def test_the_records_own_card_comes_before_the_setting(
    actions: DestinationStream, client: TrelloClient, intent: Intent
) -> None:
    board = client.get("/members/me/boards")[1]["id"]
    other = client.get(f"/boards/{board}/cards")[0]["id"]
    made = actions.create({"data__text": "Hi", "data__card__id": other}, intent)
    assert made["data"]["card"]["id"] == other


def test_an_owner_may_be_named_by_username(
    actions: DestinationStream, anna: str, intent: Intent
) -> None:
    made = actions.create({"memberCreator__id": "annahavblikk"}, intent)
    assert made["memberCreator"]["id"] == anna


def test_an_owner_who_does_not_exist_refuses_that_record_only(
    box: RunningSandbox, actions: DestinationStream, intent: Intent
) -> None:
    with pytest.raises(RecordRefused):
        actions.create({"memberCreator__id": "0" * 24}, intent)
    assert box.writes() == 0


def test_a_text_that_is_too_long_with_its_footer_is_not_cut_but_refused(
    box: RunningSandbox, actions: DestinationStream, intent: Intent
) -> None:
    with pytest.raises(RecordRefused, match="16384"):
        actions.create({"data__text": "x" * (LONGEST_TEXT - 10)}, intent)
    assert box.writes() == 0


def test_a_start_without_an_offset_is_stated_in_utc_and_one_that_is_no_time_is_refused() -> None:
    assert starts_of("2026-03-02T10:00:00") == "2026-03-02T10:00:00.000Z"
    assert starts_of(STARTS) == STARTS
    assert starts_of(None) is None
    with pytest.raises(RecordRefused, match="soon"):
        starts_of("soon")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"data__text": "New"},
            f"New\n\n---\nStarts: {STARTS}\nOwner: @annahavblikk\nCRMOffice activity: 4711",
        ),
        (
            {"date": "2030-01-01T00:00:00Z"},
            (
                "Called about the offer\n\n---\nStarts: 2030-01-01T00:00:00Z\n"
                "Owner: @annahavblikk\nCRMOffice activity: 4711"
            ),
        ),
        (
            {"date": None},
            "Called about the offer\n\n---\nOwner: @annahavblikk\nCRMOffice activity: 4711",
        ),
    ],
)
def test_an_edit_changes_its_line_and_no_other(
    *,
    actions: DestinationStream,
    client: TrelloClient,
    values: dict[str, Any],
    intent: Intent,
    changes: dict[str, Any],
    expected: str,
) -> None:
    made = actions.create(values, intent)
    changed = actions.update(actions.get(made["id"]), changes)
    assert raw_text(client, made) == expected
    assert changed == actions.get(made["id"])


def test_a_new_owner_is_stated_by_username(
    actions: DestinationStream,
    members: dict[str, dict[str, Any]],
    values: dict[str, Any],
    intent: Intent,
) -> None:
    bard = members["bardnordhei"]["id"]
    changed = actions.update(actions.create(values, intent), {"memberCreator__id": bard})
    assert changed["memberCreator"]["id"] == bard
    assert changed["footer"]["owner"] == "bardnordhei"


def test_an_edit_that_changes_nothing_is_no_request(
    box: RunningSandbox, actions: DestinationStream, values: dict[str, Any], intent: Intent
) -> None:
    made = actions.create(values, intent)
    box.reset_requests()
    assert actions.update(made, {"data__text": " Called about the offer\r\n"}) == made
    assert box.requests()["trello"]["PUT"] == 0


def test_a_comment_of_the_owner_is_edited_as_the_owner(
    box: RunningSandbox, open_streams: Open, card: str, anna: str, intent: Intent
) -> None:
    streams = open_streams(card_id=card, member_tokens={anna: box.token("annahavblikk")})
    actions = streams["actions"]
    made = actions.create({"memberCreator__id": anna, "data__text": "Hi"}, intent)
    assert actions.unwritable(made, ["date"]) == {}
    changed = actions.update(made, {"date": STARTS})
    assert changed["date"] == "2026-03-02T09:00:00.000Z"
    assert changed["idMemberCreator"] == anna


def test_a_comment_without_a_footer_gets_only_the_changed_line(
    actions: DestinationStream, client: TrelloClient, card: str
) -> None:
    raw = client.request("POST", f"/cards/{card}/actions/comments", json={"text": "By hand"})
    record = actions.get(raw["id"])
    assert record["footer"] is None
    actions.update(record, {"date": STARTS})
    assert raw_text(client, raw) == f"By hand\n\n---\nStarts: {STARTS}"


def test_what_can_not_be_written_is_told_with_its_reason_and_without_a_request(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, card: str, intent: Intent
) -> None:
    headers = box.authorization(box.token("annahavblikk"))
    path = f"/cards/{card}/actions/comments"
    raw = client.request("POST", path, json={"text": "Mine"}, headers=headers)
    first = open_streams(card_id=card)["actions"]
    foreign, own = first.get(raw["id"]), first.create({}, intent)
    actions = open_streams(card_id=card)["actions"]
    box.reset_requests()
    names = ["date", "data__text", "memberCreator__id"]
    reasons = actions.unwritable(foreign, names)
    assert set(reasons) == set(names)
    assert "@annahavblikk" in reasons["date"]
    assert set(actions.unwritable({**own, "type": "updateCard"}, names)) == set(names)
    assert actions.unwritable(own, names) == {}
    assert set(actions.unwritable(own, [*names, "data__card__id"])) == {"data__card__id"}
    assert sum(box.requests()["trello"].values()) == 0


def test_a_deleted_comment_is_not_found(
    actions: DestinationStream, client: TrelloClient, intent: Intent
) -> None:
    made = actions.create({"data__text": "Hi"}, intent)
    client.request("DELETE", f"/actions/{made['id']}")
    with pytest.raises(NotFound):
        actions.get(made["id"])


@pytest.mark.parametrize("kind", ["drop_after_commit", "status_after_commit"])
def test_a_comment_whose_answer_was_lost_is_found_by_its_footer(
    *,
    box: RunningSandbox,
    actions: DestinationStream,
    client: TrelloClient,
    card: str,
    values: dict[str, Any],
    intent: Intent,
    kind: str,
) -> None:
    box.add_fault(kind, system="trello", method="POST", path="/comments", count=1)
    with pytest.raises(OutcomeUnknown):
        actions.create(values, intent)
    found = actions.recover(values, intent, taken=none_taken)
    assert found is not None
    assert as_tap_reads(client, card)[found["id"]] == found
    other = Intent("crmoffice", "activities", "4712", intent.begun_at)
    assert actions.recover(values, other, taken=none_taken) is None
    assert actions.recover(values, intent, taken=lambda each: each == found["id"]) is None


def test_a_footer_of_somebody_else_is_never_adopted(
    *,
    box: RunningSandbox,
    actions: DestinationStream,
    client: TrelloClient,
    card: str,
    values: dict[str, Any],
    intent: Intent,
) -> None:
    headers = box.authorization(box.token("annahavblikk"))
    text = "Fake\n\n---\nCRMOffice activity: 4711"
    path = f"/cards/{card}/actions/comments"
    client.request("POST", path, json={"text": text}, headers=headers)
    assert actions.recover(values, intent, taken=none_taken) is None


def test_of_two_comments_for_one_record_none_is_guessed(
    actions: DestinationStream, values: dict[str, Any], intent: Intent
) -> None:
    made = [actions.create(values, intent)["id"] for _ in range(2)]
    with pytest.raises(RecordRefused, match=made[0]):
        actions.recover(values, intent, taken=none_taken)


def test_comments_from_long_before_the_intent_are_not_looked_at(
    actions: DestinationStream, values: dict[str, Any], intent: Intent
) -> None:
    actions.create(values, intent)
    later = datetime.now(timezone.utc) + timedelta(days=1)
    after = Intent(intent.source, intent.source_stream, intent.source_id, later)
    assert actions.recover(values, after, taken=none_taken) is None


def test_whose_token_it_is_is_asked_only_once_for_all_runs(
    box: RunningSandbox, open_streams: Open, card: str, intent: Intent
) -> None:
    open_streams(card_id=card)["actions"].create({}, intent)
    open_streams(card_id=card)["actions"].create({}, intent)
    asked = [each for each in box.log() if each["path"].endswith("/members/me")]
    assert len(asked) == 1


def test_the_token_itself_is_not_remembered(
    open_streams: Open, facts: Facts, card: str, intent: Intent
) -> None:
    open_streams(card_id=card)["actions"].create({}, intent)
    with facts.transactions.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM facts").fetchall())
    assert "own member" in kept
    assert "sandbox-token" not in kept


def test_sources_are_called_as_people_call_them() -> None:
    assert label_of("crmoffice") == "CRMOffice"
    assert label_of("tap:sheet") == "tap sheet"


def test_a_comment_from_before_this_link_store_tells_its_record(
    open_streams: Open, card: str, values: dict[str, Any], intent: Intent
) -> None:
    made = open_streams(card_id=card)["actions"].create(values, intent)
    actions = open_streams(card_id=card)["actions"]
    assert actions.partner_told({}, values, intent) == made["id"]
    assert actions.partner_told({}, values, replace(intent, source_id="other")) is None


def test_a_card_is_searched_for_earlier_comments_once_in_the_life_of_a_link_store(
    open_streams: Open, card: str, values: dict[str, Any], intent: Intent
) -> None:
    assert open_streams(card_id=card)["actions"].partner_told({}, values, intent) is None
    open_streams(card_id=card)["actions"].create(values, intent)
    assert open_streams(card_id=card)["actions"].partner_told({}, values, intent) is None


def test_an_earlier_comment_that_was_deleted_is_no_partner(
    open_streams: Open, client: TrelloClient, card: str, values: dict[str, Any], intent: Intent
) -> None:
    actions = open_streams(card_id=card)["actions"]
    first, second = actions.create(values, intent), actions.create(values, intent)
    actions = open_streams(card_id=card)["actions"]
    with pytest.raises(RecordRefused, match="several comments stand for it"):
        actions.partner_told({}, values, intent)
    client.request("DELETE", f"/actions/{first['id']}")
    assert actions.partner_told({}, values, intent) == second["id"]
