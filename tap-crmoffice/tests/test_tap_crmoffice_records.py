from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tap_crmoffice.contract import ACTIVITIES, COMPANIES, CONTACTS, USERS
from tap_crmoffice.records import record_of


def test_ids_and_references_become_text() -> None:
    raw = {"id": 7, "ownerId": 3, "company": {"id": 5, "name": "Fjord AS"}, "contact": {"id": None}}

    assert record_of(ACTIVITIES, raw) == {
        "id": "7",
        "ownerId": "3",
        "company": {"id": "5", "name": "Fjord AS"},
        "contact": {"id": None},
    }


def test_the_answer_itself_is_not_changed() -> None:
    raw = {"id": 7, "ownerId": 3, "company": {"id": 5}, "startsAt": "2025-01-01T10:00:00"}
    before = copy.deepcopy(raw)

    record_of(ACTIVITIES, raw)

    assert raw == before


@pytest.mark.parametrize("company", [None, "5", []])
def test_a_reference_that_is_no_object_passes_through(company: Any) -> None:
    assert record_of(CONTACTS, {"id": "1", "company": company})["company"] == company


def test_an_empty_owner_is_none() -> None:
    assert record_of(ACTIVITIES, {"id": "1", "ownerId": ""})["ownerId"] is None


def test_absent_properties_stay_absent() -> None:
    assert record_of(ACTIVITIES, {"id": "1"}) == {"id": "1"}


def test_a_user_without_an_id_goes_by_the_user_name() -> None:
    assert record_of(USERS, {"userName": "kari"}) == {"userName": "kari", "id": "kari"}
    assert record_of(USERS, {"userName": "kari", "id": 3})["id"] == "3"


def test_another_record_without_an_id_gets_none() -> None:
    assert record_of(COMPANIES, {"userName": "kari"}) == {"userName": "kari"}


def test_times_get_an_offset_wherever_a_stream_has_them() -> None:
    raw = dict.fromkeys(("createdAt", "updatedAt", "startsAt", "endsAt"), "2025-01-01T10:00:00")

    assert set(record_of(ACTIVITIES, {"id": "1", **raw}).values()) == {
        "1",
        "2025-01-01T10:00:00+01:00",
    }


def test_unknown_properties_pass_through() -> None:
    raw = {"id": "1", "custom": {"id": 5, "at": "2025-01-01T10:00:00"}, "n": 0.1, "tags": [1, None]}

    assert record_of(COMPANIES, raw) == raw


def test_half_an_emoji_does_not_stop_the_stream() -> None:
    raw = json.loads('{"id": "1", "name": "B\\u00e5t \\ud83d", "orgNr": null}')

    record = record_of(COMPANIES, raw)

    assert record == {"id": "1", "name": "Båt ?", "orgNr": None}
    msgspec.json.encode(record)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "ownerId", "company", "contact", "updatedAt", "startsAt", "userName", "other"]
)


@settings(deadline=None)  # the first example loads tables of characters
@given(
    resource=st.sampled_from([COMPANIES, USERS, CONTACTS, ACTIVITIES]),
    raw=st.dictionaries(names, values),
)
def test_a_record_turned_again_is_the_same_record(resource: str, raw: dict[str, Any]) -> None:
    record = record_of(resource, raw)

    assert record_of(resource, json.loads(json.dumps(record))) == record
