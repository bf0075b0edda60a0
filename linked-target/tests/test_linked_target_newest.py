"""The conflict policy `newest`: the side that was edited last wins."""

from __future__ import annotations

import logging
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from toy_table import EDITED

if TYPE_CHECKING:
    from toy_bed import Bed

RUNS = ("to_trello", "to_office")
T1, T2 = "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"


@pytest.fixture
def bed(bed: Bed) -> Bed:
    """One linked activity; both sides tell when it was edited."""
    ticks = count()
    for tables in (bed.office, bed.trello):
        for table in tables.values():
            table.clock = lambda: f"2026-01-01T00:00:{next(ticks):02}Z"
    bed.settings |= {
        "conflict_policy": "newest",
        "edited_at": {"activities": EDITED, "actions": EDITED},
    }
    bed.office["activities"].put(id="a1", subject="call", startsAt=T1)
    bed.both()
    bed.forget()
    return bed


def edit(bed: Bed, side: str) -> None:
    if side == "crmoffice":
        bed.office["activities"].edit("a1", subject="by crmoffice")
    else:
        bed.trello["actions"].edit("n1", text="by trello")


def texts(bed: Bed) -> list[Any]:
    return [bed.office["activities"].only()["subject"], bed.trello["actions"].only()["text"]]


def set_time(bed: Bed, side: str, time: str | None) -> None:
    table = bed.office["activities"] if side == "crmoffice" else bed.trello["actions"]
    table.only()[EDITED] = time


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize(("earlier", "later"), [("crmoffice", "trello"), ("trello", "crmoffice")])
def test_the_side_that_was_edited_last_wins(bed: Bed, first: str, earlier: str, later: str) -> None:
    edit(bed, earlier)
    edit(bed, later)
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == [f"by {later}"] * 2


def test_both_values_and_the_winner_are_logged(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    edit(bed, "crmoffice")
    edit(bed, "trello")
    bed.to_trello()

    assert "crmoffice has 'by crmoffice', trello has 'by trello'; trello wins" in caplog.text


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize("silent", ["crmoffice", "trello"])
@pytest.mark.parametrize("time", [None, "", "yesterday"])
def test_the_default_decides_where_one_side_tells_no_time(
    bed: Bed, first: str, silent: str, time: str | None
) -> None:
    edit(bed, "crmoffice")
    edit(bed, "trello")
    set_time(bed, silent, time)
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by crmoffice"] * 2


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize(
    "times",
    [
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),
        ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00.000Z"),
    ],
)
def test_the_default_decides_where_the_times_are_equal(
    bed: Bed, first: str, times: tuple[str, str]
) -> None:
    edit(bed, "crmoffice")
    edit(bed, "trello")
    set_time(bed, "crmoffice", times[0])
    set_time(bed, "trello", times[1])
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by crmoffice"] * 2


@pytest.mark.parametrize("first", RUNS)
def test_times_compare_as_instants(bed: Bed, first: str) -> None:
    """As texts they would compare the other way round."""
    edit(bed, "crmoffice")
    edit(bed, "trello")
    set_time(bed, "crmoffice", "2026-05-01T10:30:00+00:00")
    set_time(bed, "trello", "2026-05-01T11:00:00+01:00")
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by crmoffice"] * 2


@pytest.mark.parametrize("first", RUNS)
def test_without_the_setting_edited_at_the_default_decides(bed: Bed, first: str) -> None:
    bed.settings["edited_at"] = {}
    edit(bed, "crmoffice")
    edit(bed, "trello")
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by crmoffice"] * 2


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize(
    "policy",
    [
        {"actions": {"text": "newest", "subject": "newest"}},
        {"activities": "newest"},
        {"activities": {"text": "newest", "subject": "newest"}, "actions": "crmoffice"},
    ],
)
def test_newest_can_be_the_policy_of_one_property_or_stream(
    bed: Bed, first: str, policy: dict[str, Any]
) -> None:
    bed.settings["conflict_policy"] = policy
    edit(bed, "crmoffice")
    edit(bed, "trello")
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by trello"] * 2


@pytest.mark.parametrize("first", RUNS)
def test_edits_of_different_properties_both_survive(bed: Bed, first: str) -> None:
    bed.office["activities"].edit("a1", startsAt=T2)
    edit(bed, "trello")
    getattr(bed, first)()
    bed.both()

    assert texts(bed) == ["by trello"] * 2
    assert bed.trello["actions"].only()["date"] == T2


def test_the_newer_of_two_matched_records_wins(bed: Bed) -> None:
    bed.settings["edited_at"] = {"companies": EDITED, "organizations": EDITED}
    bed.office["companies"].put(id="1", name="Acme", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme AS", website="acme.no")
    bed.both()

    assert bed.office["companies"].only()["name"] == "Acme AS"


def test_the_default_decides_about_a_value_that_waits(bed: Bed) -> None:
    """The other side's record can't be at hand: it is not read where nothing can be written."""
    bed.trello["actions"].locked = {"text"}
    edit(bed, "crmoffice")
    bed.to_trello()
    edit(bed, "trello")
    bed.to_office()
    bed.trello["actions"].locked = set()
    bed.both()

    assert texts(bed) == ["by crmoffice"] * 2
