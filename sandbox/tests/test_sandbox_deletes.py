"""What is left of a deleted record: nothing, and no feed tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox

Json = dict[str, Any]


def ids(client: Client, path: str) -> set[str]:
    return {each["id"] for each in client.get(path, params={"limit": 1000}).json()}


def test_a_deleted_comment_is_in_no_feed(trello: Client, card: Json) -> None:
    path = f"/cards/{card['id']}/actions"
    feeds = [
        path,
        f"/boards/{card['idBoard']}/actions",
        f"/lists/{card['idList']}/actions",
        "/members/me/actions",
    ]
    before = [ids(trello, feed) for feed in feeds]
    comment = trello.post(f"{path}/comments", json={"text": "hei"}).json()["id"]
    assert all(comment in ids(trello, feed) for feed in feeds)
    assert trello.delete(f"/actions/{comment}").json() == {"_value": None}
    assert [ids(trello, feed) for feed in feeds] == before


def test_a_deleted_comment_can_not_be_read_edited_or_deleted(trello: Client, card: Json) -> None:
    path = f"/cards/{card['id']}/actions"
    comment = trello.post(f"{path}/comments", json={"text": "hei"}).json()["id"]
    assert trello.delete(f"{path}/{comment}/comments").ok
    for answer in (
        trello.get(f"/actions/{comment}"),
        trello.put(f"/actions/{comment}", json={"text": "hallo"}),
        trello.delete(f"/actions/{comment}"),
    ):
        assert (answer.status_code, answer.text) == (404, "The requested resource was not found.")
    [item] = trello.get("/batch", params={"urls": f"/actions/{comment}"}).json()
    assert item["statusCode"] == 404


def test_a_deleted_workspace_leaves_its_boards_and_their_comments(
    trello: Client, card: Json
) -> None:
    path = f"/cards/{card['id']}/actions"
    comment = trello.post(f"{path}/comments", json={"text": "hei"}).json()["id"]
    board = trello.get(f"/boards/{card['idBoard']}").json()
    workspace = board["idOrganization"]
    assert trello.delete(f"/organizations/{workspace}").json() == {"_value": None}
    for gone in ("", "/members", "/memberships", "/actions"):
        assert trello.get(f"/organizations/{workspace}{gone}").status_code == 404
    assert workspace not in ids(trello, "/members/me/organizations")
    assert trello.get(f"/boards/{board['id']}").json()["idOrganization"] is None
    assert trello.get(f"/actions/{comment}").ok


def test_only_admins_delete_a_workspace(trello_as: TrelloSandbox) -> None:
    anna = trello_as("sandbox-token-annahavblikk")
    assert anna.delete("/organizations/fjordlys").status_code == 401


def test_a_deleted_board_takes_its_lists_cards_and_comments_along(
    trello: Client, card: Json
) -> None:
    path = f"/cards/{card['id']}/actions"
    comment = trello.post(f"{path}/comments", json={"text": "hei"}).json()["id"]
    workspace = trello.get(f"/boards/{card['idBoard']}").json()["idOrganization"]
    assert trello.delete(f"/boards/{card['idBoard']}").ok
    gone = (
        f"/boards/{card['idBoard']}",
        f"/lists/{card['idList']}",
        f"/cards/{card['id']}",
        f"/actions/{comment}",
    )
    assert {trello.get(path).status_code for path in gone} == {404}
    assert card["idBoard"] not in ids(trello, "/members/me/boards")
    feed = trello.get(f"/organizations/{workspace}/actions", params={"limit": 1000}).json()
    assert not [each for each in feed if each["data"].get("board", {}).get("id") == card["idBoard"]]


def test_a_removed_member_shows_in_the_memberships_alone(trello: Client) -> None:
    path = "/organizations/fjordlys"
    anna = trello.get("/members/annahavblikk").json()
    feeds = (f"{path}/actions", "/members/annahavblikk/actions")
    before = [ids(trello, feed) for feed in feeds]
    assert trello.delete(f"{path}/members/{anna['id']}").json() == {"_value": None}
    members = {each["idMember"] for each in trello.get(f"{path}/memberships").json()}
    assert anna["id"] not in members
    assert anna["id"] not in ids(trello, f"{path}/members")
    assert [ids(trello, feed) for feed in feeds] == before
    assert trello.get(f"/members/{anna['id']}").ok
    assert trello.delete(f"{path}/members/{anna['id']}").status_code == 404


@pytest.mark.parametrize(("address", "stays"), [("", True), ("/all", False)])
def test_a_member_removed_from_a_workspace_stays_on_its_boards_unless_all_is_said(
    trello: Client, card: Json, address: str, stays: bool
) -> None:
    workspace = trello.get(f"/boards/{card['idBoard']}").json()["idOrganization"]
    guest = trello.get("/members/wencheutenforli").json()["id"]
    trello.put(f"/organizations/{workspace}/members/{guest}", json={"type": "normal"})
    trello.put(f"/boards/{card['idBoard']}/members/{guest}", json={"type": "normal"})
    assert trello.delete(f"/organizations/{workspace}/members/{guest}{address}").ok
    assert (guest in ids(trello, f"/boards/{card['idBoard']}/members")) is stays


def test_a_member_who_left_can_be_invited_again(trello: Client) -> None:
    path = "/organizations/fjordlys/members"
    guest = {"email": "gjest@ny.example", "fullName": "Gjest Nykommeren"}
    rounds = []
    for _ in range(2):
        answer = trello.put(path, json=guest).json()
        [ghost] = [each for each in answer["members"] if each["fullName"] == guest["fullName"]]
        rounds.append(ghost["id"])
        assert trello.delete(f"{path}/{ghost['id']}").ok
    assert rounds[0] == rounds[1]


def test_a_deleted_token_signs_nothing_any_more(
    box: RunningSandbox, trello: Client, trello_as: TrelloSandbox
) -> None:
    secret = box.token("evalyngtun")
    eva = trello_as(secret)
    assert trello.delete(f"/tokens/{secret}").status_code == 401
    assert eva.delete(f"/tokens/{secret}").ok
    refused = eva.get("/members/me")
    assert (refused.status_code, refused.text) == (401, "invalid token")


@pytest.mark.parametrize(
    ("resource", "sent"),
    [
        ("companies", {"name": "Ny AS"}),
        ("contacts", {"givenName": "Ny"}),
        ("activities", {"subject": "Ny"}),
    ],
)
def test_a_deleted_record_of_crmoffice_is_gone(crm: Client, resource: str, sent: Json) -> None:
    counted = crm.get(f"/{resource}").json()["totalCount"]
    created = crm.post(f"/{resource}", json=sent).json()
    path = f"/{resource}/{created['id']}"
    deleted = crm.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    for answer in (crm.get(path), crm.patch(path, json=sent), crm.delete(path)):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    page = crm.get(f"/{resource}", params={"updatedSince": created["updatedAt"]}).json()
    assert page["items"] == []
    assert crm.get(f"/{resource}").json()["totalCount"] == counted


def test_a_record_that_nobody_refers_to_any_more_can_be_deleted(crm: Client) -> None:
    company = crm.post("/companies", json={"name": "Ny AS"}).json()["id"]
    contact = crm.post("/contacts", json={"givenName": "Ny", "company": {"id": company}}).json()
    assert crm.delete(f"/companies/{company}").status_code == 409
    assert crm.delete(f"/contacts/{contact['id']}").ok
    assert crm.delete(f"/companies/{company}").ok
