"""Of a thousand records fifty are refused, for all kinds of reasons: only these are affected."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line import BIN, errors_of, run_plugin
from tests.sheet import Flaw, Sheet

if TYPE_CHECKING:
    from tests.forked import ForkedOffice

Maps = dict[str, dict[str, str]]

EACH = 5
"""So many records have each flaw; there are ten flaws."""
NO_KEY = Flaw("tasks", {"id": None}, "it lacks 'id'")
NO_NUMBER = Flaw("tasks", {"minutes": "many"}, "its stream map fails: invalid literal for int()")
PLAN_LIMIT = "Too many comments"
NO_TEXT = Flaw("firms", {"web": 12}, "not valid: 12 is not of type 'string'")


@dataclass(frozen=True)
class Case:
    """One target, what it refuses, and the maps with which it would not.

    Attributes:
        firms: the stream that firms become; two of them are called Nordhavn already.
        tasks: the stream that tasks become.
    """

    plugin: str
    sizes: dict[str, int]
    flaws: list[Flaw]
    maps: Maps
    mended: Maps
    firms: str
    tasks: str


TO_CRMOFFICE = Case(
    "target-crmoffice",
    {"firms": 300, "people": 200, "tasks": 500},
    [
        NO_KEY,
        NO_NUMBER,
        NO_TEXT,
        Flaw("firms", {"org": "123456789"}, "orgNr: Is no Norwegian organisation number"),
        Flaw("firms", {"mail": "nobody"}, "email: Is no e-mail address"),
        Flaw("firms", {"name": "Nordhavn", "web": None}, "2 companies have the same name"),
        Flaw("people", {"given": None, "family": None, "mail": None}, "familyName is required"),
        Flaw("people", {"firm": "99999"}, "company.id: There is no such record in companies"),
        Flaw("tasks", {"when": "yesterday"}, "startsAt: Is no ISO 8601 time"),
        Flaw("tasks", {"title": None}, "subject: Is required"),
    ],
    {
        "firms": {"name": "name", "website": "web", "orgNr": "org", "email": "mail"},
        "people": {"givenName": "given", "familyName": "family", "company__id": "firm"},
        "tasks": {
            "subject": "title",
            "startsAt": "when",
            "status": "str(int(minutes))",
            "id": "id",
        },
    },
    {
        "firms": {"name": "name + ' ' + id", "website": "str(web)"},
        "people": {"familyName": "family or id"},
        "tasks": {"subject": "title or id", "row": "row"},
    },
    firms="companies",
    tasks="activities",
)
TO_TRELLO = Case(
    "target-trello",
    {"firms": 300, "people": 8, "tasks": 692},
    [
        NO_KEY,
        NO_NUMBER,
        NO_TEXT,
        Flaw("firms", {"web": "http://"}, "invalid value for website"),
        Flaw("firms", {"name": "Nordhavn", "web": None}, "2 organizations have the same"),
        Flaw("people", {"mail": "nobody"}, "invalid value for email"),
        Flaw("tasks", {"when": "yesterday"}, "'yesterday' is no ISO 8601 time"),
        Flaw("tasks", {"title": "long " * 4000}, "Trello takes 16384"),
        Flaw("tasks", {"card": "no-card"}, "invalid id"),
        Flaw("tasks", {}, PLAN_LIMIT),
    ],
    {
        "firms": {"displayName": "name", "website": "web"},
        "people": {"fullName": "given + ' ' + family", "email": "mail"},
        "tasks": {
            "data__text": "title + str(int(minutes))",
            "date": "when",
            "data__card__id": "card",
            "id": "id",
        },
    },
    {
        "firms": {"displayName": "(name or '') + ' ' + id"},
        "people": {"fullName": "given + ' ' + family", "email": "id + '@a.example'"},
        "tasks": {"data__text": "title[:100]", "row": "row"},
    },
    firms="organizations",
    tasks="actions",
)


@pytest.mark.parametrize("case", [TO_CRMOFFICE, TO_TRELLO], ids=lambda case: case.plugin)
@pytest.mark.timeout(300)
def test_bad_records_stop_only_themselves_and_arrive_once_the_cause_is_mended(
    forked_office: ForkedOffice, case: Case
) -> None:
    office = forked_office
    for name in ("Nordhavn", "Nordhavn", "Customers"):
        office.crm("POST", "/companies", name=name)
        office.trello("POST", "/organizations", displayName=name)
    sheet = Sheet(case.sizes, case.flaws, EACH)
    there_before = number_of_records(office)

    refuse_some_comments(office)
    failing = run(office, case, case.maps, sheet.messages())
    told = errors_of(failing)
    for flaw in case.flaws:
        assert len([line for line in told if flaw.words in line]) >= EACH, flaw
    assert len(told) == 51, "a line for each of the fifty, and one for the run"
    assert failing.returncode == 1
    assert json.loads(failing.stdout) == {"read": "everything"}
    assert number_of_records(office) - there_before == 950
    assert links_check(office) == (1, "50 records failed")

    refuse_some_comments(office)
    kept = run(office, case, case.maps, sheet.no_news(), on_error="keep")
    assert kept.returncode == 0
    assert links_check(office) == (1, "50 records failed")

    mended = run(office, case, case.mended, sheet.no_news(key="row"))
    assert mended.returncode == 0, mended.stderr
    assert links_check(office) == (0, "Nothing needs a person")
    assert number_of_records(office) - there_before == 1000

    run(office, case, case.mended, sheet.messages(key="row"))
    assert number_of_records(office) - there_before == 1000


def refuse_some_comments(office: ForkedOffice) -> None:
    """Let Trello refuse the next comments."""
    office.box.add_fault(
        "status", method="POST", path="comments", status=403, message=PLAN_LIMIT, count=EACH
    )


def number_of_records(office: ForkedOffice) -> int:
    """All records that the targets make, in both systems."""
    counts = office.box.control("GET", "/status")["records"]
    made = ("companies", "contacts", "activities", "organization", "member")
    return sum(int(counts.get(kind, 0)) for kind in made) + len(office.comments())


def run(
    office: ForkedOffice, case: Case, maps: Maps, messages: str, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Run the target as a command."""
    people = "contacts" if case.firms == "companies" else "members"
    common = {
        "firms": {"__alias__": case.firms, "id": "id", "__else__": "__NULL__"},
        "people": {"__alias__": people, "id": "id", "__else__": "__NULL__"},
        "tasks": {"__alias__": case.tasks, "__else__": "__NULL__"},
    }
    config = office.config_of(case.plugin) | {
        "source": "sheet",
        "on_error": "fail",
        "references": {},
        "stream_maps": {stream: {**common[stream], **each} for stream, each in maps.items()},
    }
    if case.plugin == "target-trello":
        config["organization_id"] = "customers"
    return run_plugin(case.plugin, config | settings, office.folder, stdin=messages)


def links_check(office: ForkedOffice) -> tuple[int, str]:
    """The exit code of `links check`, and the first words it says."""
    checked = subprocess.run(
        [BIN / "links", "--links-url", office.links_url, "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = (checked.stdout + checked.stderr).strip().removeprefix("links: ")
    return checked.returncode, told.rstrip(".").partition(" (")[0]
