"""Both systems on a sandbox of the test's own, synced as the shipped project does it."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import hypothesis
import pytest
from sandbox.testing import RunningSandbox

from tests.browser import BrowserPage, chromium, opened_page
from tests.forked import ForkedOffice, ForkedSandbox, Forks
from tests.office import NO_WAITING, Office
from tests.sandbox_page import SandboxPage
from tests.sync_command import office_in, page_setup
from tests.warehouses import empty_database, has_postgresql, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


# A new clone prepares its tables of characters first, and a busy machine takes its time.
hypothesis.settings.register_profile(
    "unhurried", suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
if "CI" not in os.environ:  # where hypothesis has a profile of its own that says so, too
    hypothesis.settings.load_profile("unhurried")

OBJECTS_BETWEEN_COLLECTIONS = 20_000  # thousands of short runs in one process leave little garbage


def pytest_collection_finish() -> None:
    """Let the garbage collector work less: it took a seventh of the time of all tests."""
    gc.collect()
    gc.freeze()  # what was imported stays to the end
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


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


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """A server of PostgreSQL, once for all tests."""
    if not has_postgresql():
        pytest.skip("PostgreSQL is not installed")
    with running_server() as url:
        yield url


@pytest.fixture
def database_url(database_server: str) -> str:
    """A database without tables."""
    return empty_database(database_server, "links")


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """A process that forks sandboxes and plugins, once for all tests."""
    with Forks() as forks:
        yield forks


@pytest.fixture
def forked_office(forks: Forks, tmp_path: Path) -> Iterator[ForkedOffice]:
    """The same people as in `office`; the sandbox and each plugin are processes of their own."""
    with ForkedSandbox(forks, tmp_path / "sandbox", **NO_WAITING) as box:
        yield ForkedOffice(box, tmp_path, forks=forks)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skipped where it is not installed, but never in CI."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[BrowserPage]:
    """An empty page of the test's own; at its end, nothing may have gone wrong in it."""
    with opened_page(browser) as page:
        yield page
        assert page.errors == []


@pytest.fixture
def desk(tmp_path: Path, browser_page: BrowserPage) -> Iterator[SandboxPage]:
    """The page of a sandbox with people only, and a button that syncs."""
    with RunningSandbox(seed=False, page=page_setup(tmp_path), **NO_WAITING) as box:
        yield SandboxPage(office_in(tmp_path, box), browser_page)
