"""The assumed contract: every fact about CRMOffice's API that this package relies on.

CRMOffice describes its API only to its customers, in the Swagger UI at
https://api.crmoffice.no/swagger. Facts marked *proven* come from a public connector and its
published mapping tables; all others are **assumed** from the habits of ASP.NET Core APIs. Whoever
reads the real Swagger page corrects what differs here, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Addresses (proven). Resources lie directly below the API's address.
API_URL: Final = "https://api.crmoffice.no"
TENANT_URL: Final = "https://{tenant}.crmoffice.no"
TOKEN_PATH: Final = "/connect/token"  # noqa: S105 - a path

# The refresh request (proven: OAuth 2 with refresh tokens; assumed: the body of RFC 6749, 6).
REFRESH_GRANT: Final = "refresh_token"
BAD_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client"})
BAD_GRANT: Final = frozenset({"invalid_grant"})

# The first sign-in, in a browser. Proven: the path and the scopes. Assumed: the code grant of
# RFC 6749, 4.1, with PKCE (RFC 7636), back to a port of this machine (RFC 8252, 7.3) that the
# administrator registers with the client.
AUTHORIZE_PATH: Final = "/connect/authorize"
SCOPES: Final = "crmoffice offline_access"
CODE_GRANT: Final = "authorization_code"
CHALLENGE_METHOD: Final = "S256"
REDIRECT_URI: Final = "http://127.0.0.1:{port}/callback"
REDIRECT_PORT: Final = 8400

# Resources. Proven: /companies and /users; assumed: the other two.
COMPANIES: Final = "companies"
USERS: Final = "users"
CONTACTS: Final = "contacts"
ACTIVITIES: Final = "activities"

# Lists. Proven: records of /companies under `items`, /users a bare array. Assumed: the rest.
ITEMS: Final = "items"
TOTAL_COUNT: Final = "totalCount"
PAGE: Final = "page"  # counted from 1
PAGE_SIZE: Final = "pageSize"
LARGEST_PAGE: Final = 200  # records
UPDATED_SINCE: Final = "updatedSince"  # ISO 8601, inclusive
UNPAGED: Final = frozenset({USERS})

# Properties. Proven: `id` of companies, `userName` as the id of users. Assumed: the rest.
ID: Final = "id"
USER_NAME: Final = "userName"
CREATED_AT: Final = "createdAt"
UPDATED_AT: Final = "updatedAt"

# Where records hold the ids of others: (property,) or (object, property). Proven: ownerId of
# activities, company.id of contacts. Assumed: company.id and contact.id of activities.
REFERENCES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    COMPANIES: (),
    USERS: (),
    CONTACTS: (("company", ID),),
    ACTIVITIES: (("ownerId",), ("company", ID), ("contact", ID)),
}

# Timestamps: ISO 8601; without an offset they are the office's local time (assumed).
TIMESTAMPS: Final[Mapping[str, tuple[str, ...]]] = {
    COMPANIES: (CREATED_AT, UPDATED_AT),
    USERS: (CREATED_AT, UPDATED_AT),
    CONTACTS: (CREATED_AT, UPDATED_AT),
    ACTIVITIES: (CREATED_AT, UPDATED_AT, "startsAt", "endsAt"),
}
TIMEZONE: Final = "Europe/Oslo"
