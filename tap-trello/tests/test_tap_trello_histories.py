"""Whatever people do, and wherever runs break off: every action is read, and no more often."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trello_days import COMMENTS, Act, Clock, Days
from trello_loads import History, Loads, Pages, Run, read_little_by_little

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox

from tests.soak import SOAK, at_length

MINUTES = at_length(8, 30)  # looking for the shortest failing history takes up to five
LENGTH = settings(
    max_examples=at_length(15, 1500),
    deadline=None,
    database=None,
    derandomize=not SOAK,
    suppress_health_check=list(HealthCheck),
)

GENTLE = ("wait", "wait", "write", "happen", "comment_much", "edit", "copy", "copy_slowly")
MOVING = (*GENTLE, "move", "archive", "archive_board", "new_board")
ROUGH = (*MOVING, "delete", "delete", "delete_card", "delete_board")

picks = st.integers(0, 11)
pages = st.builds(
    Pages,
    limit=st.integers(2, 5),
    probe=st.integers(1, 4),
    routes=st.sampled_from([2, 4, 10]),
    ahead=st.none() | st.integers(0, 99),
)
switches = st.fixed_dictionaries(
    {
        "comment_edit_touches_card": st.booleans(),
        "comment_delete_touches_card": st.booleans(),
        "since_inclusive": st.booleans(),
    }
)


def acts(kinds: tuple[str, ...], *, most: int, least: int = 0) -> st.SearchStrategy[list[Act]]:
    act = st.builds(Act, st.sampled_from(kinds), picks, picks)
    return st.lists(act, min_size=least, max_size=most)


def parts(kinds: tuple[str, ...]) -> st.SearchStrategy[list[tuple[list[Act], Run]]]:
    """What is done, and then a run, again and again."""
    meanwhile = st.dictionaries(st.integers(1, 25), acts(kinds, least=1, most=2), max_size=3)
    runs = st.builds(Run, meanwhile, st.none() | st.integers(2, 15) | st.integers(2, 40))
    part = st.tuples(acts(kinds, least=2, most=6), runs)
    return st.lists(part, min_size=2, max_size=5)


histories = st.builds(
    History,
    parts=parts(MOVING),
    switches=switches,
    pages=pages,
    settings=st.fixed_dictionaries(
        {
            "sweep_hours": st.sampled_from([0, 24]),
            "read_footers": st.booleans(),
            "emit_activate_version_messages": st.just(False),
        },
        optional={"start_date": st.just(Clock.begin.isoformat())},
    ),
)
rough_histories = st.builds(
    History,
    parts=parts(ROUGH),
    switches=switches,
    pages=pages,
    settings=st.fixed_dictionaries(
        {"sweep_hours": st.sampled_from([0, 24])},
        optional={"edit_lookback_days": st.sampled_from([0, 1])},
    ),
    full_table=st.sampled_from([False, False, False, True]),
)


def live(box: RunningSandbox, patch: pytest.MonkeyPatch, history: History) -> Loads:
    """Let a history happen."""
    days = Days(box, Clock())
    read_little_by_little(patch, days, history.pages)
    days.begin(**history.switches)
    days.write_everywhere()
    loads = Loads(days, history)
    for before, run in history.parts:
        for act in before:
            days.do(act)
        loads.run(run)
    return loads


def check_nothing_came_twice(loads: Loads) -> None:
    """Each action once, once more for each edit, and once or twice more for each move."""
    times: Counter[tuple[object, ...]] = Counter()
    for each in loads.deliveries:
        data = each.record["data"]
        key = each.epoch, each.record["id"], data.get("dateLastEdited")
        times[key] += 1
        moves = loads.days.moves[data["card"]["id"]] if each.record["type"] in COMMENTS else 0
        assert times[key] <= 1 + moves, each


def check_nothing_is_lost(loads: Loads) -> None:
    """What exists was read, as it is now."""
    last = {each.record["id"]: each.record for each in loads.deliveries}
    start = loads.settings.get("start_date", "")[:19]
    for id_, action in loads.days.actions().items():
        if action["date"] >= start:
            assert id_ in last, action
            assert last[id_]["data"].get("text") == action["data"].get("text")


def check_rest(loads: Loads) -> None:
    """Nothing is given any more, nor is any board asked."""
    assert loads.run(sweep_hours=0) == []
    loads.days.clock.pass_by(120_000)
    loads.run(sweep_hours=24)
    assert loads.run(sweep_hours=24) == []
    assert not [path for path in loads.paths if "/actions" in path or "/cards" in path]


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60)
@LENGTH
@given(history=histories)
def test_without_deletions_every_action_is_read_once_and_each_edit(
    running: RunningSandbox, history: History
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        loads = live(running, patch, history)
        loads.run(sweep_hours=0)
        check_nothing_is_lost(loads)
        check_rest(loads)
        check_nothing_came_twice(loads)


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60)
@LENGTH
@given(history=rough_histories)
def test_with_deletions_the_table_holds_what_exists(
    running: RunningSandbox, history: History
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        loads = live(running, patch, history)
        for _ in range(2):
            loads.run(sweep_hours=0)
        actions = loads.days.actions()
        if actions:  # else it looks like a lost permission
            assert loads.comments == {
                id_ for id_, each in actions.items() if each["type"] in COMMENTS
            }
        check_nothing_is_lost(loads)
        assert not loads.false_alarms
        if not history.full_table:
            check_nothing_came_twice(loads)
            if "edit_lookback_days" not in history.settings:
                check_rest(loads)
