from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox.control_client import ControlError

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Card = dict[str, Any]
NOBODY = "5eed00000000000000000000"


def test_an_action_of_an_unheard_type_is_planted_on_a_card(
    box: RunningSandbox, trello: Client, card: Card
) -> None:
    moment = "2026-02-03T04:05:06.789Z"
    data = {"mood": {"name": "😀"}}
    planted = box.plant_action(type="praiseCard", card=card["id"], date=moment, data=data)
    action = trello.get(f"/boards/{card['idBoard']}/actions?limit=1").json()[0]
    assert (action["id"], action["type"], action["date"]) == (planted, "praiseCard", moment)
    assert action["data"]["mood"] == {"name": "😀"}
    assert set(action["data"]) == {"mood", "card", "list", "board", "organization"}
    assert int(planted[:8], 16) == 1_770_091_506
    for path in (f"/cards/{card['id']}", f"/boards/{card['idBoard']}"):
        assert trello.get(path).json()["dateLastActivity"] == moment


def test_an_action_may_leave_the_last_activity_alone(
    box: RunningSandbox, trello: Client, card: Card
) -> None:
    box.plant_action(card=card["id"], data={"text": "Hei"}, touch=False)
    shown = trello.get(f"/cards/{card['id']}").json()
    assert shown["dateLastActivity"] == card["dateLastActivity"]
    assert shown["badges"]["comments"] == card["badges"]["comments"] + 1


def test_an_app_may_have_made_an_action(box: RunningSandbox, trello: Client, card: Card) -> None:
    app = {"id": NOBODY, "name": "Slack"}
    planted = box.plant_action(board=card["idBoard"], type="updateBoard", appCreator=app)
    assert trello.get(f"/actions/{planted}").json()["appCreator"] == app


@pytest.mark.parametrize("creator", [NOBODY, None])
def test_an_account_that_is_gone_shows_no_creator(
    box: RunningSandbox, trello: Client, card: Card, creator: str | None
) -> None:
    planted = box.plant_action(card=card["id"], creator=creator, data={"text": "Hei"})
    action = trello.get(f"/cards/{card['id']}/actions?limit=1").json()[0]
    assert (action["id"], action["idMemberCreator"]) == (planted, creator)
    assert "memberCreator" not in action


def test_a_copied_comment_has_an_id_of_later(
    box: RunningSandbox, trello: Client, card: Card
) -> None:
    old, new = "2020-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
    planted = box.plant_action(
        type="copyCommentCard", card=card["id"], date=old, created=new, creator="annahavblikk"
    )
    action = trello.get(f"/actions/{planted}").json()
    assert (action["date"], action["memberCreator"]["username"]) == (old, "annahavblikk")
    assert int(planted[:8], 16) == 1_767_225_600


def test_many_actions_share_a_millisecond_in_the_order_of_their_ids(
    box: RunningSandbox, trello: Client, card: Card
) -> None:
    wish = {"card": card["id"], "date": "2026-02-03T04:05:06.789Z"}
    planted = box.plant_actions([{**wish, "data": {"text": str(n)}} for n in range(3000)])
    assert len(set(planted)) == 3000
    path = f"/boards/{card['idBoard']}/actions"
    pages = [trello.get(path, params={"limit": 1000, "page": n}).json() for n in range(3)]
    shown = [action["id"] for page in pages for action in page]
    assert shown == sorted(planted, reverse=True)
    badges = trello.get(f"/cards/{card['id']}").json()["badges"]
    assert badges["comments"] == card["badges"]["comments"] + 3000


def test_an_action_may_belong_to_a_workspace_only_and_have_further_properties(
    box: RunningSandbox, trello: Client
) -> None:
    workspace = trello.get("/organizations/fjordlys").json()["id"]
    display = {"translationKey": "action_unknown", "entities": {}}
    planted = box.plant_action(
        type="enableFeature", organization=workspace, more={"display": display}
    )
    action = trello.get(f"/organizations/{workspace}/actions?limit=1").json()[0]
    assert (action["id"], action["display"]) == (planted, display)
    assert set(action["data"]) == {"organization"}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"card": NOBODY}, f"no such card: {NOBODY}"),
        ({"creator": "nobody"}, "no such member: nobody"),
        ({"date": "soon"}, "not an ISO 8601 time: 'soon'"),
        ({"colour": "red"}, "Object contains unknown field `colour` - at `$[0]`"),
    ],
)
def test_a_wrong_wish_plants_nothing(
    box: RunningSandbox, wish: dict[str, str], message: str
) -> None:
    before = box.control("GET", "/status")["records"]
    with pytest.raises(ControlError) as refused:
        box.plant_action(**wish)
    assert str(refused.value) == message
    assert box.control("GET", "/status")["records"] == before
