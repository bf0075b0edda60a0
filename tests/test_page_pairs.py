from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.sandbox_page import SandboxPage, call_in, linked_call

if TYPE_CHECKING:
    from playwright.sync_api import Locator


pytestmark = pytest.mark.xdist_group("browser")


def border_of(record: Locator) -> str:
    return str(record.evaluate("each => getComputedStyle(each).borderRightColor"))


def test_a_pair_is_highlighted_where_the_mouse_points_or_the_keyboard_is(desk: SandboxPage) -> None:
    activity, comment = linked_call(desk)
    alone = call_in(desk.office)
    desk.open()
    left, right = desk.record("crmoffice", activity["id"]), desk.record("trello", comment["id"])
    other = desk.record("crmoffice", alone["id"])
    plain = border_of(right)
    left.hover()
    lit = border_of(right)
    assert lit != plain
    assert border_of(left) == lit
    other.hover()
    assert (border_of(left), border_of(right), border_of(other)) == (plain, plain, plain)
    right.get_by_role("button", name="Edit").focus()
    assert (border_of(left), border_of(right), border_of(other)) == (lit, lit, plain)


def test_a_record_that_is_picked_leads_to_its_partner(desk: SandboxPage) -> None:
    activity, comment = linked_call(desk)
    desk.open()
    left, right = desk.record("crmoffice", activity["id"]), desk.record("trello", comment["id"])
    left.get_by_role("heading").click()
    for record in (left, right):
        expect(record).to_have_attribute("aria-current", "true")
    expect(right).to_be_focused()
    right.get_by_role("button", name="Partner of Call").press("Enter")
    expect(left).to_be_focused()


def test_a_record_without_a_partner_is_marked_as_such(desk: SandboxPage) -> None:
    linked_call(desk)
    alone = call_in(desk.office)
    desk.open()
    row = desk.page.locator(".row", has=desk.record("crmoffice", alone["id"]))
    expect(row).to_contain_text("No partner in Trello")
    expect(row.get_by_role("button", name="Partner of")).to_have_count(0)
    expect(desk.page.locator("#unknown")).to_be_hidden()


def test_the_page_shows_the_pairs_that_the_sync_has_linked(desk: SandboxPage) -> None:
    linked_call(desk)
    desk.open("Users")
    names = {user["fullName"]: user["id"] for user in desk.office.crm("GET", "/users")}
    paired = desk.page.locator(".row.paired")
    assert paired.count() == 7
    for row in paired.all():
        left, right = (row.locator(f".record.{system} h3") for system in ("crmoffice", "trello"))
        assert left.inner_text() in names
        assert left.inner_text().split()[0] == right.inner_text().split()[0]


def test_before_any_sync_the_page_says_that_pairs_are_not_known(desk: SandboxPage) -> None:
    call_in(desk.office)
    desk.open()
    expect(desk.page.locator("#unknown")).to_contain_text("Nothing has been synced yet.")
    expect(desk.page.locator(".row")).not_to_contain_text("No partner")
