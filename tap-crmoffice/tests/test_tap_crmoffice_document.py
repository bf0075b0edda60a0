"""The tenant's own OpenAPI document: fetched at discovery, and what it adds to the streams."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import SettingError
from tap_crmoffice.document import checked_document_url, document_at
from tap_crmoffice.schemas import SCHEMAS
from tap_crmoffice.tap import TapCrmOffice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.testing import RunningSandbox

    Json = dict[str, Any]
    Sync = Callable[..., tuple[list[Json], Json]]

API = "http://127.0.0.1:9"
SIGNED = {"Authorization": "Bearer made-up-token"}


@dataclass
class Host:
    """A web server that answers what a test wrote beforehand, and notes what it was asked.

    Attributes:
        answers: status and body of one answer after the other; the last one again and again.
        tokens: the header Authorization of each request.
        pause: seconds between two bytes.
    """

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.tokens.append(self.headers.get("Authorization"))
            status, body = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in host.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.send(body)
            except OSError:
                return  # the client has seen enough

        def send(self, body: bytes) -> None:
            if not host.pause:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(host.pause)

        def log_message(self, *args: object) -> None:
            """Keep the test output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        host.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def host() -> Iterator[Host]:
    with serving(Host(answers=[(200, b'{"openapi": "3.1.0"}')])) as running:
        yield running


def fetched(host: Host, api_url: str = API, **limits: Any) -> Any:
    url = f"{host.url}/openapi.json?code=made-up-code"
    return document_at(url, api_url, lambda: SIGNED, backoff=0, **limits)


def test_a_document_is_fetched_without_a_token(host: Host) -> None:
    assert fetched(host, host.url) == {"openapi": "3.1.0"}
    assert host.tokens == [None]


def test_the_apis_own_host_gets_the_token_if_it_asks_for_it(host: Host) -> None:
    host.answers = [(401, b""), (200, b"{}")]

    assert fetched(host, f"{host.url}/crmoffice") == {}
    assert host.tokens == [None, "Bearer made-up-token"]


@pytest.mark.parametrize("api_url", [API, "https://127.0.0.1", "http://localhost:1"])
def test_no_other_host_ever_gets_the_token(host: Host, api_url: str) -> None:
    host.answers = [(401, b"")]

    with pytest.raises(SettingError, match="401, and only the API's host gets the token"):
        fetched(host, api_url)
    assert host.tokens == [None]


def test_a_token_is_not_carried_elsewhere_by_a_redirect(host: Host) -> None:
    with serving(Host(answers=[(200, b"{}")])) as other:
        host.answers = [(401, b""), (302, b"")]
        host.headers = {"Location": f"{other.url}/openapi.json"}

        with pytest.raises(SettingError, match="the answer is 302"):
            fetched(host, host.url)
        assert other.tokens == []


def test_a_failure_in_passing_is_tried_again_but_not_for_ever(host: Host) -> None:
    host.answers = [(503, b""), (429, b""), (200, b"{}")]
    assert fetched(host) == {}

    host.answers = [(503, b"")]
    with pytest.raises(SettingError, match="the answer is 503"):
        fetched(host)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"openapi: 3.0.1", "it is no JSON"),
        (b"<html>Sign in</html>", "it is no JSON"),
        (b"", "it is no JSON"),
        (b"\xff\xfe\xfd", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
    ],
    ids=["yaml", "page", "nothing", "bytes", "deep"],
)
def test_what_is_no_json_is_told_in_one_line_that_names_the_setting(
    host: Host, body: bytes, reason: str
) -> None:
    host.answers = [(200, body)]

    with pytest.raises(SettingError, match=reason) as told:
        fetched(host)
    assert "check the setting openapi_url" in str(told.value)
    assert "\n" not in str(told.value)
    assert "made-up-code" not in str(told.value)


def test_a_byte_order_mark_does_no_harm(host: Host) -> None:
    host.answers = [(200, b'\xef\xbb\xbf{"openapi": "3.1.0"}')]

    assert fetched(host) == {"openapi": "3.1.0"}


def test_a_document_that_is_too_large_is_not_read_to_its_end(host: Host) -> None:
    host.answers = [(200, b" " * 3_000_000)]

    with pytest.raises(SettingError, match="it has more than 1000 bytes"):
        fetched(host, largest=1000)


def test_a_document_that_comes_byte_by_byte_ends_in_time(host: Host) -> None:
    host.answers, host.pause = [(200, b" " * 1000)], 0.01

    with pytest.raises(SettingError, match="it takes longer than"):
        fetched(host, longest=0.1)


def test_a_host_that_does_not_answer_is_named() -> None:
    with pytest.raises(SettingError, match=r"127\.0\.0\.1:9/openapi\.json .* there is no answer"):
        fetched(Host(API))


def test_a_document_that_is_cut_is_none(host: Host) -> None:
    host.headers = {"Content-Length": "500"}

    with pytest.raises(SettingError, match="can't be read"):
        fetched(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://docs.example.com/openapi.json",
        "ftp://docs.example.com/openapi.json",
        "https://user:made-up@docs.example.com/openapi.json",
        "https://docs.example.com:port/openapi.json",
        "/openapi.json",
        "openapi.json",
    ],
)
def test_an_address_that_can_not_be_right_is_named_before_the_run(url: str) -> None:
    with pytest.raises(SettingError, match="setting 'openapi_url' is wrong") as told:
        TapCrmOffice(config={"access_token": "made-up-token", "openapi_url": url})
    assert "made-up" not in str(told.value)


def test_an_address_may_have_a_query_and_plain_http_to_this_machine() -> None:
    for url in ("https://docs.example.com/v1.json?group=a#top", "http://localhost:1/openapi.json"):
        assert checked_document_url(url) == url


def schemas_of(tap: TapCrmOffice) -> dict[str, Json]:
    return {entry["stream"]: entry["schema"] for entry in tap.catalog_dict["streams"]}


def test_discovery_lists_the_tenants_own_properties(
    settings: Json, sandbox: RunningSandbox
) -> None:
    sandbox.switch(custom_fields=True)
    tap = TapCrmOffice(config={**settings, "openapi_url": f"{sandbox.crm_url}/openapi.json"})

    company = schemas_of(tap)["companies"]["properties"]

    assert company["segment"] == {"type": ["string", "null"]}
    assert company["annualRevenue"] == {"type": ["number", "null"]}
    assert company["employees"] == {"type": ["integer", "null"]}
    assert company["nextReviewAt"] == {"type": ["string", "null"], "format": "date-time"}
    assert company["tags"] == {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
    assert company["postAddress"]["properties"]["municipality"] == {"type": ["string", "null"]}
    assert company["name"] == SCHEMAS["companies"]["properties"]["name"]
    assert schemas_of(tap)["activities"]["properties"]["priority"]["type"] == ["integer", "null"]


def test_a_document_that_lists_nothing_new_changes_no_schema(
    settings: Json, sandbox: RunningSandbox
) -> None:
    plain = TapCrmOffice(config=dict(settings))
    tap = TapCrmOffice(config={**settings, "openapi_url": f"{sandbox.crm_url}/openapi.json"})

    assert schemas_of(tap) == schemas_of(plain)


def test_flattening_gives_the_tenants_own_properties_a_column(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    sandbox.switch(custom_fields=True)
    changes = {"flattening_enabled": True, "flattening_max_depth": 2}
    own = {"segment", "annualRevenue", "postAddress__municipality", "classification__code"}
    columns = []
    for url in (None, f"{sandbox.crm_url}/openapi.json"):
        messages, _ = sync(openapi_url=url, **changes)
        (schema,) = [
            each["schema"]["properties"]
            for each in messages
            if each["type"] == "SCHEMA" and each["stream"] == "companies"
        ]
        columns.append(own & set(schema))

    first = next(
        each["record"]
        for each in messages
        if each["type"] == "RECORD" and each["record"]["id"] == "1001"
    )
    assert columns == [set(), own]
    assert {name: first[name] for name in own} == {
        "segment": "Handel",
        "annualRevenue": 1001 * 1000.5,
        "postAddress__municipality": "Kommune 0",
        "classification__code": "K2",
    }


def test_the_records_are_the_same_with_the_document_and_without(
    sync: Sync, sandbox: RunningSandbox
) -> None:
    sandbox.switch(custom_fields=True)
    runs = [sync(openapi_url=url)[0] for url in (None, f"{sandbox.crm_url}/openapi.json")]

    with_it, without = (
        [each["record"] for each in messages if each["type"] == "RECORD"] for messages in runs
    )
    assert with_it == without


def test_a_document_behind_the_sign_in_is_read_with_the_taps_own(
    settings: Json, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.switch(custom_fields=True, document_needs_sign_in=True)
    tap = TapCrmOffice(config={**settings, "openapi_url": f"{sandbox.crm_url}/openapi.json"})

    assert "segment" in schemas_of(tap)["companies"]["properties"]
    assert "Bearer" not in caplog.text


def test_without_the_setting_discovery_sends_no_request(
    settings: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", refuse)

    assert set(schemas_of(TapCrmOffice(config=dict(settings)))) == set(SCHEMAS)


def refuse(*_: object) -> None:
    raise AssertionError("a request is sent")


def test_a_catalog_that_is_given_needs_no_document_and_keeps_its_properties(
    settings: Json, sandbox: RunningSandbox, sync: Sync
) -> None:
    sandbox.switch(custom_fields=True)
    url = f"{sandbox.crm_url}/openapi.json"
    catalog = TapCrmOffice(config={**settings, "openapi_url": url}).catalog_dict
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            each["metadata"]["selected"] = True

    messages, _ = sync(catalog=catalog, openapi_url=f"{API}/gone.json")

    schemas = {each["stream"]: each["schema"] for each in messages if each["type"] == "SCHEMA"}
    assert "segment" in schemas["companies"]["properties"]


def test_a_document_that_can_not_be_read_ends_discovery_with_one_line(
    settings: Json, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**settings, "openapi_url": f"{sandbox.url}/nowhere.json"}))

    ended = subprocess.run(
        [sys.executable, "-m", "tap_crmoffice", "--config", str(config), "--discover"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "check the setting openapi_url" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
