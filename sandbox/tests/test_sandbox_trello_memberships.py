from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox

Memberships = list[dict[str, Any]]


@pytest.fixture
def board(trello: Client) -> dict[str, Any]:
    first: dict[str, Any] = trello.get("/members/me/boards").json()[0]
    return first


@pytest.fixture(params=["boards", "organizations"])
def path(request: pytest.FixtureRequest, board: dict[str, Any]) -> str:
    owner = {"boards": board["id"], "organizations": board["idOrganization"]}
    return f"/{request.param}/{owner[request.param]}"


def test_boards_and_workspaces_show_roles_in_one_shape(trello: Client, path: str) -> None:
    memberships = trello.get(f"{path}/memberships").json()
    assert {tuple(sorted(each)) for each in memberships} == {
        ("deactivated", "id", "idMember", "memberType", "unconfirmed")
    }
    members = {each["id"] for each in trello.get(f"{path}/members").json()}
    assert {each["idMember"] for each in memberships} == members
    with_member = trello.get(
        f"{path}/memberships", params={"member": "true", "member_fields": "username"}
    ).json()
    assert {tuple(each["member"]) for each in with_member} == {("id", "username")}


@pytest.mark.parametrize(
    ("wanted", "count"), [("all", 5), ("admin", 1), ("normal", 4), ("me", 1), ("none", 0)]
)
def test_memberships_are_filtered_by_role(
    trello: Client, path: str, wanted: str, count: int
) -> None:
    found = trello.get(f"{path}/memberships", params={"filter": wanted}).json()
    assert len(found) == count


def test_an_unknown_filter_of_memberships_is_refused(trello: Client, path: str) -> None:
    answer = trello.get(f"{path}/memberships", params={"filter": "odd"})
    assert (answer.status_code, answer.text) == (400, "invalid value for filter")


def test_a_deactivated_member_keeps_the_memberships(trello: Client, board: dict[str, Any]) -> None:
    workspace = f"/organizations/{board['idOrganization']}"
    member = f"{workspace}/members/annahavblikk"
    for value in (True, False):
        assert trello.put(f"{member}/deactivated", json={"value": value}).ok
        for path in (workspace, f"/boards/{board['id']}"):
            query = {"filter": "deactivated", "member": "true"}
            found = trello.get(f"{path}/memberships", params=query).json()
            names = [each["member"]["username"] for each in found]
            assert names == (["annahavblikk"] if value else [])
            assert len(trello.get(f"{path}/memberships").json()) == 5


@pytest.mark.parametrize("switched", ["on", "off"])
@pytest.mark.parametrize(
    "removed", ["/boards/{id}/members/{who}", "/organizations/{idOrganization}/members/{who}/all"]
)
def test_a_removal_writes_no_action_and_whether_it_raises_activity_is_a_switch(
    box: RunningSandbox, trello: Client, board: dict[str, Any], removed: str, switched: str
) -> None:
    box.switch(member_removal_touches_board=switched)
    who = trello.get("/members/annahavblikk").json()["id"]
    newest = trello.get(f"/boards/{board['id']}/actions?limit=1").json()
    assert trello.delete(removed.format(**board, who=who)).ok
    assert trello.get(f"/boards/{board['id']}/actions?limit=1").json() == newest
    after = trello.get(f"/boards/{board['id']}").json()["dateLastActivity"]
    assert (after > board["dateLastActivity"]) == (switched == "on")


def test_boards_are_filtered(trello: Client, board: dict[str, Any]) -> None:
    for path in ("/members/me/boards", f"/organizations/{board['idOrganization']}/boards"):
        trello.put(f"/boards/{board['id']}", json={"closed": False})
        everything = trello.get(path).json()
        trello.put(f"/boards/{board['id']}", json={"closed": True})
        assert [each["id"] for each in trello.get(f"{path}?filter=closed").json()] == [board["id"]]
        assert len(trello.get(f"{path}?filter=open").json()) == len(everything) - 1
        assert len(trello.get(f"{path}?filter=open,closed").json()) == len(everything)
        assert len(trello.get(path).json()) == len(everything)
        assert trello.get(f"{path}?filter=odd").text == "invalid value for filter"


def test_lists_are_filtered_by_parameter_and_by_path(trello: Client, board: dict[str, Any]) -> None:
    path = f"/boards/{board['id']}/lists"
    first = trello.get(path).json()[0]["id"]
    trello.put(f"/lists/{first}", json={"closed": True})
    for wanted, count in (("all", 3), ("open", 2), ("closed", 1), ("none", 0)):
        assert len(trello.get(f"{path}/{wanted}").json()) == count
        assert len(trello.get(path, params={"filter": wanted}).json()) == count
    assert len(trello.get(path).json()) == 2


def test_who_is_not_on_a_board_sees_and_changes_nothing_on_it(
    box: RunningSandbox, trello: Client, trello_as: TrelloSandbox, board: dict[str, Any]
) -> None:
    stranger = trello_as(box.token("wencheutenforli"))
    card = trello.get(f"/boards/{board['id']}/cards").json()[0]
    paths = [f"/cards/{card['id']}/{name}" for name in ("attachments", "customFieldItems")]
    for kind in ("labels", "customFields", "checklists"):
        path = f"/boards/{board['id']}/{kind}"
        paths += [path, f"/{kind}/{trello.get(path).json()[0]['id']}"]
    for path in paths:
        assert trello.get(path).ok
        assert stranger.get(path).status_code == 401
    changeable = [path for path in paths if path.startswith(("/labels", "/custom", "/checklists"))]
    assert {stranger.delete(path).status_code for path in changeable} == {401}
