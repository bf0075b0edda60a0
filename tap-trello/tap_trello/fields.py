"""Which fields of its records a stream asks Trello for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from singer_sdk import Stream

__all__ = ["ALL_FIELDS", "Fields", "actions_query", "selected_fields"]

NEEDED_OF_ACTIONS = ("type", "date", "data", "idMemberCreator")
PEOPLE = frozenset({"memberCreator", "member"})  # which have parameters of their own


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


def selected_fields(stream: Stream, added: Collection[str] = ()) -> Fields:
    """The fields of a stream that the catalog selects.

    All of them if none is deselected: then what Trello adds comes along, too.

    Args:
        stream: the stream.
        added: properties that Trello does not know: the tap adds them.
    """
    names = stream.schema["properties"].keys() - set(added)
    selected = {name for name in names if stream.mask["properties", name]}
    return ALL_FIELDS if selected == names else Fields(frozenset(selected))


def actions_query(fields: Fields) -> dict[str, str]:
    """What a feed is to tell of its actions; nothing if that is all."""
    names = fields.and_also(*NEEDED_OF_ACTIONS).names
    if names is None:
        return {}
    people = dict.fromkeys(sorted(PEOPLE - names), "false")
    return {"fields": ",".join(sorted(names - PEOPLE)), **people}
