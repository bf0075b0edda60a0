"""As whom comments are written, edited and deleted: it decides whose comments they are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from singer_rest import NotFound, OutcomeUnknown, RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from linked_target import Record
    from tap_trello.account import Account
    from tap_trello.client import TrelloClient

__all__ = ["Authors", "action_in", "author_of", "no_token_of"]

NO_ACCESS = frozenset({401, 403, 404})
OF_ACTIONS = frozenset({"id", "type", "date", "data", "idMemberCreator"})

logger = logging.getLogger(__name__)


class Authors:
    """Acts as members whose tokens are known, else as the integration.

    Args:
        account: the account that writes.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = account.client

    def writer(self, member_id: str) -> str:
        """Whose quota counts what is written for a member: theirs, or the integration's ("")."""
        client = self._client.of_member(member_id)
        return "" if client is None or client is self._client else member_id

    def may_write_as(self, member_id: str) -> bool:
        """Whether new comments can be this member's own."""
        client = self._client.of_member(member_id)
        return client is not None and not client.sign_in_refused

    def may_edit(self, record: Record) -> bool:
        """Whether the token of a comment's author is known: nobody else may edit it."""
        return self._editor(record) is not None

    def post(
        self,
        card: str,
        text: str,
        owner: Record | None,
        admit: Callable[[str], bool] | None = None,
    ) -> Record:
        """Write a comment as its owner; as the integration where that is not possible.

        Args:
            card: the card.
            text: the comment.
            owner: the owner.
            admit: lets a member write on that card's board, if that is ours to decide.

        Raises:
            RecordRefused: when nobody may.
            OutcomeUnknown: when it may have been written; it is never sent twice.
        """
        client = self._client.of_member(owner["id"]) if owner else None
        if client is None or owner is None or client.sign_in_refused:
            return new_comment(self._client, card, text)
        try:
            return new_comment(client, card, text)
        except RecordRefused as refusal:
            if refusal.status not in NO_ACCESS:
                raise
            reason = refusal
        if admit is not None and not client.sign_in_refused and admit(owner["id"]):
            try:
                return new_comment(client, card, text)
            except RecordRefused as refusal:
                reason = refusal
        logger.warning("@%s can't write, so the integration does: %s", owner["username"], reason)
        return new_comment(self._client, card, text)

    def edit(self, record: Record, text: str) -> Record | None:
        """Change a comment as its author; the API's answer, or None if it has no comment in it.

        Raises:
            RecordRefused: when the author's token is not known, or refused.
        """
        client = self._editor(record)
        if client is None:
            raise RecordRefused(no_token_of(record))
        if client.sign_in_refused:
            raise RecordRefused(f"Trello refuses the token of {author_of(record)} in this run")
        path = f"/actions/{record['id']}"
        return action_in(client.request("PUT", path, json={"text": text}, repeatable=True))

    def delete(self, record: Record) -> None:
        """Delete a comment as its author, else as the integration, which may administer the board.

        Raises:
            RecordRefused: when neither may.
        """
        editor = self._editor(record)
        refusal = refusal_to_delete(editor, record) if editor else None
        if editor is None or (editor is not self._client and refusal is not None):
            refusal = refusal_to_delete(self._client, record)
        if refusal is not None and not isinstance(refusal, NotFound):
            raise refusal

    def _editor(self, record: Record) -> TrelloClient | None:
        author = record["idMemberCreator"]
        client = self._client.of_member(author)
        if client is None and author == self._account.own_id:
            return self._client
        return client


def refusal_to_delete(client: TrelloClient, record: Record) -> RecordRefused | None:
    """Delete a comment; return why this member may not, or why it is not there for this member.

    Raises:
        RecordRefused: for any other reason.
    """
    try:
        client.request("DELETE", f"/actions/{record['id']}", repeatable=True)
    except RecordRefused as refusal:
        if refusal.status not in NO_ACCESS:
            raise
        return refusal
    return None


def new_comment(client: TrelloClient, card: str, text: str) -> Record:
    """Post a comment; never twice."""
    path = f"/cards/{card}/actions/comments"
    comment = action_in(client.request("POST", path, json={"text": text}))
    if comment is None:
        raise OutcomeUnknown(f"Trello answers POST {path} without the new comment")
    return comment


def action_in(answer: Any) -> Record | None:
    """The action that an answer consists of; None if it is something else."""
    return answer if isinstance(answer, dict) and answer.keys() >= OF_ACTIONS else None


def author_of(record: Record) -> str:
    """The username of who really wrote a comment, else the id."""
    author, shown = record["idMemberCreator"], record.get("memberCreator") or {}
    return f"@{shown['username']}" if shown.get("id") == author else str(author)


def no_token_of(record: Record) -> str:
    """Why a comment can't be edited."""
    return f"only its author may edit a comment, and no token of {author_of(record)} is set"
