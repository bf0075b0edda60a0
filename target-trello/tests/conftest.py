"""A sandbox for the tests, at its seed before each one, and the target's streams on it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Facts, Intent
from linked_target.store.database import open_store
from linked_target.store.transactions import Transactions
from sandbox.testing import RunningSandbox
from tap_trello.settings import client_from_settings
from target_trello.target import TargetTrello

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from linked_target import DestinationStream
    from tap_trello.client import TrelloClient

    Streams = dict[str, DestinationStream]


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
def config(box: RunningSandbox, tmp_path: Path) -> dict[str, Any]:
    return {
        "api_key": credentials.TRELLO_KEY,
        "token": credentials.TRELLO_TOKEN,
        "api_url": box.trello_url,
        "links_url": f"sqlite:///{tmp_path / 'links.db'}",
    }


@pytest.fixture
def client(config: dict[str, Any]) -> TrelloClient:
    """A client for looking at Trello itself, beside the target."""
    return client_from_settings(config)


@pytest.fixture
def facts(config: dict[str, Any]) -> Facts:
    return Facts(Transactions(open_store(config["links_url"])))


@pytest.fixture
def open_streams(config: dict[str, Any], facts: Facts) -> Callable[..., Streams]:
    """Opens the target's streams as one run does: `open_streams(card_id="...")["actions"]`."""

    def open_streams(**settings: Any) -> Streams:
        target = TargetTrello(config={**config, **settings})
        streams = {stream.name: stream for stream in target.open_streams(facts)}
        for stream in streams.values():
            stream._client.backoff = 0.001  # type: ignore[attr-defined]
        return streams

    return open_streams


@pytest.fixture
def intent() -> Intent:
    return intent_for("activities", "4711")


def intent_for(stream: str, source_id: str) -> Intent:
    return Intent("crmoffice", stream, source_id, datetime.now(timezone.utc))
