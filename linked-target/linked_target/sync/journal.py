"""What a run does, step by step: a dry run tells it instead, a real one keeps it in the history."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from singer_rest import SettingError

from linked_target.records import property_of
from linked_target.store.history import Event, History, forget_events
from linked_target.store.runs import record_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.records import Record
    from linked_target.store.link import StreamPair
    from linked_target.store.runs import Run
    from linked_target.store.transactions import Transactions

__all__ = ["Journal", "Kept", "Plan", "Step", "changes_of"]

Changes = dict[str, tuple[Any, Any]]

logger = logging.getLogger(__name__)


class Step(NamedTuple):
    """One thing that a run does or decides about one record.

    Attributes:
        action: create, match, update, hold, conflict, wait, orphan, unlink, delete or fail.
        stream: the source's stream and the destination's, joined by " to ".
        source_id: id of the source's record.
        destination_id: id of its partner, if it has one already.
        changes: for each property the values before and after; of a conflict those of the source
            and the destination.
        detail: why, or who wins.
        mail_to: of a creation that makes the destination send a mail, to which address.
    """

    action: str
    stream: str
    source_id: str
    destination_id: str | None = None
    changes: Changes = {}  # noqa: RUF012 - a tuple's default; nobody changes it
    detail: str | None = None
    mail_to: str | None = None

    def told(self) -> str:
        """The step on one line, for people."""
        partner = f" with {self.destination_id}" if self.destination_id else ""
        changes = "; ".join(
            f"{name}: {before!r} -> {after!r}" for name, (before, after) in self.changes.items()
        )
        detail = f" ({self.detail})" if self.detail else ""
        colon = ": " if changes else ""
        return f"{self.action} {self.stream} {self.source_id}{partner}{colon}{changes}{detail}"


class Journal(ABC):
    """Takes the steps of a run, as they are taken."""

    def note(
        self,
        action: str,
        pair: StreamPair,
        source_id: str,
        destination_id: str | None = None,
        *,
        changes: Changes | None = None,
        detail: str | None = None,
        mail_to: str | None = None,
    ) -> None:
        """Note one step; see `Step`."""
        stream = f"{pair.source} to {pair.destination}"
        step = Step(action, stream, source_id, destination_id, changes or {}, detail, mail_to)
        self.take(pair, step)

    @abstractmethod
    def take(self, pair: StreamPair, step: Step) -> None:
        """Take one step of a pair of streams."""

    @abstractmethod
    def end(self, run: Run) -> None:
        """Take what a run did as a whole, once it has come to its end."""


class Kept(Journal):
    """Keeps the steps of a real run in the history.

    Args:
        transactions: of the link store.
        program: name of the target.
        systems: names of the system that records come from, and of the one that they go to.
        days: how many days of history are kept.
    """

    def __init__(
        self, transactions: Transactions, *, program: str, systems: tuple[str, str], days: int
    ) -> None:
        self._transactions = transactions
        self._history = History(transactions)
        self._program = program
        self._systems = systems
        self._days = days

    def take(self, pair: StreamPair, step: Step) -> None:
        """Keep a step."""
        self._history.note(
            Event(
                datetime.now(timezone.utc),
                self._program,
                step.action,
                *self._systems,
                *pair,
                step.source_id,
                step.destination_id,
                step.changes,
                f"a mail went to {step.mail_to}" if step.mail_to else step.detail,
            )
        )

    def end(self, run: Run) -> None:
        """Keep the run, and forget history that is too old."""
        record_run(self._transactions.engine, run)
        with self._transactions.begin() as connection:
            forget_events(connection, self._days)


class Plan(Journal):
    """Tells the steps of a dry run.

    Args:
        path: file for the steps as JSON lines; it is written anew.

    Raises:
        SettingError: when the file can't be written.
    """

    def __init__(self, path: str | None = None) -> None:
        self._path = Path(path) if path else None
        if self._path is not None:
            try:
                self._path.touch(mode=0o600)  # it shows people's data
                self._path.write_bytes(b"")
            except OSError as error:
                raise SettingError(
                    f"setting 'plan_file': {path} can't be written: {error.strerror}"
                ) from None

    def take(self, pair: StreamPair, step: Step) -> None:
        """Tell a step."""
        del pair
        if step.action == "create":  # the partner has no id yet
            step = step._replace(destination_id=None)
        logger.info("would %s", step.told())
        self._write(step._asdict())

    def end(self, run: Run) -> None:
        """Write the counts, as the file's last line."""
        self._write({"run": msgspec.to_builtins(run)})

    def _write(self, line: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")


def changes_of(record: Record, values: Mapping[str, Any]) -> Changes:
    """The values before and after, for properties of a record that get new values."""
    return {name: (property_of(record, name), value) for name, value in values.items()}
