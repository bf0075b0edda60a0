"""What one record's sync asks of the destination, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from linked_target.destination import DestinationStream

__all__ = ["AnySteps", "Call", "Read", "Request", "Steps", "Write"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Call:
    """Something that may send requests, and changes nothing.

    Attributes:
        action: is called in a worker thread; its result or error goes back to the generator.
        writer: whose quota it counts against.
        alone: of those with the same text the next begins when this one's generator has gone on.
        beside: it does not begin while one that is `alone` with this text goes on, nor that while
            this one does.
    """

    action: Callable[[], Any]
    writer: str = ""
    alone: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Write(Call):
    """A call that changes the destination; a dry run takes its draft for the answer.

    Attributes:
        draft: makes the answer up, without a request.
    """

    draft: Callable[[], Any] = lambda: None


@dataclass(frozen=True)
class Read:
    """One record of the destination, read together with others.

    The generator gets the record, or a RecordRefused (NotFound) is raised in it.
    """

    stream: DestinationStream
    record_id: str


Request: TypeAlias = "Call | Read"
Steps: TypeAlias = "Generator[Request, Any, Result]"
AnySteps: TypeAlias = "Generator[Request, Any, Any]"
