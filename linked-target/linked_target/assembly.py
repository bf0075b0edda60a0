"""Putting together what a run needs, as its settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import SettingError

from linked_target.maps import check_shares
from linked_target.settings import match_keys_of, on_delete_of, pins_of
from linked_target.store.links import Links, StreamPair
from linked_target.store.open_properties import OpenProperties
from linked_target.store.queue import Queue
from linked_target.store.transactions import Transactions
from linked_target.sync.creations import Creations
from linked_target.sync.direction import Direction, StreamLink
from linked_target.sync.driver import Driver
from linked_target.sync.journal import Kept, Plan
from linked_target.sync.matching import Matcher
from linked_target.sync.policy import ConflictPolicy
from linked_target.sync.references import References

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Engine

    from linked_target.destination import DestinationStream
    from linked_target.maps import RecordMap
    from linked_target.sync.journal import Journal
    from linked_target.target import LinkedTarget

__all__ = ["open_direction", "stream_link"]


def open_direction(target: LinkedTarget, engine: Engine) -> Direction:
    """What all streams of a target share during a run.

    Args:
        target: the target, with its checked settings.
        engine: of the open link store.

    Raises:
        SettingError: when settings make no sense together.
    """
    config = target.config
    source = config["source"]
    if source == target.system:
        raise SettingError(f"setting 'source' must not be '{source}': that is the destination")
    transactions = Transactions(engine)
    links = Links(transactions, source, target.system)
    dry_run = config["dry_run"]
    return Direction(
        links=links,
        queue=Queue(transactions, source, target.system),
        open=OpenProperties(transactions),
        references=References(
            links, config.get("references", target.default_references), _pins(target)
        ),
        policy=ConflictPolicy(
            config.get("conflict_policy"),
            default="crmoffice",
            source=source,
            systems=(source, target.system),
        ),
        driver=Driver(transactions, max_workers=config["max_workers"], dry_run=dry_run),
        journal=_journal(target, transactions),
        creations=Creations(config.get("max_creates")),
        reference_keys=config.get("reference_keys", target.default_reference_keys),
        edited_at=config.get("edited_at", target.default_edited_at),
        propagate_nulls=config["propagate_nulls"],
    )


def stream_link(
    target: LinkedTarget, pair: StreamPair, stream: DestinationStream, record_map: RecordMap
) -> StreamLink:
    """How a source stream is linked with a stream of the target.

    Args:
        target: the target, with its checked settings.
        pair: the names of the two streams.
        stream: the destination stream.
        record_map: the stream map between the two.

    Raises:
        SettingError: when a setting names a property that the stream does not have, or a shard
            has no filter for it.
    """
    is_shard = bool(target.config.get("shard"))
    if is_shard:
        check_shares(target.config.get("stream_maps") or {}, pair)
    match_keys = match_keys_of(target.config.get("match_keys") or {}, stream)
    pins = _pins(target).get(pair, {})
    create: Mapping[str, Any] = target.config.get("create") or {}
    return StreamLink(
        direction=target.direction,
        pair=pair,
        stream=stream,
        map=record_map,
        matcher=Matcher(stream, match_keys, target.direction.links, pins.values()),
        create=bool(create.get(stream.name, True)),
        link_only=pair == target.user_streams,
        pins=pins,
        on_delete=on_delete_of(target.config["on_delete"], stream.name),
        is_shard=is_shard,
    )


def _journal(target: LinkedTarget, transactions: Transactions) -> Journal:
    if target.config["dry_run"]:
        return Plan(target.config.get("plan_file"))
    return Kept(
        transactions,
        program=target.name,
        systems=(target.config["source"], target.system),
        days=target.config["history_days"],
    )


def _pins(target: LinkedTarget) -> dict[StreamPair, dict[str, str]]:
    user_map = target.config.get("user_map") or {}
    return pins_of(user_map, target.user_streams, inverted=target.user_map_inverted)
