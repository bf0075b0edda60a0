"""The tap."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import PlainErrors, SettingError
from singer_rest.versions import EMIT_ACTIVATE_VERSION
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

from tap_crmoffice.contract import API_URL
from tap_crmoffice.document import checked_document_url, document_at
from tap_crmoffice.instants import instant
from tap_crmoffice.login import login
from tap_crmoffice.schemas import SCHEMAS
from tap_crmoffice.settings import SIGN_IN_SETTINGS, client_from_settings
from tap_crmoffice.streams import FULL_READ_HOURS, OVERLAP_SECONDS, STREAMS
from tap_crmoffice.tenant_schemas import tenant_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk import Stream

    from tap_crmoffice.client import CrmOfficeClient

__all__ = ["TapCrmOffice"]

LONGEST_OVERLAP = 86_400  # seconds


class TapCrmOffice(PlainErrors, Tap):
    """Reads companies, users, contacts and activities from CRMOffice."""

    name = "tap-crmoffice"
    sub_commands = (login,)
    message_writer_class = MsgSpecWriter

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *SIGN_IN_SETTINGS,
        th.Property(
            "start_date",
            th.DateTimeType,
            title="Start date",
            description="Earliest `updatedAt` to read when there is no bookmark yet (ISO 8601).",
        ),
        th.Property(
            "overlap_seconds",
            th.IntegerType(minimum=0, maximum=LONGEST_OVERLAP),
            default=OVERLAP_SECONDS,
            title="Overlap in seconds",
            description="How long before the bookmark to read again, for changes that became "
            "visible after later ones; what was given already is not given again. 0: not at all.",
        ),
        th.Property(
            "full_read_hours",
            th.IntegerType(minimum=0),
            default=FULL_READ_HOURS,
            title="Hours between full reads",
            description="How old the last full read of a stream may be before it is read as a "
            "whole again, to find out what was deleted; 0: never.",
        ),
        th.Property(
            "openapi_url",
            th.StringType,
            title="OpenAPI address",
            description="Address of the tenant's own OpenAPI document (JSON); the properties that "
            "it lists are added to the streams' schemas at discovery.",
        ),
        EMIT_ACTIVATE_VERSION,
    ).to_dict()

    @cached_property
    def client(self) -> CrmOfficeClient:
        """The client that all streams share."""
        return client_from_settings(self.config)

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The streams' schemas by name; those that a catalog holds need no document.

        Raises:
            SettingError: the document at `openapi_url` can't be read.
        """
        url = self.config.get("openapi_url")
        if not url or self.input_catalog is not None:
            return SCHEMAS
        api_url = self.config.get("api_url") or API_URL
        content = document_at(url, api_url, self._sign_in_headers)
        return tenant_schemas(SCHEMAS, content)

    def _sign_in_headers(self) -> Mapping[str, str]:
        """Asked for only if needed: discovery works without a sign-in otherwise."""
        return self.client.headers()

    @override
    def discover_streams(self) -> Sequence[Stream]:
        return [stream(self) for stream in STREAMS]

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of `SCHEMAS`; the SDK sorts them by name."""
        found = super().streams
        return {name: found[name] for name in SCHEMAS}

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check each setting, then whether they suffice; not when only the catalog is wanted."""
        errors: list[str] = super()._validate_config(raise_errors=raise_errors)
        if raise_errors:
            start = self.config.get("start_date")
            if start and instant(start) is None:
                raise SettingError(f"setting 'start_date' is wrong: '{start}' is not ISO 8601")
            if self.config.get("openapi_url"):
                checked_document_url(self.config["openapi_url"])
            client_from_settings(self.config)
        return errors
