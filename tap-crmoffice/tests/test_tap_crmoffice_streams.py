from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_rest import StopRun
from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.reading import Reading
from tap_crmoffice.settings import client_from_settings
from tap_crmoffice.tap import TapCrmOffice

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox

    Sync = Callable[..., tuple[list[dict[str, Any]], dict[str, Any]]]

COUNTS = {"companies": 25, "users": 10, "contacts": 80, "activities": 200}


def records_of(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def counts_of(messages: list[dict[str, Any]]) -> dict[str, int]:
    return {stream: len(records) for stream, records in records_of(messages).items()}


def bookmark(state: dict[str, Any], stream: str) -> str:
    return str(state["bookmarks"][stream]["replication_key_value"])


def patch(sandbox: RunningSandbox, path: str, **values: Any) -> dict[str, Any]:
    answer = requests.patch(
        sandbox.crm_url + path, json=values, headers=sandbox.bearer(), timeout=10
    )
    answer.raise_for_status()
    changed: dict[str, Any] = answer.json()
    return changed


def test_all_records_are_read_parents_first(sync: Sync) -> None:
    messages, _ = sync(page_size=30)

    assert counts_of(messages) == COUNTS
    assert list(counts_of(messages)) == ["companies", "users", "contacts", "activities"]


def test_a_second_run_reads_only_what_was_edited(sync: Sync, sandbox: RunningSandbox) -> None:
    _, state = sync()
    patch(sandbox, "/contacts/2001", title="Sjef")

    messages, _ = sync(state)

    edited = [
        record["id"] for record in records_of(messages)["contacts"] if record["title"] == "Sjef"
    ]
    assert edited == ["2001"]
    assert counts_of(messages)["contacts"] == 1
    assert counts_of(messages)["users"] == COUNTS["users"]


def test_a_server_that_ignores_updated_since_changes_nothing(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    _, state = sync()
    patch(sandbox, "/activities/4007", subject="Nytt møte")
    honoured, honoured_state = sync(state)
    sandbox.switch(updated_since="ignored")

    ignored, ignored_state = sync(state)

    assert records_of(ignored) == records_of(honoured)
    for stream in ("companies", "contacts", "activities"):
        assert bookmark(ignored_state, stream) == bookmark(honoured_state, stream)


def test_updated_since_is_asked_for_and_lies_the_overlap_before_the_bookmark(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, state = sync()
    asked: list[datetime | None] = []
    read = CrmOfficeClient.read

    def noted(self: CrmOfficeClient, resource: str, since: datetime | None = None) -> Reading:
        asked.append(since)
        return read(self, resource, since)

    for overlap in (0, 90):
        monkeypatch.setattr(CrmOfficeClient, "read", noted)
        messages, _ = sync(state, overlap_seconds=overlap)
        assert counts_of(messages) == {"users": COUNTS["users"]}

    expected = [datetime.fromisoformat(bookmark(state, name)) for name in ("companies", "contacts")]
    assert [asked[0], asked[2]] == expected
    for each, since in zip(expected, (asked[4], asked[6]), strict=True):
        assert since is not None
        # and as long before as the first run took
        assert timedelta(seconds=90) <= each - since < timedelta(seconds=110)


def test_the_overlap_does_not_reach_before_the_start_date(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    start = patch(sandbox, "/companies/1001", phone="22 00 00 00")["updatedAt"]
    _, state = sync(start_date=start)
    sandbox.switch(commit_delay_ms=30_000)
    patch(sandbox, "/companies/1002", phone="22 00 00 00")

    messages, _ = sync(state, start_date=start)

    assert "companies" not in counts_of(messages)


def test_the_start_date_limits_the_first_run(sync: Sync, sandbox: RunningSandbox) -> None:
    everything, _ = sync()
    times = sorted(record["updatedAt"] for record in records_of(everything)["activities"])
    sandbox.switch(updated_since="ignored")

    messages, _ = sync(start_date=times[150])

    assert [record["updatedAt"] for record in records_of(messages)["activities"]] == times[150:]


@pytest.mark.parametrize(
    "switches",
    [
        {"total_count": False},
        {"lists_as_bare_arrays": True},
        {"ids_as_numbers": True},
        {"naive_timestamps": True},
    ],
)
def test_what_is_assumed_about_the_api_may_be_wrong_in_these_ways(
    sync: Sync, sandbox: RunningSandbox, switches: dict[str, Any]
) -> None:
    expected, _ = sync()
    sandbox.switch(**switches)

    messages, state = sync(page_size=30)
    again, _ = sync(state, page_size=30)

    records = records_of(messages)
    assert counts_of(messages) == COUNTS
    for stream, of_stream in records_of(expected).items():
        assert [record["id"] for record in records[stream]] == [
            record["id"] for record in of_stream
        ]
    assert "activities" not in counts_of(again)


def test_numbers_as_ids_give_the_very_same_records(sync: Sync, sandbox: RunningSandbox) -> None:
    sandbox.switch(owner_id="id")
    as_texts, _ = sync()
    sandbox.switch(ids_as_numbers=True)
    as_numbers, _ = sync()

    assert records_of(as_numbers) == records_of(as_texts)


def test_every_time_carries_an_offset(sync: Sync, sandbox: RunningSandbox) -> None:
    sandbox.switch(naive_timestamps=True)
    messages, state = sync()

    for record in records_of(messages)["activities"]:
        for name in ("createdAt", "updatedAt", "startsAt", "endsAt"):
            assert record[name] is None or record[name][-6:] in {"+01:00", "+02:00"}
    assert bookmark(state, "activities").endswith("+00:00")


def test_unknown_properties_reach_the_output_with_and_without_a_catalog(
    sync: Sync, sandbox: RunningSandbox, settings: dict[str, Any]
) -> None:
    patch(sandbox, "/companies/1003", segment={"name": "Fisk", "rank": 0.1}, tags=["a", None])
    patch(sandbox, "/companies/1003", postAddress={"floor": 3})
    catalog = TapCrmOffice(config=dict(settings)).catalog_dict
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            each["metadata"]["selected"] = True

    for chosen in (None, catalog):
        messages, _ = sync(catalog=chosen)
        company = next(r for r in records_of(messages)["companies"] if r["id"] == "1003")
        assert company["segment"] == {"name": "Fisk", "rank": 0.1}
        assert company["tags"] == ["a", None]
        assert company["postAddress"]["floor"] == 3


def test_a_deselected_stream_is_not_read(
    sync: Sync, sandbox: RunningSandbox, settings: dict[str, Any]
) -> None:
    catalog = TapCrmOffice(config=dict(settings)).catalog_dict
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = entry["stream"] == "users"
    sandbox.reset_requests()

    messages, _ = sync(catalog=catalog)

    assert counts_of(messages) == {"users": COUNTS["users"]}
    assert sandbox.requests()["crmoffice"]["GET"] == 1


def test_an_interrupted_run_does_not_move_the_bookmark_and_the_next_one_completes_it(
    sync: Sync, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    _, state = sync()
    for number in range(4001, 4011):
        patch(sandbox, f"/activities/{number}", status="done")
    sandbox.add_fault("status", system="crmoffice", path="activities", status=403)
    capsys.readouterr()

    with pytest.raises(Exception, match="403"):
        sync(state)
    sandbox.clear_faults()
    messages, _ = sync(state)

    edited = {record["id"] for record in records_of(messages)["activities"]}
    assert {str(number) for number in range(4001, 4011)} <= edited


def test_a_list_that_never_rests_leaves_the_bookmark_where_it_was(
    sync: Sync, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, state = sync()
    for number in range(4001, 4011):
        patch(sandbox, f"/activities/{number}", status="done")
    monkeypatch.setattr(Reading, "settled", property(lambda _: False, _ignore), raising=False)

    messages, after = sync(state)

    assert counts_of(messages)["activities"] >= 10
    assert bookmark(after, "activities") == bookmark(state, "activities")
    assert "activities" not in counts_of(sync(after)[0])  # those of this run are known, though


def _ignore(_: object, __: object) -> None:
    """A setter that keeps nothing."""


def test_a_clock_of_this_machine_that_is_behind_does_not_hold_the_bookmark_back(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = sync()
    monkeypatch.setattr("singer_sdk.plugin_base.time.time", lambda: 1_500_000_000.0)

    _, state = sync()

    for stream in ("companies", "contacts", "activities"):
        assert bookmark(state, stream) == bookmark(expected, stream)


def test_the_last_state_holds_bookmarks_with_their_overlaps_and_full_reads_only(sync: Sync) -> None:
    _, state = sync()

    assert set(state["bookmarks"]["activities"]) == {
        *("replication_key", "replication_key_value"),
        *("version", "full_read_at", "overlap"),
    }
    assert set(state["bookmarks"]["users"]) == {"version", "full_read_at"}


def test_no_run_warns_that_its_progress_can_not_be_resumed(
    sync: Sync, caplog: pytest.LogCaptureFixture
) -> None:
    _, state = sync()
    sync(state)

    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_an_idle_run_costs_one_request_per_stream(sync: Sync, sandbox: RunningSandbox) -> None:
    _, state = sync()
    sandbox.reset_requests()

    sync(state)

    assert sandbox.requests()["crmoffice"]["GET"] == 4
    assert sandbox.requests()["crmoffice"].get("token", 0) == 0


def test_an_unreachable_host_is_one_line(settings: dict[str, Any]) -> None:
    client = client_from_settings({**settings, "api_url": "http://127.0.0.1:9"})
    client.attempts = 1

    with pytest.raises(StopRun, match=r"CRMOffice at 127.0.0.1:9 can't be reached"):
        list(client.read("companies"))


def test_an_api_url_of_something_else_is_one_line(
    settings: dict[str, Any], sandbox: RunningSandbox
) -> None:
    client = client_from_settings({**settings, "api_url": sandbox.url + "/sandbox"})

    with pytest.raises(Exception, match="404") as caught:
        list(client.read("companies"))
    assert "\n" not in str(caught.value)


def test_what_is_written_reads_back_as_the_tap_reads_it(
    sync: Sync, settings: dict[str, Any], sandbox: RunningSandbox
) -> None:
    client = client_from_settings(settings)
    for switches in ({}, {"naive_timestamps": True}, {"ids_as_numbers": True}):
        sandbox.switch(**switches)
        created = client.create(
            "activities",
            {"subject": "Møte 🚢", "startsAt": "2025-07-01T10:00:00Z", "ownerId": "3001"},
        )
        changed = client.change("activities", created["id"], {"company": {"id": "1002"}})

        messages, _ = sync()
        read = {record["id"]: record for record in records_of(messages)["activities"]}

        assert read[created["id"]] == changed == client.record("activities", created["id"])


def test_the_output_is_sound_when_standard_output_is_a_pipe(settings: dict[str, Any]) -> None:
    """The writer goes past `sys.stdout` to its buffer: order and text must still hold."""
    tap = TapCrmOffice(config=settings)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", out)
        tap.sync_all()
    lines = out.buffer.getvalue().decode().splitlines()  # type: ignore[attr-defined]

    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds[0] == "SCHEMA"
    assert kinds[-1] == "STATE"
