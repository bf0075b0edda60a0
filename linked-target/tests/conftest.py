from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds no folder by itself

from toy_bed import Bed, new_bed


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here takes time to appear, so nobody needs to wait for it."""
    monkeypatch.setattr("linked_target.sync.stream.PAUSES", (0.0, 0.0))


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return new_bed(tmp_path)
