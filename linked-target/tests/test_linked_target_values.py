"""Values, records, three-way merge and policy: the pure decisions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linked_target import (
    Kind,
    Property,
    is_empty,
    parse_instant,
    property_of,
    same_value,
    with_property,
)
from linked_target.records import decoded, encoded, patched, record_hash, with_stated_values
from linked_target.sync.merge import decide, decide_match, edits_between, looks_alike
from linked_target.sync.policy import ConflictPolicy
from linked_target.values import match_value

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
RECORDS = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), SCALARS, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), SCALARS | inner, max_size=4),
    max_leaves=12,
)
PROPERTIES = {"name": Property(), "at": Property(Kind.INSTANT), "once": Property(create_only=True)}


def office_wins(_name: str) -> bool:
    return True


def trello_wins(_name: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.INSTANT, "2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00"),
        (Kind.INSTANT, "2026-01-01T12:00:00", "2026-01-01T12:00:00.000Z"),
        (Kind.INSTANT, "2026-01-01T12:00:00.12Z", "2026-01-01T12:00:00.1200001Z"),
        (Kind.INSTANT, "soon", " soon"),
        (Kind.ID, 7, "7"),
        (Kind.TEXT, "a\r\nb ", "a\nb"),
        (Kind.TEXT, None, "  "),
        (Kind.EMAIL, "Kari@Acme.NO", "kari@acme.no"),
    ],
)
def test_values_that_mean_the_same_are_equal(kind: Kind, one: Any, other: Any) -> None:
    assert same_value(kind, one, other)
    assert same_value(kind, other, one)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.INSTANT, "2026-01-01T12:00:00.001Z", "2026-01-01T12:00:00.002Z"),
        (Kind.INSTANT, "2026-01-01", None),
        (Kind.ID, "7", "07"),
        (Kind.TEXT, "a", "A"),
        (Kind.TEXT, False, None),
        (Kind.TEXT, 0, ""),
    ],
)
def test_values_that_mean_different_things_are_not_equal(kind: Kind, one: Any, other: Any) -> None:
    assert not same_value(kind, one, other)


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 (made aware below)
    st.integers(-720, 720),
)
def test_an_instant_is_the_same_in_every_time_zone(moment: datetime, minutes: int) -> None:
    utc = moment.replace(tzinfo=timezone.utc)
    there = utc.astimezone(timezone(timedelta(minutes=minutes)))

    assert parse_instant(there.isoformat()) == utc
    assert same_value(Kind.INSTANT, there.isoformat(), utc.isoformat())


@given(st.sampled_from(Kind), st.text() | SCALARS, st.text() | SCALARS)
def test_no_value_breaks_a_comparison(kind: Kind, one: Any, other: Any) -> None:
    assert same_value(kind, one, one)
    assert same_value(kind, one, other) == same_value(kind, other, one)
    assert (match_value(kind, one) is None) == is_empty(one)


@pytest.mark.parametrize("no_address", ["[none]", "http://[1", "//℀"])
def test_a_website_that_is_no_address_still_compares(no_address: str) -> None:
    assert match_value(Kind.WEBSITE, no_address) == no_address.casefold()


def test_websites_match_without_scheme_www_and_slash_but_with_their_query() -> None:
    assert match_value(Kind.WEBSITE, "HTTPS://www.Acme.no/") == match_value(Kind.WEBSITE, "acme.no")
    one, other = (match_value(Kind.WEBSITE, f"https://site.no/p?id={n}") for n in (1, 2))
    assert one != other


@given(RECORDS)
def test_a_hash_does_not_depend_on_the_order_of_keys(record: dict[str, Any]) -> None:
    turned = dict(reversed(record.items()))
    assert record_hash(record) == record_hash(turned)
    assert decoded(encoded(record)) == record


@given(RECORDS, RECORDS)
def test_different_records_have_different_hashes(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (record_hash(one) == record_hash(other)) == (encoded(one) == encoded(other))


@given(RECORDS, RECORDS)
def test_a_patch_of_an_agreed_record_is_the_new_record(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert patched(before, before, after) == after


@given(RECORDS, RECORDS)
def test_a_patch_without_a_change_keeps_the_base(base: dict[str, Any], now: dict[str, Any]) -> None:
    assert patched(base, now, now) == base


def test_a_patch_keeps_an_edit_that_the_other_direction_has_not_seen() -> None:
    base = {"text": "old", "date": "old", "data": {"card": 1, "list": 1}}
    before = {"text": "old", "date": "EDITED", "data": {"card": 1, "list": 1}}
    after = {"text": "new", "date": "EDITED", "data": {"card": 2, "list": 1}, "more": 1}

    assert patched(base, before, after) == {
        "text": "new",
        "date": "old",
        "data": {"card": 2, "list": 1},
        "more": 1,
    }


@given(RECORDS, st.sampled_from(["a", "b__c", "b.c", "a__b__c", "d.a.b"]), SCALARS)
def test_a_property_that_was_set_reads_back(record: dict[str, Any], name: str, value: Any) -> None:
    assert property_of(with_property(record, name, value), name) == value


def test_a_value_that_nobody_stated_is_no_edit_but_counts_when_new() -> None:
    record = {"date": "posted", "text": "x", "unstated": ["date"]}

    assert with_stated_values(record, {"date": "start"})["date"] == "start"
    assert with_stated_values(record, {})["date"] == "posted"


def test_edits_are_what_differs_in_meaning_and_counts() -> None:
    baseline = {"name": "a", "at": "2026-01-01T00:00:00Z", "once": "x"}
    now = {"name": None, "at": "2026-01-01T01:00:00+01:00", "once": "y"}

    assert edits_between(PROPERTIES, baseline, now, propagate_nulls=False) == {}
    assert edits_between(PROPERTIES, baseline, now, propagate_nulls=True) == {"name": None}


def test_an_edit_is_written_where_the_destination_stood_still() -> None:
    decision = decide(PROPERTIES, {"name": "new"}, {"name": "old"}, {"name": "old "}, trello_wins)
    assert decision.write == {"name": "new"}
    assert decision.conflicts == []


def test_an_edit_that_is_there_already_is_agreed() -> None:
    decision = decide(PROPERTIES, {"name": "new"}, {"name": "old"}, {"name": "new"}, office_wins)
    assert (decision.write, decision.agreed) == ({}, ["name"])


@pytest.mark.parametrize(("wins", "write"), [(office_wins, {"name": "new"}), (trello_wins, {})])
def test_different_edits_are_a_conflict(wins: Any, write: dict[str, str]) -> None:
    decision = decide(PROPERTIES, {"name": "new"}, {"name": "old"}, {"name": "else"}, wins)
    assert decision.write == write
    assert [each.destination_value for each in decision.conflicts] == ["else"]


def test_an_emptied_value_conflicts_only_where_nulls_are_propagated() -> None:
    sides = ({"name": "new"}, {"name": "old"}, {"name": None}, trello_wins)

    assert decide(PROPERTIES, *sides).write == {"name": "new"}
    assert decide(PROPERTIES, *sides, propagate_nulls=True).write == {}


def test_matched_records_give_values_to_each_other() -> None:
    values = {"name": "", "at": "2026-01-01T00:00:00Z", "once": "x"}
    decision = decide_match(PROPERTIES, values, {"name": "there", "at": None}, office_wins)

    assert decision.write == {"at": "2026-01-01T00:00:00Z"}
    assert decision.returned == ["name"]


def test_records_look_alike_unless_a_text_tells_them_apart() -> None:
    assert looks_alike(PROPERTIES, {"name": "a", "at": "1999-01-01"}, {"name": "a ", "at": "x"})
    assert looks_alike(PROPERTIES, {"name": "a"}, {"name": None})
    assert not looks_alike(PROPERTIES, {"name": "a"}, {"name": "b"})


def policy(setting: Any, source: str = "crmoffice") -> ConflictPolicy:
    systems = ("crmoffice", "trello")
    return ConflictPolicy(setting, default="crmoffice", source=source, systems=systems)


@pytest.mark.parametrize("streams", [("activities", "actions"), ("actions", "activities")])
def test_a_policy_finds_a_property_under_either_stream(streams: tuple[str, str]) -> None:
    setting = {"activities": {"startsAt": "trello"}, "actions": {"date": "trello"}}

    assert not policy(setting).source_wins(streams, "date")
    assert not policy(setting).source_wins(streams, "startsAt")
    assert policy(setting).source_wins(streams, "text")


def test_a_policy_for_systems_that_are_not_there_lets_the_source_win() -> None:
    between = ConflictPolicy(
        "crmoffice", default="crmoffice", source="paper", systems=("paper", "trello")
    )
    assert between.source_wins(("a", "b"), "name")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("www.acme.example", "http://www.acme.example", True),
        ("https://acme.example/", " acme.example", True),
        ("http://acme.example", "https://acme.example", False),
        ("acme.example", "http://acme.example/news", False),
    ],
)
def test_a_website_without_a_scheme_means_the_same_with_one(
    one: str, other: str, *, same: bool
) -> None:
    assert same_value(Kind.WEBSITE, one, other) is same
    assert same_value(Kind.WEBSITE, other, one) is same


PARTS = {
    "given": Property(part_of="name"),
    "family": Property(part_of="name"),
    "title": Property(),
}


def test_an_edit_of_one_part_of_a_whole_gives_all_its_parts() -> None:
    baseline = {"given": "Anne van der", "family": "Berg", "title": "CEO"}
    now = {**baseline, "given": "Anne Marie van der"}
    edits = edits_between(PARTS, baseline, now, propagate_nulls=False)
    assert edits == {"given": "Anne Marie van der", "family": "Berg"}


def test_an_empty_part_is_an_edit_where_the_whole_is_not_empty() -> None:
    baseline = {"given": "Anne", "family": "Li", "title": "CEO"}
    one_word = {"given": "", "family": "Li", "title": ""}
    edits = edits_between(PARTS, baseline, one_word, propagate_nulls=False)
    assert edits == {"given": "", "family": "Li"}


@pytest.mark.parametrize("now", [{"given": "", "family": ""}, {"given": None, "family": "Li"}])
def test_an_empty_whole_and_a_part_that_is_null_are_no_edit(now: dict[str, Any]) -> None:
    baseline = {"given": "Anne", "family": "Li"}
    assert edits_between(PARTS, baseline, now, propagate_nulls=False) == {}
