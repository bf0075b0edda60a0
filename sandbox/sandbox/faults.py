"""Failures on request: which ones are set, and which one a request meets."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from sandbox.traffic import System, is_sign_in, is_write

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
Quota = Literal["token", "key", "member", "database"]

# What differs from run to run: the object ids, and the bookmark in a query.
_OBJECT_ID = re.compile(rb"[0-9a-f]{24}")
_TIME = re.compile(rb"\d{4}-\d{2}-\d{2}T[^&]*")
_DIGEST = 8


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One failure.

    Attributes:
        kind: what happens; ``..._after_commit`` lets the request take effect first.
        system: whose requests it meets; both by default.
        only: whether it meets reading or writing requests only; a sign-in is neither.
        method: a pattern that the whole method must match.
        path: a pattern found in the path, which starts with ``/trello/1`` or ``/crmoffice``.
        in_batch: it meets the routes inside Trello's batches instead of whole requests.
        status: the status of the kinds that answer one, with the body that the API sends for it.
        message: other words than the API's usual ones.
        property: what a 400 or 422 complains of.
        quota: which of Trello's quotas a 429 names.
        seconds: the pause of ``latency``, and the length of a ``slow_body``.
        retry_after: the value of that header, in seconds.
        after: how many requests pass before it meets the first.
        count: how many requests it meets; without end by default.
        probability: the share of requests that it meets.
        seed: makes ``probability`` repeatable.
    """

    kind: Kind
    system: System | None = None
    only: Literal["reads", "writes"] | None = None
    method: str | None = None
    path: str | None = None
    in_batch: bool = False
    status: int = 503
    message: str | None = None
    property: str | None = None
    quota: Quota = "token"
    seconds: float = 0.1
    retry_after: int | None = None
    after: int = 0
    count: int | None = None
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense (ValueError)."""
        try:
            re.compile(self.method or "")
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"not a pattern: {error}") from error
        if self.in_batch and self.kind != "status":
            raise ValueError("a route inside a batch can only answer a status")

    def concerns(self, asked: Asked) -> bool:
        """Say whether a request is one of those the fault is for."""
        return (
            (self.count is None or self.count > 0)
            and self.system in {None, asked.system}
            and self.in_batch == asked.in_batch
            and (self.only is None or self._is_kind_of(asked))
            and (self.method is None or re.fullmatch(self.method, asked.method) is not None)
            and (self.path is None or re.search(self.path, asked.path) is not None)
        )

    def _is_kind_of(self, asked: Asked) -> bool:
        if self.only == "writes":
            return is_write(asked.method, asked.path)
        return asked.method == "GET" and not is_sign_in(asked.path)


@dataclass(frozen=True)
class Asked:
    """A request as faults see it.

    Attributes:
        path: with ``/trello/1`` or ``/crmoffice`` in front.
        query: as it was sent.
        body: only read where a fault has a probability.
        in_batch: whether it is a route inside a batch.
    """

    system: System
    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    in_batch: bool = False

    @property
    def identity(self) -> bytes:
        """What equal requests of two runs have in common."""
        query = _TIME.sub(b"*", self.query)
        whole = b" ".join((self.method.encode(), self.path.encode(), query, self.body))
        return hashlib.blake2b(_OBJECT_ID.sub(b"*", whole), digest_size=_DIGEST).digest()


@dataclass
class _Set:
    """A fault that is set, and what it has seen."""

    fault: Fault
    passed: int = 0
    seen: Counter[bytes] = field(default_factory=Counter)

    def strikes(self, asked: Asked) -> bool:
        """Decide about one more request that the fault concerns."""
        if self.passed < self.fault.after:
            self.passed += 1
            return False
        if self.fault.probability >= 1 or self._draw(asked.identity) < self.fault.probability:
            if self.fault.count is not None:
                self.fault.count -= 1
            return True
        return False

    def _draw(self, identity: bytes) -> float:
        """Return 0 to 1, by the request and how often it has come, not by what came between.

        So requests in parallel meet the same faults in whichever order they arrive.
        """
        self.seen[identity] += 1
        drawn = f"{self.fault.seed} {self.seen[identity]} ".encode() + identity
        digest = hashlib.blake2b(drawn, digest_size=_DIGEST).digest()
        return float(int.from_bytes(digest, "big") / 256**_DIGEST)


@dataclass
class Faults:
    """The faults that are set, in the order in which they are tried."""

    _set: list[_Set] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Set one more fault."""
        self._set.append(_Set(fault))

    def clear(self) -> None:
        """Remove all faults."""
        self._set.clear()

    def listed(self) -> list[Fault]:
        """Return the faults with their remaining counts."""
        return [each.fault for each in self._set]

    def depend_on_body(self, asked: Asked) -> bool:
        """Say whether a request's body matters for what it meets."""
        return any(each.fault.probability < 1 and each.fault.concerns(asked) for each in self._set)

    def met(self, asked: Asked) -> list[Fault]:
        """Return what a request meets: every latency, and the first other fault."""
        met: list[Fault] = []
        for each in self._set:
            fault = each.fault
            taken = fault.kind != "latency" and any(one.kind != "latency" for one in met)
            if not taken and fault.concerns(asked) and each.strikes(asked):
                met.append(fault)
        return met
