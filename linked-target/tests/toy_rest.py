"""What is true when nobody has done anything for a while."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toy_expectation import Wait
from toy_table import EDITED
from toy_terms import NAMES, SIDES, is_empty, other, same, values_of

FOR_A_PERSON = re.compile(r"\d+ \w+ have the same |there is no company ")
"""Errors that no further run can mend: partners that look alike, and a company that was deleted
while its id was held.
"""

if TYPE_CHECKING:
    from toy_checked import Checked
    from toy_expectation import Pair


def check_rest(checked: Checked, *, deletions_are_known: bool) -> None:
    """Both records of a pair are there and say the same, as far as they can."""
    world = checked.world
    waiting = world.store.waiting()
    for pair in checked.expected.pairs:
        records = {side: world.records(side, pair.kind).get(pair.ids[side]) for side in SIDES}
        assert not (pair.gone and all(records.values())), f"both are there: {pair}"
        if pair.gone or _is_refused(checked, pair):
            continue
        if None in records.values():
            # A side without any record may as well be one that was not read.
            was_read = all(world.records(side, pair.kind) for side in SIDES)
            assert not (deletions_are_known and was_read), f"dangling: {pair}"
            continue
        one, two = (values_of(side, pair.kind, records[side] or {}) for side in SIDES)
        open_ = {
            each.name
            for each in waiting
            if (each.kind, each.office_id) == (pair.kind, pair.ids["crmoffice"])
            and (not each.held or each.name in checked.locked(each.toward, pair.kind))
        }
        for name in NAMES[pair.kind].keys() - open_ - {"company"}:
            assert is_empty(one[name]) or is_empty(two[name]) or same(one[name], two[name]), (
                f"{name}: {one[name]!r} and {two[name]!r} of {pair}"
            )


def take_stock(checked: Checked) -> None:
    """At rest little is in doubt: what the records of a pair say now is what was agreed."""
    world = checked.world
    waiting = world.store.waiting()
    for pair in checked.expected.pairs:
        records = {side: world.records(side, pair.kind).get(pair.ids[side]) for side in SIDES}
        is_settled = not (pair.gone or pair.by_hand or _is_refused(checked, pair))
        if not (pair.doubtful and is_settled and all(records.values())):
            continue
        pair.doubtful = False
        for side, record in records.items():
            pair.known[side] = values_of(side, pair.kind, record or {})
            pair.edited[side] = (record or {})[EDITED]
            pair.waits[side] = {
                each.name: Wait(each.held, each.value)
                for each in waiting
                if each[:3] == (pair.kind, pair.ids["crmoffice"], side)
            }


def _is_refused(checked: Checked, pair: Pair) -> bool:
    remembered = checked.expected.remembered
    return any((pair.kind, pair.ids[side]) in remembered[side] for side in SIDES)


def check_nothing_waits(checked: Checked) -> None:
    """Nothing is queued, open or without its answer, but for what only a person can settle."""
    expected, world = checked.expected, checked.world
    assert not any(expected.limbo.values()), f"{expected.limbo}"
    queued = world.store.queued()
    for each in queued:
        assert FOR_A_PERSON.match(each.error or ""), f"{each}"
    unsettled = {(each.kind, each.record_id) for each in queued}
    for waiting in world.store.waiting():
        pair = expected.pair_of("crmoffice", (waiting.kind, waiting.office_id))
        if (
            pair is None
            or pair.gone
            or unsettled & {(pair.kind, each) for each in pair.ids.values()}
        ):
            continue
        company = expected.pair_of(other(waiting.toward), ("company", str(waiting.value)))
        assert not waiting.held, f"{waiting} is still held"
        assert company is None or company.gone, f"{waiting} is still pending"
