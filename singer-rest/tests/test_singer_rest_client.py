from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import (
    NotFound,
    OutcomeUnknown,
    Pacer,
    PluginError,
    RecordRefused,
    RestClient,
    SettingError,
    StopRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conftest import FakeTime, ScriptedApi

SECRET = "made-up-secret"


class SignedClient(RestClient):
    """Signs with a token that can be renewed `renewals` times."""

    def __init__(
        self, url: str, *, renewals: int = 0, pacer: Pacer | None = None, **options: Any
    ) -> None:
        super().__init__(url, name="Office", **{"backoff": 0.0, "attempts": 3, **options})
        self.token = SECRET
        self.renewals = renewals
        self.asked_to_renew = 0
        self.pacer = pacer or Pacer(1000, 10)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def secrets(self) -> Iterable[str]:
        return (self.token,)

    def renew_sign_in(self, refused: Mapping[str, str]) -> bool:
        del refused
        self.asked_to_renew += 1
        if self.asked_to_renew > self.renewals:
            return False
        self.token = f"{SECRET}-{self.asked_to_renew}"
        return True

    def pacers(self, path: str) -> Iterable[Pacer]:
        del path
        return (self.pacer,)


@pytest.fixture
def client(api: ScriptedApi, time: FakeTime) -> SignedClient:
    return SignedClient(api.url, pacer=Pacer(1000, 10, clock=time.clock, sleep=time.sleep))


def test_a_get_returns_the_json_and_carries_sign_in_and_parameters(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(body={"id": "1"})

    assert client.get("/things", {"page": 2, "since": None}) == {"id": "1"}
    assert api.received[0].path == "/things?page=2"
    assert api.received[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_path_keeps_the_folder_of_the_base_address(api: ScriptedApi) -> None:
    SignedClient(api.url + "/v1/").get("/things")

    assert api.received[0].path == "/v1/things"


def test_a_get_whose_answer_is_empty_was_cut_and_is_sent_again(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(200, "")
    api.answers_with(body=[1])

    assert client.get("/things") == [1]


@pytest.mark.parametrize(("repeatable", "connections"), [(False, 2), (True, 1)])
def test_a_write_that_must_not_be_repeated_takes_no_connection_that_was_idle_for_long(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, *, repeatable: bool, connections: int
) -> None:
    client = SignedClient(api.url)
    client.get("/things")
    client.request("POST", "/things", json={})
    assert len(api.connections) == 1
    monkeypatch.setattr("singer_rest.sessions.LONGEST_IDLE", -1.0)

    client.request("POST", "/things", json={}, repeatable=repeatable)

    assert len(api.connections) == connections


def test_an_empty_answer_is_none(api: ScriptedApi, client: SignedClient) -> None:
    api.answers_with(204, "")

    assert client.request("DELETE", "/things/1") is None


def test_a_form_is_sent_as_a_form(api: ScriptedApi, client: SignedClient) -> None:
    client.request("POST", "/token", form={"grant_type": "refresh_token"})

    assert api.received[0].body == "grant_type=refresh_token"
    assert api.received[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_netrc_file_does_not_replace_the_sign_in(
    api: ScriptedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = SignedClient(api.url)
    client.session.trust_env = True

    client.get("/things")

    assert api.received[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert SignedClient(api.url).get("/things") == {}


def test_a_proxy_of_the_environment_counts_for_other_machines() -> None:
    assert SignedClient("https://api.example.com").session.trust_env


@pytest.mark.parametrize("status", [429, 449, 500, 503, 504])
def test_a_get_is_sent_again_after_a_passing_error(
    api: ScriptedApi, client: SignedClient, status: int
) -> None:
    api.answers_with(status, "busy")
    api.answers_with(body=[1])

    assert client.get("/things") == [1]
    assert len(api.received) == 2


def test_a_get_is_sent_again_after_a_lost_a_cut_and_an_unreadable_answer(api: ScriptedApi) -> None:
    api.loses_its_answer()
    api.cuts_its_answer()
    api.answers_with(body="<html>login</html>")
    api.answers_with(body=[1])

    assert SignedClient(api.url, attempts=4).get("/things") == [1]


def test_a_get_stops_the_run_after_all_attempts(api: ScriptedApi, client: SignedClient) -> None:
    for _ in range(5):
        api.answers_with(503, "busy")

    with pytest.raises(StopRun, match="Office answers 503 to GET /things: busy"):
        client.get("/things")
    assert len(api.received) == client.attempts


def test_retry_after_in_seconds_is_waited_for(
    api: ScriptedApi, client: SignedClient, waits: list[float]
) -> None:
    api.answers_with(429, "slow down", {"Retry-After": "7"})

    client.get("/things")

    assert waits == [7.0]


def test_retry_after_as_a_date_is_measured_by_the_servers_clock(
    api: ScriptedApi, client: SignedClient, waits: list[float]
) -> None:
    api.answers_with(503, "", {"Retry-After": "Mon, 01 Jan 2035 00:00:10 GMT"})
    api.answers.append(api.answers.popleft())

    client.get("/things")

    assert waits == [960.0]  # years ahead of the server's own Date header: cut to the longest wait


@pytest.mark.parametrize("value", ["soon", "-5", "²", "Mon, 99 Foo 2035"])
def test_a_retry_after_that_makes_no_sense_is_ignored(
    api: ScriptedApi, client: SignedClient, waits: list[float], value: str
) -> None:
    api.answers_with(429, "", {"Retry-After": value})

    client.get("/things")

    assert waits == [0.0]


def test_waits_grow_where_the_server_names_none(api: ScriptedApi, waits: list[float]) -> None:
    for _ in range(3):
        api.answers_with(500, "")

    SignedClient(api.url, attempts=4, backoff=1.0).get("/things")

    assert all(low <= wait <= low + 1 for low, wait in zip([1, 2, 4], waits, strict=True))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_is_not_sent_again_after_a_server_error(
    api: ScriptedApi, client: SignedClient, status: int
) -> None:
    api.answers_with(status, "oops")

    with pytest.raises(OutcomeUnknown, match=f"answers {status} to POST /things: oops"):
        client.request("POST", "/things", json={"a": 1})
    assert len(api.received) == 1


@pytest.mark.parametrize("kind", ["loses_its_answer", "cuts_its_answer"])
def test_a_write_is_not_sent_again_after_a_lost_answer(
    api: ScriptedApi, client: SignedClient, kind: str
) -> None:
    getattr(api, kind)()

    with pytest.raises(OutcomeUnknown, match="gave no answer"):
        client.request("POST", "/things", json={"a": 1})
    assert len(api.received) == 1


def test_a_write_whose_answer_is_not_json_has_an_unknown_outcome(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(200, "<html>")

    with pytest.raises(OutcomeUnknown, match="not JSON"):
        client.request("POST", "/things", json={"a": 1})


def test_a_repeatable_write_is_sent_again(api: ScriptedApi, client: SignedClient) -> None:
    api.loses_its_answer()

    client.request("PUT", "/things/1", json={"a": 1}, repeatable=True)

    assert [request.body for request in api.received] == ['{"a": 1}'] * 2


def test_a_write_is_sent_again_after_429_because_nothing_was_done(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(429, "slow down")
    api.answers_with(201, {"id": "1"})

    assert client.request("POST", "/things", json={"a": 1}) == {"id": "1"}
    assert [request.body for request in api.received] == ['{"a": 1}'] * 2


def test_a_write_that_never_got_a_connection_is_sent_again_and_then_stops_the_run(
    waits: list[float],
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        client = SignedClient(f"http://127.0.0.1:{port}")

        with pytest.raises(StopRun, match=f"127.0.0.1:{port} can't be reached"):
            client.request("POST", "/things", json={})
    assert len(waits) == client.attempts - 1


def test_a_refused_sign_in_is_renewed_once_and_the_request_sent_again(api: ScriptedApi) -> None:
    client = SignedClient(api.url, renewals=1)
    api.answers_with(401, "expired")
    api.answers_with(201, {"id": "1"})

    assert client.request("POST", "/things", json={}) == {"id": "1"}
    assert api.received[1].headers["Authorization"] == f"Bearer {SECRET}-1"


def test_a_sign_in_refused_again_after_its_renewal_stops_the_run(api: ScriptedApi) -> None:
    client = SignedClient(api.url, renewals=9)
    for _ in range(3):
        api.answers_with(401, "expired")

    with pytest.raises(StopRun, match="Office refuses the sign-in: expired"):
        client.get("/things")
    assert client.asked_to_renew == 1
    assert len(api.received) == 2


def test_a_renewal_is_not_repeated_when_a_passing_error_lies_between(api: ScriptedApi) -> None:
    client = SignedClient(api.url, renewals=9)
    api.answers_with(401, "expired")
    api.answers_with(503, "busy")
    api.answers_with(401, "expired")

    with pytest.raises(StopRun, match="refuses the sign-in"):
        client.get("/things")
    assert client.asked_to_renew == 1


def test_404_is_not_found_and_other_refusals_keep_status_and_words(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(404, "model not found")
    api.answers_with(
        422,
        {"title": "Invalid", "errors": {"orgNr": ["check digit", "nine digits"]}, "status": 422},
    )

    with pytest.raises(NotFound, match="model not found"):
        client.get("/things/1")
    with pytest.raises(RecordRefused) as refused:
        client.request("POST", "/things", json={})
    assert refused.value.status == 422
    assert str(refused.value) == (
        "Office answers 422 to POST /things: Invalid: orgNr: check digit, nine digits"
    )


def test_a_redirect_is_not_followed_and_stops_the_run(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(302, "", {"Location": "http://127.0.0.1:9/login"})

    with pytest.raises(StopRun, match=r"302.*address is not right"):
        client.get("/things")
    assert len(api.received) == 1


def test_no_message_and_no_log_line_repeats_a_secret(
    api: ScriptedApi, client: SignedClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[PluginError] = []
    for status in (400, 401, 404, 500, 302):
        for _ in range(3):
            api.answers_with(status, f"no such token {SECRET}\nline two")
        with pytest.raises(PluginError) as caught:
            client.get(f"/tokens/{SECRET}")
        told.append(caught.value)
        api.answers.clear()

    text = " ".join(map(str, told)) + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("singer_rest")
    )
    assert len(told) == 5
    assert SECRET not in text
    assert "\n" not in text


@pytest.mark.parametrize("token", ["line\nbreak", "“quoted”"])
def test_a_token_that_no_header_can_carry_is_told_without_repeating_it(
    api: ScriptedApi, client: SignedClient, token: str
) -> None:
    client.token = token

    with pytest.raises(SettingError, match="copy the key or token again") as caught:
        client.get("/things")
    assert token not in str(caught.value)
    assert api.received == []


def test_a_long_error_page_is_cut(api: ScriptedApi, client: SignedClient) -> None:
    api.answers_with(400, "x" * 100_000)

    with pytest.raises(RecordRefused) as caught:
        client.get("/things")
    assert len(str(caught.value)) < 600


def test_a_secret_at_the_place_where_a_long_message_is_cut_is_not_repeated(
    api: ScriptedApi, client: SignedClient
) -> None:
    api.answers_with(400, "x" * 485 + SECRET + "y" * 50)

    with pytest.raises(RecordRefused) as caught:
        client.get("/things")
    assert SECRET[:8] not in str(caught.value)


def test_a_write_that_keeps_failing_while_others_succeed_concerns_that_record_only(
    api: ScriptedApi, client: SignedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(_: float) -> None:
        api.answers.appendleft(api.answers.pop())
        client.get("/others")

    for _ in range(client.attempts):
        api.answers_with(500, "a bug with this record")
    monkeypatch.setattr("tenacity.nap.time.sleep", sleep)
    for _ in range(client.attempts):
        api.answers_with(200, [])

    with pytest.raises(RecordRefused, match="a bug with this record") as refused:
        client.request("PUT", "/things/1", json={}, repeatable=True)
    assert refused.value.status == 500


def test_a_write_that_keeps_failing_while_nothing_else_succeeds_stops_the_run(
    api: ScriptedApi, client: SignedClient
) -> None:
    client.get("/things")
    for _ in range(client.attempts):
        api.answers_with(500, "down")

    with pytest.raises(StopRun, match="down"):
        client.request("PUT", "/things/1", json={}, repeatable=True)


def test_every_attempt_passes_the_pacer(
    api: ScriptedApi, client: SignedClient, time: FakeTime
) -> None:
    client.pacer.limit = 1
    api.answers_with(503, "")

    client.get("/things")

    assert client.traffic.sent == 2
    assert sum(time.slept) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://api.example.com", "must begin with https"),
        ("http://127.0.0.1.example.com", "must begin with https"),
        ("ftp://api.example.com", "not an http or https address"),
        ("api.example.com", "not an http or https address"),
        ("https://", "not an http or https address"),
        ("https://[::1", "can't be read"),
        ("https://api.example.com:port", "can't be read"),
        ("https://somebody:made-up@api.example.com", "must not hold credentials"),
        ("ftp://somebody:made-up@api.example.com", "must not hold credentials"),
        ("https://api.example.com/?token=made-up", "must not hold credentials or a query"),
    ],
)
def test_an_address_that_is_wrong_or_unsafe_is_refused(address: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        RestClient(address, name="Office")
    assert "made-up" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["https://api.example.com/v1/", "http://127.0.0.1:8765", "http://localhost", "http://[::1]:80"],
)
def test_https_and_http_to_this_machine_are_accepted(address: str) -> None:
    assert RestClient(address, name="Office").base_url == address.rstrip("/")
