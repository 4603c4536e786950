"""The internal token: a short-lived Ed25519 JWT by which the door tells a service who is asking."""

import asyncio
import base64
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.auth.headers import key_id_of, loggable
from shared.auth.principal import Principal
from shared.db.scope import Scope
from shared.problems import Forbidden, Unauthenticated, Unavailable

ALGORITHM = "Ed25519"
ISSUER = "tonglu-gateway"
HEADER = "x-internal-token"
TOKEN_TYPE = "internal+jwt"  # noqa: S105 - the name of a kind, not a secret
MOST_SECONDS = 60
MOST_IDS = 200
"""So many distributors, and so many holders, fit beside everything else into the longest token."""

_ID_BYTES = 16

_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": ISSUER},
    exp={"essential": True},
    iat={"essential": True},
    sub={"essential": True},
    aud={"essential": True},
)
_WHENEVER = jwt.BaseClaimsRegistry(
    iss={"essential": True, "value": ISSUER}, sub={"essential": True}, iat={"essential": True}
)
"""What is asked of a token whose end may have come."""
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError, RecursionError)
FetchKeys = Callable[[], Awaitable[str]]
_log = structlog.get_logger()


def mint(
    principal: Principal,
    key: OKPKey,
    *,
    audience: str,
    also: Sequence[str] = (),
    asks: Sequence[str] = (),
    seconds: int = MOST_SECONDS,
) -> str:
    """A token for one service, valid for at most a minute; `also` names those that it may ask in turn.

    `asks` names those for which work that it starts may have it exchanged later (ADR 21). Forbidden
    (`scope_too_wide`) when the principal's scope names more ids than fit.
    """
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": [audience, *also] if also else audience,
        "sub": str(principal.id),
        "iat": now,
        "exp": now + min(seconds, MOST_SECONDS),
        "kind": principal.kind,
        "roles": sorted(principal.roles),
        "granted": sorted(principal.granted),
        "distributors": _packed(principal.scope.distributors),
        "holders": _packed(principal.scope.holders),
        "unit": None if principal.unit is None else str(principal.unit),
        "masked": sorted(principal.masked),
        **({} if principal.home is None else {"home": str(principal.home)}),
        **({"asks": list(asks)} if asks else {}),
    }
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def _packed(ids: Collection[UUID] | None) -> str | None:
    if ids is None:
        return None
    if len(ids) > MOST_IDS:
        raise too_wide()
    return base64.urlsafe_b64encode(b"".join(each.bytes for each in sorted(ids))).decode()


def _unpacked(packed: str | None) -> frozenset[UUID] | None:
    if packed is None:
        return None
    raw = base64.urlsafe_b64decode(packed)
    places = range(0, len(raw), _ID_BYTES)
    return frozenset(UUID(bytes=raw[place : place + _ID_BYTES]) for place in places)


def _principal(claims: dict[str, Any]) -> Principal:
    unit, home = claims["unit"], claims.get("home")
    return Principal(
        kind=claims["kind"],
        id=UUID(claims["sub"]),
        roles=frozenset(claims["roles"]),
        granted=frozenset(claims["granted"]),
        scope=Scope(_unpacked(claims["distributors"]), _unpacked(claims["holders"])),
        unit=None if unit is None else UUID(unit),
        masked=frozenset(claims["masked"]),
        home=None if home is None else UUID(home),
    )


@dataclass(frozen=True, slots=True)
class Started:
    """What a token says that came with the start of some work, whether its minute is over or not.

    `asks` are the services that the work may ask; `issued` is in seconds since 1970.
    """

    kind: str
    id: UUID
    asks: frozenset[str]
    issued: int


def read_started(token: str, key: OKPKey) -> Started:
    """Take a token of that key apart; raises Unauthenticated for all but internal ones of our issuer.

    The caller judges how old it is. One that was not minted for an operation that asks has no `asks`.
    """
    try:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        claims = decoded.claims
        _WHENEVER.validate(claims)
        if decoded.header.get("typ") != TOKEN_TYPE:
            raise refused()
        asks = frozenset(claims.get("asks", ()))
        return Started(str(claims["kind"]), UUID(claims["sub"]), asks, int(claims["iat"]))
    except (*_UNREADABLE, AttributeError):
        raise refused() from None


class TokenVerifier:
    """Believes internal tokens for one audience; keeps what it verified until the token expires.

    Keys are given once (`jwks`) or fetched: at first use, every ten minutes, and for an unknown key id at
    most every thirty seconds. Known keys stay when a fetch fails; before the first ones everybody waits. Of
    a token that is refused nothing but its key id is logged.
    """

    def __init__(
        self, audience: str, *, jwks: str | None = None, fetch: FetchKeys | None = None, most: int = 10_000
    ) -> None:
        self._audience = audience
        self._keys = _keys(jwks) if jwks else {}
        self._fetch = fetch
        self._fetched_at = -1e9
        self._fetching = asyncio.Lock()
        self._most = most
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Who is asking; raises Unauthenticated for anything but a fresh token of ours for this audience.

        Raises Unavailable while no keys could be fetched yet.
        """
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        kid = key_id_of(token, ALGORITHM)
        try:
            principal, expires = self._decode(token, await self._key(kid))
        except _UNREADABLE:
            _log.info("token_refused", key_id=loggable(kid))
            raise refused() from None
        self._known[token] = (principal, expires)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return principal

    async def _key(self, kid: str | None) -> OKPKey:
        """Raises KeyError for one that is not the door's, Unavailable before any is known."""
        if kid is None:
            raise KeyError
        await self._refresh(older_than=600 if self._keys else 1)
        if not self._keys and self._fetch is not None:
            raise Unavailable(
                "keys_unavailable", en="It cannot be told now who is asking.", zh="暂时无法核实身份。"
            )
        if kid not in self._keys:
            await self._refresh(older_than=30)
        return self._keys[kid]

    def _decode(self, token: str, key: OKPKey) -> tuple[Principal, float]:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        _CLAIMS.validate(decoded.claims)
        if self._audience not in _audiences(decoded.claims["aud"]) or decoded.header.get("typ") != TOKEN_TYPE:
            raise ValueError("not for us")
        return _principal(decoded.claims), float(decoded.claims["exp"])

    async def _refresh(self, *, older_than: float) -> None:
        if self._fetch is None:
            return
        being_fetched = not self._keys and self._fetching.locked()
        if not being_fetched and time.monotonic() - self._fetched_at < older_than:
            return
        async with self._fetching:
            if time.monotonic() - self._fetched_at < older_than:
                return
            self._fetched_at = time.monotonic()
            try:
                self._keys = _keys(await self._fetch())
            except (OSError, ValueError, KeyError) as error:
                _log.warning("fetch_failed", kind="internal keys", error=type(error).__name__)


def _audiences(claim: Any) -> list[Any]:
    return claim if isinstance(claim, list) else [claim]


def _keys(jwks: str) -> dict[str, OKPKey]:
    keys = KeySet.import_key_set(json.loads(jwks)).keys
    return {str(key.kid): key for key in keys if isinstance(key, OKPKey)}


def refused() -> Unauthenticated:
    """The one answer to a bad token, whatever is bad about it."""
    return Unauthenticated(
        "token_invalid", en="The credential is not valid or has expired.", zh="凭证无效或已过期。"
    )


def too_wide() -> Forbidden:
    """The answer to whoever reaches more than a token can say."""
    return Forbidden(
        "scope_too_wide",
        en=f"This credential reaches more than {MOST_IDS} distributors or org units.",
        zh=f"此凭证覆盖的经销商或组织单元超过 {MOST_IDS} 个。",
    )
