"""Singer targets that keep records of two systems in step."""

from __future__ import annotations

from linked_target.destination import DestinationStream, Intent, PartnerTaken, Property
from linked_target.records import Record, property_of, with_property
from linked_target.settings import linked_settings
from linked_target.store.facts import Facts
from linked_target.target import LinkedTarget, RecordsFailed
from linked_target.values import Kind, has_scheme, is_empty, parse_instant, same_value

__all__ = [
    "DestinationStream",
    "Facts",
    "Intent",
    "Kind",
    "LinkedTarget",
    "PartnerTaken",
    "Property",
    "Record",
    "RecordsFailed",
    "has_scheme",
    "is_empty",
    "linked_settings",
    "parse_instant",
    "property_of",
    "same_value",
    "with_property",
]
