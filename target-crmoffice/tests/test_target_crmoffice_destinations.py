from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent, property_of
from singer_rest import NotFound, OutcomeUnknown, RecordRefused
from tap_crmoffice.reading import Reading
from tap_crmoffice.records import record_of
from target_crmoffice.destinations import Activities, Companies, Contacts, Users, nested

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox
    from tap_crmoffice.client import CrmOfficeClient
    from target_crmoffice.destinations import CrmOfficeDestination

VALUES: dict[str, dict[str, Any]] = {
    "companies": {
        "name": "Fjordlys AS",
        "website": "https://fjordlys.example",
        "postAddress__postalArea": "Bergen",
        "postAddress__country": "NO",
    },
    "contacts": {
        "givenName": "Åse",
        "familyName": "Bø",
        "email": "ase.bo@fjordlys.example",
        "company__id": "1001",
    },
    "activities": {
        "subject": "Møte 🚢",
        "startsAt": "2025-07-01T12:00:00+02:00",
        "ownerId": "3001",
        "company__id": "1001",
    },
}


@pytest.fixture
def streams(client: CrmOfficeClient) -> dict[str, CrmOfficeDestination]:
    users = Users(client)
    every = [Companies(client), users, Contacts(client), Activities(client, users)]
    return {stream.name: stream for stream in every}


def intent(begun_at: datetime | None = None) -> Intent:
    return Intent("trello", "things", "5f", begun_at or datetime.now(timezone.utc))


def free(_: str) -> bool:
    """No record is linked yet."""
    return False


@pytest.fixture
def owner(client: CrmOfficeClient) -> dict[str, Any]:
    return next(record_of("users", raw) for raw in client.read("users"))


@pytest.fixture
def values(owner: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**VALUES, "activities": {**VALUES["activities"], "ownerId": owner["id"]}}


@pytest.mark.parametrize("name", ["companies", "contacts", "activities"])
def test_what_was_created_holds_the_values_and_reads_back_the_same(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]], name: str
) -> None:
    stream = streams[name]

    created = stream.create(values[name], intent())

    assert stream.get(stream.id_of(created)) == created
    assert created in list(stream.candidates())
    for property_name, sent in values[name].items():
        assert stream.means_same(property_name, sent, property_of(created, property_name))


@pytest.mark.parametrize("name", ["companies", "contacts", "activities"])
@pytest.mark.parametrize("fault", ["status_after_commit", "drop_after_commit"])
def test_a_creation_whose_answer_was_lost_is_sent_once_and_found_again(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    name: str,
    fault: str,
) -> None:
    stream, begun = streams[name], intent()
    sandbox.add_fault(fault, system="crmoffice", method="POST", path=name, count=1)

    with pytest.raises(OutcomeUnknown):
        stream.create(values[name], begun)
    found = stream.recover(values[name], begun, taken=free)

    assert found is not None
    assert stream.get(stream.id_of(found)) == found
    assert sandbox.requests()["crmoffice"]["POST"] == 1


@pytest.mark.parametrize("name", ["companies", "contacts", "activities"])
def test_nothing_is_found_where_nothing_was_created(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    name: str,
) -> None:
    stream, begun = streams[name], intent()
    sandbox.add_fault("drop_before", system="crmoffice", method="POST", path=name, count=1)

    with pytest.raises(OutcomeUnknown):
        stream.create(values[name], begun)

    assert stream.recover(values[name], begun, taken=free) is None


def test_a_record_that_differs_in_one_value_is_not_taken_for_the_lost_one(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]]
) -> None:
    stream = streams["contacts"]
    stream.create({**values["contacts"], "familyName": "Bøe"}, intent())

    assert stream.recover(values["contacts"], intent(), taken=free) is None


def test_a_record_from_before_the_attempt_is_not_taken_for_the_lost_one(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream = streams["contacts"]
    created = stream.create(values["contacts"], intent())
    stream.update(created, {"title": "Sjef"})
    later = datetime.now(timezone.utc) + timedelta(minutes=6)

    for switch in ("honoured", "ignored"):
        sandbox.switch(updated_since=switch)
        assert stream.recover(values["contacts"], intent(later), taken=free) is None


@pytest.mark.parametrize("naive", [False, True])
def test_clocks_may_differ_by_minutes(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    *,
    naive: bool,
) -> None:
    sandbox.switch(naive_timestamps=naive)
    stream = streams["activities"]
    stream.create(values["activities"], intent())
    ahead = datetime.now(timezone.utc) + timedelta(minutes=4)

    assert stream.recover(values["activities"], intent(ahead), taken=free) is not None


def test_a_record_that_is_linked_already_is_not_taken_for_the_lost_one(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]]
) -> None:
    stream = streams["activities"]
    first = stream.create(values["activities"], intent())
    second = stream.create(values["activities"], intent())

    found = stream.recover(
        values["activities"], intent(), taken=lambda record_id: record_id == first["id"]
    )

    assert found == second


def test_of_several_records_that_may_be_the_lost_one_the_oldest_free_one_is_taken(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]]
) -> None:
    stream = streams["activities"]
    made = [stream.create(values["activities"], intent()) for _ in range(3)]
    stream.update(made[0], {"status": "moved to the end of the list"})

    linked: list[str] = []
    for expected in made:
        found = stream.recover(values["activities"], intent(), taken=linked.__contains__)
        assert found is not None
        assert found["id"] == expected["id"]
        linked.append(found["id"])
    assert stream.recover(values["activities"], intent(), taken=linked.__contains__) is None


def test_an_owner_may_come_back_by_user_name(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    owner: dict[str, Any],
) -> None:
    stream = streams["activities"]
    stream.create(values["activities"], intent())
    sandbox.switch(owner_id="userName")

    found = stream.recover(values["activities"], intent(), taken=free)

    assert found is not None
    assert not stream.means_same("ownerId", owner["id"], "somebody.else")
    assert not stream.means_same("ownerId", owner["id"], None)


def test_a_list_that_never_rests_is_no_proof_that_nothing_was_created(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsettled: Callable[[Any], bool] = lambda _: False  # noqa: E731
    monkeypatch.setattr(Reading, "settled", property(unsettled, lambda *_: None), raising=False)

    with pytest.raises(OutcomeUnknown, match="kept changing"):
        streams["contacts"].recover(values["contacts"], intent(), taken=free)


def test_an_update_changes_only_what_is_named_nested_objects_included(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]]
) -> None:
    stream = streams["companies"]
    created = stream.create(values["companies"], intent())

    changed = stream.update(created, {"phone": "22 00 00 00", "postAddress__country": None})

    assert changed["phone"] == "22 00 00 00"
    assert changed["postAddress"]["country"] is None
    assert changed["postAddress"]["postalArea"] == "Bergen"
    assert changed["name"] == created["name"]
    assert stream.get(created["id"]) == changed


def test_an_update_is_sent_again_after_a_lost_answer(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream = streams["activities"]
    created = stream.create(values["activities"], intent())
    sandbox.add_fault("drop_after_commit", system="crmoffice", method="PATCH", count=1)

    assert stream.update(created, {"subject": "Nytt møte"})["subject"] == "Nytt møte"
    assert sandbox.requests()["crmoffice"]["PATCH"] == 2


def test_references_are_sent_as_text_and_come_back_as_text(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    sandbox.switch(ids_as_numbers=True)
    stream = streams["contacts"]

    created = stream.create(values["contacts"], intent())

    assert isinstance(created["id"], str)
    assert created["company"]["id"] == "1001"
    assert stream.recover(values["contacts"], intent(), taken=free) == created


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("companies", {"orgNr": "123456789", "name": "Feil AS"}, "orgNr: "),
        ("contacts", {"email": "a@b.example"}, "givenName"),
        ("activities", {"subject": "Møte", "company__id": "9"}, "company.id"),
    ],
)
def test_a_refused_record_tells_the_apis_words_on_one_line(
    streams: dict[str, CrmOfficeDestination], name: str, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecordRefused, match=message) as caught:
        streams[name].create(wrong, intent())
    assert "\n" not in str(caught.value)


def test_a_record_that_is_gone_is_not_found(streams: dict[str, CrmOfficeDestination]) -> None:
    for stream in streams.values():
        with pytest.raises(NotFound):
            stream.get("0/../companies")


def test_everything_can_be_written_but_users(streams: dict[str, CrmOfficeDestination]) -> None:
    for name in ("companies", "contacts", "activities"):
        assert streams[name].unwritable({"id": "1"}, streams[name].properties.keys()) == {}
    users = streams["users"]
    assert users.unwritable({"id": "1"}, ["email"]) == {
        "email": "users are changed in CRMOffice itself"
    }


def test_users_are_only_matched(
    streams: dict[str, CrmOfficeDestination], sandbox: RunningSandbox, owner: dict[str, Any]
) -> None:
    users = streams["users"]

    assert not users.creatable
    with pytest.raises(RecordRefused):
        users.create({"fullName": "Kari"}, intent())
    assert users.recover({}, intent(), taken=free) is None
    assert users.update(owner, {"email": "x@y.example"}) == owner
    assert users.get(owner["id"]) == owner
    assert sandbox.writes() == 0


def test_users_are_read_once_a_run(
    streams: dict[str, CrmOfficeDestination], sandbox: RunningSandbox
) -> None:
    users = streams["users"]
    sandbox.reset_requests()

    for user in list(users.candidates()):
        users.get(users.id_of(user))

    assert sandbox.requests()["crmoffice"]["GET"] == 1


def test_every_property_is_one_that_the_tap_declares(
    streams: dict[str, CrmOfficeDestination],
) -> None:
    from tap_crmoffice.schemas import SCHEMAS  # noqa: PLC0415 - only this test reads schemas

    for name, stream in streams.items():
        for path in stream.properties:
            schema = SCHEMAS[name]
            for part in path.split("__"):
                schema = schema["properties"][part]
            assert schema


def test_nested_properties_share_their_object() -> None:
    assert nested({"name": "A", "postAddress__country": "NO", "postAddress__postCode": None}) == {
        "name": "A",
        "postAddress": {"country": "NO", "postCode": None},
    }


@pytest.mark.parametrize(
    ("footer", "known"),
    [
        ({"label": "CRMOffice", "record": "4001"}, True),
        ({"label": "CRMOffice", "record": "999999"}, False),
        ({"label": "Another", "record": "4001"}, False),
        (None, False),
    ],
)
def test_a_comment_whose_footer_names_an_activity_tells_its_partner(
    streams: dict[str, CrmOfficeDestination], footer: dict[str, Any] | None, *, known: bool
) -> None:
    told = streams["activities"].partner_told({"footer": footer}, {}, intent())
    assert told == ("4001" if known else None)


@pytest.mark.parametrize("naive", [False, True])
def test_the_time_of_the_last_edit_is_told(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    *,
    naive: bool,
) -> None:
    sandbox.switch(naive_timestamps=naive)
    stream = streams["contacts"]
    created = stream.create(values["contacts"], intent())
    first = stream.edited_at(created)
    second = stream.edited_at(stream.update(created, {"title": "Sjef"}))

    assert first is not None
    assert second is not None
    assert timedelta() <= second - first < timedelta(minutes=1)
    assert abs(datetime.now(timezone.utc) - first) < timedelta(minutes=1)
    assert stream.edited_at({"id": "1"}) is None


@pytest.mark.parametrize("name", ["companies", "contacts", "activities"])
def test_a_record_is_deleted_and_one_that_is_gone_is_no_error(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]], name: str
) -> None:
    stream = streams[name]
    created = stream.create(values[name], intent())
    assert stream.undeletable(created) is None

    stream.delete(created)
    stream.delete(created)

    with pytest.raises(NotFound):
        stream.get(created["id"])


def test_a_company_in_use_stays_and_the_reason_is_told(
    streams: dict[str, CrmOfficeDestination],
) -> None:
    with pytest.raises(RecordRefused, match="in use"):
        streams["companies"].delete({"id": "1001"})


def test_users_stay(
    streams: dict[str, CrmOfficeDestination], sandbox: RunningSandbox, owner: dict[str, Any]
) -> None:
    assert "CRMOffice itself" in str(streams["users"].undeletable(owner))
    with pytest.raises(RecordRefused):
        streams["users"].delete(owner)
    assert sandbox.writes() == 0


@pytest.mark.parametrize("name", ["companies", "contacts", "activities"])
def test_a_draft_is_like_the_answer_and_sends_nothing(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
    name: str,
) -> None:
    stream, changes = streams[name], {"company__id": None} if name != "companies" else {}
    sandbox.reset_requests()
    drafted = stream.draft_created(values[name], intent())
    edited = stream.draft_updated(drafted, changes)
    assert sum(sandbox.requests()["crmoffice"].values()) == 0

    created = stream.create(values[name], intent())
    updated = stream.update(created, changes)

    assert stream.id_of(drafted).startswith("planned:")
    for draft, real in ((drafted, created), (edited, updated)):
        for each in stream.properties:
            assert stream.means_same(each, property_of(draft, each), property_of(real, each))
        assert stream.edited_at(draft) is not None
        assert stream.unwritable(draft, stream.properties) == {}


def gets(sandbox: RunningSandbox) -> int:
    return sandbox.requests()["crmoffice"]["GET"]


def numbered(number: int, begun_at: datetime | None = None) -> Intent:
    return replace(intent(begun_at), source_id=str(number))


def lose(
    stream: CrmOfficeDestination, sandbox: RunningSandbox, values: dict[str, Any], intended: Intent
) -> None:
    sandbox.add_fault("drop_after_commit", system="crmoffice", method="POST", count=1)
    with pytest.raises(OutcomeUnknown):
        stream.create(values, intended)


def test_the_list_is_read_once_for_many_lost_answers(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream = streams["contacts"]
    people = [{**values["contacts"], "familyName": f"Bø {number}"} for number in range(5)]
    for number, person in enumerate(people):
        lose(stream, sandbox, person, numbered(number))
    sandbox.reset_requests()

    for number, person in enumerate(people):
        found = stream.recover(person, numbered(number), taken=free)
        assert found is not None
        assert found["familyName"] == f"Bø {number}"
        stream.create({"givenName": "Somebody else"}, numbered(100 + number))
    assert gets(sandbox) == 1


def test_the_list_is_read_again_for_an_attempt_that_came_later_or_began_earlier(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream, person = streams["contacts"], values["contacts"]
    assert stream.recover(person, numbered(1), taken=free) is None
    lose(stream, sandbox, person, numbered(1))
    found = stream.recover(person, numbered(1), taken=free)
    assert found is not None

    title = {**person, "title": "Sjef"}
    stream.update(found, {"title": "Sjef"})
    earlier = numbered(2, datetime.now(timezone.utc) - timedelta(days=1))
    again = stream.recover(title, earlier, taken=free)
    assert again is not None
    assert again["id"] == found["id"]


def test_what_another_creation_of_this_run_was_answered_with_is_not_adopted(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream, same = streams["activities"], values["activities"]
    sandbox.add_fault("drop_before", system="crmoffice", method="POST", count=1)
    with pytest.raises(OutcomeUnknown):
        stream.create(same, numbered(1))
    other = stream.create(same, numbered(2))

    assert stream.recover(same, numbered(1), taken=free) is None
    assert stream.recover(same, numbered(2), taken=free) == other
    assert stream.recover(same, numbered(1), taken=free) is None


def test_what_another_creation_is_just_being_answered_with_is_not_adopted(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream, same = streams["activities"], values["activities"]
    sandbox.add_fault("drop_before", system="crmoffice", method="POST", count=1)
    with pytest.raises(OutcomeUnknown):
        stream.create(same, numbered(1))
    before = len(list(stream.candidates()))
    sandbox.add_fault("slow_body", system="crmoffice", method="POST", seconds=1.0, count=1)
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(stream.create, same, numbered(2))
        while len(list(stream.candidates())) == before:
            pass
        assert not other.done()
        assert stream.recover(same, numbered(1), taken=free) is None
        assert stream.recover(same, numbered(2), taken=free) == other.result()


def test_equal_records_created_side_by_side_and_lost_are_each_adopted_once(
    streams: dict[str, CrmOfficeDestination],
    values: dict[str, dict[str, Any]],
    sandbox: RunningSandbox,
) -> None:
    stream, same, number = streams["activities"], values["activities"], 24
    before = len(list(stream.candidates()))
    fault = {"system": "crmoffice", "method": "POST", "path": "activities"}
    sandbox.add_fault("drop_after_commit", **fault, probability=0.4, seed=1)
    sandbox.add_fault("drop_before", **fault, probability=0.3, seed=2)
    linked: dict[int, str] = {}
    adopting = threading.Lock()

    def create(index: int) -> None:
        for _ in range(20):
            try:
                linked[index] = stream.create(same, numbered(index))["id"]
            except OutcomeUnknown:
                with adopting:
                    found = stream.recover(same, numbered(index), taken=is_linked)
                    if found is not None:
                        linked[index] = found["id"]
            if index in linked:
                return

    def is_linked(record_id: str) -> bool:
        return record_id in list(linked.values())

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(create, range(number)))

    assert len(linked) == number
    assert len(set(linked.values())) == number
    sandbox.clear_faults()
    assert len(list(stream.candidates())) == before + number


def test_users_are_read_once_whichever_threads_ask(
    streams: dict[str, CrmOfficeDestination], sandbox: RunningSandbox, owner: dict[str, Any]
) -> None:
    sandbox.reset_requests()
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(streams["users"].get, [owner["id"]] * 16))

    assert found == [owner] * 16
    assert gets(sandbox) == 1
