"""What people do on Trello's boards, one piece of work a method."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tap_trello.client import TrelloClient

    Json = dict[str, Any]

KINDS = ("checkbox", "date", "list", "number", "text")


@dataclass
class Work:
    """Somebody who works on boards; which card or list it is, the dice say.

    Each piece of work takes the ids of two boards, and leaves things as they are where there is
    nothing to do it to.
    """

    client: TrelloClient
    dice: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - repeatable on purpose

    def make_list(self, board: str, _: str) -> None:
        self._post("/lists", idBoard=board, name="New")

    def rename_list(self, board: str, _: str) -> None:
        self._put(f"/lists/{self._list(board)}", name=f"List {self.dice.random()}")

    def close_list(self, board: str, _: str) -> None:
        if len(self._ids(f"/boards/{board}/lists")) > 1:
            self._put(f"/lists/{self._list(board)}", closed=True)

    def open_list(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/lists?filter=closed"):
            self._put(f"/lists/{each}", closed=False)

    def make_card(self, board: str, _: str) -> None:
        self._post("/cards", idList=self._list(board), name="New")

    def rename_card(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._put(f"/cards/{card}", name=f"Card {self.dice.random()}")

    def put_card_into_another_list(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            before = self.client.get(f"/cards/{card}")["idList"]
            others = [each for each in self._ids(f"/boards/{board}/lists") if each != before]
            self._put(f"/cards/{card}", idList=self.dice.choice(others or [before]))

    def move_card(self, board: str, other: str) -> None:
        for card in self._some_card(board):
            self._put(f"/cards/{card}", idBoard=other)

    def close_card(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._put(f"/cards/{card}", closed=True)

    def open_card(self, board: str, _: str) -> None:
        for card in self._some(f"/boards/{board}/cards?filter=closed"):
            self._put(f"/cards/{card}", closed=False)

    def delete_card(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._delete(f"/cards/{card}")

    def copy_card(self, board: str, other: str) -> None:
        for card in self._some_card(board):
            body = {"idCardSource": card, "idList": self._list(other), "keepFromSource": "all"}
            self._post("/cards", **body)

    def comment(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._post(f"/cards/{card}/actions/comments", text="Hei")

    def edit_comment(self, board: str, _: str) -> None:
        for comment in self._some_comment(board):
            self._put(f"/actions/{comment}", text=f"Text {self.dice.random()}")

    def delete_comment(self, board: str, _: str) -> None:
        for comment in self._some_comment(board):
            self._delete(f"/actions/{comment}")

    def make_label(self, board: str, _: str) -> None:
        self._post(f"/boards/{board}/labels", name=f"Label {self.dice.random()}", color="red")

    def rename_label(self, board: str, _: str) -> None:
        for label in self._some(f"/boards/{board}/labels"):
            self._put(f"/labels/{label}", name=f"Label {self.dice.random()}")

    def delete_label(self, board: str, _: str) -> None:
        for label in self._some(f"/boards/{board}/labels"):
            self._delete(f"/labels/{label}")

    def label_card(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            labels = self._ids(f"/boards/{board}/labels")
            chosen = self.dice.sample(labels, self.dice.randint(0, min(2, len(labels))))
            self._put(f"/cards/{card}", idLabels=",".join(chosen))

    def make_field(self, board: str, _: str) -> None:
        kind = self.dice.choice(KINDS)
        options = [{"value": {"text": "A"}}, {"value": {"text": "B"}}]
        body = {"idModel": board, "modelType": "board", "name": "New", "type": kind}
        self._post("/customFields", **body, **({"options": options} if kind == "list" else {}))

    def rename_field(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/customFields"):
            self._put(f"/customFields/{each}", name=f"Field {self.dice.random()}")

    def delete_field(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/customFields"):
            self._delete(f"/customFields/{each}")

    def set_value(self, board: str, _: str) -> None:
        for card, found in zip(self._some_card(board), self._some_field(board), strict=False):
            self._put(f"/cards/{card}/customField/{found['id']}/item", **self._value(found))

    def clear_value(self, board: str, _: str) -> None:
        items = [
            (card, item["idCustomField"])
            for card in self._ids(f"/boards/{board}/cards?filter=all")
            for item in self.client.get(f"/cards/{card}/customFieldItems")
        ]
        for card, found in self.dice.sample(items, min(1, len(items))):
            self._put(f"/cards/{card}/customField/{found}/item", value="", idValue="")

    def make_checklist(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._post("/checklists", idCard=card, name="New")

    def rename_checklist(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/checklists"):
            self._put(f"/checklists/{each}", name=f"Checklist {self.dice.random()}")

    def delete_checklist(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/checklists"):
            self._delete(f"/checklists/{each}")

    def add_item(self, board: str, _: str) -> None:
        for each in self._some(f"/boards/{board}/checklists"):
            self._post(f"/checklists/{each}/checkItems", name="New")

    def tick_item(self, board: str, _: str) -> None:
        for card, item in self._some_item(board):
            state = "incomplete" if item["state"] == "complete" else "complete"
            self._put(f"/cards/{card}/checkItem/{item['id']}", state=state)

    def delete_item(self, board: str, _: str) -> None:
        for card, item in self._some_item(board):
            self._delete(f"/cards/{card}/checkItem/{item['id']}")

    def attach(self, board: str, _: str) -> None:
        for card in self._some_card(board):
            self._post(f"/cards/{card}/attachments", url="https://example.com/new")

    def detach(self, board: str, _: str) -> None:
        attached = [
            f"/cards/{card}/attachments/{each}"
            for card in self._ids(f"/boards/{board}/cards?filter=all")
            for each in self._ids(f"/cards/{card}/attachments")
        ]
        for path in self.dice.sample(attached, min(1, len(attached))):
            self._delete(path)

    def join_board(self, board: str, _: str) -> None:
        """Somebody of the seed who is not on the board, be it of another workspace."""
        on_board = {each["idMember"] for each in self.client.get(f"/boards/{board}/memberships")}
        workspaces = self._ids("/members/me/organizations")
        known = {
            each for place in workspaces for each in self._ids(f"/organizations/{place}/members")
        }
        for member in self.dice.sample(sorted(known - on_board), min(1, len(known - on_board))):
            self._put(f"/boards/{board}/members/{member}", type="normal")

    def leave_board(self, board: str, _: str) -> None:
        own = self.client.get("/members/me")["id"]
        others = [each for each in self._ids(f"/boards/{board}/members") if each != own]
        for member in self.dice.sample(others, min(1, len(others))):
            self._delete(f"/boards/{board}/members/{member}")

    def _post(self, path: str, **body: Any) -> None:
        self.client.request("POST", path, json=body)

    def _put(self, path: str, **body: Any) -> None:
        self.client.request("PUT", path, json=body)

    def _delete(self, path: str) -> None:
        self.client.request("DELETE", path)

    def _ids(self, path: str) -> list[str]:
        return [each["id"] for each in self.client.get(path)]

    def _some(self, path: str) -> list[str]:
        """One id of a list, or none."""
        ids = self._ids(path)
        return self.dice.sample(ids, min(1, len(ids)))

    def _some_card(self, board: str) -> list[str]:
        return self._some(f"/boards/{board}/cards?filter=all")

    def _some_comment(self, board: str) -> list[str]:
        own = self.client.get("/members/me")["id"]
        comments = self.client.get(f"/boards/{board}/actions?filter=commentCard&limit=1000")
        ids = [each["id"] for each in comments if each["idMemberCreator"] == own]
        return self.dice.sample(ids, min(1, len(ids)))

    def _list(self, board: str) -> str:
        return self.dice.choice(self._ids(f"/boards/{board}/lists"))

    def _some_field(self, board: str) -> list[Json]:
        fields = self.client.get(f"/boards/{board}/customFields")
        return self.dice.sample(fields, min(1, len(fields)))

    def _some_item(self, board: str) -> list[tuple[str, Json]]:
        items = [
            (each["idCard"], item)
            for each in self.client.get(f"/boards/{board}/checklists")
            for item in each["checkItems"]
        ]
        return self.dice.sample(items, min(1, len(items)))

    def _value(self, found: Json) -> Json:
        if found["type"] == "list":
            options = [each["id"] for each in found["options"]]
            return {"idValue": self.dice.choice(options)} if options else {"value": ""}
        return {
            "value": {
                "checkbox": {"checked": "true"},
                "date": {"date": f"2026-01-{self.dice.randint(10, 28)}T08:00:00.000Z"},
                "number": {"number": str(self.dice.randint(1, 999))},
                "text": {"text": f"Text {self.dice.random()}"},
            }[found["type"]]
        }
