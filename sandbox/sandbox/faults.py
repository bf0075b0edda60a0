"""Failures on request: which ones are set, and which one a request meets."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Literal

import msgspec

Kind = Literal[
    "latency",
    "status",
    "status_after_commit",
    "drop_before",
    "drop_after_commit",
    "slow_body",
    "cut_body",
    "expire_token",
]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One failure.

    Attributes:
        kind: what happens; ``..._after_commit`` lets the request take effect first.
        system: whose requests it meets; both by default.
        method: a pattern that the whole method must match.
        path: a pattern found in the path, which starts with ``/trello/1`` or ``/crmoffice``.
        status: the status of the kinds that answer one.
        seconds: the pause of ``latency``, and the length of a ``slow_body``.
        retry_after: the value of that header, in seconds.
        count: how many requests it meets; without end by default.
        probability: the share of requests that it meets.
        seed: makes ``probability`` repeatable.
    """

    kind: Kind
    system: Literal["trello", "crmoffice"] | None = None
    method: str | None = None
    path: str | None = None
    status: int = 503
    seconds: float = 0.1
    retry_after: int | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a pattern that is none (ValueError)."""
        try:
            re.compile(self.method or "")
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"not a pattern: {error}") from error

    def concerns(self, system: str, method: str, path: str) -> bool:
        """Say whether a request is one of those the fault is for."""
        return (
            (self.count is None or self.count > 0)
            and self.system in {None, system}
            and (self.method is None or re.fullmatch(self.method, method) is not None)
            and (self.path is None or re.search(self.path, path) is not None)
        )


@dataclass
class Faults:
    """The faults that are set, in the order in which they are tried."""

    _set: list[tuple[Fault, random.Random]] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Set one more fault."""
        self._set.append((fault, random.Random(fault.seed)))  # noqa: S311 - repeatable on purpose

    def clear(self) -> None:
        """Remove all faults."""
        self._set.clear()

    def listed(self) -> list[Fault]:
        """Return the faults with their remaining counts."""
        return [fault for fault, _ in self._set]

    def met(self, system: str, method: str, path: str) -> list[Fault]:
        """Return what a request meets: every latency, and the first other fault."""
        met: list[Fault] = []
        for fault, dice in self._set:
            if not fault.concerns(system, method, path):
                continue
            taken = fault.kind != "latency" and any(each.kind != "latency" for each in met)
            if taken or dice.random() >= fault.probability:
                continue
            if fault.count is not None:
                fault.count -= 1
            met.append(fault)
        return met
