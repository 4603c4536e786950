"""The one decision function, used in process by the embedded edge and over HTTP by nginx."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.edge.domain import RouteTable
from gateway.edge.identity import StaffIdentity
from gateway.edge.memory import Memory
from gateway.keys.ring import KeyRing
from shared.auth import Principal
from shared.auth.tokens import mint
from shared.problems import NotFound, Problem, Unauthenticated, Unavailable

_REUSE_SECONDS = 30.0
_ASKS = {"interaction-svc": ("customer-svc",), "notify-svc": ("customer-svc",)}
"""Who reads a customer through, and so hands its caller's token on."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows to prove who asks."""

    authorization: str | None = None
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on to this service with this internal token (None: the path is open to all)."""

    service: str
    token: str | None = None


class Check:
    """Decides for each request. Raises NotFound, Unauthenticated, or Unavailable when nobody can tell."""

    def __init__(
        self, routes: Callable[[], Awaitable[RouteTable]], identity: StaffIdentity, ring: KeyRing
    ) -> None:
        self._routes = routes
        self._identity = identity
        self._ring = ring
        self._tokens: Memory[tuple[Principal, str], str] = Memory(_REUSE_SECONDS)

    async def __call__(self, path: str, shown: Credentials) -> Allowed:
        """The service that owns the path and the token that speaks for the caller there."""
        routes = await self._routes()
        found = routes.match(path)
        if found is None:
            raise _nowhere(complete=routes.complete)
        if found.public:
            return Allowed(found.service)
        principal = await self._principal(shown)
        return Allowed(found.service, await self.token(principal, found.service))

    async def token(self, principal: Principal, service: str) -> str:
        """An internal token that speaks for the principal at one service; good for half a minute at least."""
        wanted = (principal, service)
        return self._tokens.get(wanted) or await self._tokens.get_or(
            wanted, lambda: self._minted(principal, service)
        )

    async def _minted(self, principal: Principal, service: str) -> str:
        key = await self._ring.signing("internal")
        return mint(principal, key, audience=service, also=_ASKS.get(service, ()))

    async def _principal(self, shown: Credentials) -> Principal:
        if shown.authorization is None:
            raise Unauthenticated(
                "unauthenticated", en="Sign in first (Authorization: Bearer …).", zh="请先登录。"
            )
        return await self._identity.principal(shown.authorization)


def _nowhere(*, complete: bool) -> Problem:
    if complete:
        return NotFound("no_such_path", en="There is nothing at this address.", zh="此地址不存在。")
    return Unavailable("service_starting", en="A service is still starting.", zh="服务正在启动。")
