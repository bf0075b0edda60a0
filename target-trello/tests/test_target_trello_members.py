"""Members and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from linked_target import PartnerTaken
from singer_rest import NotFound, RecordRefused
from tap_trello.account import Account
from target_trello.invitation import invited_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream, Intent
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]

PERSON = {"fullName": "Åse Berg", "email": "ase@berg.example"}


@pytest.fixture
def workspace(client: TrelloClient) -> str:
    return str(client.get("/members/me/organizations")[0]["id"])


@pytest.fixture
def inviting(open_streams: Open, workspace: str) -> DestinationStream:
    return open_streams(create_members="invite", organization_id=workspace)["members"]


def people(client: TrelloClient) -> dict[str, dict[str, Any]]:
    """Members by username, as the tap reads them."""
    return {member["username"]: member for member in Account(client).members}


@pytest.mark.parametrize("answer", ["member", "organization"])
def test_an_invited_person_reads_back_as_the_tap_reads_it(
    box: RunningSandbox,
    inviting: DestinationStream,
    client: TrelloClient,
    intent: Intent,
    answer: str,
) -> None:
    box.switch(invite_answer=answer)
    made = inviting.create(PERSON, intent)
    assert made == people(client)[made["username"]]
    assert made["fullName"] == "Åse Berg"
    assert made["memberType"] == "ghost"
    assert inviting.get(made["id"]) == made
    assert [each["email"] for each in box.invitations()] == ["ase@berg.example"]


def test_an_invitation_tells_whom_the_mail_goes_to(inviting: DestinationStream) -> None:
    assert inviting.mail_to({"email": " kari@acme.example "}) == "kari@acme.example"


def test_by_default_nobody_is_invited(open_streams: Open, workspace: str) -> None:
    members = open_streams(organization_id=workspace)["members"]
    assert "never" in str(members.creation_barred(PERSON))


def test_a_person_without_an_address_is_not_invited(inviting: DestinationStream) -> None:
    assert "e-mail" in str(inviting.creation_barred({"fullName": "Åse Berg"}))
    assert inviting.creation_barred(PERSON) is None


def test_without_a_workspace_nobody_is_invited(open_streams: Open) -> None:
    members = open_streams(create_members="invite")["members"]
    assert "organization_id" in str(members.creation_barred(PERSON))
    assert members.creation_barred({**PERSON, "idOrganization": "5f"}) is None


def test_the_records_own_workspace_comes_before_the_setting(
    box: RunningSandbox, inviting: DestinationStream, client: TrelloClient, intent: Intent
) -> None:
    other = client.get("/members/me/organizations")[1]["id"]
    inviting.create({**PERSON, "idOrganization": other}, intent)
    assert [each["organization"] for each in box.invitations()] == [other]


@pytest.mark.parametrize("answer", ["member", "organization"])
def test_inviting_again_after_a_lost_answer_gives_the_same_member_and_no_second_mail(
    box: RunningSandbox,
    open_streams: Open,
    workspace: str,
    intent: Intent,
    answer: str,
) -> None:
    box.switch(invite_answer=answer)
    settings = {"create_members": "invite", "organization_id": workspace}
    first = open_streams(**settings)["members"].create(PERSON, intent)
    members = open_streams(**settings)["members"]
    assert members.recover(PERSON, intent, taken=lambda _: False) is None
    assert members.create(PERSON, intent)["id"] == first["id"]
    assert len(box.invitations()) == 1


def test_a_server_error_after_the_invitation_is_no_second_member(
    box: RunningSandbox, inviting: DestinationStream, client: TrelloClient, intent: Intent
) -> None:
    box.add_fault("status_after_commit", system="trello", method="PUT", status=503, count=1)
    before = len(people(client))
    made = inviting.create(PERSON, intent)
    assert made["fullName"] == "Åse Berg"
    assert len(people(client)) == before + 1


def test_a_full_workspace_refuses_that_record_only(
    inviting: DestinationStream, client: TrelloClient, workspace: str, intent: Intent
) -> None:
    seats = 10 - len(client.get(f"/organizations/{workspace}/members"))
    refusals = []
    for number in range(seats + 2):
        person = {"fullName": f"Person {number}", "email": f"p{number}@example.example"}
        try:
            inviting.create(person, intent)
        except RecordRefused as refusal:
            refusals.append(str(refusal))
    assert len(refusals) == 2
    assert all("10 collaborators" in refusal for refusal in refusals)


def test_candidates_are_the_members_as_the_tap_reads_them(
    open_streams: Open, client: TrelloClient
) -> None:
    assert list(open_streams()["members"].candidates()) == list(people(client).values())


def test_a_member_who_is_nowhere_is_not_found(open_streams: Open) -> None:
    with pytest.raises(NotFound):
        open_streams()["members"].get("0" * 24)


def test_only_the_name_of_somebody_whose_token_is_known_can_be_written(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    known = people(client)
    anna, bard, own = (known[name] for name in ("annahavblikk", "bardnordhei", "crmsync"))
    tokens = {anna["id"]: box.token("annahavblikk")}
    members = open_streams(member_tokens=tokens)["members"]
    names = ["fullName"]
    assert members.unwritable(anna, names) == {}
    assert members.unwritable(own, names) == {}
    assert set(members.unwritable(bard, names)) == {"fullName"}
    assert "@bardnordhei" in members.unwritable(bard, ["fullName"])["fullName"]


def test_a_name_is_written_as_its_owner_and_reads_back_as_the_tap_reads_it(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    known = people(client)
    tokens = {known["annahavblikk"]["id"]: box.token("annahavblikk")}
    members = open_streams(member_tokens=tokens)["members"]
    for username in ("annahavblikk", "crmsync"):
        record = known[username]
        changed = members.update(record, {"fullName": "New Name"})
        assert changed == people(client)[username]
        assert changed["fullName"] == "New Name"
        assert members.get(record["id"]) == changed


def test_a_name_can_not_be_emptied(open_streams: Open, client: TrelloClient) -> None:
    with pytest.raises(RecordRefused, match="full name"):
        open_streams()["members"].update(people(client)["crmsync"], {"fullName": None})


def person(number: int, name: str, kind: str = "ghost") -> dict[str, Any]:
    return {"id": str(number), "fullName": name, "memberType": kind}


def test_where_it_can_not_be_told_who_was_invited_nobody_is_taken_for_it() -> None:
    both = {"1": person(1, "Kari"), "2": person(2, "Kari")}
    answer = {"id": "w", "members": []}
    with pytest.raises(RecordRefused, match="which member"):
        invited_member(answer, {}, both, "Kari")
    with pytest.raises(PartnerTaken, match="does not tell whom"):
        invited_member(answer, both, both, "Kari")


def test_of_several_new_members_the_one_with_the_name_was_invited() -> None:
    after = {"1": person(1, "Kari"), "2": person(2, "Ola")}
    assert invited_member({"id": "w", "members": []}, {}, after, "Ola")["id"] == "2"


def test_somebody_who_has_an_account_with_another_name_is_told_by_being_new() -> None:
    after = {"1": person(1, "Kari"), "2": person(2, "ola_n", "normal")}
    invited = invited_member({"id": "w", "members": []}, {"1": after["1"]}, after, "Ola Nordmann")
    assert invited["id"] == "2"


def test_somebody_invited_after_the_members_were_read_is_known_at_once(
    inviting: DestinationStream, intent: Intent
) -> None:
    list(inviting.candidates())
    made = inviting.create(PERSON, intent)
    assert inviting.get(made["id"]) == made
