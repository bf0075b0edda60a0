"""Cases that once lost, doubled or garbled something, read from the two APIs themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_trello.footer import parse

from tests.test_documented_flow import START, Owner, only, same_instant, stated

if TYPE_CHECKING:
    from tests.office import Office


@pytest.fixture
def owner(office: Office) -> Owner:
    return Owner(office)


def trust(office: Office, owner: Owner) -> None:
    """Give both Trello plugins the owner's token."""
    office.target_trello["member_tokens"] = {owner.member["id"]: owner.token}
    office.tap_trello["member_tokens"] = {owner.member["id"]: owner.token}


def come_to_rest(office: Office) -> None:
    """Sync both ways until nothing should be left, and make sure that nothing is."""
    office.sync()
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


def new_activity(office: Office, owner: Owner, subject: str = "Call") -> dict[str, Any]:
    """An activity of the owner."""
    activity: dict[str, Any] = office.crm(
        "POST", "/activities", subject=subject, ownerId=owner.user["id"], startsAt=START
    )
    return activity


def new_member(office: Office, **name: str) -> tuple[str, dict[str, Any]]:
    """A contact's path, and the member that the contact was invited as."""
    company = office.crm("POST", "/companies", name="Fjellvik Regnskap")
    contact = office.crm(
        "POST", "/contacts", **name, email="anne@fjellvik.example", company__id=company["id"]
    )
    office.sync()
    full_name = " ".join(name.values())
    member = only([each for each in office.people() if each["fullName"] == full_name])
    return f"/contacts/{contact['id']}", member


def rename(office: Office, member: dict[str, Any], full_name: str) -> None:
    """Change the name in the member's own profile."""
    token = office.box.token(member["username"])
    office.trello("PUT", f"/members/{member['id']}", token=token, fullName=full_name)


def test_a_first_name_added_in_trello_does_not_double_a_surname_of_several_words(
    office: Office,
) -> None:
    path, member = new_member(office, givenName="Anne", familyName="van der Berg")
    rename(office, member, "Anne Marie van der Berg")
    come_to_rest(office)
    contact = office.crm("GET", path)
    assert f"{contact['givenName']} {contact['familyName']}" == "Anne Marie van der Berg"


def test_a_name_shortened_to_one_word_in_trello_is_not_joined_with_the_old_one(
    office: Office,
) -> None:
    path, member = new_member(office, givenName="Anne", familyName="Li")
    rename(office, member, "Nora")
    come_to_rest(office)
    contact = office.crm("GET", path)
    assert (contact["givenName"] or "", contact["familyName"]) == ("", "Nora")


def test_a_token_set_for_the_target_only_does_not_turn_footers_into_subjects(
    office: Office, owner: Owner
) -> None:
    trust(office, owner)
    del office.tap_trello["member_tokens"]
    activity = new_activity(office, owner)
    come_to_rest(office)
    assert office.crm("GET", f"/activities/{activity['id']}")["subject"] == "Call"
    assert stated(only(office.comments()))[0] == "Call"


def test_a_comment_edited_after_its_authors_token_was_revoked_keeps_its_footer_out_of_the_subject(
    office: Office, owner: Owner
) -> None:
    trust(office, owner)
    activity = new_activity(office, owner)
    office.sync()
    del office.target_trello["member_tokens"], office.tap_trello["member_tokens"]
    comment = only(office.comments())
    text = comment["data"]["text"].replace("Call", "Call again", 1)
    office.trello("PUT", f"/actions/{comment['id']}", token=owner.token, text=text)
    come_to_rest(office)
    after = office.crm("GET", f"/activities/{activity['id']}")
    assert after["subject"] == "Call"
    assert same_instant(after["startsAt"], START)


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-05:00"])
def test_a_start_that_no_clock_can_tell_stops_nothing(
    office: Office, owner: Owner, start: str
) -> None:
    activity = new_activity(office, owner)
    office.sync()
    comment = only(office.comments())
    text = comment["data"]["text"].replace(stated(comment)[1].starts, start)
    office.trello("PUT", f"/actions/{comment['id']}", text=text)
    other = new_activity(office, owner, "Other")
    come_to_rest(office)
    after = office.crm("GET", f"/activities/{activity['id']}")
    assert same_instant(after["startsAt"], START)
    assert other["id"] in {parse(each["data"]["text"])[1].record for each in office.comments()}  # type: ignore[union-attr]


def test_a_start_that_was_emptied_and_set_to_the_same_again_is_in_the_comment_again(
    office: Office, owner: Owner
) -> None:
    office.target_trello["propagate_nulls"] = True
    office.target_crmoffice["propagate_nulls"] = True
    path = f"/activities/{new_activity(office, owner)['id']}"
    office.sync()
    office.crm("PATCH", path, startsAt=None)
    come_to_rest(office)
    assert stated(only(office.comments()))[1].starts is None
    assert office.crm("GET", path)["startsAt"] is None
    office.crm("PATCH", path, startsAt=START)
    come_to_rest(office)
    assert same_instant(stated(only(office.comments()))[1].starts, START)


@pytest.mark.parametrize("keeps_state", [True, False])
@pytest.mark.parametrize("to_trello_first", [True, False])
def test_a_lost_link_store_leads_to_no_second_comment_or_activity(
    office: Office, owner: Owner, *, keeps_state: bool, to_trello_first: bool
) -> None:
    new_activity(office, owner)
    new_activity(office, owner, "Other")
    office.sync()
    for file in office.folder.glob("links.db*"):
        file.unlink()
    if not keeps_state:
        office.states.clear()
    if not to_trello_first:
        office.sync_to_crmoffice()
    come_to_rest(office)
    assert len(office.activities()) == len(office.comments()) == 2


def test_after_a_lost_link_store_an_edit_of_an_old_activity_changes_its_comment(
    office: Office, owner: Owner
) -> None:
    activity = new_activity(office, owner)
    new_activity(office, owner, "Other")
    office.sync()
    for file in office.folder.glob("links.db*"):
        file.unlink()
    office.sync()
    office.crm("PATCH", f"/activities/{activity['id']}", subject="Call again")
    come_to_rest(office)
    assert {stated(each)[0] for each in office.comments()} == {"Call again", "Other"}


def test_a_person_who_was_away_from_trello_for_a_while_is_linked_again(office: Office) -> None:
    guest = office.guest()
    office.target_trello["member_tokens"] = {guest["id"]: office.box.token(guest["username"])}
    office.sync()
    path = f"/contacts/{only(office.contacts())['id']}"
    place = f"/organizations/{office.workspaces()[0]['id']}/members/{guest['id']}"
    office.trello("DELETE", place)
    office.crm("PATCH", path, familyName="Nyås")
    office.sync()
    office.trello("PUT", place, type="normal")
    office.crm("PATCH", path, familyName="Tredje")
    come_to_rest(office)
    member = only([each for each in office.people() if each["id"] == guest["id"]])
    assert member["fullName"] == "Ida Grønn Tredje"
    assert office.crm("GET", path)["familyName"] == "Tredje"
    assert len(office.contacts()) == 1


@pytest.mark.parametrize("answer", ["member", "organization"])
def test_two_contacts_with_one_address_lead_to_one_invitation_and_then_to_rest(
    office: Office, answer: str
) -> None:
    office.box.switch(invite_answer=answer)
    company = office.crm("POST", "/companies", name="Fjellvik Regnskap")
    for name in ("Bøe", "Vik"):
        office.crm(
            "POST",
            "/contacts",
            givenName="Åshild",
            familyName=name,
            email="post@fjellvik.example",
            company__id=company["id"],
        )
    counts = office.sync_to_trello()
    assert (counts["contacts->members created"], counts["failed"]) == (1, 0)
    assert counts["contacts->members unlinked"] == 1
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0
    assert len(office.box.invitations()) == 1
