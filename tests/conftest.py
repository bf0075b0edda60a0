"""Both systems on a sandbox of the test's own, synced as the shipped project does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox

from tests.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_WAITING: dict[str, Any] = {"token_limit": 1_000_000, "key_limit": 1_000_000}
"""The plugins believe the rate headers, so they don't wait for quotas that are not the point."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """People on both sides, and nothing else yet."""
    with RunningSandbox(seed=False, **NO_WAITING) as box:
        yield Office(box, tmp_path)


@pytest.fixture
def seeded_office(tmp_path: Path) -> Iterator[Office]:
    """The sandbox's whole seed data on both sides."""
    with RunningSandbox(seed=True, **NO_WAITING) as box:
        yield Office(box, tmp_path)
