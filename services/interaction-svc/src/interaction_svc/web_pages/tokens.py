"""The secret part of a link."""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """What is kept of a token. It cannot be guessed, so a plain hash (SHA-256) tells nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
