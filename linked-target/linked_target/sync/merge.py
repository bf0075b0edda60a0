"""The decisions of a three-way merge. Pure: no store, no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linked_target.records import property_of
from linked_target.values import Kind, is_empty, same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from linked_target.destination import Property
    from linked_target.records import Record

__all__ = ["Conflict", "Decision", "decide", "decide_match", "edits_between", "looks_alike"]


@dataclass(frozen=True)
class Conflict:
    """A property with different new values on both sides."""

    name: str
    source_value: Any
    destination_value: Any
    source_wins: bool | None
    """None: a person is to decide."""


@dataclass(frozen=True)
class Decision:
    """What to do with one record.

    Attributes:
        write: value by property that the destination shall get.
        agreed: properties whose values are equal on both sides already.
        returned: properties of which the destination's value shall go back to the source.
        conflicts: those that a policy had to decide, or that it leaves to a person.
    """

    write: dict[str, Any] = field(default_factory=dict)
    agreed: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def undecided(self) -> dict[str, Conflict]:
        """The conflicts that are left to a person, by property."""
        return {each.name: each for each in self.conflicts if each.source_wins is None}


def edits_between(
    properties: Mapping[str, Property],
    baseline: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    propagate_nulls: bool,
) -> dict[str, Any]:
    """The properties that a side edited since its baseline, with their new values.

    Properties that only count at creation are left out, and so is an emptied one unless nulls
    are to be propagated. Of a whole in parts all of them are given when one is edited; a part that
    is an empty text is no emptied property while another part has a value.
    """
    filled = {properties[name].part_of for name, value in now.items() if not is_empty(value)}
    wholes = filled - {None}
    stated = {
        name: value
        for name, value in now.items()
        if not properties[name].create_only
        and (
            propagate_nulls
            or not is_empty(value)
            or (value is not None and properties[name].part_of in wholes)
        )
    }
    edited = {
        name
        for name, value in stated.items()
        if not same_value(properties[name].kind, value, baseline.get(name))
    }
    edited_wholes = {properties[name].part_of for name in edited} & wholes
    return {
        name: value
        for name, value in stated.items()
        if name in edited or properties[name].part_of in edited_wholes
    }


def decide(
    properties: Mapping[str, Property],
    edits: Mapping[str, Any],
    baseline: Record,
    current: Record,
    source_wins: Callable[[str], bool | None],
    *,
    propagate_nulls: bool = False,
    disputed: Collection[str] = (),
) -> Decision:
    """Which edits of the source are written to a linked record of the destination.

    Args:
        properties: the destination's properties.
        edits: new value by property, in the destination's terms.
        baseline: the destination's record at the last agreement.
        current: the destination's record as just read.
        source_wins: policy, asked for each property that both sides edited.
        propagate_nulls: whether emptying a property counts as an edit.
        disputed: properties of which a conflict is open already, whatever the baseline says.
    """
    decision = Decision()
    for name, value in edits.items():
        kind = properties[name].kind
        there = property_of(current, name)
        if same_value(kind, value, there):
            decision.agreed.append(name)
        elif name not in disputed and (
            same_value(kind, there, property_of(baseline, name))
            or (is_empty(there) and not propagate_nulls)
        ):
            decision.write[name] = value
        else:
            wins = source_wins(name)
            decision.conflicts.append(Conflict(name, value, there, wins))
            if wins:
                decision.write[name] = value
    return decision


def decide_match(
    properties: Mapping[str, Property],
    values: Mapping[str, Any],
    current: Record,
    source_wins: Callable[[str], bool | None],
) -> Decision:
    """What two records that were just matched give to each other.

    They have no baseline: a value beats an empty one, two different values are a conflict.
    """
    decision = Decision()
    for name, value in values.items():
        if properties[name].create_only:
            continue
        there = property_of(current, name)
        if same_value(properties[name].kind, value, there):
            decision.agreed.append(name)
        elif is_empty(value):
            decision.returned.append(name)
        elif is_empty(there):
            decision.write[name] = value
        else:
            wins = source_wins(name)
            decision.conflicts.append(Conflict(name, value, there, wins))
            if wins:
                decision.write[name] = value
            elif wins is not None:
                decision.returned.append(name)
    return decision


def looks_alike(
    properties: Mapping[str, Property], values: Mapping[str, Any], record: Record
) -> bool:
    """Whether a record may have these values: no text that both state tells them apart.

    Instants, ids and references do not count: a server may set them in its own way.
    """
    return all(
        same_value(properties[name].kind, value, property_of(record, name))
        for name, value in values.items()
        if properties[name].kind in {Kind.TEXT, Kind.EMAIL, Kind.WEBSITE}
        and properties[name].references is None
        and not is_empty(property_of(record, name))
    )
