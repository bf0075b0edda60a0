"""One request for a sign-in in the browser: what is asked, and which redirect answers it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from singer_rest.answers import one_line

from tap_crmoffice.contract import AUTHORIZE_PATH, CHALLENGE_METHOD, SCOPES

__all__ = ["Answer", "Authorization"]

RANDOM_BYTES = 48  # 64 characters; RFC 7636 asks for 43 to 128 of a verifier
MOST_FIELDS = 20  # of a redirect's query
LONGEST_ERROR = 200  # characters of an error that are repeated


def unguessable() -> str:
    """A new random text of characters that need no quoting."""
    return secrets.token_urlsafe(RANDOM_BYTES)


@dataclass(frozen=True)
class Answer:
    """What the browser brings back.

    Attributes:
        code: what to trade for tokens; empty if the sign-in was refused.
        error: why it was refused, on one line.
    """

    code: str = field(default="", repr=False)
    error: str = ""


@dataclass(frozen=True)
class Authorization:
    """A request for a code (RFC 6749, 4.1.1) that only its maker can trade (RFC 7636).

    Attributes:
        redirect_uri: where the browser brings the code.
        state: what the answer must repeat.
        verifier: what proves to the token endpoint that the code was asked for here.
    """

    redirect_uri: str
    state: str = field(default_factory=unguessable, repr=False)
    verifier: str = field(default_factory=unguessable, repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's digest, which may be seen by everybody."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def address(self, auth_url: str, client_id: str) -> str:
        """Where a person signs in and allows the client."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": CHALLENGE_METHOD,
        }
        return f"{auth_url}{AUTHORIZE_PATH}?{urlencode(query)}"

    def answer_in(self, query: str) -> Answer | None:
        """The answer in a redirect's query, or None if it does not answer this request."""
        try:
            fields = parse_qsl(query, max_num_fields=MOST_FIELDS)
        except ValueError:
            return None
        found = dict(fields)
        is_ours = hmac.compare_digest(found.get("state", "").encode(), self.state.encode())
        if not is_ours or len(found) < len(fields):
            return None
        if found.get("error"):
            words = f"{found['error']} {found.get('error_description', '')}"
            return Answer(error=one_line(words, LONGEST_ERROR))
        return Answer(code=found["code"]) if found.get("code") else None
