"""A browser in which a test uses a page as a person does."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import sync_playwright

from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

__all__ = ["BrowserPage", "chromium", "opened_page"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 10_000  # milliseconds that anything may take to appear
ARTEFACTS = PROJECT / ".artefacts"

Scheme = Literal["light", "dark"]


@dataclass
class BrowserPage:
    """A page in the browser, and what went wrong in it.

    Attributes:
        page: what Playwright drives.
        errors: what the page wrote to the console as an error or a warning, and what it threw.
        requested: the addresses that were asked for, in order.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note_request)

    def keep_screenshot(self, name: str) -> Path:
        """Keep a picture of what a person sees now, and return its path."""
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _note_request(self, request: Request) -> None:
        self.requested.append(request.url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window; a test is skipped where it is not installed, but not in CI.

    While it runs, the thread has an event loop, in which `asyncio.run` refuses to work.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and in CI no test of a page may be left out")
        pytest.skip("Chromium is not installed (Debian's package is called chromium)")
    sandboxed = os.geteuid() != 0  # as root, Chromium's own sandbox can't be had
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=FLAGS, chromium_sandbox=sandboxed
        )
        yield browser
        browser.close()


@contextmanager
def opened_page(
    browser: Browser, *, width: int = 1280, height: int = 800, scheme: Scheme = "light"
) -> Iterator[BrowserPage]:
    """Open an empty page of its own: no cookie and nothing else is there from any other.

    Args:
        browser: that of `chromium`.
        width: of the window, in pixels.
        height: of the window, in pixels.
        scheme: the colours that the person prefers.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale="en-GB",
        timezone_id="Europe/Oslo",
    )
    try:
        yield BrowserPage(context.new_page())
    finally:
        context.close()
