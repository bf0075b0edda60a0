"""Where Trello's behaviour is not known: the same records come out either way."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.trello_work import Work

if TYPE_CHECKING:
    from conftest import Desk, Mirror

WORK = [name for name in vars(Work) if callable(getattr(Work, name)) and not name.startswith("_")]
SWITCHES: list[tuple[str, list[object]]] = [
    ("nested_on_cards", [True, False]),
    ("organization_feed_has_boards", [True, False]),
    ("since_inclusive", [True, False]),
    ("comment_edit_touches_card", [True, False]),
    ("comment_delete_touches_card", [True, False]),
    ("label_edit_touches_board", [True, False]),
    ("member_removal_touches_board", [True, False]),
    ("errors_as_json", [True, False]),
    ("emails_visible", [True, False]),
    ("quota_headers", [True, False]),
    ("invite_answer", ["organization", "member"]),
    ("most_cards_per_answer", [None, 30]),
    ("most_actions_per_answer", [None, 60]),
]


@pytest.mark.parametrize(
    ("switch", "value"), [(name, value) for name, values in SWITCHES for value in values]
)
def test_the_tables_hold_what_trello_holds_however_it_behaves(
    mirror: Mirror, desk: Desk, switch: str, value: object
) -> None:
    dice = random.Random(1)  # noqa: S311 - repeatable on purpose
    work, boards = Work(desk.client, dice), desk.boards()
    desk.box.switch(**{switch: value})
    for _ in range(2):
        mirror.load(sweep_hours=0)
        desk.box.switch(most_actions_per_answer=None, most_cards_per_answer=None)
        assert not mirror.differences()
        for _ in range(6):
            getattr(work, dice.choice([each for each in WORK if each != "delete_card"]))(
                dice.choice(boards), dice.choice(boards)
            )
        desk.box.switch(**{switch: value})


def test_others_e_mails_are_given_where_trello_tells_them(mirror: Mirror, desk: Desk) -> None:
    desk.box.switch(emails_visible=True)
    mirror.load("members", "organization_members")
    for stream in ("members", "organization_members"):
        assert all(each["email"] for each in mirror.read(stream) if each["username"] != "crmsync")
