"""A value that is computed once, whichever threads ask for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["computed_once"]

T = TypeVar("T")


class computed_once(Generic[T]):  # noqa: N801 - written like `property`, which it resembles
    """A property that is computed by the first thread that reads it, while others wait for it.

    `functools.cached_property` computes a value in each of several threads (from Python 3.12 on),
    or lets all objects of a class wait for each other (before). An error is raised and not kept:
    the next thread that asks tries again. Two such properties of an object may use each other, as
    long as they don't do so in a circle.

    Args:
        compute: the method that computes it.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        """Compute it; from then on Python finds the value in the object itself."""
        if instance is None:
            return self
        values = instance.__dict__
        with values.setdefault(f"lock of {self._name}", threading.RLock()):
            if self._name not in values:
                values[self._name] = self._compute(instance)
        value: T = values[self._name]
        return value
