"""The internal token: a short-lived Ed25519 JWT by which the door tells a service who is asking."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.auth.principal import Principal
from shared.db.scope import EVERYTHING, Scope
from shared.problems import Unauthenticated

ALGORITHM = "Ed25519"
ISSUER = "tonglu-gateway"
HEADER = "x-internal-token"
TOKEN_TYPE = "internal+jwt"  # noqa: S105 - the name of a kind, not a secret
MOST_BYTES = 8 * 1024
MOST_SECONDS = 60

_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": ISSUER},
    exp={"essential": True},
    iat={"essential": True},
    sub={"essential": True},
    aud={"essential": True},
)
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError)
FetchKeys = Callable[[], Awaitable[str]]


def mint(
    principal: Principal,
    key: OKPKey,
    *,
    audience: str,
    also: Sequence[str] = (),
    seconds: int = MOST_SECONDS,
) -> str:
    """A token for one service, valid for at most a minute; `also` names those that it may ask in turn."""
    now = int(time.time())
    distributors = principal.scope.distributors
    claims = {
        "iss": ISSUER,
        "aud": [audience, *also] if also else audience,
        "sub": str(principal.id),
        "iat": now,
        "exp": now + min(seconds, MOST_SECONDS),
        "kind": principal.kind,
        "roles": sorted(principal.roles),
        "granted": sorted(principal.granted),
        "distributors": None if distributors is None else sorted(map(str, distributors)),
    }
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def _principal(claims: dict[str, Any]) -> Principal:
    distributors = claims["distributors"]
    return Principal(
        kind=claims["kind"],
        id=UUID(claims["sub"]),
        roles=frozenset(claims["roles"]),
        granted=frozenset(claims["granted"]),
        scope=EVERYTHING if distributors is None else Scope(frozenset(map(UUID, distributors))),
    )


class TokenVerifier:
    """Believes internal tokens for one audience; keeps what it verified until the token expires.

    Keys are given once (`jwks`) or fetched: at first use, every ten minutes, and for an unknown key id at
    most every thirty seconds. Known keys stay when a fetch fails.
    """

    def __init__(
        self, audience: str, *, jwks: str | None = None, fetch: FetchKeys | None = None, most: int = 10_000
    ) -> None:
        self._audience = audience
        self._keys = _key_set(jwks) if jwks else None
        self._fetch = fetch
        self._fetched_at = -1e9
        self._fetching = asyncio.Lock()
        self._most = most
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Who is asking; raises Unauthenticated for anything but a fresh token of ours for this audience."""
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        if len(token) > MOST_BYTES:
            raise _refused()
        principal, expires = await self._read(token)
        self._known[token] = (principal, expires)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return principal

    async def _read(self, token: str) -> tuple[Principal, float]:
        await self._refresh(older_than=600)
        try:
            return self._decode(token)
        except _UNREADABLE:
            if not await self._refresh(older_than=30):
                raise _refused() from None
        try:
            return self._decode(token)
        except _UNREADABLE:
            raise _refused() from None

    def _decode(self, token: str) -> tuple[Principal, float]:
        if self._keys is None:
            raise ValueError("no keys yet")
        decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
        _CLAIMS.validate(decoded.claims)
        if self._audience not in _audiences(decoded.claims["aud"]) or decoded.header.get("typ") != TOKEN_TYPE:
            raise ValueError("not for us")
        return _principal(decoded.claims), float(decoded.claims["exp"])

    async def _refresh(self, *, older_than: float) -> bool:
        if self._fetch is None or time.monotonic() - self._fetched_at < older_than:
            return False
        async with self._fetching:
            if time.monotonic() - self._fetched_at < older_than:
                return True
            self._fetched_at = time.monotonic()
            try:
                self._keys = _key_set(await self._fetch())
            except (OSError, ValueError, KeyError):
                return False
        return True


def _audiences(claim: Any) -> list[Any]:
    return claim if isinstance(claim, list) else [claim]


def _key_set(jwks: str) -> KeySet:
    return KeySet.import_key_set(json.loads(jwks))


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "token_invalid", en="The credential is not valid or has expired.", zh="凭证无效或已过期。"
    )
