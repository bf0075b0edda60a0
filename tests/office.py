"""An office that works with CRMOffice and Trello, and the sync between them."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from linked_target.store.database import open_store
from linked_target.store.runs import last_runs
from tap_crmoffice.tap import TapCrmOffice
from tap_trello.tap import TapTrello
from target_crmoffice.target import TargetCrmOffice
from target_trello.target import TargetTrello

from tests.shipped import is_selected, plugin_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import RunningSandbox

Json = Any

NO_WAITING: dict[str, Any] = {"token_limit": 1_000_000, "key_limit": 1_000_000}
"""Switches; the plugins believe the rate headers, so they don't wait for quotas."""
PLUGINS: dict[str, Any] = {
    plugin.name: plugin for plugin in (TapCrmOffice, TapTrello, TargetCrmOffice, TargetTrello)
}
PIPELINE_OF = {
    "tap-crmoffice": "to-trello",
    "target-trello": "to-trello",
    "tap-trello": "to-crmoffice",
    "target-crmoffice": "to-crmoffice",
}


@dataclass
class Office:
    """Both systems, the people's own access to them, and the shipped pipelines.

    What people do goes straight to the two APIs; nothing here looks into the link store, except
    `counts`, which tells what the last run said of itself.
    """

    box: RunningSandbox
    folder: Path
    tap_crmoffice: dict[str, Any] = field(default_factory=dict)
    tap_trello: dict[str, Any] = field(default_factory=dict)
    target_trello: dict[str, Any] = field(default_factory=lambda: {"create_members": "invite"})
    target_crmoffice: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Json] = field(default_factory=dict)
    selects_all: bool = False
    """Whether the taps read all streams, and not only those that the sync needs."""

    # What people do

    def trello(self, method: str, path: str, *, token: str | None = None, **values: Json) -> Json:
        """Call Trello as a member (the integration's own by default)."""
        token = token or "sandbox-token"
        sign_in = f'OAuth oauth_consumer_key="sandbox-key", oauth_token="{token}"'
        return _call(method, self.box.trello_url + path, {"Authorization": sign_in}, values)

    def crm(self, method: str, path: str, **values: Json) -> Json:
        """Call CRMOffice; a property like company__id leads into the nested object."""
        body: dict[str, Json] = {}
        for name, value in values.items():
            head, _, rest = name.partition("__")
            body[head] = {rest: value} if rest else value
        return _call(method, self.box.crm_url + path, self.box.bearer(), body)

    def companies(self) -> list[Json]:
        """All companies."""
        return self._all("/companies")

    def contacts(self) -> list[Json]:
        """All contacts."""
        return self._all("/contacts")

    def activities(self) -> list[Json]:
        """All activities."""
        return self._all("/activities")

    def workspaces(self) -> list[Json]:
        """All of the integration's workspaces."""
        found: list[Json] = self.trello("GET", "/members/me/organizations", fields="all")
        return found

    def people(self) -> list[Json]:
        """All members of the workspaces, each once."""
        found: dict[str, Json] = {}
        for workspace in self.workspaces():
            members = self.trello("GET", f"/organizations/{workspace['id']}/members", fields="all")
            found.update({member["id"]: member for member in members})
        return list(found.values())

    def comments(self) -> list[Json]:
        """All comments on all boards, raw, oldest first."""
        found: list[Json] = []
        for board in self.trello("GET", "/members/me/boards"):
            path = f"/boards/{board['id']}/actions"
            found += self.trello("GET", path, filter="commentCard", limit=1000)
        return sorted(found, key=lambda action: str(action["date"]))

    def shared_card(self) -> Json:
        """A new card on a board of which everybody is a member."""
        workspace = self.workspaces()[0]
        board = self.trello("POST", "/boards", name="Work", idOrganization=workspace["id"])
        for person in self.people():
            path = f"/boards/{board['id']}/members/{person['id']}"
            self.trello("PUT", path, type="normal")
        board_list = self.trello("POST", "/lists", name="To do", idBoard=board["id"])
        return self.trello("POST", "/cards", name="Customers", idList=board_list["id"])

    def guest(self) -> Json:
        """A member of Trello, new, who is no user of CRMOffice."""
        path = f"/organizations/{self.workspaces()[0]['id']}/members"
        self.trello("PUT", path, email="ida@example.com", fullName="Ida Grønn Vik", type="normal")
        return next(each for each in self.people() if each["fullName"] == "Ida Grønn Vik")

    def user_names(self) -> set[str]:
        """The full names of all CRMOffice users."""
        return {user["fullName"] for user in self.crm("GET", "/users")}

    @staticmethod
    def records(messages: str, stream: str, **wanted: Json) -> list[Json]:
        """The records of a stream in a tap's output that have these values."""
        lines = [json.loads(line) for line in messages.splitlines()]
        found = [
            line["record"] for line in lines if line.get("stream") == stream and "record" in line
        ]
        return [record for record in found if all(record[key] == wanted[key] for key in wanted)]

    # The sync

    def sync_to_trello(self, **settings: Json) -> Counter[str]:
        """Run tap-crmoffice into target-trello; return what the run counted."""
        config = self.config_of("target-trello", **settings)
        self._load("target-trello", config, self.read_crmoffice())
        return self.counts("trello")

    def sync_to_crmoffice(self, **settings: Json) -> Counter[str]:
        """Run tap-trello into target-crmoffice; return what the run counted."""
        config = self.config_of("target-crmoffice", **settings)
        self._load("target-crmoffice", config, self.read_trello())
        return self.counts("crmoffice")

    def sync(self) -> None:
        """Run both directions, as the job `sync` does."""
        self.sync_to_trello()
        self.sync_to_crmoffice()

    def read_crmoffice(self) -> str:
        """What tap-crmoffice writes now, from the state of the last finished run."""
        return self._read("tap-crmoffice", self.config_of("tap-crmoffice"))

    def read_trello(self) -> str:
        """What tap-trello writes now, from the state of the last finished run."""
        return self._read("tap-trello", self.config_of("tap-trello"))

    def config_of(self, plugin: str, **settings: Json) -> dict[str, Any]:
        """The settings of a plugin: the shipped ones, this office's own, and further ones."""
        sign_in = self.trello_sign_in() if "trello" in plugin else self.crmoffice_sign_in()
        own = getattr(self, plugin.replace("-", "_"))
        links = {"links_url": self.links_url} if plugin.startswith("target-") else {}
        return {**links, **sign_in, **plugin_config(plugin), **own, **settings}

    def selects(self, plugin: str, stream: str) -> bool:
        """Whether a tap is to read a stream."""
        return self.selects_all or is_selected(plugin, stream)

    def trello_sign_in(self) -> dict[str, Any]:
        """Settings of the Trello plugins."""
        return {
            "api_url": self.box.trello_url,
            "api_key": self.box.key,
            "token": "sandbox-token",
        }

    def crmoffice_sign_in(self) -> dict[str, Any]:
        """Settings of the CRMOffice plugins."""
        return {
            "api_url": self.box.crm_url,
            "auth_url": self.box.auth_url,
            "client_id": self.box.client_id,
            "client_secret": self.box.client_secret,
            "refresh_token": self.box.refresh_token,
            "token_file": str(self.folder / "crmoffice-token.json"),
        }

    @property
    def links_url(self) -> str:
        """The link store of this office."""
        return f"sqlite:///{self.folder / 'links.db'}"

    def counts(self, destination: str) -> Counter[str]:
        """What the last run toward a system counted, by column, and by stream and column."""
        engine = open_store(self.links_url)
        runs = [run for run in last_runs(engine) if run.destination == destination]
        engine.dispose()
        total: Counter[str] = Counter()
        for run in runs:
            for stream in run.streams:
                total.update(stream.counts)
                name = f"{stream.source_stream}->{stream.destination_stream}"
                total.update({f"{name} {key}": value for key, value in stream.counts.items()})
        return total

    def _read(self, plugin: str, config: dict[str, Any]) -> str:
        tap = PLUGINS[plugin](config=config, state=self.states.get(PIPELINE_OF[plugin]))
        for name, stream in tap.streams.items():
            stream.selected = self.selects(plugin, name)
        with _captured_output() as output:
            tap.sync_all()
        return output.getvalue().decode()

    def _load(self, plugin: str, config: dict[str, Any], messages: str) -> None:
        target = PLUGINS[plugin](config=config)
        with _captured_output() as output:
            try:
                target.listen(io.StringIO(messages))
            finally:
                target.engine.dispose()
        self.keep_state(plugin, output.getvalue().decode())

    def keep_state(self, plugin: str, printed: str) -> None:
        """Keep the last STATE that a target printed, as Meltano does."""
        if lines := printed.splitlines():
            self.states[PIPELINE_OF[plugin]] = json.loads(lines[-1])

    def _all(self, path: str) -> list[Json]:
        found: list[Json] = []
        for page in range(1, 1000):
            items = self.crm("GET", f"{path}?pageSize=200&page={page}")["items"]
            found += items
            if not items:
                break
        return found


def _call(method: str, url: str, headers: dict[str, str], values: dict[str, Json]) -> Json:
    body = {"params": values} if method == "GET" else {"json": values}
    answer = requests.request(method, url, headers=headers, timeout=30, **body)  # type: ignore[arg-type]
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


@contextmanager
def _captured_output() -> Iterator[io.BytesIO]:
    output = io.BytesIO()
    wrapper = io.TextIOWrapper(output, encoding="utf-8", write_through=True)
    before, sys.stdout = sys.stdout, wrapper
    try:
        yield output
    finally:
        sys.stdout = before
        wrapper.detach()
