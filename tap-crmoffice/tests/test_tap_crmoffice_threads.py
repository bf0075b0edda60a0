"""One client, many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import RecordRefused
from tap_crmoffice.settings import client_from_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox
    from tap_crmoffice.client import CrmOfficeClient

THREADS = 16


def in_parallel(action: Callable[[int], object], number: int = THREADS) -> list[object]:
    """Call an action in so many threads, which all begin at the same moment."""
    together = threading.Barrier(number)

    def begin(index: int) -> object:
        together.wait(10)
        return action(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))


@pytest.fixture
def client(settings: dict[str, Any]) -> CrmOfficeClient:
    opened = client_from_settings(settings)
    opened.backoff = 0.001
    return opened


def test_of_many_requests_that_meet_an_expired_token_one_renews_it_and_all_go_on(
    sandbox: RunningSandbox, client: CrmOfficeClient
) -> None:
    client.get("/users")
    sandbox.reset_requests()
    sandbox.switch(keep_initial_refresh_token=False, rotate_refresh_token=True)
    sandbox.add_fault("latency", system="crmoffice", method="GET", seconds=0.05)
    sandbox.add_fault("expire_token", system="crmoffice", path="companies", count=1)

    answers = in_parallel(lambda _: client.record("companies", "1001")["id"])

    assert answers == ["1001"] * THREADS
    asked = [each["status"] for each in sandbox.log() if each["path"].endswith("/1001")]
    assert asked.count(401) > 1
    assert asked.count(200) == THREADS
    assert sandbox.requests()["crmoffice"]["token"] == 1


def test_the_first_token_is_fetched_once_for_all_threads(
    sandbox: RunningSandbox, client: CrmOfficeClient
) -> None:
    in_parallel(lambda _: client.get("/users"))

    assert sandbox.requests()["crmoffice"]["token"] == 1


def test_an_old_token_is_not_repeated_by_a_late_refusal(
    sandbox: RunningSandbox, client: CrmOfficeClient
) -> None:
    client.get("/users")
    old = client.headers()["Authorization"].removeprefix("Bearer ")
    sandbox.add_fault("expire_token", system="crmoffice", path="users", count=1)
    client.get("/users")
    assert client.headers()["Authorization"] != f"Bearer {old}"

    with pytest.raises(RecordRefused) as refused:
        client.get(f"/companies/{old}")
    assert old not in str(refused.value)


def test_a_429_holds_up_all_threads(
    sandbox: RunningSandbox, client: CrmOfficeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    for pacer in client.pacers("/users"):
        monkeypatch.setattr(pacer, "block", held_up.append)
    sandbox.add_fault("status", path="users", status=429, retry_after=5, count=1)

    client.get("/users")

    assert held_up == [5.0]


def test_a_record_is_deleted_and_one_that_is_gone_is_no_error(
    sandbox: RunningSandbox, client: CrmOfficeClient
) -> None:
    sandbox.add_fault("drop_after_commit", system="crmoffice", method="DELETE", count=1)
    client.delete("activities", "4001")
    client.delete("activities", "4001")

    with pytest.raises(RecordRefused, match="404"):
        client.record("activities", "4001")


def test_a_record_in_use_is_not_deleted_and_that_is_told_in_the_apis_words(
    sandbox: RunningSandbox, client: CrmOfficeClient
) -> None:
    del sandbox
    with pytest.raises(RecordRefused, match="in use") as refused:
        client.delete("companies", "1001")
    assert refused.value.status == 409
