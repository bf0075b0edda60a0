from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sandbox.testing import RunningSandbox

from tests.browser import opened_page
from tests.office import Office
from tests.sandbox_page import SandboxPage, linked_call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser import BrowserPage

pytestmark = pytest.mark.xdist_group("browser")


def ids_on(desk: SandboxPage, system: str) -> list[str]:
    shown: list[str] = desk.page.locator(f".record.{system}").evaluate_all(
        "all => all.map(each => each.dataset.id)"
    )
    return shown


def test_all_of_it_can_be_done_by_keyboard(desk: SandboxPage) -> None:
    activity, _ = linked_call(desk)
    desk.open()
    keyboard = desk.page.keyboard
    reached = []
    for _ in range(40):
        keyboard.press("Tab")
        name = desk.page.evaluate(
            "document.activeElement.ariaLabel || document.activeElement.innerText"
            " || document.activeElement.id"
        )
        reached.append(str(name).split("\n")[0].strip())
        if "Edit Call" in reached:
            break
    wanted = ["Sync", "Activities = comments", "Users = members", "words", "Partner of Call"]
    assert [name for name in reached if name in wanted] == wanted
    keyboard.press("Enter")
    keyboard.type(" again")
    keyboard.press("Escape")
    expect(
        desk.record("crmoffice", activity["id"]).get_by_role("button", name="Edit")
    ).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("End")
    keyboard.type(" back")
    keyboard.press("Control+Enter")
    shown = desk.record("crmoffice", activity["id"])
    expect(shown.get_by_role("heading")).to_have_text("Call back")
    expect(shown.get_by_role("button", name="Edit")).to_be_focused()


def test_everything_that_can_be_used_has_a_name_for_screen_readers(desk: SandboxPage) -> None:
    _, comment = linked_call(desk)
    desk.open()
    desk.record("trello", comment["id"]).get_by_role("button", name="Edit").click()
    nameless = desk.page.locator("button, input, select, textarea, a").evaluate_all(
        "all => all.filter(each => !each.ariaLabel && !each.innerText?.trim()"
        " && !each.labels?.[0]?.innerText.trim()).map(each => each.outerHTML)"
    )
    assert nameless == []
    expect(desk.outcome).to_have_attribute("aria-live", "polite")


def test_the_page_asks_nobody_but_the_sandbox(desk: SandboxPage) -> None:
    linked_call(desk)
    desk.open()
    own = f"{desk.office.box.url}/"
    foreign = [
        address for address in desk.browser_page.requested if not address.startswith((own, "data:"))
    ]
    assert (foreign, desk.browser_page.requested[0]) == ([], own)


@pytest.fixture(scope="module")
def full_box() -> Iterator[RunningSandbox]:
    with RunningSandbox(seed=True) as box:
        yield box


def test_hundreds_of_records_are_paged_and_searched(
    full_box: RunningSandbox, browser_page: BrowserPage, tmp_path: Path
) -> None:
    desk = SandboxPage(Office(full_box, tmp_path), browser_page)
    desk.open()
    first = ids_on(desk, "crmoffice")
    assert first == [str(number) for number in range(4200, 4175, -1)]
    desk.page.get_by_role("button", name="Older").click()
    expect(desk.page.locator("#place")).to_contain_text("Page 2 of 8, 200 rows")
    assert ids_on(desk, "crmoffice")[0] == "4175"
    desk.page.get_by_label("Find").fill("OPPSTARTSMØTE nr. 1")
    expect(desk.page.locator("#place")).to_contain_text("Page 1")
    shown = desk.page.locator(".record.crmoffice").first
    expect(shown).to_contain_text(re.compile("oppstartsmøte", re.IGNORECASE))
    desk.page.get_by_label("Find").fill("no such words")
    expect(desk.page.locator("#rows")).to_have_text("No record has these words.")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_the_page_fits_a_phone_and_a_desk(
    full_box: RunningSandbox, browser: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    with opened_page(browser, width=width, scheme=scheme) as browser_page:
        desk = SandboxPage(Office(full_box, tmp_path), browser_page)
        desk.open()
        desk.browser_page.keep_screenshot(f"page-{width}-{scheme}")
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
        left, right = (
            desk.page.locator(f".record.{system}").first.bounding_box()
            for system in ("crmoffice", "trello")
        )
        assert left is not None
        assert right is not None
        beside, below = right["x"] > left["x"], right["y"] > left["y"]
        assert (beside, below) == ((False, True) if width < 700 else (True, False))
        ground = desk.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground))) < 300) == (scheme == "dark")
        assert browser_page.errors == []
