"""Rule R13: records that are gone, and what becomes of their partners."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.cli.by_hand import join_by_hand
from linked_target.cli.csv_links import End
from linked_target.store.database import open_store
from singer_rest import NotFound, OutcomeUnknown, RecordRefused, StopRun
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, lines_of, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from collections.abc import Callable

    from toy_bed import Bed
    from toy_table import Table

SIDES = ("crmoffice", "trello")
STREAMS = {"crmoffice": "activities", "trello": "actions"}
IDS = {"crmoffice": "a1", "trello": "n1"}
TEXT = {"crmoffice": "subject", "trello": "text"}
STATES = "SELECT state, gone FROM links WHERE a_id = 'a1' AND b_id = 'n1'"

sides = pytest.mark.parametrize("gone", SIDES)
policies = pytest.mark.parametrize("policy", ["keep", "unlink", "delete"])


@pytest.fixture
def bed(bed: Bed) -> Bed:
    """Two linked activities, at rest."""
    bed.office["activities"].put(id="a1", subject="call")
    bed.to_trello()
    bed.office["activities"].put(id="a2", subject="meet")
    bed.both()
    bed.forget()
    return bed


def other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def table(bed: Bed, side: str) -> Table:
    """The table of the activities or the actions."""
    return (bed.office if side == "crmoffice" else bed.trello)[STREAMS[side]]


def run_from(bed: Bed, side: str) -> Callable[..., None]:
    return bed.to_trello if side == "crmoffice" else bed.to_office


def read_all(bed: Bed, side: str) -> None:
    """Sync from a side by a full read that comes to its end."""
    run_from(bed, side)(version=7)


def delete(bed: Bed, gone: str, policy: str) -> None:
    """A user deletes a record, and a full read tells."""
    bed.settings["on_delete"] = policy
    table(bed, gone).remove(IDS[gone])
    read_all(bed, gone)


def texts(bed: Bed, side: str) -> list[str]:
    return sorted(record[TEXT[side]] for record in table(bed, side).records.values())


@sides
def test_a_kept_survivor_stays_and_gets_no_new_partner(bed: Bed, gone: str) -> None:
    delete(bed, gone, "keep")
    assert bed.rows(STATES) == [("orphaned", gone)]

    table(bed, other(gone)).edit(IDS[other(gone)], **{TEXT[other(gone)]: "call again"})
    for _ in range(2):
        read_all(bed, other(gone))
        read_all(bed, gone)

    assert bed.writes() == []
    assert bed.rows(STATES) == [("orphaned", gone)]
    assert texts(bed, other(gone)) == ["call again", "meet"]
    assert texts(bed, gone) == ["meet"]


@sides
def test_an_unlinked_survivor_counts_as_one_that_never_had_a_partner(bed: Bed, gone: str) -> None:
    delete(bed, gone, "unlink")
    assert bed.rows(STATES) == []
    assert bed.writes() == []

    read_all(bed, other(gone))

    assert texts(bed, gone) == texts(bed, other(gone)) == ["call", "meet"]


@sides
def test_a_survivor_is_deleted_with_its_link(bed: Bed, gone: str) -> None:
    delete(bed, gone, "delete")

    assert [call for call, _ in bed.writes()] == ["delete"]
    assert texts(bed, other(gone)) == ["meet"]
    assert bed.rows(STATES) == []

    read_all(bed, other(gone))
    assert len(bed.writes()) == 1


@policies
def test_a_partial_read_deletes_nothing(bed: Bed, policy: str) -> None:
    bed.settings["on_delete"] = policy
    bed.to_trello({"activities": []})
    bed.to_office({"actions": []})

    assert bed.writes() == []
    assert bed.rows(STATES) == [("linked", None)]


@sides
@pytest.mark.parametrize("value", ["call again", None])
def test_a_survivor_that_was_edited_is_not_deleted(bed: Bed, gone: str, value: str | None) -> None:
    survivor = other(gone)
    table(bed, survivor).edit(IDS[survivor], **{TEXT[survivor]: value})
    delete(bed, gone, "delete")

    assert bed.writes() == []
    reason = "it was edited after its partner was deleted"
    assert bed.rows("SELECT gone, reason FROM links WHERE a_id = 'a1'") == [(gone, reason)]


def test_an_edit_of_what_is_not_in_step_does_not_save_a_survivor(bed: Bed) -> None:
    bed.office["activities"].put(id="a3", subject="stays")
    bed.both()
    bed.forget()
    bed.office["activities"].edit("a1", noise="more")
    bed.trello["actions"].edit("n2", color="red")
    bed.settings["on_delete"] = "delete"
    bed.trello["actions"].remove("n1")
    bed.office["activities"].remove("a2")
    bed.both(version=7)

    assert sorted(call for call, _ in bed.writes()) == ["delete", "delete"]


@sides
def test_a_survivor_with_a_value_that_its_partner_never_got_is_not_deleted(
    bed: Bed, gone: str
) -> None:
    survivor = other(gone)
    table(bed, gone).locked = {TEXT[gone]}
    table(bed, survivor).edit(IDS[survivor], **{TEXT[survivor]: "call again"})
    run_from(bed, survivor)()
    delete(bed, gone, "delete")

    assert bed.writes() == []
    reason = "it has values that its deleted partner never got"
    assert bed.rows("SELECT gone, reason FROM links WHERE a_id = 'a1'") == [(gone, reason)]


@sides
def test_an_undeletable_survivor_is_kept(bed: Bed, gone: str) -> None:
    table(bed, other(gone)).undeletable = "not here"
    delete(bed, gone, "delete")

    assert bed.requests() == 0
    assert bed.rows(STATES) == [("orphaned", gone)]


def test_a_survivor_whose_deletion_is_refused_is_kept_with_the_reason(bed: Bed) -> None:
    def refuse(call: str, values: dict[str, Any]) -> None:
        if (call, values.get("id")) == ("delete", "n1"):
            raise RecordRefused("it is archived")

    bed.trello["actions"].before_write = refuse
    bed.office["activities"].put(id="a3", subject="new")
    bed.office["activities"].remove("a2")
    delete(bed, "crmoffice", "delete")

    assert texts(bed, "trello") == ["call", "new"]
    assert bed.rows("SELECT reason FROM links WHERE a_id = 'a1'") == [
        ("its partner was deleted, but it can't be: it is archived",)
    ]


@pytest.mark.parametrize("committed", [True, False])
def test_a_deletion_whose_answer_is_lost_is_finished_by_the_next_full_read(
    bed: Bed, committed: bool
) -> None:
    def lose(call: str, _: dict[str, Any]) -> None:
        if call == "delete":
            raise OutcomeUnknown("the answer was lost")

    bed.office["activities"].put(id="a3", subject="stays")
    bed.to_trello()
    actions = bed.trello["actions"]
    actions.before_write, actions.after_write = (None, lose) if committed else (lose, None)
    bed.office["activities"].remove("a2")
    delete(bed, "crmoffice", "delete")
    actions.before_write = actions.after_write = None
    read_all(bed, "crmoffice")

    assert texts(bed, "trello") == ["stays"]
    assert bed.rows("SELECT a_id FROM links") == [("a3",)]


@policies
def test_nobody_is_left_where_both_are_deleted(bed: Bed, policy: str) -> None:
    bed.trello["actions"].remove("n1")
    delete(bed, "crmoffice", policy)
    read_all(bed, "trello")

    assert bed.rows("SELECT a_id FROM links") == [("a2",)]
    assert bed.writes() == []


@sides
@pytest.mark.parametrize("policy", ["unlink", "delete"])
def test_a_run_stops_before_it_harms_more_than_it_may(
    bed: Bed, gone: str, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bed.office["activities"].put(id="a3", subject="stays")
    bed.both()
    bed.forget()
    capsys.readouterr()
    links = bed.rows("SELECT * FROM links")
    bed.settings |= {"on_delete": policy, "max_deletes": 1}
    for record_id in ("a1", "a2") if gone == "crmoffice" else ("n1", "n2"):
        table(bed, gone).remove(record_id)

    with pytest.raises(StopRun, match=f"2 records are gone from {gone}, and max_deletes is 1"):
        read_all(bed, gone)

    assert bed.rows("SELECT * FROM links") == links
    assert bed.requests() == 0
    assert capsys.readouterr().out == ""

    bed.settings["max_deletes"] = 2
    read_all(bed, gone)
    assert bed.rows("SELECT a_id FROM links") == [("a3",)]
    assert len(bed.writes()) == (2 if policy == "delete" else 0)


def test_deletions_of_all_streams_count_together(bed: Bed) -> None:
    for number in ("1", "2"):
        bed.office["companies"].put(id=number, name=f"Company {number}")
    bed.both()
    bed.settings |= {"on_delete": "delete", "max_deletes": 1}
    bed.office["companies"].remove("1")
    bed.office["activities"].remove("a1")

    with pytest.raises(StopRun, match="2 records are gone"):
        read_all(bed, "crmoffice")

    assert len(bed.trello["organizations"].records) == 2


def test_keeping_needs_no_limit(bed: Bed) -> None:
    bed.settings["max_deletes"] = 0
    delete(bed, "crmoffice", "keep")

    assert bed.rows(STATES) == [("orphaned", "crmoffice")]


def test_children_are_deleted_before_their_parents(bed: Bed) -> None:
    bed.office["companies"].put(id="1", name="Acme")
    bed.office["companies"].put(id="2", name="Other")
    bed.office["activities"].put(id="a3", subject="with Acme", company__id="1")
    bed.both()
    done: list[str] = []
    for name in ("organizations", "actions"):
        bed.trello[name].before_write = lambda *_, name=name: done.append(name)
    bed.settings["on_delete"] = "delete"
    bed.office["companies"].remove("1")
    bed.office["activities"].remove("a3")
    read_all(bed, "crmoffice")

    assert done == ["actions", "organizations"]


def edit_without_partner(bed: Bed, policy: str) -> None:
    bed.settings["on_delete"] = policy
    bed.trello["actions"].records.pop("n1", None)
    bed.office["activities"].edit("a1", subject="call again")
    bed.to_trello()


def test_an_edited_record_whose_partner_is_gone_is_kept_without_one(bed: Bed) -> None:
    edit_without_partner(bed, "keep")
    bed.both()

    assert bed.writes() == []
    assert bed.rows(STATES) == [("orphaned", "trello")]


def test_an_edited_record_whose_partner_is_gone_gets_a_new_one_where_links_are_dropped(
    bed: Bed,
) -> None:
    edit_without_partner(bed, "unlink")

    assert bed.writes() == [("create", {"text": "call again"})]
    assert bed.rows("SELECT b_id, state FROM links WHERE a_id = 'a1'") == [("n3", "linked")]


def test_an_edited_record_whose_partner_is_gone_is_for_a_person_to_judge_where_both_go(
    bed: Bed,
) -> None:
    edit_without_partner(bed, "delete")
    read_all(bed, "trello")

    assert texts(bed, "crmoffice") == ["call again", "meet"]
    reason = "it was edited after its partner was deleted"
    assert bed.rows("SELECT gone, reason FROM links WHERE a_id = 'a1'") == [("trello", reason)]


@pytest.mark.parametrize(("policy", "made"), [("keep", 0), ("unlink", 1), ("delete", 0)])
def test_a_partner_that_vanishes_between_read_and_write_counts_as_gone(
    bed: Bed, policy: str, made: int
) -> None:
    def vanish(call: str, _: dict[str, Any]) -> None:
        if call == "update":
            del bed.trello["actions"].records["n1"]
            raise NotFound("no n1")

    bed.trello["actions"].before_write = vanish
    bed.settings["on_delete"] = policy
    bed.office["activities"].edit("a1", subject="call again")
    bed.to_trello()

    assert len(bed.trello["actions"].records) == 1 + made
    assert bed.failed() == []


@pytest.mark.parametrize(("policy", "made"), [("keep", 0), ("unlink", 1), ("delete", 0)])
def test_a_held_value_whose_record_is_gone_ends_as_the_policy_says(
    bed: Bed, policy: str, made: int
) -> None:
    """Where the link is dropped, a new partner is made though the tap does not tell it again."""
    bed.settings["on_delete"] = policy
    bed.trello["actions"].locked = {"text"}
    bed.office["activities"].edit("a1", subject="call again")
    bed.to_trello()
    bed.trello["actions"].remove("n1")
    bed.trello["actions"].locked = set()
    bed.to_trello({})
    bed.to_trello({})

    assert texts(bed, "trello") == ["call again", "meet"][1 - made :]
    assert bed.open("held") == ([] if made else ["text"])


@sides
@pytest.mark.parametrize("edited", [True, False])
def test_a_record_that_comes_back_is_in_step_again(bed: Bed, gone: str, edited: bool) -> None:
    away = table(bed, gone).records[IDS[gone]]
    delete(bed, gone, "keep")
    table(bed, other(gone)).edit(IDS[other(gone)], **{TEXT[other(gone)]: "call again"})
    read_all(bed, other(gone))
    table(bed, gone).records[IDS[gone]] = {**away, "noise": "more"} if edited else away
    read_all(bed, gone)
    assert bed.rows(STATES) == [("linked", None)]

    read_all(bed, other(gone))

    assert texts(bed, gone) == texts(bed, other(gone)) == ["call again", "meet"]
    assert len(bed.writes()) == 1


def test_a_record_that_comes_back_is_found_by_an_edit_of_its_partner(bed: Bed) -> None:
    away = bed.trello["actions"].records["n1"]
    delete(bed, "trello", "keep")
    bed.trello["actions"].records["n1"] = away
    bed.office["activities"].edit("a1", subject="call again")
    bed.to_trello()

    assert texts(bed, "trello") == ["call again", "meet"]
    assert bed.rows(STATES) == [("linked", None)]


@pytest.mark.parametrize(
    "reading",
    [
        {"version": 7, "activated": False},
        {},
    ],
)
@policies
def test_a_full_read_that_is_interrupted_deletes_nothing(
    bed: Bed, policy: str, reading: dict[str, Any]
) -> None:
    bed.settings["on_delete"] = policy
    bed.office["activities"].remove("a1")
    bed.to_trello(**reading)

    assert bed.writes() == []
    assert bed.rows(STATES) == [("linked", None)]


def tell(bed: Bed, *steps: tuple[int | None, str]) -> None:
    """A tap that tells activities and activations in any order: a version, and an id or ""."""
    first, *_ = lines_of("activities", OFFICE_SCHEMAS["activities"], [])
    lines = [first]
    for version, record_id in steps:
        message: dict[str, Any] = {"stream": "activities"}
        if version is not None:
            message["version"] = version
        if record_id:
            message |= {"type": "RECORD", "record": bed.office["activities"].records[record_id]}
        else:
            message["type"] = "ACTIVATE_VERSION"
        lines.append(json.dumps(message) + "\n")
    bed.run(TargetToyTrello, bed.trello, TO_TRELLO, "".join(lines))


@pytest.mark.parametrize(
    "steps",
    [
        [(7, ""), (7, "a2")],
        [(7, "a2"), (7, ""), (7, "a2")],
        [(7, "")],
        [(None, "a2"), (7, "")],
        [(6, "a2"), (7, "")],
        [(6, "a1"), (6, ""), (7, "a2")],
        [(7, "a2"), (7, "a1"), (7, "")],
    ],
    ids=[
        "activation before the records",
        "a record after the activation",
        "no record",
        "records without a version",
        "records of another version",
        "a second full read that is interrupted",
        "all are there",
    ],
)
def test_nothing_is_gone_unless_a_full_read_is_known_to_be_complete(
    bed: Bed, steps: list[tuple[int | None, str]]
) -> None:
    bed.settings["on_delete"] = "delete"
    tell(bed, *steps)

    assert bed.writes() == []
    assert bed.rows(STATES) == [("linked", None)]


@pytest.mark.parametrize(
    "steps",
    [
        [(7, "a2"), (7, "")],
        [(7, ""), (7, "a2"), (7, "")],
        [(6, "a1"), (7, "a2"), (7, "")],
        [(7, "a2"), (7, "a2"), (7, ""), (7, "")],
    ],
    ids=[
        "a full read",
        "an activation at either end",
        "a second full read counts",
        "said twice",
    ],
)
def test_what_a_complete_read_lacks_is_gone(bed: Bed, steps: list[tuple[int | None, str]]) -> None:
    bed.settings |= {"on_delete": "delete", "batch_size_rows": 1}
    tell(bed, *steps)

    assert texts(bed, "trello") == ["meet"]


def test_an_activation_without_records_is_warned_about(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    tell(bed, (7, ""))

    assert "activities: version 7 is active, but none of its records came" in caplog.text


def test_a_full_read_goes_on_after_a_changed_schema(bed: Bed) -> None:
    bed.settings["on_delete"] = "delete"
    bed.office["activities"].put(id="a3", subject="new")
    records = bed.office["activities"].records
    more = {**OFFICE_SCHEMAS["activities"], "more": {"type": ["string", "null"]}}
    lines = [
        *lines_of("activities", OFFICE_SCHEMAS["activities"], [records["a2"]], version=7)[:-1],
        *lines_of("activities", more, [records["a3"]], version=7),
    ]
    bed.run(TargetToyTrello, bed.trello, TO_TRELLO, "".join(lines))

    assert texts(bed, "trello") == ["meet", "new"]


def test_a_record_that_fails_is_not_gone(bed: Bed) -> None:
    bed.settings |= {"on_delete": "delete", "on_error": "keep"}
    bed.trello["actions"].refuses = "too long"
    bed.office["activities"].edit("a1", subject="call" * 1000)
    read_all(bed, "crmoffice")
    bed.trello["actions"].refuses = None

    assert texts(bed, "trello") == ["call", "meet"]


def test_a_record_that_a_filter_leaves_out_is_not_gone(bed: Bed) -> None:
    bed.settings["on_delete"] = "delete"
    maps = json.loads(json.dumps(TO_TRELLO))
    maps["activities"]["__filter__"] = "subject != 'call'"
    bed.office["activities"].edit("a1", noise="more")
    text = messages(
        OFFICE_SCHEMAS, {"activities": bed.office["activities"].records.values()}, version=7
    )
    bed.run(TargetToyTrello, bed.trello, maps, text)

    assert texts(bed, "trello") == ["call", "meet"]


def put_new(bed: Bed) -> None:
    bed.office["activities"].put(id="a3", subject="new")


def forget_new(bed: Bed) -> None:
    """The new record is deleted before it got a partner; a full read tells, and one more run."""
    bed.office["activities"].remove("a3")
    read_all(bed, "crmoffice")
    bed.to_trello({})


def test_a_record_without_its_key_may_be_any_that_seems_gone(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    bed.settings |= {"on_delete": "delete", "on_error": "keep"}
    records = [{"subject": "call"}, bed.office["activities"].records["a2"]]
    schema = OFFICE_SCHEMAS["activities"]
    text = "".join(lines_of("activities", schema, records, version=7))
    bed.run(TargetToyTrello, bed.trello, TO_TRELLO, text)

    assert texts(bed, "trello") == ["call", "meet"]
    assert "activities: version 7 has records without key: nothing counts as deleted" in caplog.text


@pytest.mark.parametrize("policy", ["keep", "unlink", "delete"])
@sides
def test_a_link_by_hand_ends_where_one_of_the_two_is_gone(bed: Bed, gone: str, policy: str) -> None:
    bed.settings |= {"on_delete": policy, "on_error": "keep"}
    bed.office["activities"].put(id="a3", subject="call them")
    bed.trello["actions"].put(id="n3", text="called them")
    engine = open_store(bed.url)
    with engine.begin() as connection:
        ends = End("crmoffice", "activities", "a3"), End("trello", "actions", "n3")
        join_by_hand(connection, *ends)
    engine.dispose()
    table(bed, gone).remove({"crmoffice": "a3", "trello": "n3"}[gone])
    for version in (7, 8):
        bed.settings["create"] = {"actions": False}
        bed.to_trello(version=version)
        bed.settings["create"] = {"activities": False}
        bed.to_office(version=version)

    assert bed.rows("SELECT state FROM links WHERE a_id = 'a3' AND b_id = 'n3'") == []
    assert bed.failed() == []


def test_a_failed_record_that_is_gone_leaves_the_list(bed: Bed) -> None:
    bed.settings["on_error"] = "keep"
    put_new(bed)
    bed.trello["actions"].refuses = "too long"
    bed.to_trello()
    bed.trello["actions"].refuses = None
    forget_new(bed)

    assert bed.failed() == []
    assert bed.writes() == []


def test_a_failed_edit_of_a_record_that_is_gone_leaves_the_list(bed: Bed) -> None:
    bed.settings["on_error"] = "keep"
    bed.trello["actions"].edit("n1", text="by trello")
    bed.office["activities"].refuses = "not now"
    bed.to_office()
    assert bed.failed() == [("n1", "not now")]
    bed.trello["actions"].remove("n1")
    bed.office["activities"].refuses = None
    bed.office["activities"].edit("a1", startsAt="2026-03-01")
    bed.to_trello()
    bed.to_office({})

    assert bed.failed() == []
    assert bed.rows(STATES) == [("orphaned", "trello")]
    assert bed.office["activities"].records["a1"]["subject"] == "call"


def test_a_waiting_record_that_is_gone_is_not_created(bed: Bed) -> None:
    bed.settings["max_creates"] = 0
    put_new(bed)
    with pytest.raises(StopRun):
        bed.to_trello()
    assert bed.rows("SELECT status FROM queue") == [("waiting",)]
    del bed.settings["max_creates"]
    forget_new(bed)

    assert bed.rows("SELECT status FROM queue") == []
    assert bed.writes() == []


def test_an_unlinked_record_that_is_gone_is_not_created(bed: Bed) -> None:
    bed.settings["create"] = {"actions": False}
    put_new(bed)
    bed.to_trello()
    assert bed.rows("SELECT state FROM links WHERE a_id = 'a3'") == [("unmatched",)]
    del bed.settings["create"]
    forget_new(bed)

    assert bed.rows("SELECT state FROM links WHERE a_id = 'a3'") == []
    assert bed.writes() == []


def crash_while_creating(bed: Bed, *, committed: bool) -> None:
    put_new(bed)
    error = StopRun("no network")
    actions = bed.trello["actions"]
    actions.loses_answer, actions.stops = (error, None) if committed else (None, error)
    with pytest.raises(StopRun):
        bed.to_trello()
    actions.loses_answer = actions.stops = None
    bed.forget()


@pytest.mark.parametrize(
    ("policy", "left"),
    [("keep", ["call", "meet", "new"]), ("delete", ["call", "meet"])],
)
def test_what_was_created_for_a_record_that_is_gone_is_treated_like_any_survivor(
    bed: Bed, policy: str, left: list[str]
) -> None:
    crash_while_creating(bed, committed=True)
    bed.settings["on_delete"] = policy
    forget_new(bed)

    assert texts(bed, "trello") == left
    states = [("a3", "crmoffice")] if policy == "keep" else []
    assert bed.rows("SELECT a_id, gone FROM links WHERE state != 'linked'") == states


@policies
def test_a_creation_that_came_to_nothing_is_dropped_with_its_record(bed: Bed, policy: str) -> None:
    crash_while_creating(bed, committed=False)
    bed.settings["on_delete"] = policy
    forget_new(bed)

    assert bed.writes() == []
    assert bed.rows("SELECT a_id FROM links ORDER BY a_id") == [("a1",), ("a2",)]


def test_what_waits_on_a_link_ends_with_it(bed: Bed) -> None:
    bed.office["activities"].edit("a1", company__id="unknown")
    bed.to_trello()
    assert bed.open("pending") == ["board"]
    delete(bed, "crmoffice", "delete")

    assert bed.open("pending") == []


def two_sinks(bed: Bed, users: list[dict[str, Any]]) -> None:
    """Users are linked with members, or else become actions; it is a full read."""
    maps = json.loads(json.dumps(TO_TRELLO))
    maps["actions"] = {"__source__": "users", "text": "fullName"}
    schemas = {"users": OFFICE_SCHEMAS["users"]}
    text = messages(schemas, {"users": users}, version=7)
    bed.run(TargetToyTrello, bed.trello, maps, text)


def test_both_sinks_of_a_stream_learn_what_is_gone(bed: Bed) -> None:
    bed.settings["on_delete"] = "delete"
    bed.trello["members"].put(id="m1", email="kari@acme.no")
    users = [
        {"id": "u1", "email": "kari@acme.no", "fullName": "Kari"},
        {"id": "u2", "fullName": "Ola"},
        {"id": "u3", "fullName": "Eva"},
    ]
    two_sinks(bed, users)
    assert texts(bed, "trello") == ["Eva", "Ola", "call", "meet"]
    two_sinks(bed, users[2:])

    assert texts(bed, "trello") == ["Eva", "call", "meet"]
    assert list(bed.trello["members"].records) == ["m1"]
    rows = bed.rows("SELECT a_id, state FROM links WHERE a_stream = 'users' ORDER BY a_id")
    assert rows == [("u1", "orphaned"), ("u3", "linked")]


def test_a_record_that_moves_to_the_other_sink_is_not_gone(bed: Bed) -> None:
    bed.settings["on_delete"] = "delete"
    users = [{"id": "u1", "email": "kari@acme.no", "fullName": "Kari"}]
    two_sinks(bed, users)
    bed.trello["members"].put(id="m1", email="kari@acme.no")
    two_sinks(bed, users)

    assert texts(bed, "trello") == ["Kari", "call", "meet"]


def test_a_failed_record_that_the_other_sink_links_leaves_the_list(bed: Bed) -> None:
    bed.settings["on_error"] = "keep"
    users = [{"id": "u1", "email": "kari@acme.no", "fullName": "Kari"}]
    bed.trello["actions"].refuses = "not now"
    two_sinks(bed, users)
    assert bed.failed() == [("u1", "not now")]
    bed.trello["actions"].refuses = None
    bed.trello["members"].put(id="m1", email="kari@acme.no")
    two_sinks(bed, [])

    assert texts(bed, "trello") == ["call", "meet"]
    assert bed.failed() == []


def test_deletions_are_counted_in_the_summary(bed: Bed) -> None:
    bed.office["activities"].put(id="a3", subject="stays")
    bed.to_trello()
    bed.trello["actions"].edit("n2", text="edited")
    bed.office["activities"].remove("a2")
    delete(bed, "crmoffice", "delete")

    (counts,) = bed.rows("SELECT counts FROM runs ORDER BY id DESC LIMIT 1")[0]
    of_stream = next(each[2] for each in json.loads(counts) if each[0] == "activities")
    assert (of_stream["deleted"], of_stream["orphaned"]) == (1, 1)
