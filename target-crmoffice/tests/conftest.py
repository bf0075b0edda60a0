from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox
from tap_crmoffice.settings import client_from_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_crmoffice.client import CrmOfficeClient


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
        "links_url": f"sqlite:///{tmp_path / 'links.db'}",
    }


@pytest.fixture
def client(settings: dict[str, Any]) -> CrmOfficeClient:
    opened = client_from_settings(settings)
    opened.backoff = 0
    return opened
