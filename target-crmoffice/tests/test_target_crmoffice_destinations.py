from __future__ import annotations

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


def test_several_records_that_may_be_the_lost_one_are_an_error_and_no_guess(
    streams: dict[str, CrmOfficeDestination], values: dict[str, dict[str, Any]]
) -> None:
    stream = streams["activities"]
    for _ in range(2):
        stream.create(values["activities"], intent())

    with pytest.raises(RecordRefused, match="2 records may have come from an attempt"):
        stream.recover(values["activities"], intent(), taken=free)


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
