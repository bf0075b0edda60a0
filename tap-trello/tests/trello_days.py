"""Boards on which people work, by a clock that stands still until somebody moves it on."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sandbox.server import STATE_FILE
from singer_rest import RecordRefused
from tap_trello.client import TrelloClient
from tap_trello.quotas import Quotas

from sandbox import credentials

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox

DELETIONS = frozenset({"delete", "delete_card", "delete_board"})
ARRIVALS = frozenset({"move", "copy", "copy_slowly"})
COMMENTS = ("commentCard", "copyCommentCard")
BOARDS, CARDS_EACH, MOST_BOARDS = 3, 2, 6
NO_LIMIT = 1_000_000


class Clock:
    """The time of the sandbox and of this machine."""

    begin = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

    def __init__(self) -> None:
        self.milliseconds = 0
        self.pace = 0
        """Milliseconds that pass whenever somebody looks."""

    def now(self) -> datetime:
        """The time."""
        self.milliseconds += self.pace
        return self.begin + timedelta(milliseconds=self.milliseconds)

    def pass_by(self, milliseconds: int) -> None:
        """Let some time pass."""
        self.milliseconds += milliseconds


def watch_of(clock: Clock) -> type[datetime]:
    """What the sandbox looks at in place of `datetime`."""

    class Watch(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return clock.now().astimezone(tz)

    return Watch


@dataclass(frozen=True)
class Act:
    """Something that somebody does.

    Attributes:
        kind: the name of a method of `Days`.
        pick: which card, comment or board, of those that are there.
        other: to which board, how many, or how long.
    """

    kind: str
    pick: int = 0
    other: int = 0


class Days:
    """A workspace that is covered, and a board beside it that is not.

    Args:
        box: the sandbox.
        clock: its clock.
    """

    def __init__(self, box: RunningSandbox, clock: Clock) -> None:
        self.box = box
        self.clock = clock
        quotas = Quotas()
        quotas.key.limit = quotas.token.limit = NO_LIMIT
        self.client = TrelloClient(
            credentials.TRELLO_KEY, credentials.TRELLO_TOKEN, base_url=box.trello_url, quotas=quotas
        )
        self.moves: Counter[str] = Counter()
        """How often each card's comments may come again, since it was moved to another board."""
        self.reasons = ["the first run"]
        """Why the tap may read everything anew."""
        self.is_run_under_way = False
        """Or one that broke off, and none has come to its end since."""

    def begin(self, **switches: object) -> None:
        """Begin with empty boards."""
        self.box.reset(seed=False)
        self.box.switch(quotas=False, **switches)
        (workspace,) = self.client.get("/members/me/organizations")
        self.workspace = str(workspace["id"])
        for number in range(BOARDS):
            self._make_board(f"Board {number}")
        self.elsewhere = self._make_board("Elsewhere", covered=False)

    def write_everywhere(self) -> None:
        """Write two comments on each card, one card a millisecond."""
        for pick in range(len(self._ids("card"))):
            self.clock.pass_by(1)
            for _ in range(2):
                self.write(Act("write", pick))

    def do(self, act: Act) -> None:
        """Do something, if it is possible now."""
        with suppress(RecordRefused, IndexError):
            getattr(self, act.kind)(act)
            if act.kind in DELETIONS or (act.kind in ARRIVALS and self.is_run_under_way):
                self.reasons.append(act.kind)

    def wait(self, act: Act) -> None:
        """Let time pass: nothing, a millisecond, or up to a day."""
        steps = (1, 1, 400, 1000, 11_000, 70_000, 3_600_000, 90_000_000)
        self.clock.pass_by(steps[act.other % len(steps)])

    def write(self, act: Act) -> None:
        path = f"/cards/{self._card(act.pick)}/actions/comments"
        self._post(path, text=f"Text {self.clock.milliseconds} {act.other}")

    def happen(self, act: Act) -> None:
        """Several things in one millisecond that leave nothing but actions."""
        wish = {"type": "updateBoard", "board": self._board(act.pick)}
        self.box.plant_actions([wish] * (1 + act.other % 7))

    def comment_much(self, act: Act) -> None:
        """Several comments in one millisecond."""
        data = {"text": "One of many"}
        wish = {"type": "commentCard", "card": self._card(act.pick), "data": data}
        self.box.plant_actions([wish] * (1 + act.other % 7))

    def edit(self, act: Act) -> None:
        self.clock.pass_by(1)  # nobody edits twice in a millisecond
        text = f"Edited {self.clock.milliseconds}"
        self.client.request("PUT", f"/actions/{self._comment(act.pick)}", json={"text": text})

    def copy(self, act: Act) -> None:
        target = self._board(act.other)
        in_list = self.client.get(f"/boards/{target}/lists")[0]["id"]
        source = self._card(act.pick)
        self._post("/cards", idCardSource=source, idList=in_list, keepFromSource="all")

    def copy_slowly(self, act: Act) -> None:
        """Copy a card, while the seconds go by."""
        self.clock.pace = 130
        try:
            self.copy(act)
        finally:
            self.clock.pace = 0

    def move(self, act: Act) -> None:
        card, target = self._card(act.pick), self._board(act.other)
        self.client.request("PUT", f"/cards/{card}", json={"idBoard": target})
        # While the other board is read, its older comments may arrive there before the move does.
        self.moves[card] += 2 if self.is_run_under_way else 1
        if target not in self.covered():
            self.reasons.append("a card that left")

    def archive(self, act: Act) -> None:
        self.client.request("PUT", f"/cards/{self._card(act.pick)}", json={"closed": True})

    def archive_board(self, act: Act) -> None:
        self.client.request("PUT", f"/boards/{self._board(act.pick)}", json={"closed": True})

    def delete(self, act: Act) -> None:
        self.client.request("DELETE", f"/actions/{self._comment(act.pick)}")

    def delete_card(self, act: Act) -> None:
        self.client.request("DELETE", f"/cards/{self._card(act.pick)}")

    def delete_board(self, act: Act) -> None:
        self.client.request("DELETE", f"/boards/{self._board(act.pick)}")

    def new_board(self, act: Act) -> None:
        if len(self._ids("board")) < MOST_BOARDS:
            self._make_board(f"New {act.other}")

    def actions(self) -> dict[str, dict[str, Any]]:
        """All actions of the boards that are covered, by id."""
        sql = "SELECT body FROM actions WHERE board IN (SELECT value FROM json_each(?))"
        rows = self._column(sql, json.dumps(self.covered()))
        return {each["id"]: each for each in map(json.loads, rows)}

    def covered(self) -> list[str]:
        """The ids of the boards that are covered."""
        return self._column("SELECT id FROM records WHERE kind = 'board' AND parent <> ''")

    def _make_board(self, name: str, *, covered: bool = True) -> str:
        workspace = {"idOrganization": self.workspace} if covered else {}
        board = self._post("/boards", name=name, defaultLists=False, **workspace)["id"]
        in_list = self._post("/lists", name="List", idBoard=board)["id"]
        for number in range(CARDS_EACH):
            self._post("/cards", name=f"Card {number}", idList=in_list)
        return str(board)

    def _post(self, path: str, **body: object) -> Any:
        return self.client.request("POST", path, json=body)

    def _card(self, pick: int) -> str:
        return picked(self._ids("card"), pick)

    def _board(self, pick: int) -> str:
        return picked(self._ids("board"), pick)

    def _comment(self, pick: int) -> str:
        sql = "SELECT id FROM actions WHERE type IN ('commentCard', 'copyCommentCard') ORDER BY id"
        return picked(self._column(sql)[::-1], pick)  # most is done to the newest

    def _ids(self, kind: str) -> list[str]:
        return self._column("SELECT id FROM records WHERE kind = ? ORDER BY id", kind)

    def _column(self, sql: str, *values: str) -> list[str]:
        with closing(sqlite3.connect(self.box.data / STATE_FILE)) as connection:
            return [row[0] for row in connection.execute(sql, values)]


def picked(ids: list[str], pick: int) -> str:
    """One of some ids; IndexError if there are none."""
    return ids[pick % len(ids)] if ids else ids[0]
