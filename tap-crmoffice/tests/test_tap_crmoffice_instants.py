from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tap_crmoffice.instants import bookmark_of, instant, with_offset


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("2025-01-15T08:00:00", "2025-01-15T08:00:00+01:00"),
        ("2025-07-15T08:00:00", "2025-07-15T08:00:00+02:00"),
        ("2025-07-15T08:00:00.1234567", "2025-07-15T08:00:00.1234567+02:00"),
        ("2025-10-26T02:30:00", "2025-10-26T02:30:00+02:00"),
    ],
)
def test_a_time_without_an_offset_gets_that_of_norway_and_keeps_its_digits(
    given_text: str, expected: str
) -> None:
    assert with_offset(given_text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-15T08:00:00Z",
        "2025-01-15T08:00:00.5-05:00",
        "2025-01-15",
        "0001-01-01T00:00:00",
        "tomorrow",
        "",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert with_offset(text) == text


def test_an_instant_is_the_same_however_it_is_written() -> None:
    noon = datetime(2025, 7, 1, 12, tzinfo=timezone.utc)

    assert instant("2025-07-01T12:00:00Z") == noon
    assert instant("2025-07-01T14:00:00") == noon
    assert instant("2025-07-01T08:00:00.000-04:00") == noon


@pytest.mark.parametrize("nothing", [None, "", "soon", 20250701, "0001-01-01T00:00:00"])
def test_what_is_no_time_is_no_instant(nothing: object) -> None:
    assert instant(nothing) is None


def test_a_local_time_that_occurs_twice_can_be_taken_either_way() -> None:
    first = instant("2025-10-26T02:30:00")
    second = instant("2025-10-26T02:30:00", latest=True)

    assert first is not None
    assert second == first + timedelta(hours=1)


moments = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants naive limits
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=2))]),
)


@settings(deadline=None)
@given(earlier=moments, later=moments)
def test_bookmarks_sort_as_text_like_their_instants_in_time(
    earlier: datetime, later: datetime
) -> None:
    assert (bookmark_of(earlier) < bookmark_of(later)) == (earlier < later)
    assert instant(bookmark_of(earlier)) == earlier
