from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.sandbox_page import SandboxPage, call_in, linked_call

pytestmark = pytest.mark.xdist_group("browser")


def test_a_refusal_is_shown_in_trellos_words_and_the_author_is_not_refused(
    desk: SandboxPage,
) -> None:
    card = desk.office.shared_card()
    token = desk.office.box.token("annahavblikk")
    path = f"/cards/{card['id']}/actions/comments"
    comment = desk.office.trello("POST", path, token=token, text="Ring")
    desk.open()
    form = desk.edit("trello", comment["id"], text="Ring Åse")
    refusal = "Trello answers 401: unauthorized action permission requested"
    expect(form.get_by_role("alert")).to_have_text(refusal)
    assert [error for error in desk.browser_page.errors if "401" not in error] == []
    desk.browser_page.errors.clear()  # the browser tells each refusal, too
    desk.page.get_by_label("signed in as").select_option("@annahavblikk")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(desk.record("trello", comment["id"])).to_contain_text("Ring Åse")
    assert desk.office.comments()[0]["data"]["text"] == "Ring Åse"


def test_a_refusal_is_shown_in_crmoffices_words(desk: SandboxPage) -> None:
    contact = desk.office.crm("POST", "/contacts", givenName="Ida")
    desk.open("Contacts")
    form = desk.edit("crmoffice", contact["id"], email="nonsense")
    refusal = "One or more properties are invalid. email: Is no e-mail address."
    expect(form.get_by_role("alert")).to_have_text(f"CRMOffice answers 422: {refusal}")
    desk.browser_page.errors.clear()
    form.get_by_role("button", name="Cancel").click()
    expect(
        desk.record("crmoffice", contact["id"]).get_by_role("button", name="Edit")
    ).to_be_focused()


@pytest.mark.parametrize(
    ("section", "path", "name", "value"),
    [
        ("Companies", "/companies", "name", "Fjord AS"),
        ("Contacts", "/contacts", "familyName", "Vik"),
        ("Activities", "/activities", "subject", "Lunch"),
    ],
)
def test_each_kind_of_crmoffices_records_can_be_edited(
    desk: SandboxPage, section: str, path: str, name: str, value: str
) -> None:
    record = desk.office.crm("POST", path, name="A", subject="B", givenName="C")
    desk.open(section)
    desk.save("crmoffice", record["id"], **{name: value})
    now = desk.office.crm("GET", f"{path}/{record['id']}")
    changed = {key for key in now if now[key] != record.get(key)} - {"updatedAt"}
    assert (now[name], changed) == (value, {name})


def test_a_workspace_and_ones_own_profile_can_be_edited(desk: SandboxPage) -> None:
    (workspace,) = desk.office.workspaces()
    own = desk.office.trello("GET", "/members/me")
    desk.open("Companies")
    desk.save("trello", workspace["id"], displayName="Ny", website="https://ny.example")
    desk.open("Contacts")
    desk.save("trello", own["id"], fullName="Sync Robot")
    (now,) = desk.office.workspaces()
    assert (now["displayName"], now["website"]) == ("Ny", "https://ny.example")
    assert desk.office.trello("GET", "/members/me")["fullName"] == "Sync Robot"


def test_an_owner_is_chosen_by_name_and_a_time_can_be_emptied(desk: SandboxPage) -> None:
    activity = call_in(desk.office)
    user = desk.office.crm("GET", "/users")[2]
    desk.open()
    desk.record("crmoffice", activity["id"]).get_by_role("button", name="Edit").click()
    form = desk.page.locator("form.record")
    form.get_by_label("ownerId").select_option(user["fullName"])
    form.get_by_label("startsAt").fill("")
    form.get_by_role("button", name="Save").click()
    shown = desk.record("crmoffice", activity["id"])
    expect(shown).to_contain_text(f"{user['id']} ({user['fullName']})")
    now = desk.office.crm("GET", f"/activities/{activity['id']}")
    assert (now["ownerId"], now["startsAt"]) == (user["id"], None)


def test_what_nobody_can_change_is_shown_with_the_reason(desk: SandboxPage) -> None:
    _, comment = linked_call(desk)
    desk.open()
    desk.record("trello", comment["id"]).get_by_role("button", name="Edit").click()
    form = desk.page.locator("form.record")
    expect(form).to_contain_text("Trello sets it for good when the comment is written")
    assert form.locator("input, select, textarea").count() == 1
    desk.open("Users")
    expect(desk.page.locator(".record.crmoffice").first).to_contain_text("can only read users")


def test_a_new_activity_and_a_new_comment_can_be_written(desk: SandboxPage) -> None:
    desk.office.shared_card()
    desk.open()
    for system, name, label in (
        ("crmoffice", "New activity", "subject"),
        ("trello", "New comment", "text"),
    ):
        desk.page.get_by_role("button", name=name).click()
        form = desk.page.locator(f"form.record.{system}")
        form.get_by_label(label).fill(f"Made as a {name}")
        form.get_by_role("button", name="Save").click()
        expect(desk.page.locator(f".record.{system}:not(form)")).to_contain_text(
            f"Made as a {name}"
        )
    assert [each["subject"] for each in desk.office.activities()] == ["Made as a New activity"]
    assert [each["data"]["text"] for each in desk.office.comments()] == ["Made as a New comment"]


def test_texts_are_shown_and_not_run(desk: SandboxPage) -> None:
    text = "<img src=x onerror=\"document.title='run'\"><b>Call</b>"
    activity = desk.office.crm("POST", "/activities", subject=text)
    desk.sync_before()
    desk.open()
    expect(desk.record("crmoffice", activity["id"]).get_by_role("heading")).to_have_text(text)
    assert desk.page.locator(".record img").count() == 0
    assert desk.page.title() == "Sandbox: CRMOffice and Trello"


def test_what_is_being_edited_is_not_lost_to_another_button(desk: SandboxPage) -> None:
    activity = call_in(desk.office)
    desk.open()
    desk.record("crmoffice", activity["id"]).get_by_role("button", name="Edit").click()
    form = desk.page.locator("form.record")
    form.get_by_label("subject").fill("Half of a")
    for name in ("Sync", "Users = members", "New comment"):
        desk.page.get_by_role("button", name=name, exact=True).click()
        expect(form.get_by_role("alert")).to_have_text("Save or cancel this first.")
        expect(form.get_by_label("subject")).to_have_value("Half of a")
    form.get_by_role("button", name="Cancel").click()
    desk.page.get_by_role("button", name="Users =").click()
    expect(desk.page.locator("#in-step")).to_contain_text("linked only")
