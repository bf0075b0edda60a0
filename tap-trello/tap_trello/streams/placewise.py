"""Streams that are read place by place, and only where something has happened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import NotFound, RecordRefused
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from tap_trello.account import ACTIVITY
from tap_trello.batch import MOST_ROUTES
from tap_trello.last_look import LastLook
from tap_trello.marks import Mark, Place, is_any_missing, keep_mark, keep_marks, kept_marks
from tap_trello.sight import BOARDS, ORGANIZATIONS, in_words
from tap_trello.streams.base import RECORDS, TrelloStream
from tap_trello.streams.steps import Step
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from tap_trello.marks import Found, Key, Marks
    from tap_trello.streams.base import Record
    from tap_trello.streams.steps import Page
    from tap_trello.tap import TapTrello

__all__ = ["PlacewiseStream"]


class PlacewiseStream(TrelloStream, ABC):
    """A stream of which only those places are read where something has happened.

    A place is a board, or a workspace, of which Trello does not tell when something happened: so
    these are always read.

    Deletions: the ids of each place are counted. If one is missing on all of the places that were
    read, or it is time for a sweep, everything is read with a new version.
    """

    kinds_of_places: ClassVar[tuple[str, ...]] = (BOARDS,)
    may_be_empty: ClassVar[bool] = False
    """Whether it is nothing unusual if none of many boards has such a record."""

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._unread: list[str] = []
        """Why places that held records before were not read, in words."""

    @abstractmethod
    def first_path(self, place: Place) -> str:
        """The address of a place's first page, for a batch."""

    @abstractmethod
    def pages(self, place: Place, answer: Any, before: Mark) -> Iterator[Page]:
        """The pages of a place. Several threads call this.

        Args:
            place: the place.
            answer: to its `first_path`, or the RecordRefused.
            before: what was known of the place; an empty one to give everything.

        Raises:
            RecordRefused: when the place can't be read; NotFound if it is gone.
        """

    @property
    def replication_method(self) -> str:
        """Incremental, unless the catalog says otherwise: what stands still is not read again."""
        return self.forced_replication_method or REPLICATION_INCREMENTAL

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The records of places where something has happened; all records if some are gone."""
        del context
        doubt = self.doubt_about_places(self._known) if self.tells_deletions else None
        if doubt:
            self.logger.warning("%s: nothing counts as deleted, since %s", self.name, doubt)
        is_sweep = self.replication_method == REPLICATION_FULL_TABLE or self.is_sweep_due
        if not doubt and (is_sweep or self._is_sweep_needed):
            yield from self._sweep()
            return
        self.carry_last()
        marks = self._marks
        places = self._places if is_sweep else self._changed(marks)
        found = yield from self._read(places, {} if is_sweep else marks)
        if self.tells_deletions and not doubt and is_any_missing(marks, found):
            yield from self._sweep()
            return
        self._keep({**marks, **{key: mark for key, (mark, _) in found.items()}})
        if is_sweep:
            self.note_sweep()

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the places' marks say where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: marks are Trello's own times, and need no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: a mark moves when its place was read to the end."""

    def _sweep(self) -> Iterator[Record]:
        """Read everything, and at the end tell that all others are gone."""
        listed = {place.key: place.activity for place in self._places}
        begun = {key for key, mark in self._marks.items() if mark.sweep is not None}
        # What it has read of a place that is gone since would not be cleared by its version.
        number = self.begin_sweep(anew=not begun <= listed.keys())
        # What a run that broke off has read is not read again.
        done = {key: mark for key, mark in self._marks.items() if mark.sweep == number}
        todo = [place for place in self._places if place.key not in done]
        look = LastLook(self.account)
        yield from self._read(todo, {}, sweep=number, look=look)
        then = {**listed, **{key: mark.activity for key, mark in done.items()}}
        yield from self._read_moved(then, look.activity)
        yield from self.beside_places()
        doubt = self._unread[0] if self._unread else None
        marks = self._marks
        there = {key: mark for key, mark in marks.items() if key in listed}
        count = sum(mark.records.number for mark in there.values())
        if self.may_be_empty and not count:
            count = len(there)  # that these could be read proves that access is not lost
        is_told = self.end_sweep(number, count=count, doubt=doubt)
        kept = there if is_told else marks
        self._keep({key: replace(mark, sweep=None) for key, mark in kept.items()})

    def _read_moved(
        self, then: Mapping[Key, str | None], now: Mapping[str, str | None]
    ) -> Iterator[Record]:
        """Read what was moved during a sweep, to a board that had been read already.

        Args:
            then: when something had happened last on the places, before they were read.
            now: the same of the boards, after all were read.
        """
        moved = [
            place
            for place in self._places
            if place.kind == BOARDS and now.get(place.id) != then[place.key]
        ]
        marks = self._marks
        found = yield from self._read(moved, marks)
        if not is_any_missing(marks, found):  # else the next run is to find that out
            self._keep({**marks, **{key: mark for key, (mark, _) in found.items()}})

    def _read(
        self,
        places: Sequence[Place],
        marks: Marks,
        *,
        sweep: int | None = None,
        look: LastLook | None = None,
    ) -> Generator[Record, None, Found]:
        """Read places; return the new marks, and which records of before were found.

        Args:
            places: the places.
            marks: of the last time; without any, all records are given.
            sweep: number of the sweep, whose marks are kept at once: a later run goes on from them.
            look: to be taken once all is read.
        """
        found: Found = {}
        mark, again, given, pages = Mark(), Tally(), 0, 0
        self.progress.begin(self.places_in_words, total=len(places))
        sources = list(self._sources(places, marks))
        for step in self._trello_tap.read_ahead.items(
            look.behind(sources) if look else sources, at_once=len(sources)
        ):
            place = step.place
            if not mark.is_read:
                mark = Mark.before(place, self.account.listed_at, sweep)
            if step.page is not None:
                before = marks.get(place.key, Mark())
                again += Tally.of_all(self.known_before(before, step.page.ids))
                mark = mark.with_records(
                    step.page.ids, bookmark=step.page.bookmark, content=step.page.content
                )
                given += len(step.page.records)
                pages += 1
                yield from self.unseen(step.page.records)
                continue
            if step.refusal is None or self._is_nothing_lost(place, step.refusal, pages):
                found[place.key] = (mark, again)
                if sweep is not None:
                    keep_mark(self.stream_state, place, mark)
                    self.write_state_by_and_by(given)
            self.progress.advance()
            mark, again, given, pages = Mark(), Tally(), 0, 0
        return found

    def _is_nothing_lost(self, place: Place, refusal: RecordRefused, pages: int) -> bool:
        """Say that a place can't be read; return whether it counts as read and empty.

        Args:
            place: the place.
            refusal: why.
            pages: how many of its pages were read before.
        """
        before = self._marks.get(place.key, Mark())
        if isinstance(refusal, NotFound):
            self.logger.warning("%s is gone", place)
            if before.is_read or pages:
                self._unread.append(f"{place} vanished while it was read")
            return False
        self.note_refused(place.kind, place.id, refusal)
        if not before.records.number and not pages:
            return True
        self._unread.append(f"{place} can't be read any more")
        return False

    def known_before(self, before: Mark, ids: Sequence[str]) -> Iterable[str]:
        """Those of a place's ids that were there, or anywhere, when it was read before."""
        return filter(before.covers, ids)

    def beside_places(self) -> Iterable[Record]:
        """Records that a sweep gives though they lie in none of the places."""
        return ()

    def unseen(self, records: Sequence[Record]) -> Iterable[Record]:
        """Those that were not given already; all, where a record lies in one place only."""
        return records

    def _sources(self, places: Sequence[Place], marks: Marks) -> Iterator[Any]:
        for start in range(0, len(places), MOST_ROUTES):
            group = places[start : start + MOST_ROUTES]
            yield partial(self._steps, group, marks)

    def _steps(self, places: Sequence[Place], marks: Marks) -> Iterator[Step]:
        """The steps of places whose first pages are read together."""
        answers = self.account.client.get_many(map(self.first_path, places))
        for place, answer in zip(places, answers, strict=True):
            yield from self._steps_of(
                place, self.pages(place, answer, marks.get(place.key, Mark()))
            )

    def _steps_of(self, place: Place, pages: Iterator[Page]) -> Iterator[Step]:
        try:
            for page in pages:
                yield Step(place, page)
        except RecordRefused as refusal:
            yield Step(place, refusal=refusal)
        else:
            yield Step(place)

    @property
    def places_in_words(self) -> str:
        """What the progress counts."""
        return " and ".join(f"{in_words(kind)}s" for kind in self.kinds_of_places)

    @property
    def _places(self) -> list[Place]:
        """The places to cover."""
        account = self.account
        listed = {
            ORGANIZATIONS: lambda: account.organizations,
            BOARDS: lambda: account.boards,
        }
        return [
            Place(kind, each["id"], each.get(ACTIVITY) if kind == BOARDS else None)
            for kind in self.kinds_of_places
            for each in listed[kind]()
        ]

    def _changed(self, marks: Marks) -> list[Place]:
        nothing = Mark()
        return [
            place for place in self._places if not marks.get(place.key, nothing).is_still(place)
        ]

    @property
    def _is_sweep_needed(self) -> bool:
        """Whether nothing else tells what is gone: at first, and when places were deleted."""
        if not self.tells_deletions:
            return False
        if self.full_reads.at is None:
            return True
        return any(set(ids) - self.sight.covered(kind) for kind, ids in self._known.items())

    @property
    def _known(self) -> dict[str, set[str]]:
        """Ids of the places that earlier runs have read, by kind."""
        known: dict[str, set[str]] = {kind: set() for kind in self.kinds_of_places}
        for kind, place in self._marks:
            known[kind].add(place)
        return known

    @property
    def _marks(self) -> Marks:
        parts = (kept_marks(self.stream_state, kind) for kind in self.kinds_of_places)
        return {key: mark for part in parts for key, mark in part.items()}

    def _keep(self, marks: Marks) -> None:
        """Write all marks into the state."""
        self.stream_state.pop(RECORDS, None)  # of earlier releases
        keep_marks(self.stream_state, marks, self.kinds_of_places)
