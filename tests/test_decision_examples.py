"""The examples in "How it decides" are what happens: each table there is played on a sandbox.

A table has a column for each system and a row for each moment. In its cells stand properties and
their values, `deleted`, or nothing. A row `before` makes a record on either side, a row `in step`
one in the system that the cell with an author or else the first cell is of, and then the sync runs.
A row that begins with `after` lets the sync run both ways and compares. All others are edits. The
block of settings right before a table counts for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from publishing.layout import DOCS
from tests.example_records import ANNA, Comments, OfCrmOffice, Records, Values, Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.office import Office

PAGE = DOCS / "how-it-decides.md"
HEADER = "| when | CRMOffice | Trello |\n|---|---|---|\n"
DELETED = "deleted"
TOKEN_IS_SET = "Anna's token"


@dataclass(frozen=True)
class Row:
    """A moment of an example: its name, and what stands in the cells of both systems."""

    when: str
    cells: tuple[Values, Values]


@dataclass(frozen=True)
class Example:
    """A table of the page, with the heading above it and the settings before it."""

    section: str
    settings: dict[str, Any]
    rows: list[Row]

    @property
    def is_of_companies(self) -> bool:
        return any("displayName" in row.cells[1] for row in self.rows)


def examples() -> Iterator[Example]:
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        before, *tables = section.split(HEADER)
        for table in tables:
            shown = re.search(r"```yaml\n([^`]*)```[^`]*\Z", before)
            rows = [row_of(line) for line in table.partition("\n\n")[0].splitlines()]
            settings = yaml.safe_load(shown[1]) if shown else {}
            yield Example(section.partition("\n")[0], settings, rows)
            before = table


def row_of(line: str) -> Row:
    when, *cells = (cell.strip() for cell in line.strip("|").split("|"))
    crmoffice, trello = (values_in(cell) for cell in cells)
    return Row(when, (crmoffice, trello))


def values_in(cell: str) -> Values:
    """Values by property; nothing after the colon is None."""
    pairs = (code.partition(":") for code in re.findall(r"`([^`]+)`", cell))
    return {name: value.strip() or None for name, _, value in pairs}


class Stage:
    """An office in which an example is played."""

    def __init__(self, office: Office, example: Example) -> None:
        self.office = office
        of_companies = example.is_of_companies
        self.sides: tuple[Records, Records] = (
            OfCrmOffice(office, "/companies" if of_companies else "/activities"),
            Workspaces(office) if of_companies else Comments(office),
        )
        for own in (office.target_trello, office.target_crmoffice):
            own.update(example.settings)
        office.sync()
        self.others = {record["id"] for side in self.sides for record in side.all()}

    def play(self, row: Row) -> None:
        if row.when == "before":
            self.make(row.cells)
        elif row.when == "in step":
            crmoffice, trello = row.cells
            self.make(({}, trello) if "author" in trello else (crmoffice, {}))
            self.office.sync()
            self.compare(row)
        elif row.when.startswith("after"):
            if TOKEN_IS_SET in row.when:
                self.set_token()
            self.office.sync()
            self.compare(row)
        else:
            self.edit(row)

    def make(self, cells: tuple[Values, Values]) -> None:
        for side, values in zip(self.sides, cells, strict=True):
            if values:
                side.make(values)

    def edit(self, row: Row) -> None:
        assert any(row.cells), row
        for side, values in zip(self.sides, row.cells, strict=True):
            for record in self.of_the_example(side) if values else ():
                if DELETED in values:
                    side.delete(record)
                else:
                    side.edit(record, values)

    def compare(self, row: Row) -> None:
        for side, values in zip(self.sides, row.cells, strict=True):
            found = self.of_the_example(side)
            if DELETED in values:
                assert found == [], row
                continue
            (record,) = found
            shown = side.shown(record)
            told = {name: value for name, value in values.items() if name != "author"}
            assert told, row
            assert {name: meaning(shown.get(name)) for name in told} == {
                name: meaning(value) for name, value in told.items()
            }, row

    def of_the_example(self, side: Records) -> list[dict[str, Any]]:
        return [record for record in side.all() if record["id"] not in self.others]

    def set_token(self) -> None:
        (anna,) = [each for each in self.office.people() if each["username"] == ANNA]
        for own in (self.office.tap_trello, self.office.target_trello):
            own["member_tokens"] = {anna["id"]: self.office.box.token(ANNA)}


def meaning(value: str | None) -> Any:
    """A time as an instant: CRMOffice answers it in words of its own."""
    if value and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


@pytest.mark.parametrize(
    "example", list(examples()), ids=lambda example: example.section.replace(" ", "-")
)
def test_an_example_is_what_happens(office: Office, example: Example) -> None:
    stage = Stage(office, example)
    for row in example.rows:
        stage.play(row)
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


def test_every_example_compares_something_that_was_changed_before() -> None:
    found = list(examples())
    assert len(found) >= 10
    for example in found:
        moments = [row.when for row in example.rows]
        assert moments[0] in {"before", "in step"}, example
        assert moments[-1].startswith("after"), example
        assert len(moments) > 1, example
