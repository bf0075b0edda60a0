"""Reading what dry runs have planned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from singer_rest import PluginError

from linked_target.store.runs import Run
from linked_target.sync.journal import Step

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COUNTS", "Planned", "read_plan"]

COUNTS = {
    "create": "created",
    "match": "matched",
    "update": "updated",
    "hold": "held",
    "conflict": None,
    "delete": "deleted",
    "orphan": "orphaned",
    "unlinked": "unlinked",
    "refuse": "failed",
    "unchanged": "unchanged",
}
"""By column of a plan the run's count; None: the records with such a step are counted."""
NOTABLE = ("fail", "conflict", "hold", "delete", "orphan", "unlink", "match", "update", "create")
"""What is shown first."""


@dataclass(frozen=True)
class Planned:
    """What a dry run of one direction has planned.

    Attributes:
        run: what it did as a whole.
        steps: what a real run would do.
    """

    run: Run
    steps: list[Step]

    @property
    def name(self) -> str:
        """The direction in words."""
        return f"{self.run.source} to {self.run.destination}"

    def counts(self) -> list[dict[str, Any]]:
        """By pair of streams: how many records would be created, matched and so on."""
        conflicts = {(step.stream, step.source_id) for step in self._of("conflict")}
        disputed = Counter(stream for stream, _ in conflicts)
        rows = []
        for stream in self.run.streams:
            name = f"{stream.source_stream} to {stream.destination_stream}"
            told = {
                column: disputed[name] if count is None else stream.counts.get(count, 0)
                for column, count in COUNTS.items()
            }
            rows.append({"stream": name, "read": stream.counts.get("read", 0), **told})
        return rows

    def first_steps(self, stream: str, most: int) -> list[Step]:
        """The steps of a pair of streams, what needs a look first; of each kind so many at most."""
        own = [step for step in self.steps if step.stream == stream]
        return [
            step
            for action in NOTABLE
            for step in [each for each in own if each.action == action][:most]
        ]

    @property
    def mails(self) -> list[str]:
        """The addresses that mails would go to, each once."""
        return list(dict.fromkeys(step.mail_to for step in self.steps if step.mail_to))

    def _of(self, action: str) -> list[Step]:
        return [step for step in self.steps if step.action == action]


def read_plan(path: Path) -> Planned:
    """Read a file that the setting `plan_file` named.

    Raises:
        PluginError: when it can't be read, is none, or its dry run has not come to its end.
    """
    steps: list[Step] = []
    try:
        with path.open("rb") as lines:
            for line in filter(bytes.strip, lines):
                told = msgspec.json.decode(line)
                if "run" in told:
                    return Planned(msgspec.convert(told["run"], Run), steps)
                changes = {name: (old, new) for name, (old, new) in told["changes"].items()}
                steps.append(Step(**{**told, "changes": changes}))
    except OSError as error:
        raise PluginError(
            f"{path} can't be read: {error.strerror}; meltano run plan writes it"
        ) from None
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise PluginError(f"{path} is no plan: {error}") from None
    raise PluginError(f"the dry run that wrote {path} has not come to its end; see its log")
