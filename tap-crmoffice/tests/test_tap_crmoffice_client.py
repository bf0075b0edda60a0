"""What the sandbox never answers, from a server that answers what a test wrote beforehand."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import NotFound, OutcomeUnknown, RecordRefused, StopRun
from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.harvest import Harvest
from tap_crmoffice.settings import client_from_settings
from tap_crmoffice.signin import SignIn
from tap_crmoffice.tap import TapCrmOffice
from tap_crmoffice.token_file import StoredTokens
from tap_crmoffice.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import RunningSandbox


@dataclass
class Office:
    """Answers by method and path; 404 for all others."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)


@pytest.fixture
def office() -> Iterator[Office]:
    script = Office()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = self.path.partition("?")[0]
            status, body = script.answers.get(f"{self.command} {path}", (404, "nothing here"))
            content = (
                sent if body == "echo" else "" if body is None else json.dumps(body)
            ).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Keep the test output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield script
        server.shutdown()
        thread.join()


@pytest.fixture
def client(office: Office, tmp_path: Path) -> CrmOfficeClient:
    tokens = TokenStore(SignIn(tmp_path / "token.json", access_token="made-up-token"))
    return CrmOfficeClient(office.url, tokens, backoff=0)


def test_a_creation_that_is_answered_without_the_record_has_an_unknown_outcome(
    office: Office, client: CrmOfficeClient
) -> None:
    office.answers["POST /companies"] = (201, None)

    with pytest.raises(OutcomeUnknown, match="without the new record"):
        client.create("companies", {"name": "Fjordlys AS"})


@pytest.mark.parametrize("answer", [[], {}, {"name": "without an id"}, "text"])
def test_an_answer_that_holds_no_record_is_none(
    office: Office, client: CrmOfficeClient, answer: Any
) -> None:
    office.answers["GET /companies/7"] = (200, answer)
    office.answers["POST /companies"] = (201, answer)

    with pytest.raises(RecordRefused, match="GET /companies/7 without a record"):
        client.record("companies", "7")
    with pytest.raises(OutcomeUnknown):
        client.create("companies", {"name": "Fjordlys AS"})


def test_a_change_that_is_answered_without_the_record_is_read_back(
    office: Office, client: CrmOfficeClient
) -> None:
    office.answers["PATCH /companies/7"] = (204, None)
    office.answers["GET /companies/7"] = (200, {"id": 7, "name": "Fjordlys AS"})

    assert client.change("companies", "7", {"name": "Fjordlys AS"}) == {
        "id": "7",
        "name": "Fjordlys AS",
    }


def test_a_change_is_sent_again_after_a_lost_answer(
    settings: dict[str, Any], sandbox: RunningSandbox
) -> None:
    client = client_from_settings(settings)
    client.backoff = 0
    sandbox.add_fault("drop_after_commit", system="crmoffice", method="PATCH", count=1)

    assert client.change("companies", "1001", {"phone": "22"})["phone"] == "22"


def test_an_id_never_leads_to_another_path(settings: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        client_from_settings(settings).record("companies", "../users")


def test_a_refusal_does_not_repeat_the_access_token(
    office: Office, client: CrmOfficeClient
) -> None:
    office.answers["GET /users"] = (403, "made-up-token may not read users")

    with pytest.raises(Exception, match="may not read users") as caught:
        client.get("/users")
    assert "made-up-token" not in str(caught.value)


def test_a_refused_refresh_does_not_repeat_the_stored_token(office: Office, tmp_path: Path) -> None:
    sign_in = SignIn(tmp_path / "token.json", office.url, "client", "made-up-secret", "made-up-1")
    stored = StoredTokens(sign_in.origin, refresh_token="made-up-2")
    sign_in.token_file.write_text(json.dumps(vars(stored)))
    office.answers["POST /connect/token"] = (400, "echo")

    with pytest.raises(StopRun) as caught:
        TokenStore(sign_in, backoff=0).access_token()
    assert "grant_type=refresh_token" in str(caught.value)
    assert "made-up" not in str(caught.value)


def test_a_record_without_an_id_is_left_out_with_a_warning(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rest = {"updatedAt": "2025-01-01T00:00:00Z"}
    page = {"items": [{"name": "nobody", **rest}, {"id": 1, **rest}], "totalCount": 2}
    office.answers["GET /companies"] = (200, page)
    tap = TapCrmOffice(
        config={
            "access_token": "made-up-token",
            "api_url": office.url,
            "token_file": str(tmp_path / "token.json"),
        }
    )

    records = list(tap.streams["companies"].get_records(None))

    assert [record["id"] for record in records] == ["1"]
    assert "a record without an id is left out" in caplog.text


def test_a_time_of_the_hour_that_occurs_twice_is_not_taken_for_an_older_one(
    office: Office, client: CrmOfficeClient
) -> None:
    bookmark = datetime(2025, 10, 26, 0, 30, tzinfo=timezone.utc)  # 02:30 the first time
    times = {1: "2025-10-26T02:10:00", 2: "2025-10-26T01:10:00", 3: None}
    page = [{"id": number, "updatedAt": time} for number, time in times.items()]
    office.answers["GET /companies"] = (200, page)

    read = {record["id"] for record in Harvest(client, "companies", bookmark)}
    everything = {record["id"] for record in Harvest(client, "companies")}

    assert read == {"1", "3"}
    assert everything == {"1", "2", "3"}
