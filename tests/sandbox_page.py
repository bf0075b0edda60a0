"""The sandbox's page, as the person at it sees and uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.sync_command import sync

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser import BrowserPage
    from tests.office import Office

Json = Any

LONGEST_SYNC = 90_000  # milliseconds, on a machine with other work to do


@dataclass
class SandboxPage:
    """The page of an office's sandbox, in a browser.

    Attributes:
        office: both systems; the page's button syncs them by `tests.sync_command`.
        browser_page: the page as the browser has it.
    """

    office: Office
    browser_page: BrowserPage

    @property
    def page(self) -> Page:
        """What Playwright drives."""
        return self.browser_page.page

    @property
    def outcome(self) -> Locator:
        """What the page tells of the last sync."""
        return self.page.locator("#outcome")

    def open(self, section: str = "") -> None:
        """Go to the page, and to one of its sections, named by its left side."""
        self.page.goto(self.office.box.url)
        expect(self.page.locator("#place")).to_contain_text("Page 1")
        if section:
            self.page.get_by_role("button", name=f"{section} =").click()
            current = self.page.locator('#sections button[aria-current="true"]')
            expect(current).to_contain_text(f"{section} =")

    def record(self, system: str, record_id: str) -> Locator:
        """A record that is shown, or the form in its place."""
        return self.page.locator(f'.record.{system}[data-id="{record_id}"]')

    def edit(self, system: str, record_id: str, **values: str) -> Locator:
        """Fill in a record's form and save it; return the form."""
        self.record(system, record_id).get_by_role("button", name="Edit").click()
        form = self.page.locator(f"form.record.{system}")
        for name, value in values.items():
            form.get_by_label(name.replace("__", "."), exact=False).first.fill(value)
        form.get_by_role("button", name="Save").click()
        return form

    def save(self, system: str, record_id: str, **values: str) -> None:
        """Edit a record and see that it was taken."""
        form = self.edit(system, record_id, **values)
        expect(form).to_have_count(0)

    def press_sync(self, state: str = "ended") -> None:
        """Press the button, and wait for the end of the sync."""
        self.page.get_by_role("button", name="Sync", exact=True).click()
        expect(self.outcome).to_have_attribute("data-state", "running")
        expect(self.outcome).to_have_attribute("data-state", state, timeout=LONGEST_SYNC)

    def sync_before(self) -> None:
        """Sync without the page, so that records are linked."""
        sync(self.office)


def call_in(office: Office) -> Json:
    """A new activity."""
    return office.crm("POST", "/activities", subject="Call", startsAt="2026-03-02T09:00:00Z")


def linked_call(desk: SandboxPage) -> tuple[Json, Json]:
    """An activity and its comment."""
    activity = call_in(desk.office)
    desk.sync_before()
    (comment,) = desk.office.comments()
    return activity, comment
