"""A fifth of all requests fails, in every way at once: everything arrives, and nothing twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from linked_target.store import tables
from linked_target.store.database import open_store

from tests.office import NO_WAITING
from tests.soak import at_length

if TYPE_CHECKING:
    from tests.forked import ForkedOffice

pytestmark = pytest.mark.soak

RECORDS = at_length(160, 2000)
SEEDS = range(at_length(1, 3))
QUOTA: dict[str, Any] = {"token_limit": 30, "key_limit": 90, "window_ms": 1000}
"""Three times Trello's own pace: soon enough over, and slow enough to have to be kept to."""
MOST_ROUNDS = 4
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {}),
    ("status_after_commit", {}),
    ("drop_before", {}),
    ("drop_after_commit", {}),
    ("cut_body", {}),
    ("status", {"status": 429, "retry_after": 0}),
    ("status", {"status": 429, "retry_after": 1}),
)
EACH = 1 - 0.8 ** (1 / len(FAULTS))
"""The share of each kind of fault, so that together they are a fifth."""
PLENTY = 1_000_000


@pytest.fixture
def office(forked_office: ForkedOffice) -> ForkedOffice:
    office = replace(forked_office, pauses=at_length(0.2, 1))
    fill(office)
    office.box.switch(**QUOTA)
    return office


def fill(office: ForkedOffice) -> None:
    """Make the records: mostly activities and comments, some firms and people on both sides."""
    firms = RECORDS // 40
    for number in range(firms):
        company = office.crm("POST", "/companies", name=f"Company {number}")
        office.trello("POST", "/organizations", displayName=f"Workspace {number}")
        names = {"givenName": "Kari", "familyName": f"Nr. {number}"}
        email = f"kari{number}@a.example"
        office.crm("POST", "/contacts", **names, email=email, company__id=company["id"])
    office.shared_card()
    rest = RECORDS - 3 * firms
    office.box.bulk(activities=rest // 2, comments=rest - rest // 2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(at_length(300, 1200))
def test_with_a_fifth_of_all_requests_failing_everything_arrives_once(
    office: ForkedOffice, seed: int
) -> None:
    office.box.reset_requests()
    for number, (kind, details) in enumerate(FAULTS, start=len(FAULTS) * seed):
        office.box.add_fault(kind, **details, probability=EACH, seed=number, count=PLENTY)
    rounds = 0
    while missing(office):
        rounds += 1
        assert rounds <= MOST_ROUNDS, missing(office)
        go_round(office)
    assert_no_storm(office)
    office.box.clear_faults()
    go_round(office)
    office.box.reset_requests()
    go_round(office)
    assert office.box.writes() == 0
    assert missing(office) == []
    office.box.switch(**NO_WAITING)
    assert_all_is_there_once(office)


def go_round(office: ForkedOffice) -> None:
    """Run both directions; a plugin may give up, and then tells no STATE."""
    for tap, target in (("tap-crmoffice", "target-trello"), ("tap-trello", "target-crmoffice")):
        read = office.run_plugin(tap, office.config_of(tap))
        if read.status == 0:
            written = office.run_plugin(target, office.config_of(target), read.output)
            office.keep_state(target, written.output)


def missing(office: ForkedOffice) -> list[str]:
    """How far the records are from having partners, by kind."""
    made = office.box.control("GET", "/status")["records"]
    wanted = {"actions": made["activities"], "organizations": made["organization"]}
    wanted["members"] = made["contacts"]
    columns = tables.links.c
    engine = open_store(office.links_url)
    query = sa.select(columns.b_stream).where(
        columns.state == "linked", columns.a_stream != "users"
    )
    with engine.connect() as connection:
        linked = Counter(connection.execute(query).scalars())
        queued = list(connection.execute(sa.select(tables.queue.c.error)).scalars())
    engine.dispose()
    wanted["actions"] = RECORDS - 3 * (RECORDS // 40)
    told = [
        f"{linked[stream]} of {number} {stream}"
        for stream, number in wanted.items()
        if linked[stream] < number
    ]
    return [*told, *(f"queued: {error}" for error in queued)]


def assert_no_storm(office: ForkedOffice) -> None:
    """All answers of 429 are those that were asked for."""
    made_up = sum(
        PLENTY - fault["count"] for fault in office.box.faults() if fault["status"] == 429
    )
    answered = sum(counts["429"] for counts in office.box.requests().values())
    assert answered <= made_up


def assert_all_is_there_once(office: ForkedOffice) -> None:
    firms = RECORDS // 40
    names = Counter(each["name"] for each in office.companies())
    assert names == Counter(each["displayName"] for each in office.workspaces())
    assert len(names) == names.total() == 2 * firms + 1  # and the seed's own workspace
    assert len(office.contacts()) == firms
    assert len(office.box.invitations()) == firms
    subjects = Counter(each["subject"] for each in office.activities())
    texts = Counter(each["data"]["text"].partition("\n")[0] for each in office.comments())
    assert subjects == texts
    assert len(subjects) == subjects.total() == RECORDS - 3 * firms
