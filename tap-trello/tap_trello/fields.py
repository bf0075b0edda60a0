"""Which fields of its records a stream asks Trello for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from singer_sdk import Stream

__all__ = ["ALL_FIELDS", "Fields", "selected_fields"]


@dataclass(frozen=True)
class Fields:
    """Names of fields.

    Attributes:
        names: the fields; None for all, also those that are in no schema.
    """

    names: frozenset[str] | None = None

    @property
    def parameter(self) -> str:
        """The value of Trello's parameter `fields`."""
        return "all" if self.names is None else ",".join(sorted(self.names))

    def and_also(self, *names: str) -> Fields:
        """These fields and others."""
        return self if self.names is None else Fields(self.names | set(names))


ALL_FIELDS = Fields()


def selected_fields(stream: Stream) -> Fields:
    """The fields of a stream that the catalog selects.

    All of them if none is deselected: then what Trello adds comes along, too.
    """
    names = stream.schema["properties"]
    selected = {name for name in names if stream.mask["properties", name]}
    return ALL_FIELDS if len(selected) == len(names) else Fields(frozenset(selected))
