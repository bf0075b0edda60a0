"""The members that can be told by id or username."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from singer_rest import computed_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Directory"]

Member = dict[str, Any]


class Directory:
    """Members by id and by username; they are loaded when the first one is asked for.

    Any number of threads may share it.

    Args:
        load: gives all members.
    """

    def __init__(self, load: Callable[[], Iterable[Member]]) -> None:
        self._load = load
        self._by_id: dict[str, Member] = {}
        self._by_username: dict[str, Member] = {}
        self._changing = threading.Lock()

    def by_id(self, member_id: str) -> Member | None:
        """The member with this id."""
        found = self._by_id.get(member_id)
        return self._by_id.get(member_id) if found is None and self._loaded else found

    def by_username(self, username: str) -> Member | None:
        """The member with this username; case does not matter."""
        name = username.lower()
        found = self._by_username.get(name)
        return self._by_username.get(name) if found is None and self._loaded else found

    def known(self, name: str) -> Member | None:
        """The member with this id or username, as far as that is known without loading any."""
        return self._by_id.get(name) or self._by_username.get(name.lower())

    def add(self, member: Member) -> None:
        """Take in a new member, or one that has changed."""
        with self._changing:
            self._put(member)

    @computed_once
    def _loaded(self) -> bool:
        """Whether all members are in; those that were added before are the newer ones."""
        members = list(self._load())
        with self._changing:
            for member in members:
                if member["id"] not in self._by_id:
                    self._put(member)
        return True

    def _put(self, member: Member) -> None:
        before = self._by_id.get(member["id"])
        if before is not None and username_of(before) != username_of(member):
            self._by_username.pop(username_of(before), None)
        self._by_id[member["id"]] = member
        if username_of(member):
            self._by_username[username_of(member)] = member


def username_of(member: Member) -> str:
    """A member's username, whose case does not matter; empty if there is none."""
    return (member.get("username") or "").lower()
