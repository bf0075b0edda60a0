"""`python -m sandbox.attached DATA SEED`: a sandbox that lives as long as its input stays open.

Its first line of output is the port. Whoever starts it holds the other end of its input, so it
ends with that process, however that one ends.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sandbox.server import bound_socket, make_server

if TYPE_CHECKING:
    import uvicorn

    from sandbox.world import Seed


def main() -> None:
    """Serve until the input ends."""
    data, seed = sys.argv[1:]
    listening = bound_socket(0)
    server = make_server(Path(data), cast("Seed", seed))
    port: int = listening.getsockname()[1]
    threading.Thread(target=_attend, args=(server, port), daemon=True).start()
    server.run(sockets=[listening])


def _attend(server: uvicorn.Server, port: int) -> None:
    """Tell the port when the server answers, and stop it at the end of the input."""
    while not server.started:
        time.sleep(0.002)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
