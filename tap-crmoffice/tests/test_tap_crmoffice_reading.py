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
    before_page: dict[int, Callable[[], object]] = field(default_factory=dict)
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

    def replace(self, old: int, new: int) -> None:
        self.ids.remove(old)
        self.ids.append(new)


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


def test_a_whole_page_that_is_edited_while_reading_does_not_hide_the_next_one() -> None:
    server = PagedList(list(range(20)))
    server.before_page[2] = lambda: [server.touch(number) for number in range(10)]
    reading = server.reading()

    assert set(ids_of(reading)) == set(range(20))
    assert reading.settled


@pytest.mark.parametrize("tells_total", [True, False])
def test_a_whole_page_that_comes_in_before_what_was_read_hides_nothing(tells_total: bool) -> None:
    server = PagedList(list(range(20)), tells_total=tells_total)
    server.before_page[2] = lambda: server.ids.__setitem__(slice(0, 0), range(100, 110))
    reading = server.reading()

    assert set(ids_of(reading)) == {*range(20), *range(100, 110)}
    assert reading.settled


def test_a_list_that_turns_into_its_own_last_page_ends() -> None:
    reading = Reading(
        lambda number: Page(records(number % 2), None), page_size=1, resource="companies"
    )

    assert ids_of(reading) == [1, 0]
    assert not reading.settled


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


@settings(deadline=None)
@given(
    count=st.integers(0, 60),
    cap=st.integers(1, 30),
    page_size=st.integers(1, 30),
    tells_total=st.booleans(),
)
def test_a_thorough_reading_of_a_list_at_rest_is_complete_and_gives_each_record_once(
    count: int, cap: int, page_size: int, *, tells_total: bool
) -> None:
    server = PagedList(list(range(count)), cap, tells_total, page_size=page_size)
    reading = server.reading().thoroughly()

    assert ids_of(reading) == list(range(count))
    assert reading.complete


def test_one_page_is_complete_at_once() -> None:
    server = PagedList(list(range(10)))
    reading = server.reading().thoroughly()

    ids_of(reading)

    assert reading.complete
    assert server.fetched == 1


def test_a_record_hidden_by_a_deletion_is_found_though_a_creation_keeps_the_total() -> None:
    server = PagedList(list(range(30)))
    server.before_page[2] = lambda: server.replace(3, 30)  # 10 moves to page 1, which was read
    reading = server.reading().thoroughly()

    seen = ids_of(reading)

    assert set(range(31)) == set(seen)
    assert reading.complete


@settings(deadline=None)
@given(
    events=st.dictionaries(
        st.integers(2, 12), st.sampled_from(["delete", "replace", "touch", "create"])
    ),
    tells_total=st.booleans(),
    places=st.randoms(use_true_random=False),
)
def test_whatever_happens_meanwhile_a_complete_reading_lacks_only_what_is_gone(
    events: dict[int, str], places: Any, *, tells_total: bool
) -> None:
    server = PagedList(list(range(35)), tells_total=tells_total)
    new = iter(range(100, 200))

    def happen(event: str) -> None:
        one = places.choice(server.ids)
        if event == "touch":
            server.touch(one)
        if event in {"delete", "replace"}:
            server.ids.remove(one)
        if event in {"create", "replace"}:
            server.ids.append(next(new))

    for number, event in events.items():
        server.before_page[number] = lambda event=event: happen(event)  # type: ignore[misc]
    reading = server.reading().thoroughly()

    seen = set(ids_of(reading))

    assert not reading.complete or {each for each in server.ids if each < 100} <= seen


def test_a_list_that_loses_records_on_and_on_is_not_complete() -> None:
    server = PagedList(list(range(100)))
    for number in range(2, 100):
        server.before_page[number] = lambda: server.replace(server.ids[0], 1000 + server.fetched)
    reading = server.reading().thoroughly()

    ids_of(reading)

    assert not reading.complete


def test_a_server_that_repeats_its_first_page_may_have_more() -> None:
    server = PagedList(list(range(10)), tells_total=False, ignores_page=True)
    reading = server.reading().thoroughly()

    assert ids_of(reading) == list(range(10))
    assert not reading.complete
    assert server.fetched == 3  # a second sweep could not tell either


def test_a_list_that_ends_before_its_total_is_not_complete() -> None:
    pages = {1: Page(records(1, 2), 9)}
    reading = Reading(lambda number: pages.get(number, Page([], 9)), page_size=2, resource="users")

    assert ids_of(reading.thoroughly()) == [1, 2]
    assert not reading.complete


def test_a_record_that_changed_between_two_sweeps_is_given_again() -> None:
    sweeps = iter([1, 1, 2, 2, 2, 2])
    reading = Reading(
        lambda number: Page([{"id": number, "rank": next(sweeps)}], 2),
        page_size=1,
        resource="companies",
    )

    assert list(reading.thoroughly()) == [
        *({"id": 1, "rank": 1}, {"id": 2, "rank": 1}),
        *({"id": 1, "rank": 2}, {"id": 2, "rank": 2}),
    ]


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
