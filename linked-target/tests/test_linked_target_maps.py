"""Stream maps: names that do not exist, absent properties, and what a map gives."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.maps import RecordMap, idle_maps, unknown_names
from singer_rest import RecordRefused, SettingError
from singer_sdk.mapper import PluginMapper
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from toy_bed import Bed

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": ["string", "null"]},
        "company": {"type": ["object", "null"], "properties": {"id": {"type": "string"}}},
    },
}
CLOSED = {**SCHEMA, "additionalProperties": False}


def record_map(definition: dict[str, Any] | None, *names: str) -> RecordMap:
    maps = {"things": definition} if definition is not None else {}
    mapper = PluginMapper({"stream_maps": maps}, logging.getLogger())
    mapper.register_raw_stream_schema("things", SCHEMA, ["id"])
    return RecordMap(mapper.stream_maps["things"][0], schema=SCHEMA, names=names)


def test_a_nested_property_that_a_record_lacks_is_null_in_a_map() -> None:
    mapped = record_map({"a": "company.id"}, "a")

    assert mapped.values({"id": "1"}) == {"a": None}
    assert mapped.values({"id": "1", "company": None}) == {"a": None}
    assert mapped.values({"id": "1", "company": {"id": "7"}}) == {"a": "7"}


def test_only_the_properties_of_the_destination_are_given() -> None:
    mapped = record_map({"a": "name", "b": "name"}, "a", "c")
    assert mapped.values({"id": "1", "name": "x"}) == {"a": "x"}


def test_records_that_arrive_mapped_need_no_map() -> None:
    mapped = record_map(None, "name", "company__id")

    assert mapped.values({"id": "1", "name": "x", "company": {"id": "7"}}) == {
        "name": "x",
        "company__id": "7",
    }
    assert mapped.values({"company__id": "7"}) == {"company__id": "7"}


def test_a_filter_leaves_a_record_out() -> None:
    mapped = record_map({"__filter__": "name != 'x'", "a": "name"}, "a")

    assert mapped.values({"id": "1", "name": "x"}) is None
    assert mapped.baseline_values({"id": "1", "name": "x"}) == {}


def test_a_map_that_fails_refuses_the_record_but_not_a_baseline() -> None:
    mapped = record_map({"a": "name[3]"}, "a")
    with pytest.raises(RecordRefused, match="its stream map fails: string index out of range"):
        mapped.values({"id": "1", "name": "x"})

    assert mapped.baseline_values({"id": "1", "name": "x"}) == {}


@pytest.mark.parametrize(
    "expression",
    ["nmae", "name + surname", "[part for part in parts if part]", "record_id or name"],
)
def test_a_name_that_no_record_has_is_refused(expression: str) -> None:
    with pytest.raises(SettingError, match="which its records do not have"):
        unknown_names({"things": {"a": expression}}, "things", CLOSED)


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        "record.get('anything')",
        "_['name']",
        "int(company.id)",
        "[letter for letter in name]",
        "md5(config['salt'])",
        "datetime.datetime.now()",
        "'text' if name == None else self",
    ],
)
def test_names_that_exist_are_accepted(expression: str) -> None:
    assert unknown_names({"things": {"a": expression}}, "things", SCHEMA) == set()


def test_other_streams_maps_and_removed_properties_do_not_count() -> None:
    maps = {"others": {"a": "nmae"}, "things": {"name": None, "a": "__NULL__", "__else__": None}}
    assert unknown_names(maps, "things", SCHEMA) == set()


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(SettingError, match="is no expression"):
        unknown_names({"things": {"a": "name +"}}, "things", SCHEMA)


def test_a_map_with_a_wrong_name_stops_the_run(bed: Bed) -> None:
    maps = {**TO_TRELLO, "companies": {"__alias__": "organizations", "displayName": "nmae"}}
    text = messages(OFFICE_SCHEMAS, {"companies": [{"id": "1", "name": "Acme"}]})
    with pytest.raises(SettingError, match="'companies' names 'nmae'"):
        bed.run(TargetToyTrello, bed.trello, maps, text)


def test_a_stream_that_did_not_come_is_named_once_however_many_maps_it_has() -> None:
    stream_maps = {
        "people": {"__source__": "members"},
        "users": {"__source__": "members"},
        "firms": None,
        "__else__": None,
    }
    assert idle_maps(stream_maps, ["firms"]) == ["members"]
