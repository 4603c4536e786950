"""The access token of staff: an Ed25519 JWT (RFC 7519, 9068) that names the person and the session."""

import base64
import binascii
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.auth.headers import key_id_of, loggable
from shared.problems import Unauthenticated

ALGORITHM = "Ed25519"
AUDIENCE = "tonglu"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the name of a kind, not a secret
_REFRESH_PREFIX = "tlr_"
_log = structlog.get_logger()

Believed = Callable[[str], Awaitable[OKPKey | None]]


@dataclass(frozen=True, slots=True)
class Access:
    """Whom an access token names, and until when it can be believed (seconds since 1970)."""

    staff_id: UUID
    session_id: UUID
    expires: float


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token taken apart."""

    id: UUID
    secret_hash: bytes


def issue(access: Access, key: OKPKey, *, issuer: str, now: datetime) -> str:
    """Sign an access token."""
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": str(access.staff_id),
        "sid": str(access.session_id),
        "iat": int(now.timestamp()),
        "exp": int(access.expires),
    }
    return jwt.encode(
        {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE}, claims, key, algorithms=[ALGORITHM]
    )


async def read(token: str, believed: Believed, *, issuer: str) -> Access:
    """Whom the token names. Raises Unauthenticated for everything but a fresh token of ours.

    The algorithm is fixed, the key is found by `kid` among our own only; `jku`, `jwk` and `x5u` are not
    looked at. Nothing is fetched, and nothing logged but the key id.
    """
    kid = key_id_of(token, ALGORITHM)
    key = None if kid is None else await believed(kid)
    access = None if key is None else _believed(token, key, issuer)
    if access is None:
        _log.info("token_refused", key_id=loggable(kid))
        raise refused()
    return access


@lru_cache(maxsize=4)
def _claims(issuer: str) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=lambda: int(time.time()),
        leeway=5,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        sid={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )


def _believed(token: str, key: OKPKey, issuer: str) -> Access | None:
    try:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        _claims(issuer).validate(decoded.claims)
        if decoded.header.get("typ") != TOKEN_TYPE:
            return None
        claims = decoded.claims
        return Access(UUID(claims["sub"]), UUID(claims["sid"]), float(claims["exp"]))
    except (JoseError, ValueError, TypeError, AttributeError):
        return None


def new_refresh(token_id: UUID) -> tuple[str, bytes]:
    """A refresh token and the hash to keep of it (256 random bits need no slow hash)."""
    secret = secrets.token_bytes(32)
    text = base64.urlsafe_b64encode(token_id.bytes + secret).decode().rstrip("=")
    return _REFRESH_PREFIX + text, hashlib.sha256(secret).digest()


def read_refresh(token: str) -> Refresh:
    """Take a refresh token apart; raises Unauthenticated for what was never one."""
    body = token.removeprefix(_REFRESH_PREFIX)
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error):
        raise refused() from None
    if body == token or len(raw) != 48:  # noqa: PLR2004 - id and secret
        raise refused()
    return Refresh(UUID(bytes=raw[:16]), hashlib.sha256(raw[16:]).digest())


def refused() -> Unauthenticated:
    """The one answer to a bad token, whatever is bad about it."""
    return Unauthenticated(
        "token_invalid", en="The credential is not valid or has expired.", zh="凭证无效或已过期。"
    )
