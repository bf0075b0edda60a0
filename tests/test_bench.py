"""The benchmarks run: with so few records that their numbers mean nothing."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.bench import __main__ as command
from tests.bench import (
    looking,
    measure,
    peer,
    peers,
    quota,
    report_page,
    rounds,
    store,
    tap_idle,
    tap_interrupted,
    tap_latency,
    tap_millisecond,
    tap_quota,
    tap_records,
    unchanged,
)
from tests.bench.measure import measured
from tests.bench.report import Table, keep
from tests.public_programs import installed
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# One worker runs them all: they use processes of their own, and install the peers.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bench")]

FEW = 12
SMALL: dict[str, tuple[Callable[..., Table], dict[str, Any], dict[str, list[str]]]] = {
    "quota": (quota.measure, {"number": FEW}, {"answers of 429": ["0", "0"]}),
    "peer": (peer.measure, {"number": FEW}, {}),
    "unchanged": (
        unchanged.measure,
        {"number": 200},
        {"requests to the destination": ["0", ""], "counted as unchanged": ["200", ""]},
    ),
    "store": (
        store.measure,
        {"number": 50, "neighbours": 3, "edited": 10},
        {"unchanged ones": ["40", "40"], "edited ones, which are written": ["10", "10"]},
    ),
    "status": (looking.measure, {"numbers": [FEW, 200]}, {}),
    "report": (
        report_page.measure,
        {"numbers": [200, 1_500]},
        {"links found by it": ["1", "8"]},
    ),
    "rounds": (rounds.measure, {"numbers": [FEW]}, {}),
    "tap-records": (
        tap_records.measure,
        {"number": FEW, "boards": 2},
        {"different cards read": ["12", "12"], "different actions read": ["12", "12"]},
    ),
    "tap-latency": (tap_latency.measure, {"boards": 2, "latency": 0.01}, {}),
    "tap-idle": (tap_idle.measure, {"boards": 3}, {}),
    "tap-millisecond": (
        tap_millisecond.measure,
        {"number": 1_100, "most_requests": 15},
        {"the run": ["ends", "was stopped"], "different ones read": ["1,100", "1,000"]},
    ),
    "tap-interrupted": (
        tap_interrupted.measure,
        {"number": 4_000, "boards": 4, "interruptions": 2},
        {"not read": ["0", "0"], "read twice": ["0", "0"]},
    ),
    "tap-quota": (
        tap_quota.measure,
        {"boards": FEW},
        {"answers of 429 to the tap": ["0 (at most 0)", "0 (at most a handful)"]},
    ),
}


@pytest.fixture(scope="module")
def install_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Installs each peer for the first section that needs it, and not again."""

    @cache
    def install(*packages: str) -> Path:
        return installed(tmp_path_factory.mktemp("peer") / "environment", *packages)

    return lambda _, *packages: install(*packages)


@pytest.mark.parametrize("section", SMALL)
def test_a_section_measures(
    section: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    install_once: Callable[..., Path],
) -> None:
    monkeypatch.setattr(peers, "installed", install_once)
    for module in (measure, report_page, store):
        monkeypatch.setattr(module, "ROUNDS", 1)
    section_measure, numbers, expected = SMALL[section]
    table = section_measure(tmp_path, **numbers)
    found = {name: list(values) for name, values in table.rows}
    assert {len(values) for values in found.values()} == {len(table.cases)}
    assert found | expected == found


def test_every_section_is_tried_here_and_has_its_place_on_the_page() -> None:
    assert set(command.SECTIONS) == set(SMALL)
    page = command.PAGE.read_text()
    for section in SMALL:
        assert f"<!-- {section} -->\n" in page
        assert f"<!-- end of {section} -->\n" in page


def test_a_table_replaces_the_one_of_its_section_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- end of x -->\n<!-- y -->\nkept\n<!-- end of y -->\n")
    keep(page, "x", "new")
    assert page.read_text() == (
        "a\n<!-- x -->\nnew\n<!-- end of x -->\n<!-- y -->\nkept\n<!-- end of y -->\n"
    )
    with pytest.raises(ValueError, match="no markers for 'z'"):
        keep(page, "z", "new")


def test_the_memory_of_a_program_is_its_own(tmp_path: Path) -> None:
    held = b"x" * 200_000_000
    nothing = tmp_path / "nothing"
    nothing.touch()
    small = measured([sys.executable, "-c", "pass"], nothing, tmp_path)
    large = measured([sys.executable, "-c", "b'x' * 100_000_000"], nothing, tmp_path)
    assert len(held) > 0
    assert small.megabytes < 95 < large.megabytes < 195
    assert small.cpu_seconds > 0


def test_a_program_that_fails_stops_the_benchmark(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.touch()
    with pytest.raises(RuntimeError, match="no such thing"):
        measured([sys.executable, "-c", "raise SystemExit('no such thing')"], nothing, tmp_path)


def test_an_unknown_section_is_refused_before_anything_runs() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench", "speed"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "there is no section 'speed'" in result.stderr
