"""One client, many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from singer_rest import Pacer, RestClient, StopRun, computed_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conftest import ScriptedApi

THREADS = 16


def in_parallel(action: Callable[[int], object], number: int = THREADS) -> list[object]:
    """Call an action in so many threads, which all begin at the same moment."""
    together = threading.Barrier(number)

    def begin(index: int) -> object:
        together.wait(10)
        return action(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))


class PacedClient(RestClient):
    def __init__(self, url: str, **options: float) -> None:
        super().__init__(url, name="Office", **{"backoff": 0.0, **options})  # type: ignore[arg-type]
        self.pacer = Pacer(None)

    def pacers(self, path: str) -> Iterable[Pacer]:
        del path
        return (self.pacer,)


class RenewingClient(RestClient):
    def __init__(self, url: str) -> None:
        super().__init__(url, name="Office", backoff=0.0)
        self.refused: list[str] = []
        self.token = "made-up-1"

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": self.token}

    def renew_sign_in(self, refused: Mapping[str, str]) -> bool:
        self.refused.append(refused["Authorization"])
        self.token = "made-up-2"
        return True


def test_every_thread_keeps_one_connection_and_every_request_is_counted(api: ScriptedApi) -> None:
    client = RestClient(api.url, name="Office")

    def five_requests(_: int) -> None:
        for _ in range(5):
            client.get("/things")

    in_parallel(five_requests)

    assert client.traffic.sent == len(api.received) == THREADS * 5
    assert client.traffic.under_way == 0
    assert client.traffic.too_many == 0
    assert len(api.connections) == THREADS


def test_a_renewal_is_told_the_sign_in_that_its_own_request_carried(api: ScriptedApi) -> None:
    client = RenewingClient(api.url)
    api.answers_with(401, "expired")

    def renewed_meanwhile(response: object, sent: float) -> None:
        del response, sent
        client.token = "made-up-2"

    client.observe = renewed_meanwhile  # type: ignore[method-assign]
    client.get("/things")

    assert client.refused == ["made-up-1"]


def test_after_a_429_no_thread_sends_until_the_pause_is_over(api: ScriptedApi) -> None:
    client = PacedClient(api.url, backoff=0.3)
    api.answers_with(429, "slow down")
    client_is_held_up = threading.Event()
    hold_up = client.hold_up

    def note(*args: object) -> None:
        hold_up(*args)  # type: ignore[arg-type]
        client_is_held_up.set()

    client.hold_up = note  # type: ignore[method-assign]
    first = threading.Thread(target=client.get, args=("/things",))
    first.start()
    assert client_is_held_up.wait(10)
    in_parallel(lambda _: client.get("/things"))
    first.join()

    refused, *others = api.received
    assert len(others) == THREADS + 1
    assert min(request.at for request in others) - refused.at >= 0.3
    assert client.traffic.too_many == 1
    assert client.traffic.seconds_waited > 0.1 * THREADS


@pytest.mark.parametrize(("status", "seconds"), [(429, 7.0), (503, 7.0), (500, 0.0)])
def test_a_retry_after_of_429_and_503_holds_up_all(
    api: ScriptedApi, waits: list[float], status: int, seconds: float
) -> None:
    client = PacedClient(api.url)
    held_up: list[float] = []
    client.pacer.block = held_up.append  # type: ignore[method-assign]
    api.answers_with(status, "", {"Retry-After": "7"})

    client.get("/things")

    assert held_up == ([seconds] if seconds else [])
    assert waits == [7.0]


class Expensive:
    def __init__(self) -> None:
        self.computed = 0
        self.fails = False

    @computed_once
    def value(self) -> int:
        """A number."""
        threading.Event().wait(0.02)  # so that others ask meanwhile
        self.computed += 1
        if self.fails:
            raise ValueError("not now")
        return self.computed


def test_what_is_computed_once_is_computed_by_one_thread_only() -> None:
    expensive = Expensive()

    assert in_parallel(lambda _: expensive.value) == [1] * THREADS
    assert Expensive().value == 1
    assert Expensive.value.__doc__ == "A number."


def test_what_could_not_be_computed_is_tried_again() -> None:
    expensive = Expensive()
    expensive.fails = True
    with pytest.raises(ValueError, match="not now"):
        _ = expensive.value
    expensive.fails = False
    assert expensive.value == 2


def test_a_request_is_not_given_up_for_429s_while_others_get_through(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = RestClient(api.url, name="Office", backoff=0.0, attempts=2)
    for _ in range(5):
        api.answers_with(429, "slow down", {"Retry-After": "1"})

    def another_succeeds(_: float) -> None:
        refusals = list(api.answers)
        api.answers.clear()
        client.get("/others")
        api.answers.extend(refusals)

    monkeypatch.setattr("tenacity.nap.time.sleep", another_succeeds)
    assert client.get("/things") == {}
    assert [each.path for each in api.received].count("/things") == 6


def test_a_request_that_gets_429_for_ever_is_given_up_though_others_get_through(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = RestClient(api.url, name="Office", backoff=0.0, attempts=2)

    def another_succeeds(_: float) -> None:
        client.get("/others")
        api.answers_with(429, "slow down")

    api.answers_with(429, "slow down")
    monkeypatch.setattr("tenacity.nap.time.sleep", another_succeeds)
    with pytest.raises(StopRun, match="slow down"):
        client.get("/things")
    assert [each.path for each in api.received].count("/things") == 10


def test_a_request_is_given_up_when_all_get_429(api: ScriptedApi, waits: list[float]) -> None:
    client = RestClient(api.url, name="Office", backoff=0.0, attempts=3)
    client.get("/things")
    for _ in range(5):
        api.answers_with(429, "slow down", {"Retry-After": "1"})

    with pytest.raises(StopRun, match="slow down"):
        client.get("/things")
    assert waits == [1.0, 1.0]
