from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox
from tap_crmoffice.tap import TapCrmOffice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Messages = list[dict[str, Any]]


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[RunningSandbox]:
    with RunningSandbox() as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: RunningSandbox) -> RunningSandbox:
    """The seed, as if no other test had touched it."""
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def settings(sandbox: RunningSandbox, tmp_path: Path) -> dict[str, Any]:
    return {
        "api_url": sandbox.crm_url,
        "auth_url": sandbox.auth_url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "refresh_token": sandbox.refresh_token,
        "token_file": str(tmp_path / "token.json"),
    }


@pytest.fixture
def sync(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Messages, dict[str, Any]]]:
    """Run the tap and return its messages and its last state."""

    def run(
        state: dict[str, Any] | None = None, catalog: Any = None, **changes: Any
    ) -> tuple[Messages, dict[str, Any]]:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        monkeypatch.setattr(sys, "stdout", out)
        TapCrmOffice(config={**settings, **changes}, state=state, catalog=catalog).sync_all()
        monkeypatch.undo()
        out.seek(0)
        messages = [json.loads(line) for line in out]
        states = [message["value"] for message in messages if message["type"] == "STATE"]
        return messages, states[-1] if states else {}

    return run
