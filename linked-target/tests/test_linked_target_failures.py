"""Rules R10 to R12: creating exactly once, the failed list, and STATE."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.target import RecordsFailed
from singer_rest import OutcomeUnknown, RecordRefused, StopRun
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello, ToyStream

if TYPE_CHECKING:
    from toy_bed import Bed

STATE = '{"bookmarks": "here"}\n'
LOST = OutcomeUnknown("the answer was lost")
KILLED = KeyboardInterrupt()


@pytest.fixture
def one(bed: Bed) -> Bed:
    """One activity that Trello does not know."""
    bed.office["activities"].put(id="a1", subject="call")
    return bed


def crash_after_creating(bed: Bed) -> None:
    bed.trello["actions"].loses_answer = StopRun("no network")
    with pytest.raises(StopRun):
        bed.to_trello()
    bed.trello["actions"].loses_answer = None
    bed.forget()


def test_the_intent_is_stored_before_the_request(one: Bed) -> None:
    one.trello["actions"].stops = StopRun("no network")
    with pytest.raises(StopRun):
        one.to_trello()

    assert one.rows("SELECT a_id, state FROM links") == [("a1", "intent")]


def test_what_a_crashed_run_created_is_adopted(one: Bed) -> None:
    crash_after_creating(one)
    one.to_trello()
    one.both()

    assert one.writes() == []
    assert one.rows("SELECT a_id, b_id, state FROM links") == [("a1", "n1", "linked")]


def test_it_is_adopted_though_the_tap_does_not_send_the_record_again(one: Bed) -> None:
    crash_after_creating(one)
    one.to_trello({})

    assert one.writes() == []
    assert one.rows("SELECT b_id FROM links") == [("n1",)]


def test_it_is_adopted_though_the_record_was_edited_since(one: Bed) -> None:
    crash_after_creating(one)
    one.office["activities"].edit("a1", subject="call again")
    one.to_trello()

    assert one.writes() == [("update", {"text": "call again"})]
    assert one.trello["actions"].only()["text"] == "call again"


@pytest.mark.parametrize("policy", ["crmoffice", "trello"])
def test_an_edit_of_what_a_crashed_run_created_comes_back(one: Bed, policy: str) -> None:
    one.trello["actions"].name_by_source = True
    one.settings["conflict_policy"] = policy
    crash_after_creating(one)
    one.trello["actions"].edit("n-a1", text="by trello")
    one.to_trello({})
    one.to_office({})

    assert one.office["activities"].only()["subject"] == "by trello"
    assert one.trello["actions"].only()["text"] == "by trello"


@pytest.mark.parametrize("policy", ["crmoffice", "trello"])
def test_edits_of_both_before_it_is_adopted_are_a_conflict(
    one: Bed, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    one.trello["actions"].name_by_source = True
    one.settings["conflict_policy"] = policy
    crash_after_creating(one)
    one.trello["actions"].edit("n-a1", text="by trello")
    one.office["activities"].edit("a1", subject="by crmoffice")
    one.both()

    assert one.office["activities"].only()["subject"] == f"by {policy}"
    assert one.trello["actions"].only()["text"] == f"by {policy}"
    assert "crmoffice has 'by crmoffice', trello has 'by trello'" in caplog.text


@pytest.mark.parametrize("policy", ["crmoffice", "trello"])
def test_an_edit_of_what_was_created_conflicts_with_what_can_no_longer_be_written(
    one: Bed, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    one.trello["actions"].name_by_source = True
    one.settings["conflict_policy"] = policy
    crash_after_creating(one)
    one.trello["actions"].edit("n-a1", text="by trello")
    one.trello["actions"].locked = {"text"}
    one.both()
    one.trello["actions"].locked = set()
    one.both()

    expected = {"crmoffice": "call", "trello": "by trello"}[policy]
    assert one.office["activities"].only()["subject"] == expected
    assert one.trello["actions"].only()["text"] == expected
    assert "trello has 'by trello', crmoffice has 'call'" in caplog.text


def test_an_adopted_record_that_cannot_be_read_again_stops_nothing(
    one: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.trello["actions"].name_by_source = True
    crash_after_creating(one)
    one.trello["actions"].edit("n-a1", text="by trello")
    with monkeypatch.context() as patch:
        refusal = RecordRefused("no access")
        patch.setattr(ToyStream, "get", lambda *_: (_ for _ in ()).throw(refusal))
        patch.setattr(ToyStream, "get_many", lambda _, ids: [refusal for _ in ids])
        one.to_trello({})
    one.to_office()

    assert one.rows("SELECT state FROM links") == [("linked",)]
    assert one.office["activities"].only()["subject"] == "by trello"


def test_the_winner_of_such_a_conflict_is_not_taken_for_another_edit(one: Bed) -> None:
    one.trello["actions"].name_by_source = True
    crash_after_creating(one)
    one.trello["actions"].edit("n-a1", text="by trello")
    one.office["activities"].edit("a1", subject="by crmoffice", startsAt="2026-03-02")
    one.to_trello()
    one.to_office({})
    one.forget()
    one.both()

    assert one.writes() == []
    assert one.office["activities"].only()["subject"] == "by crmoffice"
    assert one.office["activities"].only()["startsAt"] == "2026-03-02"


def test_a_reference_told_in_another_way_is_no_edit(bed: Bed) -> None:
    for name in ("kari", "nora"):
        bed.office["users"].put(id=f"u-{name}", userName=name, email=f"{name}@x.no")
        bed.trello["members"].put(id=f"m-{name}", username=name, email=f"{name}@x.no")
    bed.both()
    bed.trello["actions"].put(id="n1", text="call", memberCreator__id="m-kari")
    table = bed.office["activities"]
    table.name_by_source, table.overrides = True, {"ownerId": "kari"}
    table.loses_answer = StopRun("no network")
    with pytest.raises(StopRun):
        bed.to_office()
    table.loses_answer, table.overrides = None, {}
    bed.to_office()
    bed.trello["actions"].edit("n1", memberCreator__id="m-nora")
    bed.forget()
    bed.to_trello()

    assert bed.writes() == []


def test_it_is_adopted_though_a_reference_became_known_since(one: Bed) -> None:
    one.office["activities"].edit("a1", ownerId="u1")
    one.trello["actions"].loses_answer = StopRun("no network")
    with pytest.raises(StopRun):
        one.to_trello()
    one.trello["actions"].loses_answer = None
    one.office["users"].put(id="u1", email="kari@acme.no")
    one.trello["members"].put(id="m1", email="kari@acme.no")
    one.to_trello()

    assert one.trello["actions"].only()["memberCreator"] == {"id": "m1"}


def test_an_intent_that_came_to_nothing_is_created(one: Bed) -> None:
    one.trello["actions"].stops = StopRun("no network")
    with pytest.raises(StopRun):
        one.to_trello()
    one.trello["actions"].stops = None
    one.to_trello()

    assert one.trello["actions"].calls["recover"] == 1
    assert one.writes() == [("create", {"text": "call"})]


def test_a_lost_answer_is_looked_for_and_the_request_is_not_repeated(one: Bed) -> None:
    one.trello["actions"].loses_answer = LOST
    one.both()

    assert one.trello["actions"].calls["create"] == 1
    assert one.rows("SELECT b_id, state FROM links") == [("n1", "linked")]


def test_a_lost_answer_whose_record_is_not_found_yet_fails_and_is_adopted_later(one: Bed) -> None:
    one.settings["on_error"] = "keep"
    one.trello["actions"].loses_answer = LOST
    one.trello["actions"].hides_from_recovery = True
    one.to_trello()
    ((failed, error),) = one.failed()
    assert failed == "a1"
    assert error.startswith("the answer was lost; nothing that it may have led to is found")
    assert one.trello["actions"].calls["create"] == 1

    one.trello["actions"].hides_from_recovery = False
    one.to_trello({})

    assert one.trello["actions"].calls["create"] == 1
    assert one.failed() == []


def test_what_may_just_have_been_created_is_not_created_back(one: Bed) -> None:
    one.settings["on_error"] = "keep"
    one.trello["actions"].loses_answer = LOST
    one.trello["actions"].hides_from_recovery = True
    one.to_trello()
    one.trello["actions"].put(id="n7", text="something else")
    one.trello["actions"].hides_from_recovery = False

    one.to_office()
    one.both()
    one.both()

    assert sorted(record["subject"] for record in one.office["activities"].records.values()) == [
        "call",
        "something else",
    ]
    assert len(one.trello["actions"].records) == 2


def test_a_recovered_record_with_a_partner_is_not_adopted(one: Bed) -> None:
    one.to_trello()
    one.office["activities"].put(id="a2", subject="call")
    crash_after_creating(one)
    one.to_trello()

    assert one.rows("SELECT a_id, b_id FROM links ORDER BY a_id") == [("a1", "n1"), ("a2", "n2")]


def test_a_refused_record_is_kept_whole_with_its_error_and_others_go_on(
    one: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    one.trello["actions"].refuses = "text too long"
    one.office["companies"].put(id="7", name="Acme")
    with pytest.raises(RecordsFailed, match=r"1 records failed .* activities a1: text too long"):
        one.to_trello()

    assert capsys.readouterr().out == STATE
    assert one.trello["organizations"].only()["displayName"] == "Acme"
    rows = one.rows("SELECT source_id, record, error, attempts FROM queue")
    assert [(row[0], json.loads(row[1]), *row[2:]) for row in rows] == [
        ("a1", {"id": "a1", "subject": "call"}, "text too long", 1)
    ]
    assert one.rows("SELECT * FROM links WHERE a_stream = 'activities'") == []


def test_a_failed_record_is_tried_again_without_the_tap_and_leaves_the_list(one: Bed) -> None:
    one.trello["actions"].refuses = "text too long"
    one.settings["on_error"] = "keep"
    one.to_trello()
    one.to_trello({})
    assert one.rows("SELECT attempts FROM queue") == [(2,)]

    one.trello["actions"].refuses = None
    one.to_trello({})

    assert one.trello["actions"].only()["text"] == "call"
    assert one.failed() == []


def test_a_failed_edit_is_tried_again_without_the_tap(one: Bed) -> None:
    one.both()
    one.settings["on_error"] = "keep"
    one.trello["actions"].refuses = "text too long"
    one.office["activities"].edit("a1", subject="long")
    one.to_trello()
    one.trello["actions"].refuses = None
    one.to_trello({})

    assert one.trello["actions"].only()["text"] == "long"


def test_a_failed_edit_that_is_taken_back_leaves_the_list(one: Bed) -> None:
    one.both()
    one.settings["on_error"] = "keep"
    one.trello["actions"].refuses = "text too long"
    one.office["activities"].edit("a1", subject="long")
    one.to_trello()
    one.office["activities"].edit("a1", subject="call")
    one.to_trello()

    assert one.failed() == []


def test_a_record_without_its_key_stays_on_the_list_and_is_never_written(bed: Bed) -> None:
    bed.settings["on_error"] = "keep"
    for _ in range(2):
        bed.to_trello({"activities": [{"subject": "who am I"}]})
    bed.to_trello({})

    assert bed.writes() == []
    assert [error for _, error in bed.failed()] == ["it lacks 'id'"]


def test_a_failing_map_is_an_error_of_that_record(bed: Bed) -> None:
    maps = {"companies": {"__alias__": "organizations", "displayName": "name.split('-')[1]"}}
    records = {"companies": [{"id": "1", "name": "Acme"}, {"id": "2", "name": "x-Fine"}]}
    with pytest.raises(RecordsFailed, match="its stream map fails: list index out of range"):
        bed.run(
            TargetToyTrello,
            bed.trello,
            {**TO_TRELLO, **maps},
            messages(OFFICE_SCHEMAS, records),
        )

    assert bed.trello["organizations"].only()["displayName"] == "Fine"


def test_an_invalid_record_is_an_error_of_that_record(bed: Bed) -> None:
    with pytest.raises(RecordsFailed, match="companies 1: not valid"):
        bed.to_trello({"companies": [{"id": "1", "name": ["no", "text"]}]})


def test_failures_before_a_new_schema_still_count_at_the_end(bed: Bed) -> None:
    bed.trello["actions"].refuses = "text too long"
    changed = json.loads(json.dumps(OFFICE_SCHEMAS))
    changed["activities"]["more"] = {"type": "string"}
    first = messages(OFFICE_SCHEMAS, {"activities": [{"id": "a1", "subject": "x"}]})
    with pytest.raises(RecordsFailed, match="1 records failed"):
        bed.run(TargetToyTrello, bed.trello, TO_TRELLO, first + messages(changed, {}))


@pytest.mark.parametrize("error", [StopRun("token revoked"), KILLED])
def test_a_fatal_error_stops_the_run_without_state(
    one: Bed, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    one.trello["actions"].stops = error  # type: ignore[assignment]
    with pytest.raises(type(error)):
        one.to_trello()

    assert capsys.readouterr().out == ""


def test_a_signal_stops_the_run_without_state(
    one: Bed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("toy_systems.Actions.create", create)
    try:
        with pytest.raises(StopRun, match="stopped by SIGTERM"):
            one.to_trello()
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])

    assert capsys.readouterr().out == ""
