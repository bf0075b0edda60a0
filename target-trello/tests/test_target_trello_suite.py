"""The SDK's own suite for targets: its streams are unknown here, so they are ignored."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.testing import get_target_test_class
from target_trello.target import TargetTrello

SETTINGS: dict[str, Any] = {
    "api_key": "made-up",
    "token": "made-up",
    "api_url": "http://127.0.0.1:9",
    "on_unknown_stream": "ignore",
}

Suite = get_target_test_class(TargetTrello, config=SETTINGS, parse_env_config=False)


class TestTargetTrello(Suite):  # type: ignore[misc, valid-type]
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def links(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        SETTINGS["links_url"] = f"sqlite:///{tmp_path_factory.mktemp('links') / 'links.db'}"
