"""The taps into public targets: what arrives in PostgreSQL, DuckDB and files, nested or flattened.

No target here is run by Meltano, which takes seconds for each; see `test_compose`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox

from tests import warehouses
from tests.office import NO_WAITING, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.warehouses import Row, Warehouse

# One worker runs them all: they share the targets, which are installed once.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("warehouses")]

needs_postgresql = pytest.mark.skipif(
    not warehouses.has_postgresql(), reason="PostgreSQL is not installed"
)
FLAT = {"flattening_enabled": True, "flattening_max_depth": 3}
"""Settings of a tap."""
NESTED, BY_TAP, BY_TARGET = "nested", "flattened by the tap", "flattened by the target"
WAYS = [
    *(pytest.param("postgres", way, marks=needs_postgresql) for way in (NESTED, BY_TAP, BY_TARGET)),
    *(("duckdb", way) for way in (NESTED, BY_TAP, BY_TARGET)),
    *(("jsonl", way) for way in (NESTED, BY_TAP)),
]
COMPARED = {
    "tap-trello": {
        "actions": ["type", "date", "data.text", "data.board.name", "memberCreator.fullName"],
        "boards": ["name", "closed", "dateLastView", "prefs.permissionLevel"],
        "board_labels": ["idBoard", "name", "color"],
        "board_custom_fields": ["idModel", "name", "type", "display.cardFront"],
        "cards": ["name", "desc", "due", "idShort", "closed", "badges.comments"],
        "card_attachments": ["name", "url", "isUpload", "date"],
        "card_custom_field_items": ["idCustomField", "idModel", "value.text", "value.checked"],
        "checklists": ["idBoard", "idCard", "name"],
        "members": ["fullName", "username", "email"],
    },
    "tap-crmoffice": {
        "companies": ["name", "orgNr", "website", "phone", "postAddress.postalArea"],
        "contacts": ["givenName", "familyName", "email", "company.id"],
        "activities": ["subject", "description", "startsAt", "company.id"],
    },
}
"""Properties by stream; among them null ones, times, nested ones, and one within an open object."""
OPEN = {"prefs.permissionLevel", "display.cardFront", "badges.comments"}
TIMES = {"date", "due", "dateLastView", "startsAt"}


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Warehouse]]:
    """The public targets by name, each in an environment of its own."""
    folder = tmp_path_factory.mktemp("warehouses")
    found: dict[str, Warehouse] = {
        "duckdb": warehouses.duckdb(folder),
        "jsonl": warehouses.jsonl(folder),
    }
    if not warehouses.has_postgresql():
        yield found
        return
    with warehouses.postgres(folder) as postgres:
        yield {**found, "postgres": postgres}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The seed on both sides and two records more, which nobody changes."""
    with RunningSandbox(seed=True, **NO_WAITING) as box:
        office = Office(box, tmp_path_factory.mktemp("office"), selects_all=True)
        office.tap_trello = {"read_footers": False}
        office.crm("POST", "/companies", name="Blåbær & Søn «Æ» AS", website=None)
        office.crm("POST", "/activities", subject="Møte", startsAt="2027-03-02T09:00:00+01:00")
        yield office


@pytest.fixture(scope="module")
def messages(reading: Office) -> dict[tuple[str, bool], str]:
    """What the taps tell, by tap and whether it flattens."""
    found = {}
    for flat in (False, True):
        reading.tap_crmoffice = FLAT if flat else {}
        reading.tap_trello = {"read_footers": False, **reading.tap_crmoffice}
        found["tap-trello", flat] = reading.read_trello()
        found["tap-crmoffice", flat] = reading.read_crmoffice()
    return found


@pytest.fixture(scope="module")
def originals(reading: Office) -> dict[str, list[Row]]:
    """The records of both systems by stream, as their APIs answer."""
    boards = reading.trello("GET", "/members/me/boards", fields="all", filter="all")
    cards = of_boards(reading, boards, "cards", filter="all")
    return {
        "companies": reading.companies(),
        "contacts": reading.contacts(),
        "activities": reading.activities(),
        "boards": boards,
        "members": reading.people(),
        "board_labels": of_boards(reading, boards, "labels"),
        "board_custom_fields": of_boards(reading, boards, "customFields"),
        "cards": cards,
        "card_attachments": of_cards(reading, cards, "attachments"),
        "card_custom_field_items": of_cards(reading, cards, "customFieldItems"),
        "checklists": of_boards(reading, boards, "checklists"),
        "actions": of_boards(reading, boards, "actions", limit=1000),
    }


def of_boards(office: Office, boards: list[Row], kind: str, **query: Any) -> list[Row]:
    return [
        record
        for board in boards
        for record in office.trello("GET", f"/boards/{board['id']}/{kind}", **query)
    ]


def of_cards(office: Office, cards: list[Row], kind: str) -> list[Row]:
    return [part for card in cards for part in office.trello("GET", f"/cards/{card['id']}/{kind}")]


def dug(record: Row, path: str) -> Any:
    """A property of a record as the API answers it."""
    found: Any = record
    for name in path.split("."):
        found = (found or {}).get(name)
    return found


def stored(row: Row, path: str) -> Any:
    """A property of a row: in a column of its own, else within its object's column."""
    column = path.replace(".", "__").lower()
    if column in row:
        return row[column]
    head, _, rest = path.partition(".")
    nested = row[head.lower()]
    if isinstance(nested, str):
        nested = json.loads(nested)
    return dug(nested or {}, rest)


def plain(path: str, value: Any, *, empty_is_null: bool) -> Any:
    """A value to compare: times as moments, everything else as it is."""
    if value == "" and empty_is_null:
        return None
    if value is None or path not in TIMES:
        return value
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("tap", COMPARED)
@pytest.mark.parametrize(("target", "way"), WAYS)
def test_every_record_arrives_as_the_api_answers_it(
    *,
    targets: dict[str, Warehouse],
    messages: dict[tuple[str, bool], str],
    originals: dict[str, list[Row]],
    target: str,
    tap: str,
    way: str,
) -> None:
    warehouse = targets[target]
    place = f"{tap}_{way}".replace("-", "_").replace(" ", "_")
    told = messages[tap, way == BY_TAP]
    warehouse.load(told, place, **(warehouse.flattening if way == BY_TARGET else {}))
    for stream, all_paths in COMPARED[tap].items():
        if way != NESTED and stream in warehouse.loses_a_record_of:
            continue
        lost = OPEN if way == BY_TARGET and not warehouse.flattening_keeps else set()
        paths = [path for path in all_paths if path not in lost]
        rows = warehouse.rows(place, stream)
        assert_flat(rows[0], paths, flat=way != NESTED)
        value = partial(plain, empty_is_null=warehouse.empty_is_null)
        found = {row["id"]: [value(path, stored(row, path)) for path in paths] for row in rows}
        expected = {
            str(record["id"]): [value(path, dug(record, path)) for path in paths]
            for record in originals[stream]
        }
        assert len(rows) == len(expected)
        assert found == expected


def assert_flat(row: Row, paths: list[str], *, flat: bool) -> None:
    """Nested properties have columns of their own if flattened; open objects stay in one."""
    for path in paths:
        head, _, rest = path.partition(".")
        if rest and path not in OPEN:
            assert (path.replace(".", "__").lower() in row) is flat
            assert flat or head.lower() in row


@needs_postgresql
@pytest.mark.parametrize("settings", [{}, FLAT], ids=["nested", "flattened"])
def test_a_comment_and_a_card_deleted_between_two_runs_are_marked_in_postgresql(
    targets: dict[str, Warehouse], office: Office, settings: dict[str, Any]
) -> None:
    office.box.switch(comment_edit_touches_card=True, comment_delete_touches_card=True)
    office.selects_all = True
    office.tap_trello = {"read_footers": False, **settings}
    postgres, place = targets["postgres"], f"trello_{len(settings)}"
    gone_card, kept_card = office.shared_card(), office.shared_card()
    gone, edited, kept = [comment_on(office, kept_card, text) for text in ("A", "B", "C")]
    with_the_card = comment_on(office, gone_card, "D")
    office.keep_state("tap-trello", postgres.load(office.read_trello(), place))
    assert marked(postgres, place, "actions") == marked(postgres, place, "cards") == set()

    office.trello("DELETE", f"/actions/{gone}")
    office.trello("DELETE", f"/cards/{gone_card['id']}")
    office.trello("PUT", f"/actions/{edited}", text="Bedre")
    a_day_passes(office)
    postgres.load(office.read_trello(), place)

    assert marked(postgres, place, "cards") == {gone_card["id"]}
    deleted = marked(postgres, place, "actions")
    assert {gone, with_the_card} <= deleted
    assert not deleted & {edited, kept}
    texts = {row["id"]: stored(row, "data.text") for row in postgres.rows(place, "actions")}
    assert (texts[edited], texts[kept]) == ("Bedre", "C")


@needs_postgresql
def test_a_company_deleted_between_two_runs_is_marked_in_postgresql(
    targets: dict[str, Warehouse], office: Office
) -> None:
    postgres, place = targets["postgres"], "crmoffice"
    gone, kept = [office.crm("POST", "/companies", name=name) for name in ("Gått AS", "Her AS")]
    office.keep_state("tap-crmoffice", postgres.load(office.read_crmoffice(), place))
    assert marked(postgres, place, "companies") == set()

    office.crm("DELETE", f"/companies/{gone['id']}")
    office.crm("PATCH", f"/companies/{kept['id']}", name="Fortsatt her AS")
    a_day_passes(office)
    postgres.load(office.read_crmoffice(), place)

    assert marked(postgres, place, "companies") == {str(gone["id"])}
    names = {row["id"]: row["name"] for row in postgres.rows(place, "companies")}
    assert names == {str(gone["id"]): "Gått AS", str(kept["id"]): "Fortsatt her AS"}


def comment_on(office: Office, card: Row, text: str) -> str:
    path = f"/cards/{card['id']}/actions/comments"
    return str(office.trello("POST", path, text=text)["id"])


def a_day_passes(office: Office) -> None:
    """Let the last full reads be as old as they may become at most."""
    for state in office.states.values():
        for bookmark in state["bookmarks"].values():
            if "full_read_at" in bookmark:
                at = datetime.fromisoformat(bookmark["full_read_at"])
                bookmark["full_read_at"] = (at - timedelta(days=1)).isoformat()


def marked(warehouse: Warehouse, place: str, stream: str) -> set[str]:
    """The ids of the rows that are marked as deleted."""
    return {row["id"] for row in warehouse.rows(place, stream) if row["_sdc_deleted_at"]}
