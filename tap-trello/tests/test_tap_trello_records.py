"""Records of actions, raw and as their footers tell them."""

from __future__ import annotations

import json
from typing import Any

from tap_trello.directory import Directory
from tap_trello.footer import Footer, render
from tap_trello.records import action_record, effective_action, member_record

KARI = {
    "id": "k1",
    "username": "kari",
    "fullName": "Kari Nord",
    "initials": "KN",
    "email": None,
    "bio": "likes skiing",
}
SYNC = {"id": "s1", "username": "crmsync", "fullName": "CRM Sync"}
DIRECTORY = Directory(lambda: [KARI, SYNC])
FOOTER = Footer("2031-03-02T10:00:00+01:00", "kari", "4711", "CRMOffice")


def comment(text: str, author: dict[str, Any] = SYNC, kind: str = "commentCard") -> dict[str, Any]:
    return {
        "id": "a1",
        "idMemberCreator": author["id"],
        "type": kind,
        "date": "2026-01-01T08:00:00.000Z",
        "data": {"text": text, "card": {"id": "c1"}},
        "memberCreator": dict(author),
        "unheardOf": {"new": 1},
    }


def effective(action: dict[str, Any], trusted: tuple[str, ...] = ("s1",)) -> dict[str, Any]:
    return effective_action(action, trusted, DIRECTORY)


def test_a_trusted_footer_tells_date_author_and_text() -> None:
    record = effective(comment(render("Hello", FOOTER)))
    assert record["date"] == "2031-03-02T09:00:00.000Z"
    assert record["memberCreator"]["id"] == "k1"
    assert record["memberCreator"]["fullName"] == "Kari Nord"
    assert "bio" not in record["memberCreator"]
    assert record["data"] == {"text": "Hello", "card": {"id": "c1"}}
    assert record["footer"] == {
        "starts": "2031-03-02T10:00:00+01:00",
        "owner": "kari",
        "record": "4711",
        "label": "CRMOffice",
    }
    assert record["unstated"] == []


def test_the_author_who_really_wrote_it_stays() -> None:
    assert effective(comment(render("Hello", FOOTER)))["idMemberCreator"] == "s1"


def test_a_footer_of_anybody_else_is_plain_text() -> None:
    text = render("Hello", FOOTER)
    record = effective(comment(text, author=KARI))
    assert record["data"]["text"] == text
    assert record["date"] == "2026-01-01T08:00:00.000Z"
    assert record["memberCreator"]["id"] == "k1"
    assert record["footer"] is None
    assert record["unstated"] == ["date", "memberCreator", "data.text"]


def test_a_text_that_only_looks_like_a_footer_is_stated() -> None:
    record = effective(comment("Hello\n\n---\nOwner: @kari", author=KARI))
    assert record["data"]["text"].endswith("Owner: @kari")
    assert record["unstated"] == ["date", "memberCreator"]


def test_a_member_with_a_token_is_trusted() -> None:
    record = effective(comment(render("Hello", FOOTER), author=KARI), ("s1", "k1"))
    assert record["date"] == "2031-03-02T09:00:00.000Z"


def test_what_a_footer_does_not_state_is_listed_and_stays() -> None:
    record = effective(comment(render("Hello", Footer(owner="kari"))))
    assert record["date"] == "2026-01-01T08:00:00.000Z"
    assert record["unstated"] == ["date"]
    record = effective(comment(render("Hello", Footer("2031-03-02T10:00:00Z"))))
    assert record["memberCreator"] == SYNC
    assert record["unstated"] == ["memberCreator"]


def test_an_author_without_a_username_is_no_obstacle() -> None:
    record = effective(comment(render("Hello", FOOTER), author={**SYNC, "username": None}))
    assert record["memberCreator"]["id"] == "k1"


def test_an_owner_whom_nobody_knows_is_not_stated() -> None:
    record = effective(comment(render("Hello", Footer(owner="stranger"))))
    assert record["memberCreator"] == SYNC
    assert record["unstated"] == ["date", "memberCreator"]
    assert record["footer"]["owner"] == "stranger"


def test_an_owner_who_is_the_author_keeps_the_shape_of_the_author() -> None:
    record = effective(comment(render("Hello", Footer(owner="CRMSync"))))
    assert record["memberCreator"] == SYNC
    assert record["unstated"] == ["date"]


def test_other_actions_stay_as_they_are() -> None:
    action = comment("", kind="updateCard")
    assert effective(action) == action


def test_unknown_properties_pass_and_the_answer_is_not_changed() -> None:
    action = comment(render("Hello", FOOTER))
    before = json.dumps(action)
    assert effective(action)["unheardOf"] == {"new": 1}
    assert json.dumps(action) == before


def test_what_only_some_routes_tell_of_an_action_is_left_out() -> None:
    action = comment("Hello")
    told = {**action, "display": {"entities": {}}, "entities": [], "reactions": []}
    assert action_record(told) == action
    assert effective(told) == effective(action)


def test_a_record_survives_a_round_trip_through_json() -> None:
    record = effective(comment(render("Hello", FOOTER)))
    assert json.loads(json.dumps(record)) == record


def test_a_member_tells_whether_the_token_is_theirs() -> None:
    assert member_record(SYNC, "s1") == {**SYNC, "tokenOwner": True}
    assert member_record(KARI, "s1")["tokenOwner"] is False
