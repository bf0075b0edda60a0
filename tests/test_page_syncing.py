from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sandbox.page.setup import PageSetup
from sandbox.testing import RunningSandbox

from tests.office import Office
from tests.sandbox_page import SandboxPage, call_in, linked_call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser import BrowserPage

pytestmark = pytest.mark.xdist_group("browser")


def test_a_start_edited_in_crmoffice_arrives_in_the_comments_footer(desk: SandboxPage) -> None:
    activity, comment = linked_call(desk)
    desk.open()
    desk.save("crmoffice", activity["id"], startsAt="2026-04-05T10:30:00")
    assert desk.office.crm("GET", f"/activities/{activity['id']}")["startsAt"].startswith(
        "2026-04-05T10:30"
    )
    desk.press_sync()
    expect(desk.outcome).to_contain_text("1 comment changed in Trello.")
    moves = desk.outcome.get_by_role("listitem")
    expect(moves).to_have_count(1)
    expect(moves).to_contain_text("Starts: 2026-03-02T09:00:00.000Z")
    expect(moves).to_contain_text("Starts: 2026-04-05T10:30:00.000Z")
    partner = desk.record("trello", comment["id"])
    expect(partner).to_contain_text("changed by the last sync")
    expect(partner.locator(".footer mark")).to_have_text("Starts: 2026-04-05T10:30:00.000Z")
    expect(desk.record("crmoffice", activity["id"])).not_to_contain_text("by the last sync")
    desk.browser_page.keep_screenshot("start-edited-in-crmoffice")
    (arrived,) = desk.office.comments()
    assert "Starts: 2026-04-05T10:30:00.000Z" in arrived["data"]["text"]


def test_a_start_edited_in_the_comments_footer_arrives_in_crmoffice(desk: SandboxPage) -> None:
    activity, comment = linked_call(desk)
    text = comment["data"]["text"].replace("2026-03-02T09:00", "2026-05-06T07:00")
    desk.open()
    desk.save("trello", comment["id"], text=text)
    desk.press_sync()
    expect(desk.outcome).to_contain_text("1 activity changed in CRMOffice.")
    moves = desk.outcome.get_by_role("listitem")
    expect(moves).to_have_count(1)
    expect(moves.locator("code")).to_have_text("startsAt")
    expect(moves.locator("del")).to_have_text("2026-03-02 09:00 UTC")
    expect(moves.locator("ins")).to_have_text("2026-05-06 07:00 UTC")
    arrived = desk.record("crmoffice", activity["id"])
    expect(arrived.locator("dd mark")).to_have_text("2026-05-06 07:00 UTC")
    record = desk.office.crm("GET", f"/activities/{activity['id']}")
    assert record["startsAt"].startswith("2026-05-06T07:00")


def test_what_a_sync_creates_is_listed_and_can_be_shown(desk: SandboxPage) -> None:
    call_in(desk.office)
    desk.open("Users")
    desk.press_sync()
    expect(desk.outcome).to_contain_text("1 comment created in Trello.")
    desk.outcome.get_by_role("button", name="Show Call").click()
    expect(desk.page.get_by_role("button", name="Show all records")).to_be_visible()
    comment = desk.page.locator(".record.trello")
    expect(comment).to_contain_text("created by the last sync")
    expect(comment).to_be_focused()
    desk.page.get_by_role("button", name="Show all records").click()
    expect(desk.page.locator("#place")).to_contain_text(", 1 row")


def test_a_sync_with_nothing_to_do_says_so_also_after_the_page_is_opened_anew(
    desk: SandboxPage,
) -> None:
    linked_call(desk)
    desk.open()
    desk.press_sync()
    for _ in range(2):
        expect(desk.outcome).to_contain_text("No record is different from before.")
        desk.open()


def test_without_a_command_the_button_is_off_and_the_reason_is_told(
    browser_page: BrowserPage, tmp_path: Path
) -> None:
    with RunningSandbox(seed=False) as box:
        desk = SandboxPage(Office(box, tmp_path), browser_page)
        desk.open()
        expect(desk.page.locator("#sync")).to_be_disabled()
        expect(desk.page.locator("#sync-note")).to_contain_text("started without a sync")


def test_a_sync_that_fails_tells_its_exit_code_and_the_end_of_its_log(
    browser_page: BrowserPage, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('no network')")
    with RunningSandbox(seed=False, page=PageSetup(sync=command)) as box:
        desk = SandboxPage(Office(box, tmp_path), browser_page)
        desk.open()
        desk.page.get_by_role("button", name="Sync", exact=True).click()
        expect(desk.outcome).to_have_attribute("data-state", "failed")
        expect(desk.outcome).to_contain_text("It ended with exit code 1.")
        expect(desk.outcome.locator("pre")).to_have_text("no network")
        expect(desk.page.locator("#sync")).to_be_enabled()


def test_while_a_sync_runs_nothing_can_be_edited_and_no_second_begins(
    browser_page: BrowserPage, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    with RunningSandbox(seed=False, page=PageSetup(sync=command)) as box:
        desk = SandboxPage(Office(box, tmp_path), browser_page)
        call_in(desk.office)
        desk.open()
        desk.page.get_by_role("button", name="Sync", exact=True).click()
        for name in ("Syncing", "Edit Call", "New activity", "New comment"):
            expect(desk.page.get_by_role("button", name=name)).to_be_disabled()
        desk.open()
        expect(desk.page.get_by_role("button", name="Edit Call")).to_be_disabled()
        expect(desk.outcome).to_contain_text("The sync is running")
