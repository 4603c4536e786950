"""The header of a signed token, read before anything is believed, looked up or fetched."""

import base64
import json
import re
from typing import Any

MOST_BYTES = 8 * 1024
_LIKE_OURS = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def header_of(token: str, *, most: int = MOST_BYTES) -> dict[str, Any] | None:
    """The header of what looks like a signed token (RFC 7515, compact) of at most that many characters."""
    if len(token) > most or token.count(".") != 2:  # noqa: PLR2004 - header, claims, signature
        return None
    head = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def key_id_of(token: str, algorithm: str) -> str | None:
    """The key that a token says it is signed with, if it says so of this algorithm and no other."""
    header = header_of(token)
    if header is None or header.get("alg") != algorithm:
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def loggable(kid: str | None) -> str | None:
    """The key id as it may be logged: one of our form; anything else could be anybody's secret."""
    return kid if kid is not None and _LIKE_OURS.match(kid) else None
