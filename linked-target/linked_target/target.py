"""A Singer target whose records are linked with those of its source."""

from __future__ import annotations

import fnmatch
import signal
from abc import abstractmethod
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import PlainErrors, PluginError, SettingError, StopRun
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.sinks.core import JSONSchemaValidator
from singer_sdk.target_base import Target

from linked_target.direction import Direction, StreamLink
from linked_target.facts import Facts
from linked_target.links import Links, StreamPair
from linked_target.maps import RecordMap, check_set_names, unknown_names
from linked_target.matching import Matcher
from linked_target.open_properties import OpenProperties
from linked_target.policy import ConflictPolicy
from linked_target.queue import Queue
from linked_target.reader import MessageReader
from linked_target.references import References
from linked_target.runs import Run, StreamCounts, record_run
from linked_target.settings import check_streams, match_keys_of, pins_of
from linked_target.sink import LinkedSink
from linked_target.store import open_store
from linked_target.sync import StreamSync

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from singer_sdk.mapper import StreamMap
    from sqlalchemy.engine import Engine

    from linked_target.destination import DestinationStream

__all__ = ["LinkedTarget", "RecordsFailed"]


class RecordsFailed(PluginError):
    """The run is over and STATE is told, but some records are on the failed list."""


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

    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]
    message_reader_class = MessageReader
    default_sink_class = LinkedSink

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_parallelism = 1  # streams are written in order: parents first
        self._started_at = datetime.now(timezone.utc)
        self._sinks_of: dict[str, list[LinkedSink]] = {}
        self._schemas: dict[str, tuple[Any, Any]] = {}

    @abstractmethod
    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        """The destination's streams, in the order in which they are synced (parents first).

        Raises:
            SettingError: when settings make no sense together.
        """

    @cached_property
    def streams(self) -> dict[str, DestinationStream]:
        """The destination's streams by name."""
        streams = {stream.name: stream for stream in self.open_streams(Facts(self.engine))}
        check_streams(self.config, streams)
        return streams

    @cached_property
    def engine(self) -> Engine:
        """The open link store."""
        return open_store(self.config["links_url"])

    @cached_property
    def direction(self) -> Direction:
        """What the streams share in this run."""
        source = self.config["source"]
        if source == self.system:
            raise SettingError(f"setting 'source' must not be '{source}': that is the destination")
        links = Links(self.engine, source, self.system)
        references = self.config.get("references", self.default_references)
        return Direction(
            links=links,
            queue=Queue(self.engine, source, self.system),
            open=OpenProperties(self.engine),
            references=References(links, references, self._pins),
            policy=ConflictPolicy(
                self.config.get("conflict_policy"),
                default="crmoffice",
                source=source,
                systems=(source, self.system),
            ),
            reference_keys=self.config.get("reference_keys", self.default_reference_keys),
            propagate_nulls=self.config["propagate_nulls"],
        )

    def process_endofpipe(self) -> None:
        """Write the last batches and what had to wait, tell STATE, sum up.

        Raises:
            RecordsFailed: when records failed and `on_error` is `fail`.
        """
        sinks = self._ordered_sinks()
        for sink in sinks:
            self.drain_one(sink)
        for sink in sinks:
            sink.sync.finish()
        super().process_endofpipe()
        self._sum_up([sink.sync for sink in sinks])

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
        for sink in sinks:
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
        raise StopRun(f"stopped by {signal.Signals(signum).name}; the next run goes on from here")

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Records that a full read no longer has are not deleted here: see `on_delete`."""

    @property
    def _pins(self) -> dict[StreamPair, dict[str, str]]:
        user_map = self.config.get("user_map") or {}
        return pins_of(user_map, self.user_streams, inverted=self.user_map_inverted)

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
        sink.sync = StreamSync(self._between(pair, stream, record_map), keys)
        if isinstance(earlier, LinkedSink):
            sink.sync.continue_from(earlier.sync)
        return sink

    def _between(
        self, pair: StreamPair, stream: DestinationStream, record_map: RecordMap
    ) -> StreamLink:
        match_keys = match_keys_of(self.config.get("match_keys") or {}, stream)
        pins = self._pins.get(pair, {})
        return StreamLink(
            direction=self.direction,
            pair=pair,
            stream=stream,
            map=record_map,
            matcher=Matcher(stream, match_keys, self.direction.links, pins.values()),
            create=bool((self.config.get("create") or {}).get(stream.name, True)),
            link_only=pair == self.user_streams,
            pins=pins,
        )

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

    def _warn_of_idle_maps(self) -> None:
        """Tell of maps for streams that did not come, e.g. since their name is mistyped."""
        for key, definition in (self.config.get("stream_maps") or {}).items():
            source = definition.get("__source__", key) if isinstance(definition, dict) else key
            if not source.startswith("__") and not fnmatch.filter(self._schemas, source):
                self.logger.warning("stream_maps has '%s', but no such stream arrived", source)

    def _sum_up(self, syncs: Sequence[StreamSync]) -> None:
        self._warn_of_idle_maps()
        errors = [error for sync in syncs for error in sync.errors]
        for sync in syncs:
            counts = {name: count for name, count in sync.tally.as_dict().items() if count}
            told = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing to do"
            self.logger.info("%s to %s: %s", *sync.between.pair, told)
        record_run(
            self.engine,
            Run(
                source=self.config["source"],
                destination=self.system,
                started_at=self._started_at,
                ended_at=datetime.now(timezone.utc),
                outcome="failures" if errors else "ok",
                streams=[StreamCounts(*sync.between.pair, sync.tally.as_dict()) for sync in syncs],
            ),
        )
        if errors and self.config["on_error"] == "fail":
            raise RecordsFailed(
                f"{len(errors)} records failed and are kept on the failed list; the first: "
                f"{errors[0]}"
            )
