"""The CRMOffice API: signed requests, lists and single records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from singer_rest import NotFound, OutcomeUnknown, Pacer, RecordRefused, RestClient

from tap_crmoffice.contract import ID, LARGEST_PAGE, PAGE, PAGE_SIZE, UNPAGED, UPDATED_SINCE
from tap_crmoffice.reading import Page, Reading, page_of
from tap_crmoffice.records import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_crmoffice.tokens import TokenStore

__all__ = ["CrmOfficeClient"]

BEARER = "Bearer "
TOKENS_KEPT = 4  # requests under way may still carry one that was renewed since


class CrmOfficeClient(RestClient):
    """One tenant's API. Any number of threads may share it.

    No quota is known: as many requests go out as the threads send, until a 429 holds up all.

    Args:
        base_url: address of the API; resources lie directly below it.
        tokens: gives the access tokens.
        page_size: records per page of a list.
        backoff: seconds before the second attempt of a request that failed in passing.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenStore,
        *,
        page_size: int = LARGEST_PAGE,
        backoff: float = 0.5,
    ) -> None:
        super().__init__(
            base_url, name="CRMOffice", user_agent="crmoffice-singer/0.1", backoff=backoff
        )
        self.page_size = page_size
        self._tokens = tokens
        self._tokens_sent: tuple[str, ...] = ()
        self._pacer = Pacer(None)

    def headers(self) -> Mapping[str, str]:
        """A bearer token that is valid now."""
        token = self._tokens.access_token()
        if token not in self._tokens_sent:
            self._tokens_sent = (token, *self._tokens_sent)[:TOKENS_KEPT]
        return {"Authorization": f"{BEARER}{token}", "Accept": "application/json"}

    def secrets(self) -> Iterable[str]:
        """The access tokens."""
        return self._tokens_sent

    def pacers(self, path: str) -> Iterable[Pacer]:
        """One for all: it only holds up requests after a 429."""
        del path
        return (self._pacer,)

    def renew_sign_in(self, refused: Mapping[str, str]) -> bool:
        """Get another access token than the one that was refused.

        Raises:
            StopRun: there is none to be had, and why.
        """
        self._tokens.renew(refused.get("Authorization", "").removeprefix(BEARER))
        return True

    def read(self, resource: str, updated_since: datetime | None = None) -> Reading:
        """All raw records of a resource, each at least once.

        Args:
            resource: name of the resource, e.g. "companies".
            updated_since: leave out records that were updated before; aware. A server may ignore
                it, so the caller looks at `updatedAt` as well.
        """
        since = updated_since.isoformat().replace("+00:00", "Z") if updated_since else None

        def fetch(number: int) -> Page:
            if resource in UNPAGED:
                everything = page_of(self.get(f"/{resource}"), resource).records
                return Page(everything, total=len(everything))
            paging = {PAGE: number, PAGE_SIZE: self.page_size, UPDATED_SINCE: since}
            return page_of(self.get(f"/{resource}", paging), resource)

        return Reading(fetch, page_size=self.page_size, resource=resource)

    def record(self, resource: str, record_id: str) -> dict[str, Any]:
        """One record.

        Raises:
            NotFound: there is none with this id (any more).
            RecordRefused: it can't be read.
        """
        path = _path(resource, record_id)
        answer = self.get(path)
        if not _is_record(answer):
            raise RecordRefused(f"CRMOffice answers GET {path} without a record")
        return record_of(resource, answer)

    def create(self, resource: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Create a record and return it.

        Raises:
            RecordRefused: the values are not valid.
            OutcomeUnknown: it may have been created nevertheless; it is not sent twice.
        """
        answer = self.request("POST", f"/{resource}", json=values)
        if not _is_record(answer):
            raise OutcomeUnknown(f"CRMOffice answers POST /{resource} without the new record")
        return record_of(resource, answer)

    def change(self, resource: str, record_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change properties of a record and return it; nested objects property by property.

        Setting the same values twice does no harm, so it is repeated after a lost answer.
        """
        answer = self.request("PATCH", _path(resource, record_id), json=values, repeatable=True)
        if not _is_record(answer):
            return self.record(resource, record_id)
        return record_of(resource, answer)

    def delete(self, resource: str, record_id: str) -> None:
        """Delete a record; one that is gone already is no error.

        Raises:
            RecordRefused: it can't be deleted, e.g. since other records refer to it.
        """
        try:
            self.request("DELETE", _path(resource, record_id), repeatable=True)
        except NotFound:
            return


def _is_record(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get(ID) is not None


def _path(resource: str, record_id: str) -> str:
    return f"/{resource}/{quote(record_id, safe='')}"
