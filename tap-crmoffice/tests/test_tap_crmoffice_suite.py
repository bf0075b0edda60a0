"""The SDK's own test suite for taps, against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_crmoffice.tap import TapCrmOffice

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS: dict[str, Any] = {"access_token": "replaced-below", "auth_url": "https://127.0.0.1"}

Suite = get_tap_test_class(
    TapCrmOffice,
    config=SETTINGS,
    suite_config=SuiteConfig(max_records_limit=None),
    parse_env_config=False,
)


class TestTapCrmOffice(Suite):  # type: ignore[misc, valid-type]
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def running(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        with RunningSandbox() as sandbox:
            SETTINGS.update(
                api_url=sandbox.crm_url,
                auth_url=sandbox.auth_url,
                client_id=sandbox.client_id,
                client_secret=sandbox.client_secret,
                refresh_token=sandbox.refresh_token,
                token_file=str(tmp_path_factory.mktemp("tokens") / "token.json"),
            )
            del SETTINGS["access_token"]
            yield
