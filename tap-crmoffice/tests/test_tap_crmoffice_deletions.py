"""Deletions: full reads with versions, and ACTIVATE_VERSION at their end."""

from __future__ import annotations

import copy
import sqlite3
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests
from sandbox.server import STATE_FILE
from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.harvest import Harvest
from tap_crmoffice.reading import Page, Reading
from tap_crmoffice.tap import TapCrmOffice

from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox

    Json = dict[str, Any]
    Messages = list[Json]
    Sync = Callable[..., tuple[Messages, Json]]

STREAMS = ["companies", "users", "contacts", "activities"]


def call(sandbox: RunningSandbox, method: str, path: str, **values: Any) -> Json:
    answer = requests.request(
        method, sandbox.crm_url + path, json=values or None, headers=sandbox.bearer(), timeout=10
    )
    answer.raise_for_status()
    found: Json = answer.json() if answer.content else {}
    return found


def aged(state: Json, hours: int = 24) -> Json:
    """The state, as if its full reads had been so many hours earlier."""
    older = copy.deepcopy(state)
    for part in older["bookmarks"].values():
        for name in {"full_read_at", "full_read_failed_at"} & set(part):
            moment = datetime.fromisoformat(part[name]) - timedelta(hours=hours)
            part[name] = moment.isoformat()
    return older


def activated(messages: Messages) -> list[str]:
    return [each["stream"] for each in messages if each["type"] == "ACTIVATE_VERSION"]


def versions(messages: Messages, stream: str) -> set[int | None]:
    return {
        each.get("version")
        for each in messages
        if each["type"] == "RECORD" and each["stream"] == stream
    }


def ids(messages: Messages, stream: str) -> set[str]:
    return {
        each["record"]["id"]
        for each in messages
        if each["type"] == "RECORD" and each["stream"] == stream
    }


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]


def test_a_full_read_ends_with_the_version_that_each_of_its_records_carries(sync: Sync) -> None:
    messages, state = sync(page_size=30)

    assert activated(messages) == STREAMS
    for stream in STREAMS:
        of_stream = [each for each in messages if each.get("stream") == stream]
        assert [each["type"] for each in of_stream[:2]] == ["SCHEMA", "RECORD"]
        assert of_stream[-1]["type"] == "ACTIVATE_VERSION"
        version = of_stream[-1]["version"]
        assert versions(messages, stream) == {version}
        assert state["bookmarks"][stream]["version"] == version < 2**31
    assert messages[-1]["type"] == "STATE"


def test_a_deletion_is_told_by_the_next_full_read_and_only_once(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    call(sandbox, "DELETE", "/activities/4007")

    messages, state = sync(state)
    table.load(messages)
    assert activated(messages) == ["users"]
    assert "4007" in table.ids("activities")

    messages, state = sync(aged(state))
    table.load(messages)
    assert activated(messages) == STREAMS
    assert "4007" not in table.ids("activities")

    messages, state = sync(state)
    assert activated(messages) == ["users"]


def test_what_is_read_in_between_has_the_version_of_the_last_full_read(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    created = call(sandbox, "POST", "/activities", subject="Kort")["id"]

    messages, state = sync(state)
    table.load(messages)
    assert versions(messages, "activities") == {state["bookmarks"]["activities"]["version"]}

    call(sandbox, "DELETE", f"/activities/{created}")
    messages, _ = sync(aged(state))
    table.load(messages)
    assert created not in table.ids("activities")


def test_a_table_that_is_filled_run_by_run_holds_what_the_source_holds(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    table, state = VersionedTables(), None
    for day in range(3):
        messages, state = sync(state, page_size=40)
        table.load(messages)
        call(sandbox, "DELETE", f"/activities/{4010 + day}")
        call(sandbox, "PATCH", f"/activities/{4020 + day}", status="done")
        call(sandbox, "POST", "/companies", name=f"Ny bedrift {day}")
        messages, state = sync(state, page_size=40)
        table.load(messages)
        state = aged(state)
    messages, _ = sync(state)
    table.load(messages)

    source, _ = sync()
    for stream in STREAMS:
        assert table.ids(stream) == ids(source, stream)
    assert len(table.ids("companies")) == 28
    assert len(table.ids("activities")) == 197


@pytest.mark.parametrize("asked", ["without state", "hours"])
def test_a_comparison_can_be_asked_for_at_any_time(
    sync: Sync, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    table = VersionedTables()
    messages, state = sync(full_read_hours=0)
    table.load(messages)
    call(sandbox, "DELETE", "/activities/4007")
    two_hours_later = time.time() + 7200

    monkeypatch.setattr("singer_sdk.plugin_base.time.time", lambda: two_hours_later)
    messages, _ = (
        sync(full_read_hours=0) if asked == "without state" else sync(state, full_read_hours=1)
    )
    table.load(messages)

    assert "4007" not in table.ids("activities")
    assert len(table.ids("activities")) == 199


def test_users_are_compared_in_each_run(sync: Sync, sandbox: RunningSandbox) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    gone = min(table.ids("users"))
    with sqlite3.connect(sandbox.data / STATE_FILE) as store:  # no request deletes a user
        store.execute("DELETE FROM records WHERE kind = 'users' AND id = ?", (gone,))
    store.close()

    messages, after = sync(state)
    table.load(messages)

    assert table.ids("users") == ids(messages, "users")
    assert gone not in table.ids("users")
    assert after["bookmarks"]["users"]["version"] > state["bookmarks"]["users"]["version"]


def test_a_state_of_an_earlier_release_leads_to_a_full_read(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    _, state = sync()
    old = {
        "bookmarks": {
            stream: {name: part[name] for name in part if name.startswith("replication_key")}
            for stream, part in state["bookmarks"].items()
        }
    }
    call(sandbox, "DELETE", "/activities/4007")

    messages, after = sync(old)

    assert activated(messages) == STREAMS
    assert len(ids(messages, "activities")) == 199
    assert after["bookmarks"]["activities"].keys() == state["bookmarks"]["activities"].keys()


def test_nothing_left_is_a_lost_permission_rather_than_the_truth(
    sync: Sync, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    sandbox.reset("empty")
    caplog.clear()

    messages, after = sync(aged(state))
    table.load(messages)

    assert activated(messages) == ["users"]
    assert len(table.ids("companies")) == 25
    assert "companies: nothing counts as deleted, since not one record is left" in str(
        warnings(caplog)
    )
    for name in ("version", "replication_key_value"):
        assert after["bookmarks"]["companies"][name] == state["bookmarks"]["companies"][name]


def test_a_stream_that_never_had_a_record_is_no_reason_to_worry(
    sync: Sync, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.reset("empty")
    table = VersionedTables()
    _, state = sync()
    messages, state = sync(aged(state))
    assert activated(messages) == ["users"]

    call(sandbox, "POST", "/companies", name="Den første")
    messages, state = sync(state)
    table.load(messages)

    assert len(table.ids("companies")) == 1
    assert not warnings(caplog)


def test_a_list_that_does_not_rest_deletes_nothing_and_is_tried_again_after_an_hour(
    sync: Sync,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, state = sync()
    get = CrmOfficeClient.get

    def get_while_others_work(self: Any, path: str, params: Any = None) -> Any:
        if path == "/activities" and params["page"] > 1:
            (first,) = call(sandbox, "GET", "/activities?pageSize=1")["items"]
            call(sandbox, "PATCH", f"/activities/{first['id']}", status="done")
        return get(self, path, params)

    with monkeypatch.context() as patched:
        patched.setattr(CrmOfficeClient, "get", get_while_others_work)
        messages, after = sync(aged(state), page_size=50)
    assert activated(messages) == ["companies", "users", "contacts"]
    assert "activities: nothing counts as deleted" in str(warnings(caplog))
    assert (
        after["bookmarks"]["activities"]["version"] == state["bookmarks"]["activities"]["version"]
    )

    messages, _ = sync(after)
    assert activated(messages) == ["users"]

    messages, _ = sync(aged(after, hours=1))
    assert activated(messages) == ["users", "activities"]


def test_a_run_that_breaks_off_tells_nothing_and_the_next_one_does(
    sync: Sync, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    call(sandbox, "DELETE", "/activities/4007")
    sandbox.add_fault("status", system="crmoffice", path="activities", status=403)
    capsys.readouterr()

    with pytest.raises(Exception, match="403"):
        sync(broken := aged(state))
    assert broken["bookmarks"]["activities"] == aged(state)["bookmarks"]["activities"]
    sandbox.clear_faults()
    messages, _ = sync(broken)
    table.load(messages)

    assert "4007" not in table.ids("activities")


def test_0_hours_stand_for_never_but_a_first_run_reads_everything_anyway(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    messages, state = sync(full_read_hours=0)
    assert activated(messages) == STREAMS
    sandbox.reset_requests()

    messages, _ = sync(aged(state, hours=10_000), full_read_hours=0)

    assert activated(messages) == ["users"]
    assert sandbox.requests()["crmoffice"]["GET"] == 4


def test_the_hours_are_those_of_the_setting(sync: Sync) -> None:
    _, state = sync()

    assert activated(sync(aged(state, hours=2), full_read_hours=3)[0]) == ["users"]
    assert activated(sync(aged(state, hours=3), full_read_hours=3)[0]) == STREAMS


def test_a_time_in_the_future_is_one_of_a_wrong_clock(sync: Sync) -> None:
    _, state = sync()

    assert activated(sync(aged(state, hours=-1))[0]) == STREAMS


def test_a_version_is_greater_than_the_last_one_whatever_the_clock_says(sync: Sync) -> None:
    _, state = sync()
    for part in state["bookmarks"].values():
        part["version"] += 1_000_000

    messages, after = sync(aged(state))

    for stream in STREAMS:
        expected = state["bookmarks"][stream]["version"] + 1
        assert versions(messages, stream) == {expected}
        assert after["bookmarks"][stream]["version"] == expected


def test_a_full_table_is_compared_in_each_run(
    sync: Sync, sandbox: RunningSandbox, settings: dict[str, Any]
) -> None:
    catalog = TapCrmOffice(config=dict(settings)).catalog_dict
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
        for each in entry["metadata"]:
            each["metadata"]["selected"] = True
    table = VersionedTables()
    messages, state = sync(catalog=catalog, full_read_hours=0)
    table.load(messages)
    call(sandbox, "DELETE", "/activities/4007")

    messages, state = sync(state, catalog=catalog, full_read_hours=0)
    table.load(messages)

    assert activated(messages) == STREAMS
    assert "4007" not in table.ids("activities")
    assert "replication_key_value" not in state["bookmarks"]["activities"]


def test_what_a_later_start_date_leaves_out_is_not_deleted(
    sync: Sync, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    table = VersionedTables()
    messages, state = sync()
    table.load(messages)
    times = sorted(row["updatedAt"] for row in table.rows["activities"].values())
    call(sandbox, "DELETE", "/activities/4007")

    for _ in range(2):
        sandbox.reset_requests()
        messages, state = sync(aged(state), start_date=times[150], page_size=30)
        table.load(messages)
        assert activated(messages) == ["users"]
        assert "start_date is later" in str(warnings(caplog))
        assert sandbox.requests()["crmoffice"]["GET"] == 4  # no full read in vain
    assert len(table.ids("activities")) == 200

    messages, state = sync(aged(state))
    table.load(messages)
    assert len(table.ids("activities")) == 199


def test_what_a_start_date_leaves_out_of_a_table_that_was_full_is_not_deleted(
    sync: Sync, settings: dict[str, Any]
) -> None:
    catalog = TapCrmOffice(config=dict(settings)).catalog_dict
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
        for each in entry["metadata"]:
            each["metadata"]["selected"] = True
    messages, state = sync(catalog=catalog)
    start = sorted(
        each["record"]["updatedAt"]
        for each in messages
        if each["type"] == "RECORD" and each["stream"] == "activities"
    )[150]

    assert activated(sync(state, start_date=start)[0]) == ["users"]


def test_a_full_read_keeps_to_the_start_date(sync: Sync, sandbox: RunningSandbox) -> None:
    table = VersionedTables()
    everything, _ = sync()
    start = sorted(
        each["record"]["updatedAt"]
        for each in everything
        if each.get("stream") == "activities" and each["type"] == "RECORD"
    )[150]
    messages, state = sync(start_date=start)
    table.load(messages)
    assert len(table.ids("activities")) == 50
    call(sandbox, "DELETE", f"/activities/{min(table.ids('activities'))}")

    messages, state = sync(aged(state), start_date=start)
    table.load(messages)

    assert "activities" in activated(messages)
    assert len(table.ids("activities")) == 49
    assert activated(sync(aged(state), start_date="2000-01-01")[0]) == STREAMS


def test_a_full_read_sets_the_bookmark_to_the_newest_record_that_is_left(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    newest = call(sandbox, "POST", "/companies", name="Siste")
    _, state = sync()
    call(sandbox, "DELETE", f"/companies/{newest['id']}")

    messages, after = sync(aged(state))

    times = [
        each["record"]["updatedAt"]
        for each in messages
        if each.get("stream") == "companies" and each["type"] == "RECORD"
    ]
    bookmark = after["bookmarks"]["companies"]["replication_key_value"]
    assert datetime.fromisoformat(bookmark) == max(map(datetime.fromisoformat, times))
    edited = call(sandbox, "PATCH", "/companies/1001", phone="22 00 00 00")["id"]
    assert edited in ids(sync(after)[0], "companies")


@pytest.mark.parametrize(
    "settings_of_run",
    [
        {"emit_activate_version_messages": False},
        {
            "batch_config": {
                "encoding": {"format": "jsonl", "compression": "gzip"},
                "storage": {"root": "file:///tmp"},
            }
        },
    ],
    ids=["switched off", "batches"],
)
def test_without_the_messages_there_are_neither_versions_nor_further_full_reads(
    sync: Sync, sandbox: RunningSandbox, settings_of_run: dict[str, Any], tmp_path: Any
) -> None:
    if "batch_config" in settings_of_run:
        settings_of_run["batch_config"]["storage"]["root"] = tmp_path.as_uri()
    messages, state = sync(**settings_of_run)
    sandbox.reset_requests()
    sync(state, **settings_of_run)

    assert activated(messages) == []
    assert not any("version" in each for each in messages)
    assert "version" not in state["bookmarks"]["activities"]
    assert sandbox.requests()["crmoffice"]["GET"] == 4


def test_a_full_read_of_many_pages_costs_two_sweeps_and_one_of_a_single_page_one_request(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    sandbox.reset_requests()
    sync(page_size=100)

    assert sandbox.requests()["crmoffice"]["GET"] == 1 + 1 + 1 + 2 * 2


def test_a_list_with_a_record_that_has_no_id_is_not_complete() -> None:
    class Api:
        records: ClassVar[list[Json]] = [{"id": 1}, {"name": "without"}]

        def read(self, resource: str, updated_since: datetime | None) -> Reading:
            assert updated_since is None
            page = Page(self.records, len(self.records))
            return Reading(lambda _: page, page_size=9, resource=resource)

    harvest = Harvest(Api(), "companies").thoroughly()  # type: ignore[arg-type]
    assert [record["id"] for record in harvest] == ["1"]
    assert not harvest.is_complete
    Api.records.pop()
    harvest = Harvest(Api(), "companies").thoroughly()  # type: ignore[arg-type]
    assert [record["id"] for record in harvest] == ["1"]
    assert harvest.is_complete
