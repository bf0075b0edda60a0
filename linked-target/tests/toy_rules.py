"""The settings of the sync in the terms of users."""

from __future__ import annotations

from typing import Any, NamedTuple

from toy_terms import NAMES, SIDES, STREAMS


class Rules(NamedTuple):
    """Who wins, what is deleted, and what is created."""

    policy: str | dict[tuple[str, str], str] = "crmoffice"
    propagate_nulls: bool = False
    on_delete: str = "keep"
    create: tuple[bool, ...] = (True, True, True, True)
    """For companies and activities of CRMOffice, then of Trello."""

    def winner(self, kind: str, name: str) -> str:
        if isinstance(self.policy, str):
            return self.policy
        return self.policy.get((kind, name), "crmoffice")

    def creates(self, side: str) -> dict[str, bool]:
        first = 2 * SIDES.index(side)
        return dict(zip(STREAMS, self.create[first : first + 2], strict=True))

    def settings(self) -> dict[str, Any]:
        """As a target gets them; each property is named in both terms."""
        policy: Any = self.policy
        if not isinstance(policy, str):
            policy = {}
            for (kind, name), winner in self.policy.items():  # type: ignore[union-attr]
                for side in SIDES:
                    by_name = policy.setdefault(STREAMS[kind][side], {})
                    by_name |= dict.fromkeys(NAMES[kind][name].values(), winner)
        return {
            "conflict_policy": policy,
            "propagate_nulls": self.propagate_nulls,
            "on_delete": self.on_delete,
        }
