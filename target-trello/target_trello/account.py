"""The Trello account that is written to, with its own member remembered across runs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from singer_rest import computed_once
from tap_trello.account import Account

if TYPE_CHECKING:
    from linked_target import Facts
    from tap_trello.client import TrelloClient

__all__ = ["RememberingAccount"]


class RememberingAccount(Account):
    """An account that asks only once, not once per run, who owns the token.

    So a run that has nothing to write sends no request.

    Args:
        client: the API.
        facts: remembers the own member's id.
        token: the token; only a digest of it is remembered.
    """

    def __init__(self, client: TrelloClient, facts: Facts, token: str) -> None:
        super().__init__(client)
        digest = hashlib.sha256(token.encode()).hexdigest()[:16]
        self._facts = facts
        self._fact = f"own member at {client.base_url} of token {digest}"

    @computed_once
    def own_id(self) -> str:
        """Id of the owner of the token."""
        known = self._facts.get(self._fact)
        if known is None:
            known = super().own_id
            self._facts.set(self._fact, known)
        return known
