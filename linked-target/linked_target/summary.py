"""What a run says of itself at its end."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from singer_rest import PluginError

from linked_target.store.runs import STOPPED, Run, StreamCounts, Usage, record_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_rest import RestClient

    from linked_target.sync.stream import StreamSync
    from linked_target.target import LinkedTarget

__all__ = ["RecordsFailed", "note_stop", "sum_up", "usage_of"]

logger = logging.getLogger(__name__)


class RecordsFailed(PluginError):
    """The run is over and STATE is told, but some records are on the failed list."""


def sum_up(target: LinkedTarget, syncs: Sequence[StreamSync]) -> None:
    """Log what became of the records, stream by stream, and store it; of a dry run log it only.

    Raises:
        RecordsFailed: when records failed and `on_error` is `fail`.
    """
    errors = [error for sync in syncs for error in sync.errors]
    for sync in syncs:
        counts = {name: count for name, count in sync.tally.as_dict().items() if count}
        told = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing to do"
        logger.info("%s to %s: %s", *sync.between.pair, told)
    target.direction.journal.end(_run(target, syncs, "failures" if errors else "ok"))
    if errors and target.config["on_error"] == "fail":
        dry_run = target.config["dry_run"]
        done = "would fail" if dry_run else "failed and are kept on the failed list"
        raise RecordsFailed(f"{len(errors)} records {done}; the first: {errors[0]}")


def note_stop(target: LinkedTarget, syncs: Sequence[StreamSync]) -> None:
    """Store what a run did until it had to stop.

    So the next run knows when it ended; what a tap read before may be older than what it wrote.
    """
    if not target.config["dry_run"]:
        with suppress(PluginError):  # the store itself may be why it stops
            record_run(target.engine, _run(target, syncs, STOPPED))


def _run(target: LinkedTarget, syncs: Sequence[StreamSync], outcome: str) -> Run:
    return Run(
        source=target.config["source"],
        destination=target.system,
        started_at=target.started_at,
        ended_at=datetime.now(timezone.utc),
        outcome=outcome,
        streams=[StreamCounts(*sync.between.pair, sync.tally.as_dict()) for sync in syncs],
        shard=target.config.get("shard"),
        usage=usage_of(target.client),
    )


def usage_of(client: RestClient | None) -> Usage | None:
    """What a client's requests have cost so far; None without a client."""
    if client is None:
        return None
    traffic = client.traffic
    seconds = round(traffic.seconds_waited, 3)
    return Usage(traffic.sent, seconds, traffic.too_many, client.quota_per_second)
