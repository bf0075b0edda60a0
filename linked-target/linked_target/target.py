"""A Singer target whose records are linked with those of its source."""

from __future__ import annotations

import signal
from abc import abstractmethod
from contextlib import ExitStack, nullcontext
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import PlainErrors, SettingError, StopRun
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.sinks.core import JSONSchemaValidator
from singer_sdk.target_base import Target

from linked_target.assembly import open_direction, stream_link
from linked_target.maps import RecordMap, check_set_names, idle_maps, unknown_names
from linked_target.reader import MessageReader
from linked_target.settings import check_streams
from linked_target.sink import LinkedSink
from linked_target.store.database import open_store
from linked_target.store.facts import Facts
from linked_target.store.links import StreamPair
from linked_target.store.run_lock import RunLock
from linked_target.store.store_copy import copy_store
from linked_target.summary import RecordsFailed, note_stop, sum_up
from linked_target.sync.deletions import part_from_deleted
from linked_target.sync.driver import StopSignal
from linked_target.sync.stream import StreamSync

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType
    from typing import IO

    from singer_rest import RestClient
    from singer_sdk.mapper import StreamMap
    from sqlalchemy.engine import Engine

    from linked_target.destination import DestinationStream
    from linked_target.sync.direction import Direction

__all__ = ["LinkedTarget", "RecordsFailed"]


class LinkedTarget(PlainErrors, Target):
    """Base of the targets here; a subclass says what it writes to."""

    system: ClassVar[str]
    """Name of the destination."""
    default_references: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """By destination stream and property, the source stream whose ids it holds."""
    default_reference_keys: ClassVar[Mapping[str, Sequence[str]]] = {}
    """By source stream, further properties by which its records are referred to."""
    user_streams: ClassVar[tuple[str, str] | None] = None
    """Source and destination stream whose pairs `user_map` pins, if it has users."""
    user_map_inverted: ClassVar[bool] = False
    default_edited_at: ClassVar[Mapping[str, str]] = {}
    """By source stream, the property with the time of a record's last edit."""

    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]
    message_reader_class = MessageReader
    default_sink_class = LinkedSink

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_parallelism = 1  # streams are written in order: parents first
        self.started_at = datetime.now(timezone.utc)
        self.client: RestClient | None = None  # whose requests count; `open_streams` sets it
        self._sinks_of: dict[str, list[LinkedSink]] = {}
        self._schemas: dict[str, tuple[Any, Any]] = {}

    @abstractmethod
    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        """The destination's streams in the order in which they are synced, parents first.

        Raises:
            SettingError: when settings make no sense together.
        """

    @cached_property
    def engine(self) -> Engine:
        """The open link store; of a dry run a copy of it."""
        url = self.config["links_url"]
        return copy_store(url) if self.config["dry_run"] else open_store(url)

    @cached_property
    def direction(self) -> Direction:
        """What the streams share in this run."""
        return open_direction(self, self.engine)

    @cached_property
    def streams(self) -> dict[str, DestinationStream]:
        """The destination's streams by name."""
        facts = Facts(self.direction.links.transactions)
        streams = {stream.name: stream for stream in self.open_streams(facts)}
        check_streams(self.config, streams)
        return streams

    def listen(self, file_input: IO[str] | None = None) -> None:  # type: ignore[misc]
        """Sync what arrives on standard input, while no other run uses the link store.

        Final for the SDK, which has no other place around the whole input.

        Raises:
            PluginError: when the run can't begin or go on, or at its end when records failed.
        """
        with ExitStack() as stack:
            stack.callback(self.direction.driver.close)
            stack.enter_context(self._lock())
            try:
                super().listen(file_input)
            except BaseException as error:
                if not isinstance(error, RecordsFailed):
                    note_stop(self, [sink.sync for sink in self._ordered_sinks()])
                if isinstance(error, StopSignal):
                    raise StopRun(str(error)) from None
                raise

    def _lock(self) -> AbstractContextManager[Any]:
        if self.config["dry_run"]:
            return nullcontext()
        lock = RunLock(
            self.engine,
            systems=(self.config["source"], self.system),
            direction=self.system,
            shard=self.config.get("shard"),
            started_at=self.started_at,
            program=self.name,
        )
        self.direction.links.transactions.guard = lock.check
        return lock

    def process_endofpipe(self) -> None:
        """Write the last batches and what had to wait, tell STATE, sum up.

        Raises:
            PluginError: when the run can't go on.
            RecordsFailed: when records failed and `on_error` is `fail`.
        """
        sinks = self._ordered_sinks()
        for sink in sinks:
            self.drain_one(sink)
        syncs = [sink.sync for sink in sinks]
        self.direction.creations.count_anew()
        for sync in syncs:
            sync.sort_out()
        self.direction.creations.decide()
        for sync in syncs:
            sync.finish()
        part_from_deleted(syncs, self.config["source"], self.config["max_deletes"])
        super().process_endofpipe()
        for name in idle_maps(self.config.get("stream_maps") or {}, self._schemas):
            self.logger.warning("stream_maps has '%s', but no such stream arrived", name)
        sum_up(self, syncs)

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "schema"})
        self._assert_line_requires(message_dict["schema"], requires={"properties"})
        stream, schema = message_dict["stream"], message_dict["schema"]
        keys = message_dict.get("key_properties") or []
        if self._schemas.get(stream) == (schema, keys):
            return
        JSONSchemaValidator(schema)
        undeclared = unknown_names(self.config.get("stream_maps") or {}, stream, schema)
        for sink in self._sinks_of.get(stream, []):
            self.drain_one(sink)
        self._schemas[stream] = (schema, keys)
        self.mapper.register_raw_stream_schema(stream, schema, keys)
        maps = self.mapper.stream_maps[stream]
        sinks = [self._open_sink(stream, each, schema, keys, undeclared) for each in maps]
        self._sinks_of[stream] = sorted((sink for sink in sinks if sink), key=self._priority)
        ordered = sorted(self._sinks_active.items(), key=lambda item: self._priority(item[1]))
        self._sinks_active = dict(ordered)

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        sinks = self._sinks_of.get(message_dict["stream"])
        if sinks is None:
            raise RecordsWithoutSchemaException(
                f"a record of stream '{message_dict['stream']}' came before its schema"
            )
        if not sinks:
            self._check_key(message_dict)
        version = message_dict.get("version")
        for sink in sinks:
            if version != sink.version:
                self.drain_one(sink)
                sink.version = version
            sink.add(message_dict["record"])
        if sinks and sinks[0].is_full:
            self._drain_up_to(sinks[-1])
            self._handle_max_record_age()

    def _drain_up_to(self, last: LinkedSink) -> None:
        """Write the batches of a sink and of all before it: what it refers to is linked then."""
        for sink in self._ordered_sinks():
            if self._priority(sink) <= self._priority(last):
                self.drain_one(sink)

    def _check_key(self, message_dict: dict[str, Any]) -> None:
        """Refuse the output of a broken tap, even for streams that nobody wants.

        Raises:
            MissingKeyPropertiesError: when a record lacks its stream's key.
        """
        stream = message_dict["stream"]
        missing = [key for key in self._schemas[stream][1] if key not in message_dict["record"]]
        if missing:
            raise MissingKeyPropertiesError(f"a record of '{stream}' lacks {', '.join(missing)}")

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop without STATE: the batch that the signal interrupts is written in part only."""
        del frame
        name = signal.Signals(signum).name
        self.direction.driver.stop(StopSignal(f"stopped by {name}; the next run goes on from here"))

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Note that a full read of a stream is complete: what did not come is gone."""
        for sink in self._sinks_of.get(message_dict["stream"], []):
            self.drain_one(sink)
            sink.sync.deletions.activate(message_dict["version"])

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Tell STATE, unless nothing was done."""
        if not self.config["dry_run"]:
            super()._write_state_message(state)

    def _open_sink(
        self,
        source_stream: str,
        stream_map: StreamMap,
        schema: dict[str, Any],
        keys: list[str],
        undeclared: set[str],
    ) -> LinkedSink | None:
        if isinstance(stream_map, RemoveRecordTransform):
            return None
        pair = StreamPair(source_stream, stream_map.stream_alias)
        stream = self.streams.get(pair.destination)
        if stream is None:
            self._pass_over(pair)
            return None
        stream_maps = self.config.get("stream_maps") or {}
        check_set_names(stream_maps, pair, stream.properties.keys(), keys)
        name = (
            pair.source if pair.source == pair.destination else f"{pair.source}->{pair.destination}"
        )
        earlier = self._sinks_active.pop(name, None)
        sink = self.add_sink(name, stream_map.transformed_schema, keys)
        if not isinstance(sink, LinkedSink):
            raise TypeError(type(sink).__name__)
        record_map = RecordMap(
            stream_map,
            schema=schema,
            names=stream.properties.keys(),
            undeclared=undeclared,
            validate=sink.check,
        )
        sink.sync = StreamSync(stream_link(self, pair, stream, record_map), keys)
        if isinstance(earlier, LinkedSink):
            sink.sync.continue_from(earlier.sync)
        return sink

    def _pass_over(self, pair: StreamPair) -> None:
        if self.config["on_unknown_stream"] == "error":
            raise SettingError(
                f"stream '{pair.destination}' is none of {', '.join(self.streams)}: map it with "
                f"stream_maps.{pair.source}.__alias__, drop it with stream_maps.{pair.source}: "
                "__NULL__, or set on_unknown_stream to ignore"
            )
        self.logger.info("stream '%s' is ignored: %s has none", pair.destination, self.system)

    def _priority(self, sink: Any) -> int:
        return list(self.streams).index(sink.sync.between.pair.destination)

    def _ordered_sinks(self) -> list[LinkedSink]:
        sinks = [sink for of_stream in self._sinks_of.values() for sink in of_stream]
        return sorted(sinks, key=self._priority)
