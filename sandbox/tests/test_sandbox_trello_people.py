from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox

GUEST = {"email": "gjest@ny.example", "fullName": "Gjest Nykommeren"}


@pytest.fixture
def workspace(trello: Client) -> str:
    return str(trello.get("/members/me/organizations").json()[0]["id"])


def test_the_email_of_others_is_hidden(trello: Client) -> None:
    anna = trello.get("/members/annahavblikk").json()
    assert (anna["email"], anna["loginTypes"], anna["prefs"]) == (None, None, None)
    assert trello.get("/members/me").json()["email"] == "crmsync@trello.example"


def test_the_email_of_others_shows_by_a_switch(box: RunningSandbox, trello: Client) -> None:
    box.switch(emails_visible="on")
    anna = trello.get("/members/annahavblikk").json()
    assert (anna["email"], anna["prefs"]) == ("annahavblikk@crm.example", None)
    path = f"/organizations/{anna['idOrganizations'][0]}/members"
    shown = trello.get(path, params={"fields": "email"}).json()
    assert {"annahavblikk@crm.example"} < {each["email"] for each in shown}


def test_the_own_email_needs_the_account_scope(trello_as: TrelloSandbox) -> None:
    assert trello_as("sandbox-token-readonly").get("/members/me").json()["email"] is None


def test_lists_of_members_have_few_fields_unless_more_are_asked_for(
    trello: Client,
    workspace: str,
) -> None:
    path = f"/organizations/{workspace}/members"
    assert set(trello.get(path).json()[0]) == {"id", "fullName", "username"}
    assert "memberType" in trello.get(path, params={"fields": "all"}).json()[0]


def test_only_the_own_profile_can_be_changed(trello: Client, trello_as: TrelloSandbox) -> None:
    refused = trello.put("/members/annahavblikk", json={"fullName": "No"})
    assert (refused.status_code, refused.text) == (401, "unauthorized member permission requested")
    anna = trello_as("sandbox-token-annahavblikk")
    assert anna.put("/members/me", json={"fullName": "Anna Ny"}).json()["fullName"] == "Anna Ny"


def test_changing_the_profile_needs_the_account_scope(
    box: RunningSandbox,
    trello_as: TrelloSandbox,
) -> None:
    client = trello_as(box.token("evalyngtun", scopes="read,write"))
    answer = client.put("/members/me", json={"fullName": "No"})
    assert (answer.status_code, answer.json()) == (401, {"message": "missing scopes"})


def test_an_invited_stranger_becomes_a_ghost(trello: Client, workspace: str) -> None:
    trello.put(f"/organizations/{workspace}/members", json=GUEST)
    path = f"/organizations/{workspace}/memberships"
    memberships = trello.get(path, params={"member": "true"}).json()
    ghost = next(each for each in memberships if each["unconfirmed"])
    assert ghost["member"]["fullName"] == GUEST["fullName"]
    member = trello.get(f"/members/{ghost['idMember']}").json()
    assert (member["memberType"], member["confirmed"]) == ("ghost", False)
    assert member["username"].startswith("gjestnykommeren")


def test_inviting_again_sends_nothing(box: RunningSandbox, trello: Client, workspace: str) -> None:
    for _ in range(2):
        assert trello.put(f"/organizations/{workspace}/members", json=GUEST).ok
    sent = [(each["email"], each["organization"]) for each in box.invitations()]
    assert sent == [(GUEST["email"], workspace)]


def test_an_invited_member_joins_with_the_own_account(trello: Client, workspace: str) -> None:
    known = {"email": "wencheutenforli@trello.example", "fullName": "Somebody Else"}
    answer = trello.put(f"/organizations/{workspace}/members", json=known).json()
    assert "wencheutenforli" in {each["username"] for each in answer["members"]}


@pytest.mark.parametrize(
    ("shape", "keys"),
    [("member", {"username", "fullName"}), ("organization", {"members", "memberships"})],
)
def test_the_answer_to_an_invitation_has_one_of_two_shapes(
    box: RunningSandbox,
    trello: Client,
    workspace: str,
    shape: str,
    keys: set[str],
) -> None:
    box.switch(invite_answer=shape)
    assert keys <= set(trello.put(f"/organizations/{workspace}/members", json=GUEST).json())


def test_a_workspace_holds_ten_people_pending_ones_included(
    trello: Client,
    workspace: str,
) -> None:
    path = f"/organizations/{workspace}/members"
    free = 10 - len(trello.get(path).json())
    for number in range(free):
        guest = {"email": f"gjest{number}@ny.example", "fullName": f"Gjest {number}"}
        assert trello.put(path, json=guest).ok
    refused = trello.put(path, json=GUEST)
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/plain")


def test_an_invitation_needs_a_real_email(trello: Client, workspace: str) -> None:
    answer = trello.put(f"/organizations/{workspace}/members", json={"email": "nobody"})
    assert (answer.status_code, answer.text) == (400, "invalid value for email")


def test_roles_are_set_and_removals_show_in_no_feed(trello: Client, workspace: str) -> None:
    path = f"/organizations/{workspace}/members/annahavblikk"
    shown = trello.put(path, json={"type": "admin"}).json()["memberships"]
    assert [each["memberType"] for each in shown].count("admin") == 2
    before = trello.get(f"/organizations/{workspace}/actions").json()
    assert trello.delete(path).ok
    assert trello.get(f"/organizations/{workspace}/actions").json() == before


def test_a_member_joins_and_leaves_a_board(trello: Client, card: dict[str, Any]) -> None:
    path = f"/boards/{card['idBoard']}/members"
    assert trello.put(f"{path}/wencheutenforli", json={"type": "normal"}).ok
    assert "wencheutenforli" in {each["username"] for each in trello.get(path).json()}
    assert trello.delete(f"{path}/wencheutenforli").ok
    assert "wencheutenforli" not in {each["username"] for each in trello.get(path).json()}
