"""The records that the documentation's examples are about, as people in both systems see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from tap_trello.footer import Footer, parse, render

if TYPE_CHECKING:
    from tests.office import Office

Record = dict[str, Any]
Values = dict[str, "str | None"]
ANNA = "annahavblikk"
"""A colleague who writes a comment herself where an example says `author: Anna`."""


class Records(Protocol):
    """Records of one kind: `shown` gives what an example tells of one."""

    def all(self) -> list[Record]: ...
    def make(self, values: Values) -> None: ...
    def edit(self, record: Record, values: Values) -> None: ...
    def delete(self, record: Record) -> None: ...
    def shown(self, record: Record) -> Values: ...


@dataclass(frozen=True)
class OfCrmOffice:
    """Companies or activities.

    Attributes:
        path: where they lie, such as /companies.
    """

    office: Office
    path: str

    def all(self) -> list[Record]:
        found: list[Record] = self.office.crm("GET", f"{self.path}?pageSize=200")["items"]
        return found

    def make(self, values: Values) -> None:
        self.office.crm("POST", self.path, **values)

    def edit(self, record: Record, values: Values) -> None:
        self.office.crm("PATCH", f"{self.path}/{record['id']}", **values)

    def delete(self, record: Record) -> None:
        self.office.crm("DELETE", f"{self.path}/{record['id']}")

    def shown(self, record: Record) -> Values:
        return record


@dataclass(frozen=True)
class Workspaces:
    """Workspaces of Trello."""

    office: Office

    def all(self) -> list[Record]:
        return self.office.workspaces()

    def make(self, values: Values) -> None:
        self.office.trello("POST", "/organizations", **values)

    def edit(self, record: Record, values: Values) -> None:
        self.office.trello("PUT", f"/organizations/{record['id']}", **values)

    def delete(self, record: Record) -> None:
        self.office.trello("DELETE", f"/organizations/{record['id']}")

    def shown(self, record: Record) -> Values:
        return record


@dataclass(frozen=True)
class Comments:
    """Comments of Trello: their text, and the line `Starts` of their footer."""

    office: Office

    def all(self) -> list[Record]:
        return self.office.comments()

    def make(self, values: Values) -> None:
        card = self.office.shared_card()
        path = f"/cards/{card['id']}/actions/comments"
        token = self.office.box.token(ANNA) if values.get("author") == "Anna" else None
        self.office.trello("POST", path, token=token, text=values["text"])

    def edit(self, record: Record, values: Values) -> None:
        text, footer = parse(record["data"]["text"])
        footer = footer or Footer()
        if "Starts" in values:
            footer = replace(footer, starts=values["Starts"])
        changed = render(values.get("text", text) or "", footer)
        author = next(
            each for each in self.office.people() if each["id"] == record["idMemberCreator"]
        )
        token = self.office.box.token(author["username"])
        self.office.trello("PUT", f"/actions/{record['id']}", token=token, text=changed)

    def delete(self, record: Record) -> None:
        self.office.trello("DELETE", f"/actions/{record['id']}")

    def shown(self, record: Record) -> Values:
        text, footer = parse(record["data"]["text"])
        return {"text": text, "Starts": footer.starts if footer else None}
