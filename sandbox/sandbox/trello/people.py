"""What a member consists of."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.store import Record, Store

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


def initials_of(full_name: str) -> str:
    """Return up to three initials of a name."""
    return "".join(word[0] for word in full_name.split()[:3]).upper()


def plain(text: str) -> str:
    """Return the letters and digits of a text as ``a-z0-9``."""
    spelled = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return re.sub(r"[^a-z0-9]", "", spelled)


def member_record(
    member_id: str,
    username: str,
    full_name: str,
    email: str | None,
    *,
    ghost: bool = False,
) -> Record:
    """Return a whole member; a ghost was invited and has no account yet."""
    return {
        "id": member_id,
        "username": username,
        "fullName": full_name,
        "initials": initials_of(full_name),
        "email": email,
        "memberType": "ghost" if ghost else "normal",
        "confirmed": not ghost,
        "activityBlocked": False,
        "avatarHash": None,
        "avatarUrl": None,
        "bio": "",
        "bioData": None,
        "idMemberReferrer": None,
        "loginTypes": [] if ghost else ["password"],
        "nonPublic": {},
        "nonPublicAvailable": False,
        "prefs": {"locale": "nb-NO", "colorBlind": False},
        "status": "disconnected",
        "url": f"https://trello.com/{username}",
        "aaId": None,
        "aaEmail": None,
        "isAaMastered": False,
        "avatarSource": "none",
        "gravatarHash": None,
        "uploadedAvatarHash": None,
        "uploadedAvatarUrl": None,
        "idEnterprise": None,
        "idEnterprisesAdmin": [],
        "idEnterprisesDeactivated": [],
        "idPremOrgsAdmin": [],
        "products": [],
        "premiumFeatures": [],
        "ixUpdate": "1",
        "limits": {},
    }


def free_username(store: Store, full_name: str) -> str:
    """Return a username for an invited person that nobody has yet."""
    stem = plain(full_name)[:20] or "member"
    number = 1
    while store.named("member", f"{stem}{number}") is not None:
        number += 1
    return f"{stem}{number}"
