from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_rest import StopRun
from tap_crmoffice.reading import SWEEPS, Page, Reading, page_of

if TYPE_CHECKING:
    from collections.abc import Callable


def records(*ids: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in ids]


@dataclass
class PagedList:
    """A list on a server, in the order of the last change."""

    ids: list[int]
    cap: int = 200
    tells_total: bool = True
    ignores_page: bool = False
    before_page: dict[int, Callable[[], None]] = field(default_factory=dict)
    fetched: int = 0
    page_size: int = 10

    def fetch(self, number: int) -> Page:
        self.fetched += 1
        self.before_page.pop(self.fetched, lambda: None)()
        total = len(self.ids) if self.tells_total else None
        if self.ignores_page:
            return Page(records(*self.ids), total)
        size = min(self.page_size, self.cap)
        return Page(records(*self.ids[(number - 1) * size : number * size]), total)

    def touch(self, number: int) -> None:
        self.ids.remove(number)
        self.ids.append(number)

    def reading(self) -> Reading:
        return Reading(self.fetch, page_size=self.page_size, resource="companies")


def ids_of(reading: Reading) -> list[int]:
    return [record["id"] for record in reading]


@settings(deadline=None)
@given(
    count=st.integers(0, 60),
    cap=st.integers(1, 30),
    page_size=st.integers(1, 30),
    tells_total=st.booleans(),
    ignores_page=st.booleans(),
)
def test_a_list_at_rest_is_read_once_whatever_the_server_makes_of_paging(
    count: int, cap: int, page_size: int, *, tells_total: bool, ignores_page: bool
) -> None:
    server = PagedList(list(range(count)), cap, tells_total, ignores_page, page_size=page_size)
    reading = server.reading()

    assert ids_of(reading) == list(range(count))
    assert reading.settled


def test_a_known_total_saves_the_request_beyond_the_end() -> None:
    server = PagedList(list(range(20)))

    ids_of(server.reading())

    assert server.fetched == 2


def test_a_short_first_page_without_a_total_is_not_believed_to_be_all() -> None:
    server = PagedList(list(range(12)), cap=5, tells_total=False)

    assert ids_of(server.reading()) == list(range(12))
    assert server.fetched == 3


def test_a_page_longer_than_asked_for_is_all_there_is() -> None:
    server = PagedList(list(range(12)), tells_total=False, ignores_page=True)

    ids_of(server.reading())

    assert server.fetched == 1


def test_a_record_that_slips_to_an_earlier_page_while_reading_is_not_missed() -> None:
    server = PagedList(list(range(30)))
    server.before_page[2] = lambda: server.touch(3)  # 10 moves to page 1, which was read already
    reading = server.reading()

    seen = ids_of(reading)

    assert set(seen) == set(range(30))
    assert reading.settled


def test_a_deletion_while_reading_does_not_hide_a_record() -> None:
    server = PagedList(list(range(30)))
    server.before_page[2] = lambda: server.ids.remove(3)

    assert set(ids_of(server.reading())) == set(range(30))


def test_a_creation_while_reading_is_read_and_needs_no_second_sweep() -> None:
    server = PagedList(list(range(30)))
    server.before_page[2] = lambda: server.ids.append(30)

    assert ids_of(server.reading()) == list(range(31))


def test_a_list_that_never_rests_ends_and_says_so() -> None:
    server = PagedList(list(range(30)))
    for number in range(1, 100):
        server.before_page[number] = lambda: server.touch(server.ids[0])
    reading = server.reading()

    ids_of(reading)

    assert not reading.settled
    assert server.fetched <= SWEEPS * 4


def test_records_without_any_id_do_not_loop() -> None:
    same = Page([{"name": "a"}, {"name": "b"}], None)
    reading = Reading(lambda _: same, page_size=2, resource="companies")

    assert len(list(reading)) == 2


def test_a_page_is_read_from_an_object_with_items_and_from_a_bare_array() -> None:
    assert page_of({"items": records(1), "totalCount": 9}, "companies") == Page(records(1), 9)
    assert page_of({"items": records(1)}, "companies") == Page(records(1), None)
    assert page_of(records(1), "users") == Page(records(1), None)


@pytest.mark.parametrize("answer", [None, {}, {"items": None}, {"data": []}, "text", ["text"]])
def test_an_answer_of_another_api_stops_the_run(answer: Any) -> None:
    with pytest.raises(StopRun, match="check the setting api_url"):
        page_of(answer, "companies")
