"""Whatever people do on both sides, the sync comes to rest with both sides equal."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from linked_target import Kind, property_of, same_value
from singer_rest import StopRun
from toy_bed import Bed, new_bed

DAYS = st.integers(1, 28).map(lambda day: f"2026-03-{day:02}T10:00:00Z")
COMPANIES = {"companies": "organizations", "name": "displayName"}
PAIRS = (("subject", "text"), ("startsAt", "date"))


class Rounds(RuleBasedStateMachine):
    """Creates, edits, locks and crashes at random; then quiet rounds."""

    bed: Bed

    @initialize(policy=st.sampled_from(["crmoffice", "trello"]))
    def begin(self, policy: str) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.bed = new_bed(self.folder, conflict_policy=policy)
        self.number = 0

    def fresh(self) -> str:
        self.number += 1
        return f"text {self.number}"

    @rule(day=DAYS, company=st.booleans())
    def office_creates(self, day: str, company: bool) -> None:
        name, record_id = self.fresh(), f"x{self.number}"
        more: dict[str, Any] = {}
        if company:
            self.bed.office["companies"].put(id=f"co{self.number}", name=self.fresh())
            more = {"company__id": list(self.bed.office["companies"].records)[-1]}
        self.bed.office["activities"].put(id=record_id, subject=name, startsAt=day, **more)

    @rule(day=DAYS)
    def trello_creates(self, day: str) -> None:
        name = self.fresh()
        self.bed.trello["actions"].put(id=f"y{self.number}", text=name, date=day)

    @precondition(lambda self: self.bed.office["activities"].records)
    @rule(data=st.data(), day=st.none() | DAYS)
    def office_edits(self, data: st.DataObject, day: str | None) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.bed.office["activities"].records)))
        change = {"startsAt": day} if day else {"subject": self.fresh()}
        self.bed.office["activities"].edit(record_id, **change)

    @precondition(lambda self: self.bed.trello["actions"].records)
    @rule(data=st.data(), day=st.none() | DAYS)
    def trello_edits(self, data: st.DataObject, day: str | None) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.bed.trello["actions"].records)))
        change = {"date": day} if day else {"text": self.fresh()}
        self.bed.trello["actions"].edit(record_id, **change)

    @rule(locked=st.booleans())
    def trello_locks_the_date(self, locked: bool) -> None:
        self.bed.trello["actions"].locked = {"date"} if locked else set()

    @rule(crashes=st.booleans())
    def run_to_trello(self, crashes: bool) -> None:
        self.bed.trello["actions"].loses_answer = StopRun("no network") if crashes else None
        with suppress(StopRun):
            self.bed.to_trello()
        self.bed.trello["actions"].loses_answer = None

    @rule(crashes=st.booleans())
    def run_to_office(self, crashes: bool) -> None:
        self.bed.office["activities"].loses_answer = StopRun("no network") if crashes else None
        with suppress(StopRun):
            self.bed.to_office()
        self.bed.office["activities"].loses_answer = None

    @invariant()
    def nothing_is_on_the_failed_list(self) -> None:
        if hasattr(self, "bed"):
            assert self.bed.failed() == []

    def teardown(self) -> None:
        if hasattr(self, "bed"):
            self.settle()
            shutil.rmtree(self.folder)

    def settle(self) -> None:
        self.bed.both()
        self.bed.both()
        self.bed.forget()
        self.bed.both()
        assert self.bed.writes() == []
        self.check_links()
        self.check_values()

    def check_links(self) -> None:
        for a_stream, b_stream in (("activities", "actions"), ("companies", "organizations")):
            ids = self.bed.rows(
                "SELECT a_id, b_id FROM links WHERE state = 'linked' "  # noqa: S608 (constants)
                f"AND a_stream = '{a_stream}'"
            )
            assert sorted(row[0] for row in ids) == sorted(self.bed.office[a_stream].records)
            assert sorted(row[1] for row in ids) == sorted(self.bed.trello[b_stream].records)
        assert self.bed.rows("SELECT * FROM links WHERE state != 'linked'") == []

    def check_values(self) -> None:
        query = (
            "SELECT a_id, b_id, (SELECT count(*) FROM open_properties WHERE link_id = id) "
            "FROM links WHERE a_stream = 'activities'"
        )
        for office_id, trello_id, held in self.bed.rows(query):
            office = self.bed.office["activities"].records[office_id]
            trello = self.bed.trello["actions"].records[trello_id]
            for near, far in PAIRS[: 1 if held else 2]:
                assert same_value(Kind.INSTANT, office.get(near), trello.get(far))
            assert bool(property_of(office, "company__id")) == bool(trello.get("board"))


TestRounds = Rounds.TestCase
TestRounds.settings = settings(
    max_examples=12,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
