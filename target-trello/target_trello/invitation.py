"""Telling which member an invitation has led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linked_target import Kind, PartnerTaken, same_value
from singer_rest import RecordRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target import Record

__all__ = ["invited_member"]


def invited_member(
    answer: Record,
    before: Mapping[str, Record],
    after: Mapping[str, Record],
    full_name: str | None,
) -> Record:
    """The member that was invited.

    Trello answers with the member itself, or with the workspace and all its members, in which case
    it is told by who is new, or by the name where the person had been invited before.

    Args:
        answer: Trello's answer to the invitation.
        before: members of the workspace by id, before.
        after: members of the workspace by id, after.
        full_name: the name that was given to the invited person.

    Raises:
        PartnerTaken: when nobody is new, and nobody there bears the name.
        RecordRefused: when it can't be told for certain.
    """
    if "members" not in answer and answer.get("id") in after:
        return after[answer["id"]]
    new = [member for member_id, member in after.items() if member_id not in before]
    unconfirmed = [member for member in after.values() if member.get("memberType") == "ghost"]
    for found in (named(full_name, new), new, named(full_name, unconfirmed)):
        if len(found) == 1:
            return found[0]
    if not new:
        raise PartnerTaken("somebody in the workspace; Trello does not tell whom")
    raise RecordRefused(
        "Trello took the invitation but does not tell which member it is for; link it by hand, or "
        "try again once the person has confirmed"
    )


def named(full_name: str | None, members: list[Record]) -> list[Record]:
    """Those of the members who bear a name."""
    if not full_name:
        return []
    return [each for each in members if same_value(Kind.TEXT, each.get("fullName"), full_name)]
