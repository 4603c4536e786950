"""The one decision function, used in process by the embedded edge and over HTTP by nginx."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from gateway.api_keys.text import MARK
from gateway.api_keys.text import read as read_key
from gateway.edge.domain import HEALTH, Operation, RouteTable, Target, handed_on
from gateway.edge.identity import StaffIdentity
from gateway.edge.partners import KeyIdentity
from gateway.keys.ring import KeyRing
from gateway.limits.warden import Client, Warden
from shared.auth import Principal
from shared.auth.tokens import mint
from shared.http.door import demand
from shared.http.errors import method_not_allowed
from shared.memory import Memory
from shared.problems import NotFound, Problem, TooMany, Unauthenticated, Unavailable

_REUSE_SECONDS = 30.0
_PROVEN_SECONDS = 600.0
_OUR_FAULT = 500
_Wanted = tuple[Principal, str, tuple[str, ...]]
"""Whom a token speaks for, at which service, and what work that it starts asks."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows to prove who asks.

    `address` is that of the client as the edge saw it, never as the client claims it; None when unknown.
    """

    authorization: str | None = None
    api_key: str | None = None
    address: str | None = None

    @property
    def key(self) -> str | None:
        """The partner's key, in the header of its own or as a bearer token."""
        if self.api_key:
            return self.api_key
        scheme, _, token = (self.authorization or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.lstrip().startswith(MARK) else None


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on to this service with this internal token (None: the operation is open to all).

    The edge puts `headers` onto the answer, whatever the service says. `credential` is whose use this is.
    """

    service: str
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    credential: UUID | None = None


class Check:
    """Decides for each request in turn: where it goes, who asks, whether they may, and what speaks for them.

    Raises NotFound, MethodNotAllowed, Unauthenticated, Forbidden, TooMany, or Unavailable when nobody can
    tell. The service checks the permission again. A credential that was good within the last ten minutes is
    looked up as ever, but is no guess: guesses from its address, or at its key id, do not shut it out.
    """

    def __init__(
        self,
        routes: Callable[[], Awaitable[RouteTable]],
        staff: StaffIdentity,
        keys: KeyIdentity,
        ring: KeyRing,
        warden: Warden,
    ) -> None:
        self._routes = routes
        self._staff = staff
        self._keys = keys
        self._ring = ring
        self._warden = warden
        self._proven: Memory[str, bool] = Memory(_PROVEN_SECONDS)
        self._tokens: Memory[_Wanted, str] = Memory(_REUSE_SECONDS)

    async def __call__(self, method: str, path: str, shown: Credentials) -> Allowed:
        """The service that owns the path (decoded) and the token that speaks for the caller there."""
        await self._warden.ready()
        try:
            target, operation = await self._routed(method, path)
            principal = None if operation.public else await self._identified(shown)
        except Problem as problem:
            raise self._counted(problem, shown) from None
        if principal is None:
            free = path in HEALTH
            return Allowed(target.service, headers={} if free else self._warden.admit_stranger(shown.address))
        return await self._admitted(principal, target.service, operation)

    async def _admitted(self, principal: Principal, service: str, operation: Operation) -> Allowed:
        client = Client(principal.id, principal.roles)
        headers = self._warden.admit(client)
        try:
            demand(principal, operation.permissions)
            token = await self.token(principal, service, operation.asks)
        except Problem as problem:
            self._warden.turned_away(client)
            problem.headers = {**problem.headers, **headers}
            raise
        return Allowed(service, token, headers, credential=principal.id)

    def _counted(self, problem: Problem, shown: Credentials) -> Problem:
        """The refusal of somebody unknown counts on the address; raises TooMany when that is used up."""
        if problem.status < _OUR_FAULT and problem.status != TooMany.status:
            problem.headers = {**problem.headers, **self._warden.admit_stranger(shown.address)}
        return problem

    async def token(self, principal: Principal, service: str, asks: tuple[str, ...] = ()) -> str:
        """An internal token that speaks for the principal at one service; good for half a minute at least.

        With `asks` it also serves to ask these services, now and, exchanged, by the work that it starts.
        """
        wanted = (principal, service, asks)
        return self._tokens.get(wanted) or await self._tokens.get_or(wanted, lambda: self._minted(*wanted))

    async def _minted(self, principal: Principal, service: str, asks: tuple[str, ...]) -> str:
        key = await self._ring.signing("internal")
        return mint(principal, key, audience=service, also=handed_on(service, asks), asks=asks)

    async def _routed(self, method: str, path: str) -> tuple[Target, Operation]:
        routes = await self._routes()
        target = routes.match(path)
        if target is None:
            raise _nowhere(complete=routes.complete)
        operation = target.operations.get(method)
        if operation is None:
            raise method_not_allowed(target.operations)
        return target, operation

    async def _identified(self, shown: Credentials) -> Principal:
        if shown.authorization and shown.api_key:
            raise Unauthenticated(
                "two_credentials",
                en="Send one credential, either Authorization or X-API-Key.",
                zh="Authorization 与 X-API-Key 只能使用其中一种。",
            )
        if not (shown.authorization or shown.api_key):
            raise Unauthenticated(
                "unauthenticated",
                en="Sign in first (Authorization: Bearer …), or send a key (X-API-Key).",
                zh="请先登录，或提供密钥（X-API-Key）。",
            )
        credential = shown.key or shown.authorization or ""
        if not self._proven.get(credential):
            await self._proven.get_or(credential, lambda: self._proved(shown))
        return await self._principal(shown)

    async def _proved(self, shown: Credentials) -> bool:
        """Look at a credential that was not good lately, if its address and key id are not found guessing."""
        parts = None if shown.key is None else read_key(shown.key)
        async with self._warden.attempt(shown.address, None if parts is None else parts.key_id):
            await self._principal(shown)
        return True

    async def _principal(self, shown: Credentials) -> Principal:
        if shown.key is not None:
            return await self._keys.principal(shown.key, shown.address)
        return await self._staff.principal(shown.authorization or "")


def _nowhere(*, complete: bool) -> Problem:
    if complete:
        return NotFound("no_such_path", en="There is nothing at this address.", zh="此地址不存在。")
    return Unavailable("service_starting", en="A service is still starting.", zh="服务正在启动。")
