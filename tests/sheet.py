"""A source of a thousand records, some of which no API would take: a spreadsheet, say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Json = Any

TYPES = {
    "firms": dict.fromkeys(("id", "name", "web", "org", "mail", "phone"), "string"),
    "people": dict.fromkeys(("id", "given", "family", "mail", "firm"), "string"),
    "tasks": dict.fromkeys(("id", "row", "title", "when", "minutes", "card"), "string"),
}


@dataclass(frozen=True)
class Flaw:
    """What is wrong with some records.

    Attributes:
        stream: theirs.
        values: what they say instead of something sensible.
        words: what the error says, among other things.
    """

    stream: str
    values: dict[str, Json]
    words: str


@dataclass
class Sheet:
    """Records by stream; the same number of them has each flaw.

    Args:
        sizes: how many records each stream has.
        flaws: what is wrong.
        each: how many records have each flaw.
    """

    sizes: dict[str, int]
    flaws: list[Flaw]
    each: int
    records: dict[str, list[Json]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the records, and spoil some that lie far apart."""
        for stream, size in self.sizes.items():
            records = [record_of(stream, number) for number in range(size)]
            flaws = [flaw for flaw in self.flaws if flaw.stream == stream] * self.each
            for number, flaw in enumerate(flaws):
                records[number * size // len(flaws)].update(flaw.values)
            self.records[stream] = records

    def messages(self, key: str = "id") -> str:
        """What a tap writes that has read all of it; `key` is that of tasks, `id` or `row`."""
        lines = self._schemas(key)
        for stream, records in self.records.items():
            lines += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
        return _lines([*lines, {"type": "STATE", "value": {"read": "everything"}}])

    def no_news(self, key: str = "id") -> str:
        """What a tap writes that has nothing new to read."""
        return _lines([*self._schemas(key), {"type": "STATE", "value": {"read": "nothing new"}}])

    def _schemas(self, key: str) -> list[Json]:
        return [
            {
                "type": "SCHEMA",
                "stream": stream,
                "key_properties": [key if stream == "tasks" else "id"],
                "schema": {
                    "type": "object",
                    "properties": {name: {"type": [kind, "null"]} for name, kind in types.items()},
                },
            }
            for stream, types in TYPES.items()
        ]


def record_of(stream: str, number: int) -> Json:
    """A record without any flaw."""
    made: dict[str, Json] = {
        "firms": {"name": f"Firm {number}", "web": f"https://firm-{number}.example"},
        "people": {"given": "Kari", "family": f"Nr. {number}", "mail": f"kari{number}@a.example"},
        "tasks": {"title": f"Task {number}", "when": "2026-03-02T09:00:00Z", "minutes": "30"},
    }[stream]
    name = f"{stream}-{number}"
    return {"id": name, "row": name, **made}


def _lines(messages: list[Json]) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)
