"""The members that can be told by id or username."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Directory"]


class Directory:
    """Members by id and by username; they are loaded when the first one is asked for.

    Args:
        load: gives all members.
    """

    def __init__(self, load: Callable[[], Iterable[dict[str, Any]]]) -> None:
        self._load = load

    def by_id(self, member_id: str) -> dict[str, Any] | None:
        """The member with this id."""
        return self._by_id.get(member_id)

    def by_username(self, username: str) -> dict[str, Any] | None:
        """The member with this username; case does not matter."""
        return self._by_username.get(username.lower())

    def add(self, member: dict[str, Any]) -> None:
        """Take in a new member, or one that has changed."""
        self._by_id[member["id"]] = member
        self._by_username[member["username"].lower()] = member

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Any]]:
        return {member["id"]: member for member in self._load()}

    @cached_property
    def _by_username(self) -> dict[str, dict[str, Any]]:
        return {member["username"].lower(): member for member in self._by_id.values()}
