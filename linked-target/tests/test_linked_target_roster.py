"""The ids that a full read has brought."""

from __future__ import annotations

import gc
import threading

from linked_target.sync.roster import Roster


def test_it_tells_which_ids_were_not_noted() -> None:
    roster = Roster()
    roster.note([str(number) for number in range(0, 2000, 2)])
    roster.note(["0", "2"])

    assert roster.without(map(str, range(1200))) == [str(number) for number in range(1, 1200, 2)]
    roster.clear()
    assert roster.without(["0", "1"]) == ["0", "1"]


def test_one_that_nobody_cleared_may_be_collected_by_any_thread() -> None:
    """A warning or an error about it fails the test."""
    rosters = [Roster()]
    rosters[0].note(["1"])
    thread = threading.Thread(target=rosters.clear)
    thread.start()
    thread.join(10)
    gc.collect()

    assert rosters == []
