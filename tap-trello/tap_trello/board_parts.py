"""What the stream of actions keeps of each board in its state."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from singer_rest import StopRun

from tap_trello.board_actions import Position
from tap_trello.bookmarks import Bookmark
from tap_trello.counts import Count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping

    from tap_trello.rounds import Step

__all__ = ["BoardPart", "BoardParts", "plain_state_errors", "version_of"]

PARTITIONS, CONTEXT, BOARD = "partitions", "context", "idBoard"
COMMENTS, UNCOUNTED, SWEEP, ACTIVITY = "comments", "uncounted", "sweep", "activity"
MOST_UNCOUNTED = 10_000
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class BoardPart:
    """What is kept of a board.

    Attributes:
        position: how far it was read.
        activity: when something had happened there last before it was read to its end, if that is
            settled.
        sweep: number of the unfinished sweep that it was read in.
    """

    position: Position = field(default_factory=Position)
    activity: str | None = None
    sweep: int | None = None

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> BoardPart:
        """What `as_state` has written."""
        bookmark = Bookmark.of_state(state)
        count = Count.of_state(state.get(COMMENTS), bookmark.newest)
        position = Position(bookmark, count, frozenset(state.get(UNCOUNTED) or ()))
        activity, sweep = state.get(ACTIVITY), state.get(SWEEP)
        if not isinstance(activity, str | None):
            raise TypeError(f"{activity!r} is no time")
        return cls(position, activity, version_of(sweep))

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        position = self.position
        state = position.bookmark.as_state()
        if position.count is not None:
            state[COMMENTS] = position.count.as_state()
        if position.uncounted:
            state[UNCOUNTED] = sorted(position.uncounted)
        if self.activity is not None:
            state[ACTIVITY] = self.activity
        if self.sweep is not None:
            state[SWEEP] = self.sweep
        return state

    @property
    def is_read(self) -> bool:
        """Whether the board was read down to its end, or to where an earlier run had been."""
        return self.position != Position() and self.position.bookmark.gap is None

    def after(self, step: Step) -> BoardPart:
        """What is kept once the actions of a step are given."""
        position = self.position
        if step.bookmark is not None:
            position = replace(position, bookmark=step.bookmark)
        uncounted = position.uncounted.union(step.uncounted)
        if step.count is not None:
            position = replace(position, count=step.count, uncounted=frozenset())
        elif len(uncounted) > MOST_UNCOUNTED:  # if this run breaks off, all is read again
            position = replace(position, count=None, uncounted=frozenset())
        else:
            position = replace(position, uncounted=uncounted)
        return replace(self, position=position)

    def ended(
        self, activity: str | None, count: Count | None = None, uncounted: Iterable[str] = ()
    ) -> BoardPart:
        """What is kept once the board was read to its end.

        Args:
            activity: when something had happened there last, if that is settled.
            count: its comments; None where they are not counted.
            uncounted: ids of comments that were given and did not turn up in the count.
        """
        position = replace(self.position, count=count, uncounted=frozenset(uncounted))
        return replace(self, position=position, activity=activity)


class BoardParts:
    """The boards' parts of a stream's state. Each changes as a whole: a signal may come any time.

    Args:
        state: the stream's part of the state.
        replication_key: of the stream.

    Raises:
        StopRun: when the state was damaged.
    """

    def __init__(self, state: MutableMapping[str, Any], replication_key: str) -> None:
        self._state = state
        self._replication_key = replication_key
        with plain_state_errors():
            kept = state.get(PARTITIONS) or []
            self._places = {part[CONTEXT][BOARD]: place for place, part in enumerate(kept)}
            self._parts = {part[CONTEXT][BOARD]: BoardPart.of_state(part) for part in kept}

    def __iter__(self) -> Iterator[str]:
        """The ids of the boards."""
        return iter(list(self._parts))

    def __getitem__(self, board: str) -> BoardPart:
        """What is kept of a board; an empty part if nothing is."""
        return self._parts.get(board, BoardPart())

    def __setitem__(self, board: str, part: BoardPart) -> None:
        self._parts[board] = part
        kept = {CONTEXT: {BOARD: board}, **part.as_state()}
        if part.position.bookmark.newest.date is not None:
            kept["replication_key"] = self._replication_key
        partitions = self._state.setdefault(PARTITIONS, [])
        if board in self._places:
            partitions[self._places[board]] = kept
        else:
            self._places[board] = len(partitions)
            partitions.append(kept)

    @property
    def positions(self) -> dict[str, Position]:
        """How far each board was read."""
        return {board: part.position for board, part in self._parts.items()}

    def keep_only(self, boards: Collection[str]) -> None:
        """Forget all other boards."""
        kept = {board: part for board, part in self._parts.items() if board in boards}
        self._parts, self._places = {}, {}
        self._state[PARTITIONS] = []
        for board, part in kept.items():
            self[board] = part


@contextmanager
def plain_state_errors() -> Iterator[None]:
    """Tell in one line that what is read here of the state is damaged.

    Raises:
        StopRun: then.
    """
    try:
        yield
    except UNREADABLE as error:
        raise StopRun(
            "the state of the stream 'actions' can't be read "
            f"({type(error).__name__}: {error}); correct it, or run without state"
        ) from None


def version_of(value: Any) -> int | None:
    """A version as it was kept.

    Raises:
        TypeError: when it is none.
    """
    if not isinstance(value, int | None):
        raise TypeError(f"{value!r} is no version")
    return value
