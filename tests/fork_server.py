"""`python -m tests.fork_server`: a process that has imported everything, and forks on request.

A plugin that it forks is a process of its own that runs the real command line, but is there within
milliseconds. The server has one thread and never runs anything itself, so forking it is safe.

It reads a JSON object a line and answers with one: `run` forks a plugin and waits for its end,
`serve` forks a sandbox, `stop` kills one. It ends, and all sandboxes with it, with its input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.server import bound_socket, make_server
from sandbox.trello import object_ids

from tests.office import PLUGINS
from tests.sudden_death import Moments

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

LONGEST_RUN = 600  # seconds; then the plugin hangs and is killed


class ForkServer:
    """Forks plugins and sandboxes."""

    def __init__(self) -> None:
        self._sandboxes: set[int] = set()

    def answer(self, asked: Json) -> Json:
        """Do what is asked for."""
        if asked["do"] == "serve":
            return self._serve(asked)
        if asked["do"] == "stop":
            return self._stop(asked["pid"])
        pid = _forked(lambda: run_plugin(asked))
        return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}

    def stop_all(self) -> None:
        """Kill the sandboxes that still run."""
        for pid in list(self._sandboxes):
            self._stop(pid)

    def _serve(self, asked: Json) -> Json:
        listening = bound_socket(0)
        listening.listen(128)  # whoever connects from now on is answered

        def serve() -> int:
            importlib.reload(object_ids)  # else all sandboxes make up the same ids
            server = make_server(Path(asked["data"]), asked["seed"])
            server.run(sockets=[listening])
            return 0

        pid = _forked(serve)
        self._sandboxes.add(pid)
        port = listening.getsockname()[1]
        listening.close()
        return {"pid": pid, "port": port}

    def _stop(self, pid: int) -> Json:
        self._sandboxes.discard(pid)
        os.kill(pid, signal.SIGKILL)  # its state is committed after each request
        os.waitpid(pid, 0)
        return {}


def run_plugin(asked: Json) -> int:
    """Run a plugin's command line in this process; return its exit code.

    Keys of `asked`: `plugin`, `arguments`, `folder` (to work in), the files `stdin`, `stdout` and
    `stderr`, the file `moments` for what was counted, `death` (moment and number, or null), and
    `pauses` (a factor for all of them).
    """
    signal.alarm(LONGEST_RUN)
    os.chdir(asked["folder"])
    for number, (name, flags) in enumerate(
        (
            ("stdin", os.O_RDONLY),
            ("stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ("stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        )
    ):
        opened = os.open(asked[name], flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    moments = Moments(tuple(asked["death"]) if asked["death"] else None)
    shorten_pauses(asked["pauses"])
    try:
        PLUGINS[asked["plugin"]].cli(asked["arguments"])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        Path(asked["moments"]).write_text(json.dumps(moments.counts))
    return 0


def shorten_pauses(factor: float) -> None:
    """Multiply all pauses of this process, e.g. those between two attempts of a request."""
    sleep = time.sleep

    def hurried(seconds: float) -> None:
        sleep(seconds * factor)

    setattr(time, "sleep", hurried)  # noqa: B010 - its type is wider


def _forked(action: Callable[[], int]) -> int:
    """Run an action in a new process; return its id."""
    pid = os.fork()
    if pid == 0:
        _end(action)
    return pid


def _end(action: Callable[[], int]) -> NoReturn:
    code = 1
    try:
        code = action()
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    except BaseException:  # noqa: BLE001 - nothing may return into the server's own loop
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer until the input ends."""
    asked_from, answered_to = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    gc.freeze()
    server = ForkServer()
    try:
        for line in asked_from:
            answered_to.write(json.dumps(server.answer(json.loads(line))) + "\n")
            answered_to.flush()
    finally:
        server.stop_all()


if __name__ == "__main__":
    main()
