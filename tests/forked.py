"""Plugins and sandboxes as processes of their own that are there within milliseconds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.testing import RunningSandbox

from tests.office import PIPELINE_OF, PLUGINS, Office
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from sandbox.world import Seed
    from typing_extensions import Self

KILLED = -9


@dataclass(frozen=True)
class Ended:
    """A plugin that ran.

    Attributes:
        status: its exit code; of one that was killed the negative number of the signal.
        output: what it printed.
        errors: what it logged.
        moments: how many moments at which it can be killed it passed; of one that ended by itself.
    """

    status: int
    output: str
    errors: str
    moments: Mapping[str, int]


class Forks:
    """A context manager with a process that forks the others."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.communicate()

    def ask(self, do: str, **details: Any) -> Any:
        """Ask the server for something and return its answer."""
        assert self._server is not None
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())


class ForkedSandbox(RunningSandbox):
    """A sandbox in a process of its own, on the state that is in its folder."""

    def __init__(self, forks: Forks, data: Path, *, seed: Seed = "empty", **switches: Any) -> None:
        super().__init__(seed=seed, data=data, **switches)
        self._forks = forks
        self._pid = 0

    def __enter__(self) -> Self:
        served = self._forks.ask("serve", data=str(self.data), seed=self._seed)
        self._pid, self.port = served["pid"], served["port"]
        if self._switches:
            self.switch(**self._switches)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._forks.ask("stop", pid=self._pid)


@dataclass
class ForkedOffice(Office):
    """An office whose plugins run as commands, each in a process of its own."""

    forks: Forks = field(default_factory=Forks)
    pauses: float = 1.0
    """A factor for all pauses of the plugins, e.g. between two attempts of a request."""
    _numbers: Iterator[int] = field(default_factory=count)

    def run_plugin(
        self,
        plugin: str,
        config: dict[str, Any],
        stdin: str = "",
        *,
        death: tuple[str, int] | None = None,
    ) -> Ended:
        """Run a plugin from the state of the last finished run; it dies where `death` says."""
        base = self.folder / f"run-{next(self._numbers)}-{plugin}"
        files = {name: f"{base}.{name}" for name in ("stdin", "stdout", "stderr", "moments")}
        Path(files["stdin"]).write_text(stdin)
        arguments = ["--config", _written(f"{base}.config", config)]
        state = self.states.get(PIPELINE_OF[plugin])
        if plugin.startswith("tap-"):
            arguments += ["--catalog", _written(f"{base}.catalog", self._catalog(plugin, config))]
            if state is not None:
                arguments += ["--state", _written(f"{base}.state", state)]
        ended = self.forks.ask(
            "run",
            plugin=plugin,
            arguments=arguments,
            folder=str(self.folder),
            death=death,
            pauses=self.pauses,
            **files,
        )
        output, errors = (Path(files[name]).read_text() for name in ("stdout", "stderr"))
        moments = {} if ended["status"] < 0 else json.loads(Path(files["moments"]).read_text())
        return Ended(ended["status"], output, errors, moments)

    def _catalog(self, plugin: str, config: dict[str, Any]) -> Any:
        found = PLUGINS[plugin](config=config).catalog_dict
        for stream in found["streams"]:
            (own,) = [each for each in stream["metadata"] if not each["breadcrumb"]]
            own["metadata"]["selected"] = self.selects(plugin, stream["tap_stream_id"])
        return found

    def _read(self, plugin: str, config: dict[str, Any]) -> str:
        ended = self.run_plugin(plugin, config)
        assert ended.status == 0, ended.errors
        return ended.output

    def _load(self, plugin: str, config: dict[str, Any], messages: str) -> None:
        ended = self.run_plugin(plugin, config, messages)
        self.keep_state(plugin, ended.output)
        assert ended.status == 0, ended.errors


def _written(path: str, value: Any) -> str:
    Path(path).write_text(json.dumps(value))
    return path
