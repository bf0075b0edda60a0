"""The CRMOffice and the Trello REST API on 127.0.0.1, with their real restrictions."""

from __future__ import annotations

__version__ = "0.1.0"
