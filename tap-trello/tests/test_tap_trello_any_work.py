"""Whatever people do: after a run, the tables hold what Trello holds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.trello_work import Work

if TYPE_CHECKING:
    from conftest import Desk, Mirror

WORK = [name for name in vars(Work) if callable(getattr(Work, name)) and not name.startswith("_")]
# Where a change leaves a trace on its board, so that the next run finds it.
TOUCHING = {
    "comment_edit_touches_card": True,
    "comment_delete_touches_card": True,
    "label_edit_touches_board": True,
    "member_removal_touches_board": True,
}
COMMENTS = {"commentCard", "copyCommentCard"}


def work_on(desk: Desk, dice: random.Random, pieces: int) -> list[str]:
    work, boards = Work(desk.client, dice), desk.boards()
    done = []
    for _ in range(pieces):
        done.append(dice.choice(WORK))
        getattr(work, done[-1])(dice.choice(boards), dice.choice(boards))
    return done


def differences(mirror: Mirror) -> dict[str, Any]:
    """Where tables and Trello differ; of actions, deletions of comments only are told at once."""
    found = mirror.differences()
    actions = found.pop("actions", {})
    differing = {
        key: pair
        for key, pair in actions.items()
        if pair[1] is not None or pair[0]["type"] in COMMENTS
    }
    return {**found, **({"actions": differing} if differing else {})}


@pytest.mark.parametrize("seed", range(5))
def test_after_any_work_the_tables_hold_what_trello_holds_though_only_changes_are_read(
    mirror: Mirror, desk: Desk, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    desk.box.switch(**TOUCHING, organization_feed_has_boards=bool(seed % 2))
    mirror.load(sweep_hours=24)
    for _ in range(4):
        done = work_on(desk, dice, dice.randint(0, 8))
        mirror.load(sweep_hours=24)
        assert not differences(mirror), done


@pytest.mark.parametrize("seed", range(5))
def test_after_any_work_a_sweep_finds_everything_whatever_leaves_a_trace(
    mirror: Mirror, desk: Desk, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    desk.box.switch(
        **{name: dice.random() < 1 / 2 for name in TOUCHING},
        nested_on_cards=dice.random() < 1 / 2,
        since_inclusive=dice.random() < 1 / 2,
        errors_as_json=dice.random() < 1 / 2,
        emails_visible=dice.random() < 1 / 2,
        most_cards_per_answer=dice.choice([None, 30]),
    )
    mirror.load(sweep_hours=0)
    for _ in range(3):
        done = work_on(desk, dice, dice.randint(0, 8))
        mirror.load(sweep_hours=dice.choice([24, 0]))
        mirror.load(sweep_hours=0)
        assert not differences(mirror), done


@pytest.mark.parametrize("seed", range(3))
def test_without_versions_the_tables_hold_at_least_what_trello_holds(
    mirror: Mirror, desk: Desk, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    desk.box.switch(**TOUCHING)
    settings = {"sweep_hours": 24, "emit_activate_version_messages": False}
    mirror.load(**settings)
    for _ in range(3):
        done = work_on(desk, dice, dice.randint(0, 8))
        assert mirror.load(**settings) == []
        assert not any("version" in message for message in mirror.messages)
        lacking = [
            (stream, pair)
            for stream, pairs in mirror.differences().items()
            for pair in pairs.values()
            if pair[1] is not None
        ]
        assert not lacking, done
