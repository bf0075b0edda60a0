"""Look-ups use an index that leads to the rows that are meant, however large the store is.

SQLite tells its plan without any rows: it goes by the statistics that the store was given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from linked_target.store.database import open_store
from linked_target.store.links import INTENT, LINKED, UNMATCHED, Links, StreamPair
from linked_target.store.open_properties import HELD, TAKEN, OpenProperties
from linked_target.store.queue import FAILED, Queue
from linked_target.store.transactions import Transactions
from old_stores import version_1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

THERE = StreamPair("activities", "actions")
DIRECTIONS = [("crmoffice", "trello", THERE), ("trello", "crmoffice", THERE.reversed())]
IDS = [str(number) for number in range(500)]
TO_THE_POINT = re.compile(
    r"USING (COVERING )?INDEX \w+ \(([ab]_id=\?|state=\? AND a_system=\? AND a_stream=\?)"
    r"|USING INTEGER PRIMARY KEY"
)


@pytest.fixture(params=["new", "migrated"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    path = tmp_path / "links.db"
    engine = open_store(f"sqlite:///{path}" if request.param == "new" else version_1(path))
    engine.dispose()
    yield engine
    engine.dispose()


@pytest.fixture
def plans(engine: Engine) -> list[str]:
    """How SQLite carries out each statement, step by step."""
    steps: list[str] = []

    def explain(
        connection: sa.Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in cursor.fetchall())
        cursor.close()

    sa.event.listen(engine, "before_cursor_execute", explain)
    return steps


def of_links(plans: list[str]) -> list[str]:
    return [step for step in plans if re.match(r"(SCAN|SEARCH) links\b", step)]


@pytest.mark.parametrize(("source", "destination", "pair"), DIRECTIONS)
def test_links_are_looked_up_to_the_point(
    engine: Engine, plans: list[str], source: str, destination: str, pair: StreamPair
) -> None:
    links = Links(Transactions(engine), source, destination)
    links.seen(pair, IDS)
    links.by_source(pair, IDS)
    links.linked_elsewhere(pair, IDS)
    links.owners_of(pair.destination, IDS)
    links.by_id(pair, range(1, 500))
    links.intents_from_destination(pair)
    for state in (LINKED, UNMATCHED, INTENT):
        list(links.in_state(pair, state))
    list(links.linked_ids(pair))
    links.aliases.partner_of(pair, "kari")
    links.aliases.canonical_destination(pair, "kari")
    link = links.note_unmatched(pair, "1", {}, "none")
    links.join(link, "2", source_record={}, destination_record={})

    assert len(of_links(plans)) > 10
    assert [step for step in of_links(plans) if not TO_THE_POINT.search(step)] == []


@pytest.mark.parametrize("column", ["a_id", "b_id", "id"])
def test_a_state_beside_ids_does_not_lead_to_all_links_in_that_state(
    engine: Engine, plans: list[str], column: str
) -> None:
    systems = "a_system = 'crmoffice' AND b_system = 'trello'"
    streams = "a_stream = 'activities' AND b_stream = 'actions'"
    marks = ", ".join("?" * 500)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            f"SELECT id FROM links WHERE {systems} AND {streams} AND state = 'linked' "  # noqa: S608 - plain constants
            f"AND {column} IN ({marks})",
            tuple(IDS),
        )
    (step,) = of_links(plans)
    assert f"{column}=?" in step


def test_what_waits_is_looked_up_to_the_point(engine: Engine, plans: list[str]) -> None:
    queue = Queue(Transactions(engine), "crmoffice", "trello")
    queue.ids(THERE)
    queue.fail(THERE, "1", {}, "no")
    list(queue.due(THERE, FAILED))
    queue.remove(THERE, ["1"])
    queue.failures()
    waiting = OpenProperties(Transactions(engine))
    waiting.put(1, "trello", HELD, {})
    waiting.of_link(1)
    waiting.drop(1, "trello", ["date"])
    list(waiting.links_with((HELD, TAKEN), "trello", THERE))

    assert [step for step in plans if step.startswith("SCAN")] == []
    assert not any("ORDER BY" in step for step in plans)
