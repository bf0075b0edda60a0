"""The SDK sink of one pair of streams."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import BatchSink
from singer_sdk.sinks.core import BaseJSONSchemaValidator, JSONSchemaValidator
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

if TYPE_CHECKING:
    from linked_target.records import Record
    from linked_target.sync.stream import StreamSync

__all__ = ["BATCH_SIZE", "LinkedSink"]

BATCH_SIZE = 500


class LinkedSink(BatchSink):
    """Collects raw records; they are mapped only if they differ from their baseline."""

    MAX_SIZE_DEFAULT = BATCH_SIZE
    sync: StreamSync
    version: int | None = None
    """Version of the full read that the current batch belongs to, if any."""

    def get_validator(self) -> JSONSchemaValidator | None:
        """What `check` asks; None where records are not to be validated."""
        return MappedValidator(self.schema) if self.validate_schema else None

    @cached_property
    def max_size(self) -> int:  # asked for with each record
        """Records per batch; look-ups in the link store are made for a whole batch at once."""
        return min(super().max_size, BATCH_SIZE)

    def add(self, record: Record) -> None:
        """Take a raw record into the current batch."""
        self.tally_record_read()
        self.process_record(record, self._get_context(record))

    def check(self, record: Record) -> None:
        """Validate a mapped record.

        Raises:
            InvalidRecord: when it does not match the mapped schema.
        """
        if self._validator is not None:
            self._validator.validate(record)

    def process_batch(self, context: dict[str, Any]) -> None:
        """Sync the batch."""
        records = context.get("records", [])
        self.record_counter_metric.increment(len(records))
        self.sync.write(records, self.version)


class MappedValidator(JSONSchemaValidator):
    """Validates mapped records; the schema they are mapped from was checked when it arrived."""

    def __init__(self, schema: dict[str, Any]) -> None:
        BaseJSONSchemaValidator.__init__(self, schema)
        self.validator = DEFAULT_JSONSCHEMA_VALIDATOR(schema)
