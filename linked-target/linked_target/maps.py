"""What a source record says in the destination's terms."""

from __future__ import annotations

import ast
import fnmatch
from datetime import date
from typing import TYPE_CHECKING, Any

from simpleeval import DEFAULT_FUNCTIONS
from singer_rest import RecordRefused, SettingError
from singer_sdk.exceptions import InvalidRecord, MapExpressionError
from singer_sdk.mapper import CustomStreamMap

from linked_target.records import MISSING, Record, property_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from singer_sdk.mapper import StreamMap

    from linked_target.store.links import StreamPair

__all__ = ["RecordMap", "unknown_names"]

MAP_NAMES = frozenset(
    {*DEFAULT_FUNCTIONS, "md5", "sha256", "datetime", "bool", "json"}
    | {"_", "record", "config", "self", "fake", "__stream_name__", "__original_stream_name__"}
)
MAP_FAILURES = (
    MapExpressionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class RecordMap:
    """The stream map of one source stream into one destination stream.

    Args:
        stream_map: the SDK's map.
        schema: the source stream's schema; properties that a record lacks are null in maps.
        names: the destination's properties.
        undeclared: names in the map that the schema does not declare but allows.
        validate: checks a mapped record; raises InvalidRecord.
    """

    def __init__(
        self,
        stream_map: StreamMap,
        *,
        schema: Mapping[str, Any],
        names: Collection[str],
        undeclared: Collection[str] = (),
        validate: Callable[[Record], None] | None = None,
    ) -> None:
        self._map = stream_map
        self._schema = schema
        self._names = names
        self._undeclared = set(undeclared)
        self._absent = dict.fromkeys(undeclared)
        self._validate = validate
        self._source_stream = getattr(stream_map, "stream_name", None) or stream_map.stream_alias

    def values(self, record: Record) -> dict[str, Any] | None:
        """The destination's properties that the record states; None if a filter leaves it out.

        Raises:
            RecordRefused: when the map fails on the record, or its result breaks the schema.
        """
        try:
            mapped = self._transformed(record)
            if mapped is None:
                return None
            if self._validate is not None:
                self._validate(mapped)
        except InvalidRecord as error:
            raise RecordRefused(f"not valid: {error.error_message}") from None
        except MAP_FAILURES as error:
            cause = error.__cause__ or error
            raise RecordRefused(f"its stream map fails: {cause}") from None
        return dict(self._stated(mapped))

    def lets_through(self, record: Record) -> bool:
        """Whether the map's filter lets a record through; also where the filter fails on it."""
        if not isinstance(self._map, CustomStreamMap):
            return True
        try:
            return self._map.get_filter_result(self._completed(record))
        except MAP_FAILURES:
            return True

    def baseline_values(self, record: Record) -> dict[str, Any]:
        """The same of a baseline; nothing where there is none or a filter leaves it out."""
        if not record:
            return {}
        try:
            mapped = self._transformed(record)
        except MAP_FAILURES:
            return {}
        return dict(self._stated(mapped or {}))

    @property
    def names_undeclared(self) -> bool:
        """Whether the map names properties that the schema does not declare."""
        return bool(self._undeclared)

    def check_undeclared(self, records: Iterable[Record]) -> None:
        """Make sure that names which the schema does not declare occur in some record.

        Raises:
            SettingError: when one occurs in none of them.
        """
        for record in records:
            self._undeclared -= record.keys()
        if self._undeclared:
            raise SettingError(missing_names(self._source_stream, self._undeclared))

    def _transformed(self, record: Record) -> Record | None:
        is_custom = isinstance(self._map, CustomStreamMap)
        return self._map.transform(self._completed(record) if is_custom else dict(record))

    def _completed(self, record: Record) -> Record:
        return completed({**self._absent, **record}, self._schema)

    def _stated(self, mapped: Record) -> Iterator[tuple[str, Any]]:
        for name in self._names:
            value = property_of(mapped, name, MISSING)
            if value is MISSING:
                value = mapped.get(name.replace("__", "."), MISSING)
            if value is not MISSING:
                yield name, value.isoformat() if isinstance(value, date) else value


def completed(record: Record, schema: Mapping[str, Any]) -> Record:
    """The record with null for every property of the schema that it lacks, nested ones too.

    So an expression like `company.id` is null where there is no company, instead of an error.
    """
    result = dict(record)
    for name, definition in schema.get("properties", {}).items():
        value = result.get(name)
        nested = isinstance(definition, dict) and definition.get("properties")
        if nested and (value is None or isinstance(value, dict)):
            result[name] = completed(value or {}, definition)
        else:
            result.setdefault(name, None)
    return result


def unknown_names(
    stream_maps: Mapping[str, Any], stream: str, schema: Mapping[str, Any]
) -> set[str]:
    """Names in the maps of a stream that its schema does not declare.

    Args:
        stream_maps: the setting of that name.
        stream: the source stream.
        schema: its schema.

    Raises:
        SettingError: when the schema does not allow further properties either.
    """
    declared = set(schema.get("properties", {}))
    unknown = {
        name
        for expression in _expressions(stream_maps, stream)
        for name in _names_in(expression)
        if name not in declared and name not in MAP_NAMES
    }
    if unknown and schema.get("additionalProperties") is False:
        raise SettingError(missing_names(stream, unknown))
    return unknown


def check_set_names(
    stream_maps: Mapping[str, Any], pair: StreamPair, names: Collection[str], keys: Collection[str]
) -> None:
    """Make sure that the map of a pair of streams sets properties which the destination has.

    Args:
        stream_maps: the setting of that name.
        pair: the two streams.
        names: the destination's properties.
        keys: the source's key properties; they may be named, too.

    Raises:
        SettingError: naming those that it does not have.
    """
    known = {*names, *keys, *(name.partition("__")[0] for name in names)}
    for key, definition in stream_maps.items():
        if not isinstance(definition, dict):
            continue
        ends = (definition.get("__source__", key), definition.get("__alias__", key))
        unknown = [
            name
            for name, expression in definition.items()
            if not name.startswith("__")
            and expression not in {None, "__NULL__"}
            and name.replace(".", "__") not in known
        ]
        if ends == (pair.source, pair.destination) and unknown:
            raise SettingError(
                f"the stream map of '{pair.source}' sets {', '.join(unknown)}, which "
                f"{pair.destination} do not have: use {', '.join(names)}"
            )


def check_shares(stream_maps: Mapping[str, Any], pair: StreamPair) -> None:
    """Make sure that the map of a pair of streams has a filter, as a run of one shard needs it.

    Args:
        stream_maps: the setting of that name.
        pair: the two streams.

    Raises:
        SettingError: when it has none: each shard would take all records for its own.
    """
    for key, definition in stream_maps.items():
        if isinstance(definition, dict) and "__filter__" in definition:
            source, alias = definition.get("__source__", key), definition.get("__alias__", key)
            if alias == pair.destination and fnmatch.fnmatch(pair.source, source):
                return
    raise SettingError(
        f"setting 'shard' needs a __filter__ in the stream map of '{pair.source}', which says "
        "which of its records are this shard's; __NULL__ in place of the map leaves the stream out"
    )


def idle_maps(stream_maps: Mapping[str, Any], streams: Collection[str]) -> list[str]:
    """The source streams that maps name but that did not come, e.g. since a name is mistyped.

    Args:
        stream_maps: the setting of that name.
        streams: the streams that came.
    """
    named = dict.fromkeys(
        definition.get("__source__", key) if isinstance(definition, dict) else key
        for key, definition in stream_maps.items()
    )
    return [
        name for name in named if not name.startswith("__") and not fnmatch.filter(streams, name)
    ]


def missing_names(stream: str, names: Iterable[str]) -> str:
    """The message about a map that names properties which do not exist."""
    listed = ", ".join(f"'{name}'" for name in sorted(names))
    return f"the stream map of '{stream}' names {listed}, which its records do not have"


def _expressions(stream_maps: Mapping[str, Any], stream: str) -> Iterator[str]:
    for key, definition in stream_maps.items():
        if not isinstance(definition, dict):
            continue
        source = definition.get("__source__", key)
        if source == stream or fnmatch.fnmatch(stream, source):
            for name, expression in definition.items():
                if isinstance(expression, str) and (
                    name == "__filter__" or not name.startswith("__")
                ):
                    yield expression


def _names_in(expression: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    except SyntaxError as error:
        raise SettingError(f"the stream map expression '{expression}' is no expression") from error
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {
        node.id
        for node in names
        if isinstance(node.ctx, ast.Load) and node.id not in bound and node.id != "__NULL__"
    }
