"""What Trello answers now, stream by stream, in the shape in which tap-trello is to give it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_trello.client import TrelloClient

    Record = dict[str, Any]
    Records = list[Record]

WORKSPACES = "/members/me/organizations?fields=all"
BOARDS = "/members/me/boards?filter=all"


def answers(client: TrelloClient) -> dict[str, Records]:
    """The records of every stream, read the long way: place by place and card by card.

    `actions` are those of the boards' first pages: the sandbox's boards hold fewer than 1,000.
    """
    workspaces: Records = client.get(WORKSPACES)
    boards: Records = client.get(BOARDS)
    own = client.get("/members/me?fields=all")

    def below(places: Records, path: str, *added: str) -> Records:
        paths = [path.format(place["id"]) for place in places]
        return [
            {**record, **dict.fromkeys(added, place["id"])}
            for place, answer in zip(places, client.get_many(paths), strict=True)
            for record in answer
        ]

    cards = below(boards, "/boards/{}/cards?filter=all")

    def on_cards(part: str) -> Records:
        paths = [f"/cards/{card['id']}/{part}" for card in cards]
        return [
            {**record, "idCard": card["id"], "idBoard": card["idBoard"]}
            for card, answer in zip(cards, client.get_many(paths), strict=True)
            for record in answer
        ]

    workspace_members = "/organizations/{}/members?fields=all"
    everybody = chain(
        below(workspaces, workspace_members), below(boards, "/boards/{}/members?fields=all"), [own]
    )
    return {
        "organizations": workspaces,
        "token_member": [{**own, "tokenOwner": True}],
        "members": [
            {**member, "tokenOwner": member["id"] == own["id"]} for member in each_once(everybody)
        ],
        "organization_memberships": below(
            workspaces, "/organizations/{}/memberships", "idOrganization"
        ),
        "organization_members": below(workspaces, workspace_members, "idOrganization"),
        "boards": boards,
        "board_memberships": below(boards, "/boards/{}/memberships", "idBoard"),
        "board_labels": below(boards, "/boards/{}/labels?limit=1000"),
        "board_custom_fields": below(boards, "/boards/{}/customFields"),
        "lists": below(boards, "/boards/{}/lists?filter=all"),
        "cards": cards,
        "card_attachments": on_cards("attachments"),
        "card_custom_field_items": on_cards("customFieldItems"),
        "checklists": below(boards, "/boards/{}/checklists"),
        "actions": below(boards, "/boards/{}/actions?limit=1000"),
        "organization_actions": [
            action
            for action in below(
                workspaces, "/organizations/{}/actions?limit=1000", "idOrganization"
            )
            if "board" not in action["data"]
        ],
    }


def each_once(records: Iterable[Record]) -> Records:
    """The records without those whose id came before."""
    found: dict[str, Record] = {}
    for record in records:
        found.setdefault(record["id"], record)
    return list(found.values())


def by_key(stream: str) -> Callable[[Record], Any]:
    """What tells a record of a stream from all others."""
    if stream == "organization_members":
        return lambda record: (record["id"], record["idOrganization"])
    return lambda record: record["id"]
