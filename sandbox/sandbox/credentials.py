"""The made-up credentials of the sandbox; they open nothing but a sandbox.

Members with a token of their own have ``sandbox-token-<username>``.
"""

from __future__ import annotations

TRELLO_KEY = "sandbox-key"
TRELLO_TOKEN = "sandbox-token"  # noqa: S105 - public on purpose: it opens only a sandbox
TRELLO_TOKEN_READONLY = "sandbox-token-readonly"  # noqa: S105 - public on purpose
TRELLO_TOKEN_EXPIRED = "sandbox-token-expired"  # noqa: S105 - public on purpose
TRELLO_TOKEN_PREFIX = "sandbox-token-"  # noqa: S105 - public on purpose

CRM_CLIENT_ID = "sandbox-client"
CRM_CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - public on purpose
CRM_REFRESH_TOKEN = "sandbox-refresh"  # noqa: S105 - public on purpose
