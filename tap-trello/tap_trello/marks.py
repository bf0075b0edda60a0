"""What a stream keeps of each board or workspace that it has read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_trello.instants import CLOCKS_DIFFER, instant_of, made_at, trello_time
from tap_trello.sight import in_words
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

__all__ = [
    "PLACES",
    "Found",
    "Key",
    "Mark",
    "Marks",
    "Place",
    "is_any_missing",
    "keep_mark",
    "keep_marks",
    "kept_marks",
    "settled",
]

Key = tuple[str, str]
State = dict[str, Any]

PLACES = "places"  # in a stream's part of the state
ACTIVITY, AT, RECENT = "activity", "listed_at", "recent"
BOOKMARK, CONTENT, SWEEP = "bookmark", "content", "sweep"
SETTLING = timedelta(seconds=60)


@dataclass(frozen=True)
class Place:
    """A board or workspace whose records are read together.

    Attributes:
        kind: `boards` or `organizations`.
        id: its id.
        activity: when something happened there last, as Trello tells it; None if it doesn't.
    """

    kind: str
    id: str
    activity: str | None = None

    @property
    def key(self) -> Key:
        """What tells it from all other places."""
        return self.kind, self.id

    def __str__(self) -> str:
        return f"{in_words(self.kind)} {self.id}"


@dataclass(frozen=True)
class Mark:
    """What is known of a place's records; empty if they were never read.

    Attributes:
        activity: when something had happened there last before they were read, if that is settled.
        at: Trello's time then.
        records: the ids that were there.
        recent: those of them that were made so recently that others may have been made since,
            and still have an earlier time.
        bookmark: the latest activity of a card that was read.
        content: a digest of the records, where these come all at once.
        sweep: number of the unfinished sweep that they were read in.
    """

    activity: str | None = None
    at: datetime | None = None
    records: Tally = field(default_factory=Tally)
    recent: frozenset[str] = frozenset()
    bookmark: str | None = None
    content: str | None = None
    sweep: int | None = None

    @classmethod
    def before(cls, place: Place, at: datetime, sweep: int | None = None) -> Mark:
        """The mark of a place that is about to be read.

        Args:
            place: as it was listed.
            at: Trello's time when it was listed.
            sweep: number of the sweep.
        """
        return cls(activity=settled(place.activity, at), at=at, sweep=sweep)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Mark:
        """What `as_state` has written."""
        if not state:
            return cls()
        return cls(
            activity=state.get(ACTIVITY),
            at=instant_of(state[AT]),
            records=Tally.of_state(state) or Tally(),
            recent=frozenset(state.get(RECENT) or ()),
            bookmark=state.get(BOOKMARK),
            content=state.get(CONTENT),
            sweep=state.get(SWEEP),
        )

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        if self.at is None:
            return {}
        state: dict[str, Any] = {AT: trello_time(self.at), **self.records.as_state()}
        more = {
            ACTIVITY: self.activity,
            BOOKMARK: self.bookmark,
            CONTENT: self.content,
            SWEEP: self.sweep,
        }
        state.update({name: value for name, value in more.items() if value is not None})
        if self.recent:
            state[RECENT] = sorted(self.recent)
        return state

    @property
    def is_read(self) -> bool:
        """Whether the place was read."""
        return self.at is not None

    def is_still(self, place: Place) -> bool:
        """Whether nothing has happened there since."""
        return self.activity is not None and self.activity == place.activity

    def covers(self, record_id: str) -> bool:
        """Whether a record that is there now was there then, unless it was moved there since."""
        made = made_at(record_id)
        if self.at is None:
            return False
        return made is None or made < self.at - CLOCKS_DIFFER or record_id in self.recent

    def with_records(
        self, ids: Iterable[str], *, bookmark: str | None = None, content: str | None = None
    ) -> Mark:
        """The mark once these records were read, too.

        Args:
            ids: of the records.
            bookmark: the latest activity of a card among these.
            content: a digest of all records of the place.
        """
        known = list(ids)
        records = sum(map(Tally.of, known), self.records)
        recent = self.recent.union(each for each in known if not self.covers(each))
        latest = max(filter(None, (self.bookmark, bookmark)), default=None)
        if latest is not None and self.at is not None:
            # What happened while its pages were read may have been seen of later ones only.
            latest = min(latest, trello_time(self.at - CLOCKS_DIFFER))
        return replace(self, records=records, recent=recent, bookmark=latest, content=content)


Marks = dict[Key, Mark]

Found = dict[Key, tuple[Mark, Tally]]
"""Places that were read: the new mark, and which records of before are there."""


def kept_marks(state: Mapping[str, Any], kind: str) -> Marks:
    """The marks of places of a kind; empty ones from earlier releases, which kept only ids.

    Args:
        state: a stream's part of the state.
        kind: the kind of places.
    """
    return {(kind, place): Mark.of_state(mark) for place, mark in _kept(state, kind).items()}


def keep_marks(state: MutableMapping[str, Any], marks: Marks, kinds: Iterable[str]) -> None:
    """Write all marks of a stream into its part of the state, and no others."""
    state[PLACES] = {
        kind: {place: mark.as_state() for (each, place), mark in marks.items() if each == kind}
        for kind in kinds
    }


def keep_mark(state: MutableMapping[str, Any], place: Place, mark: Mark) -> None:
    """Write one mark into a stream's part of the state."""
    kept = _kept(state, place.kind)
    kept[place.id] = mark.as_state()
    state.setdefault(PLACES, {})[place.kind] = kept


def _kept(state: Mapping[str, Any], kind: str) -> dict[str, State]:
    kept: Any = state.get(PLACES, {}).get(kind, {})
    return kept if isinstance(kept, dict) else {place: {} for place in kept}


def settled(activity: str | None, at: datetime) -> str | None:
    """A place's last activity, unless it is so fresh that another one may bear the same time.

    Args:
        activity: as Trello tells it.
        at: Trello's time then.
    """
    if activity is None or instant_of(activity) > at - SETTLING:
        return None
    return activity


def is_any_missing(before: Marks, found: Found) -> bool:
    """Whether a record of before is on none of the places any more.

    Args:
        before: the marks of before.
        found: the places that were read, with the records of before that are there.
    """
    expected = [before[key].records for key in found if key in before]
    again = [records for _, records in found.values()]
    return sum(expected, Tally()) != sum(again, Tally())
