"""The overlap before the bookmark: nothing is lost to a late commit, nothing comes twice."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_rest import SettingError
from tap_crmoffice.bookmark import MOST_REMEMBERED, Bookmark, Given
from tap_crmoffice.tap import TapCrmOffice

from .late_office import Event, LateOffice

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox

    Json = dict[str, Any]
    Messages = list[Json]
    Sync = Callable[..., tuple[Messages, Json]]

OVERLAP = 60

transactions = st.builds(
    Event,
    st.sampled_from(["create", "edit"]),
    st.sampled_from([0, 1, 40, OVERLAP]),
    st.integers(0, 5),
)
waits = st.builds(Event, st.just("wait"), st.sampled_from([1, 30, 100]))
events = st.one_of(transactions, waits)
steps = st.lists(
    st.tuples(
        st.lists(events, min_size=1, max_size=6),  # before the run
        st.lists(st.lists(events, max_size=3), max_size=8),  # before each of its pages
        st.sampled_from([False, False, False, True]),  # whether it is a full read
    ),
    min_size=2,
    max_size=6,
)
offices = st.builds(
    LateOffice,
    page_size=st.integers(1, 4),
    honours_since=st.booleans(),
    tells_total=st.booleans(),
    naive=st.booleans(),
    numbers=st.booleans(),
)


@dataclass
class Reader:
    """Runs of the stream of activities, one after the other."""

    office: Any
    overlap: int = OVERLAP
    state: Json = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    """Ids of records that came again though nothing had changed."""

    def run(self, *, whole: bool = False) -> list[Json]:
        config = {
            "access_token": "made-up-token",
            "overlap_seconds": self.overlap,
            "full_read_hours": 1 if whole else 0,
        }
        tap = TapCrmOffice(config=config, state=json.loads(json.dumps(self.state)))
        tap.__dict__["client"] = self.office
        stream = tap.streams["activities"]
        stream._write_activate_version_message = lambda _: None  # type: ignore[method-assign]
        if whole:
            for name in ("full_read_at", "full_read_failed_at"):
                stream.stream_state.pop(name, None)
        records = [dict(record) for record in stream.get_records(None)]
        self.state = {"bookmarks": {"activities": stream.stream_state}}
        for record in records:
            if self.known.get(record["id"]) == record["revision"]:
                self.repeated.add(record["id"])
            self.known[record["id"]] = record["revision"]
        return records


@settings(deadline=None, max_examples=150)
@given(office=offices, history=steps)
def test_whatever_is_committed_late_or_moves_the_newest_versions_are_read_and_none_comes_again(
    office: LateOffice, history: list[tuple[list[Event], list[list[Event]], bool]]
) -> None:
    reader = Reader(office)
    for before, during, whole in history:
        for event in before:
            office.happen(event)
        office.during_pages = list(during)
        reader.repeated.clear()
        had_bookmark = bool(reader.state.get("bookmarks", {}).get("activities", {}).get("overlap"))
        reader.run(whole=whole)
        assert whole or not had_bookmark or not reader.repeated
    office.during_pages.clear()
    office.rest()
    reader.run()

    assert reader.known == office.newest()
    assert reader.run() == []
    everything = {record["id"] for record in reader.run(whole=True)}
    assert everything == set(office.newest())
    assert reader.run() == []


@settings(deadline=None)
@given(office=offices, created=st.integers(1, 12), edited=st.sets(st.integers(0, 11)))
def test_without_an_overlap_those_of_the_very_instant_are_neither_lost_nor_repeated(
    office: LateOffice, created: int, edited: set[int]
) -> None:
    reader = Reader(office, overlap=0)
    for _ in range(created):
        office.happen(Event("create", 0))
    reader.run()
    assert reader.known == office.newest()

    for place in edited:
        office.happen(Event("edit", 0, place))
    office.happen(Event("create", 0))
    records = reader.run()

    assert reader.known == office.newest()
    assert len(records) == len({place % created for place in edited}) + 1
    assert reader.run() == []


def test_without_an_overlap_a_late_commit_is_lost_so_the_property_above_proves_something() -> None:
    office = LateOffice()
    reader = Reader(office, overlap=0)
    office.happen(Event("create", 30))
    office.happen(Event("wait", 1))
    office.happen(Event("create", 0))
    reader.run()
    office.rest()

    assert reader.run() == []
    assert Reader(office, OVERLAP, reader.state).run() != []


def test_a_commit_behind_a_reading_that_takes_longer_than_the_overlap_is_found() -> None:
    """The edited record stays behind the reader, so that no row is seen to move."""
    office = LateOffice(page_size=3)
    reader = Reader(office)
    for event in [Event("create", 0), Event("wait", 1), Event("create", 0)]:
        office.happen(event)
    reader.run()
    for event in [Event("wait", 39), Event("edit", 55, 0), Event("wait", 10), Event("create", 0)]:
        office.happen(event)
    office.happen(Event("wait", 40))
    office.happen(Event("create", 0))
    office.during_pages = [[], [Event("wait", 105), Event("create", 0)]]

    assert [record["id"] for record in reader.run()] == ["3", "4", "5"]
    assert [record["id"] for record in reader.run()] == ["1"]
    assert reader.known == office.newest()
    assert reader.run() == []


def test_more_than_can_be_remembered_come_again_and_none_is_lost() -> None:
    office = LateOffice(page_size=200)
    for _ in range(MOST_REMEMBERED + 50):
        office.happen(Event("create", 0))
    reader = Reader(office)
    assert len(reader.run()) == MOST_REMEMBERED + 50

    assert len(reader.run()) == 50
    assert len(reader.state["bookmarks"]["activities"]["overlap"]["given"]) == MOST_REMEMBERED
    office.happen(Event("wait", 1000))
    office.happen(Event("create", 0))
    reader.run()
    assert len(reader.state["bookmarks"]["activities"]["overlap"]["given"]) == 1


def test_while_a_long_list_is_read_only_its_newest_records_are_kept() -> None:
    given = Given()
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    for number in range(5 * MOST_REMEMBERED):
        time = start + timedelta(seconds=number)
        given.is_news({"id": str(number), "updatedAt": time.isoformat()}, time)

    assert len(given._seen) <= 2 * MOST_REMEMBERED
    newest = [str(number) for number in range(4 * MOST_REMEMBERED, 5 * MOST_REMEMBERED)]
    assert list(given.since(None)) == newest


def test_a_record_that_returns_to_what_it_was_is_news_again() -> None:
    given = Given()
    one, other = {"id": "1", "name": "a"}, {"id": "1", "name": "b"}

    assert [given.is_news(each, None) for each in (one, other, one, one)] == [
        *(True, True, True, False)
    ]


def test_a_record_without_a_time_comes_once_and_again_when_it_changes() -> None:
    office = LateOffice()
    office.shown = lambda row: {**row, "updatedAt": row["time"]}  # type: ignore[method-assign]
    timed = {"id": 1, "revision": 1, "updatedAt": 0, "time": "2026-01-01T00:00:00Z"}
    office.visible = {1: timed, 2: {"id": 2, "revision": 1, "updatedAt": 0, "time": None}}
    office.honours_since = False
    reader = Reader(office)
    reader.run()

    assert reader.run() == []
    office.visible[2]["revision"] = 2
    assert [record["id"] for record in reader.run()] == ["2"]


def test_what_was_given_is_known_after_a_list_that_does_not_rest_even_if_it_was_not_seen() -> None:
    given = Given({"1": "made-up-digest", "2": "another"})
    given.is_news({"id": "1"}, None)

    assert set(given.since(None, missed=True)) == {"1", "2"}
    assert set(given.since(None)) == {"1"}


def test_a_bookmark_does_not_go_back_when_the_newest_record_is_deleted() -> None:
    office = LateOffice()
    reader = Reader(office)
    for seconds in (0, 30):
        office.happen(Event("wait", seconds))
        office.happen(Event("create", 0))
    reader.run()
    before = reader.state["bookmarks"]["activities"]["replication_key_value"]
    del office.visible[2]

    assert reader.run() == []
    assert reader.state["bookmarks"]["activities"]["replication_key_value"] == before


def test_the_order_of_properties_makes_no_other_record() -> None:
    given = Given()
    given.is_news({"id": "1", "company": {"id": "1", "name": "a"}}, None)

    assert not given.is_news({"company": {"name": "a", "id": "1"}, "id": "1"}, None)


def test_a_bookmark_that_somebody_has_set_reads_everything_after_it() -> None:
    office = LateOffice()
    for _ in range(3):
        office.happen(Event("create", 0))
    reader = Reader(office)
    reader.run()
    reader.state["bookmarks"]["activities"]["replication_key_value"] = "2026-03-02T12:00:00+00:00"

    assert len(reader.run()) == 3


def test_a_state_of_an_earlier_release_is_read_and_its_last_minute_comes_once_more() -> None:
    office = LateOffice()
    reader = Reader(office)
    for _ in range(3):
        office.happen(Event("wait", 40))
        office.happen(Event("create", 0))
    reader.run()
    del reader.state["bookmarks"]["activities"]["overlap"]

    assert [record["id"] for record in reader.run()] == ["2", "3"]
    assert reader.run() == []


def test_a_bookmark_survives_the_state() -> None:
    moment = datetime.fromisoformat("2026-01-01T12:00:00.123+00:00")
    bookmark = Bookmark(moment, moment - timedelta(seconds=7), {"1": "ab"})
    state: Json = {"version": 3}
    bookmark.put(state)

    assert Bookmark.of_state(json.loads(json.dumps(state))) == bookmark
    assert bookmark.since(timedelta()) == moment
    assert bookmark.since(timedelta(seconds=5)) == moment - timedelta(seconds=12)
    assert Bookmark.of_state({}) == Bookmark()
    assert (
        Bookmark.of_state({"overlap": {"bookmark": None, "given": {"1": "a"}}}).since(
            timedelta(seconds=5)
        )
        is None
    )


@pytest.mark.parametrize("seconds", [-1, 86_401, "soon"])
def test_an_overlap_that_is_none_is_named(seconds: Any) -> None:
    with pytest.raises(SettingError, match="setting 'overlap_seconds' is wrong"):
        TapCrmOffice(config={"access_token": "made-up-token", "overlap_seconds": seconds})


def call(sandbox: RunningSandbox, method: str, path: str, **values: Any) -> Json:
    answer = requests.request(
        method, sandbox.crm_url + path, json=values, headers=sandbox.bearer(), timeout=10
    )
    answer.raise_for_status()
    found: Json = answer.json()
    return found


def activities(messages: Messages) -> list[str]:
    return [
        each["record"]["id"]
        for each in messages
        if each["type"] == "RECORD" and each["stream"] == "activities"
    ]


@pytest.mark.parametrize("switches", [{}, {"updated_since": "ignored"}, {"naive_timestamps": True}])
def test_the_tap_finds_what_was_committed_late_and_an_idle_run_emits_users_only(
    sync: Sync, sandbox: RunningSandbox, switches: Json
) -> None:
    sandbox.switch(**switches)
    call(sandbox, "PATCH", "/activities/4001", status="done")
    _, state = sync()
    sandbox.switch(commit_delay_ms=30_000)
    late = call(sandbox, "PATCH", "/activities/4002", status="done")["id"]
    created = call(sandbox, "POST", "/activities", subject="Sen")["id"]
    sandbox.switch(commit_delay_ms=0)

    found, state = sync(state)
    idle, after = sync(state)

    assert activities(found) == [late, created]
    assert {each["stream"] for each in idle if each["type"] == "RECORD"} == {"users"}
    assert after["bookmarks"]["activities"] == state["bookmarks"]["activities"]


def test_what_was_committed_later_than_the_overlap_is_found_with_a_longer_one(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    call(sandbox, "PATCH", "/activities/4001", status="done")
    _, state = sync()
    sandbox.switch(commit_delay_ms=90_000)
    late = call(sandbox, "PATCH", "/activities/4002", status="done")["id"]

    assert activities(sync(json.loads(json.dumps(state)))[0]) == []
    assert activities(sync(state, overlap_seconds=120)[0]) == [late]
