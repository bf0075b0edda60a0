"""A stream shows its progress and measures its requests."""

from __future__ import annotations

import json
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_rest import NotFound, RestClient, WatchedStream
from singer_rest.endpoints import endpoint_of
from singer_sdk import Tap, metrics
from singer_sdk import typing as th
from singer_sdk.logging import StructuredFormatter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conftest import FakeTime, ScriptedApi

BOARD = "5f0c1d2e3f4a5b6c7d8e9f00"
TOKEN = "made-up-secret-token"


class ActionsStream(WatchedStream):
    name = "actions"
    primary_keys = ("id",)
    schema = th.PropertiesList(th.Property("id", th.StringType)).to_dict()
    client: RestClient

    @property
    def measured_clients(self) -> Iterable[RestClient]:
        return (self.client,)

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        del context
        boards = [BOARD, BOARD[::-1]]
        self.progress.begin("boards", total=len(boards))
        for board in boards:
            self.client.get(f"/boards/{board}/actions", {"limit": 1000})
            yield {"id": board}
            self.progress.advance()


class TapOffice(Tap):
    name = "tap-office"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> Sequence[ActionsStream]:
        return [ActionsStream(self)]


@pytest.fixture
def stream(api: ScriptedApi) -> ActionsStream:
    stream = ActionsStream(TapOffice())
    stream.client = RestClient(api.url, name="Office", backoff=0.0)
    return stream


@pytest.fixture
def points(caplog: pytest.LogCaptureFixture) -> Points:
    return Points(caplog)


class Points:
    """The metrics that were logged."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def of(self, metric: metrics.Metric) -> list[dict[str, Any]]:
        lines = [json.loads(StructuredFormatter().format(each)) for each in self._caplog.records]
        found = [line["metric_info"] for line in lines if "metric_info" in line]
        return [point for point in found if point["metric"] == metric]


def test_requests_are_counted_by_endpoint_and_status(
    stream: ActionsStream, api: ScriptedApi, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers_with(503)
    caplog.set_level(logging.INFO)
    stream.sync()

    found = points.of(metrics.Metric.HTTP_REQUEST_COUNT)
    assert {(each["tags"]["http_status_code"], each["value"]) for each in found} == {
        (503, 1),
        (200, 2),
    }
    for each in found:
        assert each["type"] == "counter"
        assert each["tags"]["stream"] == "actions"
        assert each["tags"]["endpoint"] == "/boards/{id}/actions"


def test_the_duration_of_each_request_is_told_at_level_debug(
    stream: ActionsStream, api: ScriptedApi, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers_with(503)
    caplog.set_level(logging.DEBUG)
    stream.sync()

    found = points.of(metrics.Metric.HTTP_REQUEST_DURATION)
    told = [(each["tags"]["http_status_code"], each["tags"]["status"]) for each in found]
    assert told == [(503, "failed"), (200, "succeeded"), (200, "succeeded")]
    for each in found:
        assert each["type"] == "timer"
        assert 0 < each["value"] < 20
        assert each["tags"]["stream"] == "actions"
        assert each["tags"]["endpoint"] == "/boards/{id}/actions"


def test_a_long_read_has_no_line_for_each_request(
    stream: ActionsStream, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stream.sync()

    assert points.of(metrics.Metric.HTTP_REQUEST_DURATION) == []


def test_the_metrics_of_the_sdk_are_there_as_well(
    stream: ActionsStream, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stream.sync()

    (records,) = points.of(metrics.Metric.RECORD_COUNT)
    assert (records["value"], records["tags"]["stream"]) == (2, "actions")
    (duration,) = points.of(metrics.Metric.SYNC_DURATION)
    assert duration["tags"]["status"] == "succeeded"


def test_a_read_that_breaks_off_tells_its_requests_and_leaves_the_client(
    stream: ActionsStream, api: ScriptedApi, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers_with(404)
    caplog.set_level(logging.INFO)
    with pytest.raises(NotFound):
        stream.sync()

    (found,) = points.of(metrics.Metric.HTTP_REQUEST_COUNT)
    assert found["tags"]["http_status_code"] == 404
    stream.client.get("/boards")
    assert len(points.of(metrics.Metric.HTTP_REQUEST_COUNT)) == 1
    assert stream.client.observer is None


def test_records_and_parts_are_in_the_log_without_further_ado(
    stream: ActionsStream, time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    def half_a_minute_later() -> float:
        time.now += 15
        return time.now

    caplog.set_level(logging.INFO)
    stream.progress._clock = half_a_minute_later
    stream.sync()

    lines = [each for each in caplog.records if each.getMessage().endswith("so far")]
    assert {each.name for each in lines} == {"tap-office.actions"}
    assert lines[-1].getMessage() == "actions: 2 of 2 boards, 2 records so far"


def test_threads_that_share_a_client_are_counted_together(
    stream: ActionsStream, points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    def ask(number: int) -> None:
        stream.client.get(f"/cards/{number}")

    caplog.set_level(logging.INFO)
    with stream.get_record_counter(), ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(200)))

    (found,) = points.of(metrics.Metric.HTTP_REQUEST_COUNT)
    assert (found["value"], found["tags"]["endpoint"]) == (200, "/cards/{id}")


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/companies", "/companies"),
        ("/companies/1001", "/companies/{id}"),
        (f"/boards/{BOARD}/actions?before={BOARD}", "/boards/{id}/actions"),
        ("/members/annahavblikk/boards/", "/members/{id}/boards"),
        (f"/tokens/{TOKEN}/member", "/tokens/{id}/member"),
        (f"/{BOARD}", "/{id}"),
        (f"/batch?urls=/boards/{BOARD}", "/batch"),
        ("/", "/"),
    ],
)
def test_an_endpoint_has_neither_ids_nor_names_nor_a_query(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint


@given(st.lists(st.text(st.characters(blacklist_characters="/?#"), min_size=1), min_size=1))
def test_whatever_the_ids_are_they_make_one_endpoint(ids: list[str]) -> None:
    assert len(Counter(endpoint_of(f"/cards/{each}/actions") for each in ids)) == 1
