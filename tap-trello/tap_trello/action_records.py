"""The form in which actions are given: as Trello tells them, or as their footers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_trello.records import TEXT, action_record, effective_action

if TYPE_CHECKING:
    from logging import Logger, LoggerAdapter

    from tap_trello.account import Account

__all__ = ["ActionRecords"]

Record = dict[str, Any]


class ActionRecords:
    """Makes records of actions.

    Args:
        account: tells whose footers count, and who the owners in them are.
        logger: told of footers that do not count though the target wrote them.
        read_footers: whether footers of trusted authors count.
    """

    def __init__(
        self, account: Account, logger: Logger | LoggerAdapter[Logger], *, read_footers: bool
    ) -> None:
        self._account = account
        self._logger = logger
        self._read_footers = read_footers
        self._warned_of: set[str] = set()

    def of(self, action: Record) -> Record:
        """The record of an action."""
        if not self._read_footers:
            return action_record(action)
        record = effective_action(action, self._account.trusted_ids, self._account.directory)
        if TEXT in record.get("unstated", ()):
            self._warn_of(action["idMemberCreator"])
        return record

    def _warn_of(self, author: str) -> None:
        if author not in self._warned_of:
            self._warned_of.add(author)
            self._logger.warning(
                "comments of member %s end with a footer as target-trello writes it, but "
                "member_tokens has no token of theirs: edits of these comments are not followed",
                author,
            )
