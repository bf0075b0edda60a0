"""A real HTTP server whose answers a test writes beforehand."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    lost: bool
    length: int


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float


@dataclass
class ScriptedApi:
    """Answers in the order written; afterwards 200 with an empty object."""

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    connections: list[object] = field(default_factory=list)

    def answers_with(
        self, status: int = 200, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        content = text if isinstance(text, bytes) else text.encode()
        self.answers.append(Answer(status, content, headers or {}, lost=False, length=len(content)))

    def loses_its_answer(self) -> None:
        self.answers.append(Answer(200, b"", {}, lost=True, length=0))

    def cuts_its_answer(self) -> None:
        self.answers.append(Answer(200, b'{"half":', {}, lost=False, length=100))


class ScriptedHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ScriptedApi

    def setup(self) -> None:
        super().setup()
        self.api.connections.append(self.client_address)

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers, now = dict(self.headers), monotonic()
        self.api.received.append(Received(self.command, self.path, headers, body, now))
        answer = (
            self.api.answers.popleft()
            if self.api.answers
            else Answer(200, b"{}", {}, lost=False, length=2)
        )
        self.close_connection = answer.lost or len(answer.body) < answer.length
        if answer.lost:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.length))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

    def log_message(self, *args: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    script = ScriptedApi()
    handler = type("Handler", (ScriptedHandler,), {"api": script})
    server_class = type("Server", (ThreadingHTTPServer,), {"request_queue_size": 64})
    with server_class(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield script
        server.shutdown()
        thread.join()


@dataclass
class FakeTime:
    """A clock for a pacer that moves only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, time: FakeTime) -> list[float]:
    """Seconds that the client would have waited between attempts; it doesn't really wait."""
    seconds: list[float] = []

    def sleep(wait: float) -> None:
        seconds.append(wait)
        time.now += wait

    monkeypatch.setattr("tenacity.nap.time.sleep", sleep)
    return seconds
