"""A sandbox for the tests, at its seed before each one."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox
from tap_trello.client import TrelloClient
from tap_trello.quotas import Quotas
from tap_trello.tap import TapTrello

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Messages = list[dict[str, Any]]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox() as box:
        yield box


@pytest.fixture
def box(running: RunningSandbox) -> RunningSandbox:
    running.reset()
    running.switch(quotas=False)
    return running


@pytest.fixture
def client(box: RunningSandbox) -> TrelloClient:
    """A client that no quota holds up."""
    quotas = Quotas()
    quotas.key.limit = quotas.token.limit = 1_000_000
    client = TrelloClient(
        credentials.TRELLO_KEY, credentials.TRELLO_TOKEN, base_url=box.trello_url, quotas=quotas
    )
    client.backoff = 0.001
    return client


@pytest.fixture
def config(box: RunningSandbox) -> dict[str, Any]:
    return {
        "api_key": credentials.TRELLO_KEY,
        "token": credentials.TRELLO_TOKEN,
        "api_url": box.trello_url,
    }


@pytest.fixture
def run(config: dict[str, Any]) -> Callable[..., Messages]:
    """Runs the tap: `run(state, streams=("actions",), read_footers=True)` gives its messages."""

    def run(
        state: dict[str, Any] | None = None, *, streams: tuple[str, ...] = (), **settings: Any
    ) -> Messages:
        tap = TapTrello(config={**config, **settings}, state=state)
        for stream in tap.streams.values():
            stream.selected = not streams or stream.name in streams
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(output):
            tap.sync_all()
        output.seek(0)
        return [json.loads(line) for line in output]

    return run
