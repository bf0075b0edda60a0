"""`python -m tests.screenshot`: the README's picture of the sandbox's page, from a demo that runs.

Somebody moves an activity's start in CRMOffice, gives a workspace another name in Trello, syncs,
and points at the pair that moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import chromium, opened_page
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADDRESS = "http://127.0.0.1:8765"
PICTURE = PROJECT / "docs" / "images" / "sandbox-page.png"
LONGEST_SYNC = 120_000  # milliseconds


def main() -> None:
    """Take the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    with chromium() as browser, opened_page(browser, width=1200, height=860) as opened:
        page = opened.page
        page.goto(ADDRESS)
        edit(page, "Companies", "fjordlys", "trello", displayName="Fjordlys Energi")
        edit(page, "Activities", "4001", "crmoffice", startsAt="2027-03-02T08:00:00")
        page.get_by_label("Find").fill("")
        page.get_by_role("button", name="Sync", exact=True).click()
        moves = page.locator("#outcome li")
        expect(moves).to_have_count(2, timeout=LONGEST_SYNC)
        page.locator(".row.paired").first.hover()
        page.screenshot(path=PICTURE)


def edit(page: Page, section: str, words: str, system: str, **values: str) -> None:
    """Find a record in the page and change it."""
    page.get_by_role("button", name=f"{section} =").click()
    page.get_by_label("Find").fill(words)
    rows = page.locator("#rows .row")
    expect(rows).to_have_count(1)
    rows.locator(f".record.{system}").get_by_role("button", name="Edit").click()
    form = page.locator(f"form.record.{system}")
    for name, value in values.items():
        form.get_by_label(name).fill(value)
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)


if __name__ == "__main__":
    main()
