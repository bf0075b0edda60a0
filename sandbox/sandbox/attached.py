"""`python -m sandbox.attached DATA SEED LINKS LIMIT [SYNC...]`: it lives while its input is open.

It is a sandbox whose first line of output is its port. Whoever starts it holds the other end of
its input, so it ends with that process, however that one ends. LINKS may be empty.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sandbox.page.setup import PageSetup
from sandbox.server import bound_socket, make_server

if TYPE_CHECKING:
    import uvicorn

    from sandbox.world import Seed


def main() -> None:
    """Serve until the input ends."""
    data, seed, links, limit, *sync = sys.argv[1:]
    listening = bound_socket(0)
    setup = PageSetup(tuple(sync), Path(links) if links else None, float(limit))
    server = make_server(Path(data), cast("Seed", seed), setup)
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
