"""Several programs at once on one link store, each with an engine of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from linked_target.store.database import open_store
from linked_target.store.facts import Facts
from linked_target.store.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["makers_of_one_thing", "remembered_by_several"]

AT_ONCE = 8
KEY = "the card"


def makers_of_one_thing(url: str) -> int:
    """How many of several programs made a thing that each makes only if it is not there."""
    made: list[str] = []

    def make_if_missing(facts: Facts) -> None:
        with facts.turn(KEY):
            if facts.get(KEY) is None:
                made.append("c1")
                facts.set(KEY, "c1")

    _side_by_side(url, make_if_missing)
    return len(made)


def remembered_by_several(url: str) -> str | None:
    """What is remembered after several programs have stored it at the same moment."""
    _side_by_side(url, lambda facts: facts.set(KEY, "c1"))
    engine = open_store(url)
    value = Facts(Transactions(engine)).get(KEY)
    engine.dispose()
    return value


def _side_by_side(url: str, do: Callable[[Facts], None]) -> None:
    all_are_ready = threading.Barrier(AT_ONCE)

    def work(_: int) -> None:
        engine = open_store(url)
        try:
            all_are_ready.wait(30)
            do(Facts(Transactions(engine)))
        finally:
            engine.dispose()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))
