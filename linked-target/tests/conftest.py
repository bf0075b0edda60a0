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


@pytest.fixture
def worked(bed: Bed) -> Bed:
    """A store with something of everything."""
    bed.settings |= {"conflict_policy": "ask", "on_error": "keep"}
    for number in range(1, 6):
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}")
    bed.office["companies"].put(id="c1", name="Acme")
    bed.both()
    bed.office["activities"].edit("a1", subject="office")
    bed.trello["actions"].edit("n1", text="trello")
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].edit("a2", startsAt="2026-03-01T10:00:00Z")
    bed.trello["actions"].remove("n3")
    bed.office["activities"].edit("a3", subject="without partner")
    bed.office["activities"].put(id="a9", subject=["no text"])
    bed.settings["create"] = {"organizations": False}
    bed.office["companies"].put(id="c2", name="Alone")
    bed.to_trello()
    return bed
