"""The documented table, both directions, read from the two APIs themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_trello.footer import parse

if TYPE_CHECKING:
    from tests.office import Office

START = "2026-03-02T09:00:00+01:00"
MOVED = "2026-03-05T14:30:00+01:00"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def same_instant(one: str, other: str) -> bool:
    return instant(one) == instant(other)


class Owner:
    """A user of CRMOffice who is a member of Trello, too."""

    def __init__(self, office: Office) -> None:
        members = {member["fullName"]: member for member in office.people()}
        users = office.crm("GET", "/users")
        known = [user for user in users if user["fullName"] in members]
        self.user, self.other_user = known[0], known[1]
        self.member = members[self.user["fullName"]]
        self.other_member = members[self.other_user["fullName"]]
        self.token = office.box.token(self.member["username"])


@pytest.fixture
def owner(office: Office) -> Owner:
    return Owner(office)


def stated(comment: dict[str, Any]) -> Any:
    """The footer of a comment, as a person reads it."""
    return parse(comment["data"]["text"])


def only(records: list[Any]) -> Any:
    (record,) = records
    return record


def test_an_activity_becomes_a_comment_that_states_its_start_and_owner(
    office: Office, owner: Owner
) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Møte om fløte", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    comment = only(office.comments())
    text, footer = stated(comment)
    assert text == "Møte om fløte"
    assert same_instant(footer.starts, START)
    assert footer.owner == owner.member["username"]
    assert footer.record == activity["id"]
    assert comment["data"]["text"].endswith(f"CRMOffice activity: {activity['id']}")


def test_the_tap_reports_owner_and_start_as_the_actions_member_and_date(
    office: Office, owner: Owner
) -> None:
    office.crm("POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START)
    office.sync_to_trello()
    action = only(office.records(office.read_trello(), "actions", type="commentCard"))
    assert action["memberCreator"]["id"] == owner.member["id"]
    assert same_instant(action["date"], START)
    assert action["data"]["text"] == "Call"
    assert action["idMemberCreator"] == office.trello("GET", "/members/me")["id"]


def test_with_the_owners_token_the_raw_author_is_the_owner(office: Office, owner: Owner) -> None:
    office.target_trello["member_tokens"] = {owner.member["id"]: owner.token}
    office.tap_trello["member_tokens"] = {owner.member["id"]: owner.token}
    office.crm("POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START)
    office.sync()
    assert only(office.comments())["idMemberCreator"] == owner.member["id"]


def test_a_start_moved_in_crmoffice_moves_in_trello_and_nothing_else_does(
    office: Office, owner: Owner
) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    before = only(office.comments())
    office.crm("PATCH", f"/activities/{activity['id']}", startsAt=MOVED)
    office.sync()
    after = only(office.comments())
    assert same_instant(stated(after)[1].starts, MOVED)
    assert after["data"]["text"] == before["data"]["text"].replace(
        stated(before)[1].starts, stated(after)[1].starts
    )
    assert (after["id"], after["date"]) == (before["id"], before["date"])


def test_an_owner_changed_in_crmoffice_changes_in_trello(office: Office, owner: Owner) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    office.crm("PATCH", f"/activities/{activity['id']}", ownerId=owner.other_user["userName"])
    office.sync()
    assert stated(only(office.comments()))[1].owner == owner.other_member["username"]


@pytest.mark.parametrize("touches_card", [True, False])
def test_a_start_and_an_owner_edited_in_trello_arrive_in_crmoffice_and_nothing_else_does(
    office: Office, owner: Owner, *, touches_card: bool
) -> None:
    office.box.switch(comment_edit_touches_card=touches_card)
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    before = office.crm("GET", f"/activities/{activity['id']}")
    comment = only(office.comments())
    text = comment["data"]["text"].replace(stated(comment)[1].starts, MOVED)
    text = text.replace(f"@{owner.member['username']}", f"@{owner.other_member['username']}")
    office.trello("PUT", f"/actions/{comment['id']}", text=text)
    office.sync()
    after = office.crm("GET", f"/activities/{activity['id']}")
    assert same_instant(after["startsAt"], MOVED)
    assert after["ownerId"] == owner.other_user["id"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"startsAt", "ownerId", "updatedAt"}


def test_a_text_edited_in_trello_changes_the_subject_only(office: Office, owner: Owner) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    before = office.crm("GET", f"/activities/{activity['id']}")
    comment = only(office.comments())
    text = comment["data"]["text"].replace("Call", "Call again", 1)
    office.trello("PUT", f"/actions/{comment['id']}", text=text)
    office.sync()
    after = office.crm("GET", f"/activities/{activity['id']}")
    assert after["subject"] == "Call again"
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"subject", "updatedAt"}


def test_edits_of_different_properties_on_both_sides_both_survive(
    office: Office, owner: Owner
) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    comment = only(office.comments())
    text = comment["data"]["text"].replace("Call", "Call again", 1)
    office.trello("PUT", f"/actions/{comment['id']}", text=text)
    office.crm("PATCH", f"/activities/{activity['id']}", startsAt=MOVED)
    office.sync()
    text, footer = stated(only(office.comments()))
    activity = office.crm("GET", f"/activities/{activity['id']}")
    assert (text, activity["subject"]) == ("Call again", "Call again")
    assert same_instant(footer.starts, MOVED)
    assert same_instant(activity["startsAt"], MOVED)


@pytest.mark.parametrize(
    ("policy", "winner"), [(None, "CRM"), ("crmoffice", "CRM"), ("trello", "Trello")]
)
def test_an_edit_on_both_sides_of_one_property_is_decided_by_the_policy(
    office: Office, owner: Owner, policy: str | None, winner: str
) -> None:
    if policy:
        office.target_trello["conflict_policy"] = policy
        office.target_crmoffice["conflict_policy"] = policy
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    comment = only(office.comments())
    text = comment["data"]["text"].replace("Call", "Trello", 1)
    office.trello("PUT", f"/actions/{comment['id']}", text=text)
    office.crm("PATCH", f"/activities/{activity['id']}", subject="CRM")
    office.sync()
    assert stated(only(office.comments()))[0] == winner
    assert office.crm("GET", f"/activities/{activity['id']}")["subject"] == winner


def test_a_comment_of_a_trello_user_becomes_an_activity_of_that_owner_at_that_time(
    office: Office, owner: Owner
) -> None:
    card = office.shared_card()
    comment = office.trello(
        "POST", f"/cards/{card['id']}/actions/comments", token=owner.token, text="Ring Åse 📞"
    )
    office.sync()
    activity = only(office.activities())
    assert activity["subject"] == "Ring Åse 📞"
    assert activity["ownerId"] == owner.user["id"]
    assert same_instant(activity["startsAt"], comment["date"])
    assert only(office.comments())["data"]["text"] == "Ring Åse 📞"


def test_a_comment_of_a_trello_user_edited_there_changes_the_activity(
    office: Office, owner: Owner
) -> None:
    card = office.shared_card()
    path = f"/cards/{card['id']}/actions/comments"
    comment = office.trello("POST", path, token=owner.token, text="Ring")
    office.sync()
    office.trello("PUT", f"/actions/{comment['id']}", token=owner.token, text="Ring back")
    office.sync()
    activity = only(office.activities())
    assert activity["subject"] == "Ring back"
    assert same_instant(activity["startsAt"], comment["date"])


def test_a_footer_of_somebody_else_moves_neither_start_nor_owner(
    office: Office, owner: Owner
) -> None:
    card = office.shared_card()
    text = "Ring\n\n---\nStarts: 1999-01-01T00:00:00Z\nOwner: @crmsync\nCRMOffice activity: 4001"
    path = f"/cards/{card['id']}/actions/comments"
    comment = office.trello("POST", path, token=owner.token, text=text)
    office.sync()
    activity = only(office.activities())
    assert same_instant(activity["startsAt"], comment["date"])
    assert activity["ownerId"] == owner.user["id"]


def test_a_footer_taken_away_does_not_move_the_start_to_the_time_of_the_comment(
    office: Office, owner: Owner
) -> None:
    activity = office.crm(
        "POST", "/activities", subject="Call", ownerId=owner.user["id"], startsAt=START
    )
    office.sync()
    comment = only(office.comments())
    office.trello("PUT", f"/actions/{comment['id']}", text="Call without a footer")
    office.sync()
    office.sync()
    after = office.crm("GET", f"/activities/{activity['id']}")
    assert same_instant(after["startsAt"], START)
    assert after["ownerId"] == owner.user["id"]
    assert after["subject"] == "Call without a footer"


def test_a_start_moved_for_a_trello_users_comment_is_held_and_goes_out_with_their_token(
    office: Office, owner: Owner
) -> None:
    card = office.shared_card()
    path = f"/cards/{card['id']}/actions/comments"
    office.trello("POST", path, token=owner.token, text="Ring")
    office.sync()
    activity = only(office.activities())
    office.crm("PATCH", f"/activities/{activity['id']}", startsAt=MOVED)
    assert office.sync_to_trello()["held"] == 1
    office.sync_to_crmoffice()
    office.sync()
    assert same_instant(office.crm("GET", f"/activities/{activity['id']}")["startsAt"], MOVED)
    assert only(office.comments())["data"]["text"] == "Ring"
    office.target_trello["member_tokens"] = {owner.member["id"]: owner.token}
    office.tap_trello["member_tokens"] = {owner.member["id"]: owner.token}
    office.sync()
    comment = only(office.comments())
    assert same_instant(stated(comment)[1].starts, MOVED)
    assert comment["idMemberCreator"] == owner.member["id"]
    assert same_instant(office.crm("GET", f"/activities/{activity['id']}")["startsAt"], MOVED)


def test_the_server_set_date_of_a_comment_never_overwrites_a_start(seeded_office: Office) -> None:
    office = seeded_office
    before = {activity["id"]: activity for activity in office.activities()}
    for _ in range(3):
        office.sync()
    after = {activity["id"]: activity for activity in office.activities()}
    assert {key: after[key]["startsAt"] for key in before} == {
        key: before[key]["startsAt"] for key in before
    }
    assert {key: after[key]["ownerId"] for key in before} == {
        key: before[key]["ownerId"] for key in before
    }


def test_a_company_and_a_workspace_follow_each_other(office: Office) -> None:
    company = office.crm(
        "POST", "/companies", name="Fjellvik Regnskap", website="https://fjellvik.example"
    )
    office.sync()
    workspace = only([w for w in office.workspaces() if w["displayName"] == "Fjellvik Regnskap"])
    assert workspace["website"] == "https://fjellvik.example"

    office.crm("PATCH", f"/companies/{company['id']}", name="Fjellvik Økonomi")
    office.sync()
    path = f"/organizations/{workspace['id']}"
    assert office.trello("GET", path, fields="all")["displayName"] == "Fjellvik Økonomi"

    office.trello("PUT", path, website="https://ny.example")
    office.sync()
    after = office.crm("GET", f"/companies/{company['id']}")
    assert (after["name"], after["website"]) == ("Fjellvik Økonomi", "https://ny.example")


def test_a_website_without_a_scheme_arrives_and_stays_as_it_is_in_crmoffice(
    office: Office,
) -> None:
    company = office.crm("POST", "/companies", name="Fjellvik", website="www.fjellvik.example")
    office.sync()
    workspace = only([w for w in office.workspaces() if w["displayName"] == "Fjellvik"])
    assert workspace["website"] == "http://www.fjellvik.example"
    office.crm("PATCH", f"/companies/{company['id']}", name="Fjellvik AS")
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0
    after = office.crm("GET", f"/companies/{company['id']}")
    assert after["website"] == "www.fjellvik.example"


def test_a_workspace_made_in_trello_becomes_a_company_and_follows_it(office: Office) -> None:
    workspace = office.trello("POST", "/organizations", displayName="Nordhavn Maling")
    office.sync()
    company = only([c for c in office.companies() if c["name"] == "Nordhavn Maling"])
    office.trello("PUT", f"/organizations/{workspace['id']}", displayName="Nordhavn Farge")
    office.sync()
    path = f"/companies/{company['id']}"
    assert office.crm("GET", path)["name"] == "Nordhavn Farge"
    office.crm("PATCH", path, name="Nordhavn Farge og Lakk")
    office.sync()
    after = office.trello("GET", f"/organizations/{workspace['id']}")
    assert after["displayName"] == "Nordhavn Farge og Lakk"


def test_a_contact_is_invited_into_the_workspace_of_its_company(office: Office) -> None:
    company = office.crm("POST", "/companies", name="Fjellvik Regnskap")
    office.crm(
        "POST",
        "/contacts",
        givenName="Åshild",
        familyName="Bøe",
        email="ashild@fjellvik.example",
        company__id=company["id"],
    )
    office.sync()
    workspace = only([w for w in office.workspaces() if w["displayName"] == "Fjellvik Regnskap"])
    members = office.trello("GET", f"/organizations/{workspace['id']}/members", fields="all")
    assert [m for m in members if m["fullName"] == "Åshild Bøe"]
    assert len(office.box.invitations()) == 1


def test_a_members_own_new_name_arrives_at_the_contact_and_a_contacts_new_name_is_held(
    office: Office,
) -> None:
    guest = office.guest()
    office.sync()
    contact = only(office.contacts())
    assert (contact["givenName"], contact["familyName"]) == ("Ida Grønn", "Vik")
    token = office.box.token(guest["username"])
    office.trello("PUT", f"/members/{guest['id']}", token=token, fullName="Ida Grønn Nyås")
    office.sync()
    path = f"/contacts/{contact['id']}"
    assert office.crm("GET", path)["familyName"] == "Nyås"
    office.crm("PATCH", path, familyName="Tredje")
    assert office.sync_to_trello()["held"] == 1
    office.sync_to_crmoffice()
    assert office.crm("GET", path)["familyName"] == "Tredje"
    office.target_trello["member_tokens"] = {guest["id"]: token}
    office.sync()
    member = only([m for m in office.people() if m["id"] == guest["id"]])
    assert member["fullName"] == "Ida Grønn Tredje"


def test_a_colleague_never_becomes_a_contact_nor_does_the_integration(office: Office) -> None:
    office.guest()
    office.sync()
    office.sync()
    assert [contact["familyName"] for contact in office.contacts()] == ["Vik"]


def test_nobody_is_invited_unless_the_settings_say_so(office: Office) -> None:
    company = office.crm("POST", "/companies", name="Fjellvik Regnskap")
    office.crm(
        "POST",
        "/contacts",
        givenName="Åshild",
        familyName="Bøe",
        email="ashild@fjellvik.example",
        company__id=company["id"],
    )
    del office.target_trello["create_members"]
    counts = office.sync_to_trello()
    assert office.box.invitations() == []
    assert counts["contacts->members unlinked"] == 1


def test_an_activity_whose_start_lies_ahead_does_not_hide_later_comments(
    office: Office, owner: Owner
) -> None:
    ahead = (datetime.now().astimezone() + timedelta(days=400)).isoformat()
    office.crm("POST", "/activities", subject="Plan", ownerId=owner.user["id"], startsAt=ahead)
    office.sync()
    card = office.shared_card()
    path = f"/cards/{card['id']}/actions/comments"
    office.trello("POST", path, token=owner.token, text="Later")
    office.sync()
    assert {activity["subject"] for activity in office.activities()} == {"Plan", "Later"}
