"""A sandbox for tests: started on a free port, gone at the end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import credentials
from sandbox.control_client import ask
from sandbox.hosts import ProcessHost, ThreadHost
from sandbox.page.setup import PageSetup
from sandbox.server import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from sandbox.hosts import Host
    from sandbox.world import Seed


class RunningSandbox:
    """A context manager with a sandbox that answers.

    Args:
        seed: True or ``"full"`` for the whole seed; False or ``"empty"`` for the people only.
        data: the folder of the state; a temporary one by default. State that is
            there already is kept.
        page: what its page can do, such as to run a sync; nothing beyond editing by default.
        process: whether it runs in a process of its own, which takes a second longer to start
            and then all the speed of a core, whatever the test does.
        switches: switches to begin with.
    """

    key = credentials.TRELLO_KEY
    client_id = credentials.CRM_CLIENT_ID
    client_secret = credentials.CRM_CLIENT_SECRET
    refresh_token = credentials.CRM_REFRESH_TOKEN

    def __init__(
        self,
        *,
        seed: bool | Seed = True,
        data: Path | str | None = None,
        page: PageSetup | None = None,
        process: bool = False,
        **switches: object,
    ) -> None:
        self._seed: Seed = "full" if seed in {True, "full"} else "empty"
        self._switches = switches
        self._page = page or PageSetup()
        self._temporary = tempfile.TemporaryDirectory() if data is None else None
        self.data = Path(self._temporary.name if self._temporary else str(data))
        self._host: Host = ProcessHost() if process else ThreadHost()
        self.port = 0

    def __enter__(self) -> Self:
        """Start the server and wait until it answers."""
        self.port = self._host.start(self.data, self._seed, self._page)
        try:
            if self._switches:
                self.switch(**self._switches)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server; a temporary folder goes with it."""
        self._end()

    def _end(self) -> None:
        self._host.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.port}"

    @property
    def trello_url(self) -> str:
        """The base of the Trello API."""
        return f"{self.url}/trello/1"

    @property
    def crm_url(self) -> str:
        """The base of the CRMOffice API."""
        return f"{self.url}/crmoffice"

    @property
    def auth_url(self) -> str:
        """What stands before ``/connect/token``."""
        return f"{self.url}/crmoffice/auth"

    def control(self, method: str, path: str, /, **body: object) -> Any:
        """Call a control route and return its answer."""
        return ask((HOST, self.port), method, path, body if method == "POST" else None)

    def requests(self) -> dict[str, dict[str, int]]:
        """Return the counts of requests by system and method."""
        counts: dict[str, dict[str, int]] = self.control("GET", "/requests")
        return counts

    def reset_requests(self) -> None:
        """Count requests from zero."""
        self.control("POST", "/requests/reset")

    def writes(self) -> int:
        """Return how many writing requests both systems have seen."""
        return sum(counts["writes"] for counts in self.requests().values())

    def log(self) -> list[dict[str, Any]]:
        """Return the last requests, oldest first."""
        entries: list[dict[str, Any]] = self.control("GET", "/log")
        return entries

    def switch(self, **changes: object) -> dict[str, Any]:
        """Change switches and return all of them."""
        switches: dict[str, Any] = self.control("POST", "/switches", **changes)
        return switches

    def add_fault(self, kind: str, /, **details: object) -> None:
        """Set a fault; see :class:`sandbox.faults.Fault` for its details."""
        self.control("POST", "/faults", kind=kind, **details)

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults with their remaining counts."""
        listed: list[dict[str, Any]] = self.control("GET", "/faults")
        return listed

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.control("DELETE", "/faults")

    def reset(self, seed: bool | Seed = True) -> None:
        """Go back to the seed; switches, faults and counts as well."""
        self.control("POST", "/reset", seed="full" if seed in {True, "full"} else "empty")

    def reset_quotas(self) -> None:
        """Give every quota back at once."""
        self.control("POST", "/quotas/reset")

    def token(self, member: str = "crmsync", /, **details: object) -> str:
        """Return a Trello token of a member, given by username or id.

        ``details`` may be ``scopes``, and ``expires_in`` in seconds, negative for an expired one.
        """
        if member == "crmsync" and not details:
            return credentials.TRELLO_TOKEN
        return str(self.control("POST", f"/members/{member}/token", **details)["token"])

    def authorization(self, token: str = credentials.TRELLO_TOKEN) -> dict[str, str]:
        """Return the header that signs a Trello request."""
        pair = f'oauth_consumer_key="{self.key}", oauth_token="{token}"'
        return {"Authorization": f"OAuth {pair}"}

    def access_token(self, lifetime: float | None = None) -> str:
        """Return a CRMOffice access token; ``lifetime`` in seconds, negative for an expired one."""
        details = {} if lifetime is None else {"lifetime": lifetime}
        return str(self.control("POST", "/crm/token", **details)["access_token"])

    def bearer(self) -> dict[str, str]:
        """Return the header that signs a CRMOffice request."""
        return {"Authorization": f"Bearer {self.access_token()}"}

    def invitations(self) -> list[dict[str, str]]:
        """Return the invitations that were really sent."""
        sent: list[dict[str, str]] = self.control("GET", "/invitations")
        return sent

    def bulk(self, *, activities: int = 0, comments: int = 0, owners: Sequence[str] = ()) -> None:
        """Create many records at once; `owners` are user names that own the activities in turn."""
        counts = {"activities": activities, "comments": comments}
        self.control("POST", "/bulk", **counts, owners=list(owners))

    def plant_action(self, **wish: object) -> str:
        """Write an action as no request could; see :class:`sandbox.trello.planting.Wish`."""
        return str(self.control("POST", "/trello/actions", **wish)["id"])

    def plant_actions(self, wishes: Sequence[Mapping[str, object]]) -> list[str]:
        """Write many actions at once and return their ids in the same order."""
        planted: list[str] = self.control("POST", "/trello/actions", actions=list(wishes))["ids"]
        return planted
