"""How fast are creations where no quota stands in the way, against one POST after the other?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import peers
from tests.bench.bed import NO_QUOTA, of_stream, opened
from tests.bench.measure import measured
from tests.bench.report import Table, at_least, seconds

if TYPE_CHECKING:
    from pathlib import Path

LATENCY = 0.1  # seconds


def measure(folder: Path, number: int = 1_000) -> Table:
    """Create comments at that latency, here and with the peer."""
    program = peers.hotglue_target(folder)
    with opened(folder / "peer", activities=number, **NO_QUOTA) as bed:
        messages = bed.read()
        peer_command = bed.hotglue(program)
        bed.box.add_fault("latency", system="trello", seconds=LATENCY)
        bed.box.reset_requests()
        ours = measured(bed.target(), messages, bed.folder)
        requests = bed.trello_requests()
        bed.box.reset_requests()
        peer = measured(peer_command, of_stream(messages, "activities"), bed.folder)
        peer_requests = bed.trello_requests()
    return Table(
        ("target-trello", peers.HOTGLUE),
        (
            ("comments created", [f"{number:,}"] * 2),
            ("requests", [f"{requests:,}", f"{peer_requests:,}"]),
            ("wall time", [seconds(ours.seconds), seconds(peer.seconds)]),
            ("times as fast as the peer", [at_least(peer.seconds / ours.seconds, 8), "1"]),
        ),
    )
