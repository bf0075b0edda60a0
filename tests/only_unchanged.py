"""`python -m tests.only_unchanged FILE`: exit 1 unless the last runs of a store changed nothing."""

from __future__ import annotations

import sys

from linked_target.store.database import open_store
from linked_target.store.runs import last_runs


def main() -> None:
    """Look at the newest run of each direction."""
    engine = open_store(f"sqlite:///{sys.argv[1]}")
    runs = last_runs(engine)
    if len(runs) != 2:
        sys.exit(f"{len(runs)} directions have run, not 2")
    for run in runs:
        for stream in run.streams:
            other = {
                name: count
                for name, count in stream.counts.items()
                if count and name not in {"read", "unchanged"}
            }
            if other:
                sys.exit(f"{stream.source_stream} to {stream.destination_stream}: {other}")
    sys.stdout.write("Both directions: only unchanged.\n")


if __name__ == "__main__":
    main()
