"""Whatever is unknown about the API: the same records come, run by run."""

from __future__ import annotations

import copy
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.instants import instant
from tap_crmoffice.tap import TapCrmOffice

from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.testing import RunningSandbox

    Json = dict[str, Any]
    Records = Counter[str]

UPDATED = ("companies", "contacts", "activities")
TIMES = {"startsAt", "endsAt"}
SERVER_TIMES = {"createdAt", "updatedAt"}


@dataclass
class Office:
    """A small office behind some switches, and a tap that reads it run by run.

    Attributes:
        table: what an SQL target has made of all runs.
        steps: by step of the story, how often each record came, without the server's times.
    """

    box: RunningSandbox
    settings: Json
    monkeypatch: pytest.MonkeyPatch
    state: Json | None = None
    table: VersionedTables = field(default_factory=VersionedTables)
    steps: dict[str, Records] = field(default_factory=dict)

    def call(self, method: str, path: str, **values: Any) -> Json:
        answer = requests.request(
            method,
            self.box.crm_url + path,
            json=values or None,
            headers=self.box.bearer(),
            timeout=10,
        )
        answer.raise_for_status()
        found: Json = answer.json() if answer.content else {}
        return found

    def run(self, step: str, *, whole: bool = False) -> None:
        """One run of the tap; its last STATE is kept, also where it breaks off."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        state = aged(self.state) if whole and self.state else self.state
        with self.monkeypatch.context() as patched:
            patched.setattr("sys.stdout", out)
            patched.setattr("singer_sdk.plugin_base.time.time", Later(len(self.steps)))
            try:
                TapCrmOffice(config=dict(self.settings), state=copy.deepcopy(state)).sync_all()
            finally:
                out.flush()
                out.seek(0)
                self._take(step, [json.loads(line) for line in out])

    def _take(self, step: str, messages: list[Json]) -> None:
        self.table.load(messages)
        self.state = next(
            (each["value"] for each in reversed(messages) if each["type"] == "STATE"), self.state
        )
        self.steps[step] = Counter(
            f"{each['stream']} {json.dumps(self.plain(each['record']), sort_keys=True)}"
            for each in messages
            if each["type"] == "RECORD"
        )

    def plain(self, record: Json) -> Json:
        """A record with its times as instants, its owner by id, and without the server's times."""
        found = {name: each for name, each in record.items() if name not in SERVER_TIMES}
        for name in TIMES & set(found):
            moment = instant(found[name])
            found[name] = moment and moment.isoformat()
        owner = found.get("ownerId")
        if owner is not None:
            found["ownerId"] = self.owners().get(owner, owner)
        return found

    def owners(self) -> dict[str, str]:
        rows = self.table.rows.get("users", {}).values()
        return {row["userName"]: row["id"] for row in rows}

    def source(self) -> dict[str, set[str]]:
        """The ids of what is there."""
        found: dict[str, set[str]] = {}
        for name in UPDATED:
            answer = self.call("GET", f"/{name}?pageSize=200")
            rows = answer["items"] if isinstance(answer, dict) else answer
            found[name] = {str(row["id"]) for row in rows}
        return found

    @property
    def loaded(self) -> dict[str, set[str]]:
        return {name: self.table.ids(name) for name in UPDATED}


@dataclass
class Later:
    """A clock of runs that are a minute apart: versions count in seconds."""

    runs: int

    def __call__(self) -> float:
        return datetime.now().astimezone().timestamp() + 60 * self.runs


def aged(state: Json) -> Json:
    """The state, as if its full reads had been two days earlier."""
    older = copy.deepcopy(state)
    for part in older["bookmarks"].values():
        if "full_read_at" in part:
            moment = datetime.fromisoformat(part["full_read_at"]) - timedelta(days=2)
            part["full_read_at"] = moment.isoformat()
    return older


def moving(office: Office, victim: str) -> Callable[..., Any]:
    """`get`, while somebody edits a record as soon as a page with it has been read."""
    get, edits = CrmOfficeClient.get, iter(["moved"])

    def get_while_others_work(self: CrmOfficeClient, path: str, params: Any = None) -> Any:
        answer = get(self, path, params)
        rows = answer["items"] if isinstance(answer, dict) else answer
        if path == "/activities" and victim in {str(row["id"]) for row in rows}:
            for status in edits:
                office.call("PATCH", f"/activities/{victim}", status=status)
        return answer

    return get_while_others_work


def story(office: Office) -> Iterator[str]:
    """Runs of the tap, and what people do between them; yields the name of each step."""
    companies = [office.call("POST", "/companies", name=f"Bedrift {n}") for n in range(4)]
    first = str(companies[0]["id"])
    for number in range(3):
        values = {"givenName": f"Kari {number}", "company": {"id": first}}
        office.call("POST", "/contacts", **values)
    for number in range(11):
        owner = ("3001", "anna.havblikk", None)[number % 3]
        times = {"startsAt": f"2026-03-02T09:{number:02}:00Z", "endsAt": None}
        office.call("POST", "/activities", subject=f"Møte {number}", ownerId=owner, **times)
    office.run("first")
    yield "first"
    office.run("idle")
    yield "idle"

    for number in (4001, 4002, 4003, 4004, 4005):
        office.call("PATCH", f"/activities/{number}", description="Endret", startsAt=None)
    office.call("PATCH", f"/companies/{first}", postAddress={"country": "NO"}, custom={"rank": 1})
    office.run("edits")
    yield "edits"

    office.call("POST", "/activities", subject="Ny", company={"id": first})
    office.run("creation")
    yield "creation"

    office.call("DELETE", "/activities/4006")
    office.run("deletion, not looked for")
    yield "deletion, not looked for"
    office.run("deletion", whole=True)
    yield "deletion"

    for number in (4007, 4008, 4009, 4010, 4011):
        office.call("PATCH", f"/activities/{number}", status="open")
    with office.monkeypatch.context() as patched:
        patched.setattr(CrmOfficeClient, "get", moving(office, "4007"))
        office.run("rows that move")
    yield "rows that move"
    with office.monkeypatch.context() as patched:
        patched.setattr(CrmOfficeClient, "get", moving(office, "4008"))
        office.run("rows that move in a full read", whole=True)
    yield "rows that move in a full read"

    for number in (4001, 4002, 4003, 4004, 4005):
        office.call("PATCH", f"/activities/{number}", status="done")
    office.call("PATCH", f"/companies/{first}", phone="22 00 00 00")
    office.box.add_fault("status", path="activities", only="reads", status=403, after=1)
    with pytest.raises(Exception, match="403"):
        office.run("interrupted")
    office.box.clear_faults()
    office.run("resumed")
    yield "resumed"
    office.run("idle again")
    yield "idle again"


@pytest.fixture
def told(
    sandbox: RunningSandbox, settings: Json, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Office]:
    """Let the story happen behind some switches."""

    def tell(**switches: Any) -> Office:
        sandbox.reset("empty")
        sandbox.switch(**switches)
        office = Office(sandbox, {**settings, "page_size": 3}, monkeypatch)
        for step in story(office):
            expected = office.source()
            if step == "deletion, not looked for":
                expected["activities"].add("4006")
            assert office.loaded == expected, step
        return office

    return tell


def changed(office: Office, step: str) -> Counter[str]:
    """How many records of each stream came, beside the users, who come in each run."""
    streams = Counter[str]()
    for record, number in office.steps[step].items():
        streams[record.partition(" ")[0]] += number
    del streams["users"]
    return streams


def test_each_run_emits_what_has_changed_and_no_more(told: Callable[..., Office]) -> None:
    office = told()

    assert changed(office, "idle") == changed(office, "idle again") == {}
    assert changed(office, "edits") == {"activities": 5, "companies": 1}
    assert changed(office, "creation") == {"activities": 1}
    assert changed(office, "deletion, not looked for") == {}
    assert changed(office, "deletion") == {"companies": 4, "contacts": 3, "activities": 11}
    assert changed(office, "rows that move") == {"activities": 6}  # one of them twice
    assert changed(office, "resumed") == {"activities": 5}
    assert sum((office.steps["interrupted"] & office.steps["first"]).values()) >= 10  # users


@pytest.mark.parametrize(
    "switches",
    [
        {"ids_as_numbers": True},
        {"updated_since": "ignored"},
        {"total_count": False},
        {"lists_as_bare_arrays": True},
        {"owner_id": "id"},
        {"owner_id": "userName"},
        {"naive_timestamps": True},
        {
            "ids_as_numbers": True,
            "updated_since": "ignored",
            "lists_as_bare_arrays": True,
            "owner_id": "id",
            "naive_timestamps": True,
        },
    ],
    ids=str,
)
def test_the_same_records_come_in_each_run_whatever_the_api_is_like(
    told: Callable[..., Office], switches: Json
) -> None:
    expected = told().steps
    steps = told(**switches).steps

    for step, records in expected.items():
        if step != "interrupted":
            assert steps[step] == records, step
