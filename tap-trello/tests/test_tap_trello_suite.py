"""The SDK's own suite for taps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox.testing import RunningSandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_trello.tap import TapTrello

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

# Some properties are null throughout the sandbox, as they mostly are in Trello.
pytestmark = pytest.mark.filterwarnings("ignore:No records were available:UserWarning")

CONFIG = {
    "api_key": credentials.TRELLO_KEY,
    "token": credentials.TRELLO_TOKEN,
    "api_url": "",
    "read_footers": True,
}


@pytest.fixture(scope="module", autouse=True)
def _served() -> Iterator[None]:
    with RunningSandbox(quotas=False) as box:
        CONFIG["api_url"] = box.trello_url
        yield


TestTapTrello = get_tap_test_class(
    TapTrello, config=CONFIG, suite_config=SuiteConfig(max_records_limit=None)
)
