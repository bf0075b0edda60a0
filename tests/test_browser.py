from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox.testing import RunningSandbox

from tests import browser as tested

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser import BrowserPage


def test_a_page_that_is_served_can_be_read(browser_page: BrowserPage) -> None:
    with RunningSandbox(seed=False) as box:
        browser_page.page.goto(box.url)
        assert "CRMOffice" in browser_page.page.inner_text("body")
        assert browser_page.requested[0] == f"{box.url}/"


def test_what_goes_wrong_in_a_page_is_noted(browser: Browser) -> None:
    with RunningSandbox(seed=False) as box, tested.opened_page(browser) as page:
        page.page.goto(box.url)
        page.page.evaluate("console.error('told'); setTimeout(() => { throw Error('thrown') })")
        page.page.evaluate("fetch('/nowhere').then(() => null)")
        assert page.errors[:2] == ["told", "thrown"]
        assert "404" in page.errors[2]


def test_each_page_has_the_size_and_the_colours_that_were_asked_for(browser: Browser) -> None:
    with tested.opened_page(browser, width=390, height=700, scheme="dark") as page:
        assert page.page.evaluate("innerWidth") == 390
        assert page.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


@pytest.mark.parametrize(("in_ci", "outcome"), [("", "skipped"), ("true", "failed")])
def test_a_missing_chromium_skips_a_test_but_fails_it_in_ci(
    monkeypatch: pytest.MonkeyPatch, in_ci: str, outcome: str
) -> None:
    monkeypatch.setenv("CI", in_ci)
    monkeypatch.setattr(tested, "PROGRAMS", ("no-such-browser",))
    kind = {"skipped": pytest.skip.Exception, "failed": pytest.fail.Exception}[outcome]
    with pytest.raises(kind, match="Chromium is not installed"), tested.chromium():
        pass
