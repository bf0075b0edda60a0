"""The members who own records, by id or username."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING

from singer_rest import RecordRefused
from tap_trello.records import member_record

if TYPE_CHECKING:
    from linked_target import Record
    from tap_trello.account import Account

__all__ = ["Owners"]


class Owners:
    """Looks members up, also those outside the account's workspaces and boards.

    The quota for single members is narrow, so nobody is asked for twice in a run.

    Args:
        account: the account that looks.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._refused: dict[str, RecordRefused] = {}
        self._asking = threading.Lock()

    def named(self, name: str) -> Record:
        """The member with an id or username.

        Raises:
            NotFound: when there is none.
        """
        directory = self._account.directory
        found = directory.by_id(name) or directory.by_username(name)
        return found or self._stranger(name)

    def known(self, name: str) -> Record:
        """The same without a request: whom this run has not met yet is told by the name alone.

        Raises:
            RecordRefused: when this run has asked already, and there is none.
        """
        self._raise_refused(name)
        return self._account.directory.known(name) or {"id": name, "username": name}

    def _stranger(self, name: str) -> Record:
        directory = self._account.directory
        with self._asking:
            self._raise_refused(name)
            known = directory.known(name)
            if known is not None:
                return known
            try:
                found = self._account.client.get(f"/members/{name}", {"fields": "all"})
            except RecordRefused as refusal:
                self._refused[name] = refusal
                raise
            member = member_record(found, self._account.own_id)
            directory.add(member)
            return member

    def _raise_refused(self, name: str) -> None:
        if name in self._refused:
            raise copy.copy(self._refused[name])
