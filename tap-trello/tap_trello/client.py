"""The Trello REST API, for one token."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from singer_rest import RecordRefused, RestClient, SettingError

from tap_trello.batch import answer_of, batches_of, urls_parameter
from tap_trello.quotas import Quotas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_rest import Pacer

__all__ = ["DEFAULT_API_URL", "TrelloClient"]

DEFAULT_API_URL = "https://api.trello.com/1"
SIGN_IN_REFUSALS = ("invalid token", "invalid app token", "expired token", "invalid key")
LONGEST_USERNAME = 40  # characters that a message repeats; what is longer may be a token
MEMBER_ID = re.compile(r"[0-9a-f]{24}")


class TrelloClient(RestClient):
    """Trello as one member sees it: the owner of the token. Any number of threads may share it.

    Args:
        api_key: key of the Power-Up.
        token: the member's token.
        base_url: address of the API.
        member_tokens: member id to token, for `of_member`.
        quotas: the token's quotas; new ones by default.
        advice: what to do when the token is refused, for messages.

    Raises:
        SettingError: when `base_url` is no address, or plain http to another machine; when
            `member_tokens` names somebody otherwise than by id.
    """

    def __init__(
        self,
        api_key: str,
        token: str,
        *,
        base_url: str = DEFAULT_API_URL,
        member_tokens: Mapping[str, str] | None = None,
        quotas: Quotas | None = None,
        advice: str = "check the setting 'token'",
    ) -> None:
        super().__init__(base_url, name="Trello", user_agent="tap-trello")
        self._api_key = api_key
        self._token = token
        self._member_tokens = by_member_id(member_tokens or {})
        self._members: dict[str, TrelloClient] = {}
        self._making_member = threading.Lock()
        self._advice = advice
        self.quotas = quotas or Quotas()
        self.server_time: datetime | None = None
        """Trello's clock as its last answer told it, cut to the second; None before the first."""
        self.sign_in_refused = False
        """Whether the token of a client that `of_member` gave turned out to be refused."""

    @property
    def members_with_token(self) -> frozenset[str]:
        """Ids of the members that `of_member` can act as."""
        return frozenset(self._member_tokens)

    @property
    def quota_per_second(self) -> float | None:
        """What the tokens that are in use have together, and their key allows."""
        key, token = self.quotas.key, self.quotas.token
        if not key.limit or not token.limit:
            return None
        tokens = 1 + len(self._members)
        return min(key.limit / key.window, tokens * token.limit / token.window)

    def of_member(self, member_id: str) -> TrelloClient | None:
        """A client that acts as this member, or None when `member_tokens` has no token of theirs.

        It refuses single records, not the run, when that token is no longer accepted.
        """
        token = self._member_tokens.get(member_id)
        if token is None:
            return None
        if token == self._token:
            return self  # or its requests would be counted by two pacers
        with self._making_member:
            if member_id not in self._members:
                self._members[member_id] = self._member_client(member_id, token)
            return self._members[member_id]

    def headers(self) -> Mapping[str, str]:
        """The sign-in, as a header: addresses end up in logs."""
        pair = f'oauth_consumer_key="{self._api_key}", oauth_token="{self._token}"'
        return {"Authorization": f"OAuth {pair}"}

    def secrets(self) -> Iterable[str]:
        """Key and token."""
        return (self._api_key, self._token)

    def pacers(self, path: str) -> Iterable[Pacer]:
        """The quotas that a request for `path` counts against."""
        return self.quotas.pacers(path)

    def observe(self, response: requests.Response, sent: float) -> None:
        """Note Trello's time and what is left of the quotas."""
        self.quotas.observe(response, sent)
        self.server_time = time_of(response) or datetime.now(timezone.utc).replace(microsecond=0)

    def hold_up(self, path: str, response: requests.Response) -> None:
        """Pause the quota that is used up, for all threads."""
        self.quotas.hold_up(path, response, self.backoff)

    def is_sign_in_refused(self, response: requests.Response) -> bool:
        """Whether key or token are not accepted; other 401s refuse one record only."""
        return is_sign_in_refusal(response)

    def words_of(self, response: requests.Response) -> str:
        """Trello's own words, with what to do where the sign-in is refused."""
        words = super().words_of(response)
        if not is_sign_in_refusal(response):
            return words
        advice = "check the setting 'api_key'" if "key" in words.lower() else self._advice
        return f"{words} ({advice})"

    def get_many(self, paths: Iterable[str]) -> Iterator[Any]:
        """Read many paths, ten to a request, in order and only as far as the caller iterates.

        Args:
            paths: paths below the base address, with their query.

        Yields:
            For each path the JSON, or the RecordRefused (NotFound) that it was answered with.
        """
        for batch in batches_of(paths):
            yield from [self._alone(batch[0])] if len(batch) == 1 else self._together(batch)

    def _member_client(self, member_id: str, token: str) -> TrelloClient:
        client = _MemberClient(
            self._api_key,
            token,
            base_url=self.base_url,
            quotas=Quotas(self.quotas.key),
            advice=f"check the setting 'member_tokens.{member_id}'",
        )
        client.traffic = self.traffic
        client.backoff, client.attempts, client.timeout = self.backoff, self.attempts, self.timeout
        return client

    def _together(self, paths: list[str]) -> Iterator[Any]:
        try:
            items = self.get("/batch", {"urls": urls_parameter(paths)})
        except RecordRefused:
            items = None
        if not isinstance(items, list) or len(items) != len(paths):
            items = [None] * len(paths)
        items.reverse()
        for path in paths:
            answer = answer_of(items.pop(), path)  # and keep none that is taken
            yield self._alone(path) if answer is None else answer

    def _alone(self, path: str) -> Any:
        try:
            return self.get(path)
        except RecordRefused as refusal:
            return refusal


class _MemberClient(TrelloClient):
    """Acts as a member of `member_tokens`."""

    def is_sign_in_refused(self, response: requests.Response) -> bool:
        """Never: a refused token of one member concerns that member's records only."""
        if is_sign_in_refusal(response):
            self.sign_in_refused = True
        return False


def by_member_id(tokens: Mapping[str, str]) -> dict[str, str]:
    """The setting `member_tokens`, with its ids as Trello writes them.

    Raises:
        SettingError: when somebody is named otherwise, e.g. by username.
    """
    for name in tokens:
        if not MEMBER_ID.fullmatch(name.strip().lower()):
            told = f"'{name}'" if len(name) <= LONGEST_USERNAME else "one of them"
            raise SettingError(
                f"setting 'member_tokens': {told} is no member id (24 hexadecimal digits); "
                "GET /members/USERNAME tells the id of a username"
            )
    return {name.strip().lower(): token for name, token in tokens.items()}


def is_sign_in_refusal(response: requests.Response) -> bool:
    """Whether an answer says that the key or the token is not accepted."""
    if response.status_code != requests.codes.unauthorized:
        return False
    return response.text.strip().strip('"').lower().startswith(SIGN_IN_REFUSALS)


def time_of(response: requests.Response) -> datetime | None:
    """The time of the answer's Date header."""
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
