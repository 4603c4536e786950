"""From a credential to a principal: staff by their access token and the state of their session."""

import time
from uuid import UUID

from gateway.keys.ring import KeyRing
from gateway.reach import queries as reach
from gateway.sessions import domain, queries, tokens
from gateway.sessions.tokens import Access
from gateway.staff import queries as accounts
from shared.auth import Principal
from shared.auth.headers import MOST_BYTES
from shared.db import EVERYTHING, Database, Reader, Record, Scope
from shared.memory import Memory
from shared.problems import Unauthenticated

STANDING_SECONDS = 1.0
_TOKEN_SECONDS = 60.0
_BEARER = "bearer "


class StaffIdentity:
    """Believes access tokens of this gateway.

    A verified signature is remembered for a minute, and never past the token's end; the person and the
    session are looked up again each second, so that whoever is disabled or signed out is cut off, and who
    sees less from now on sees less then.
    """

    def __init__(self, database: Database, ring: KeyRing, *, issuer: str) -> None:
        self._database = database
        self._ring = ring
        self._issuer = issuer
        self._tokens: Memory[str, Access] = Memory(_TOKEN_SECONDS)
        self._standing: Memory[Access, Principal] = Memory(STANDING_SECONDS)

    async def principal(self, authorization: str) -> Principal:
        """Who holds this `Authorization` header; raises Unauthenticated."""
        if authorization[:7].lower() != _BEARER or len(authorization) > MOST_BYTES + len(_BEARER):
            raise tokens.refused()
        token = authorization[7:].strip()
        access = self._tokens.get(token) or await self._tokens.get_or(token, lambda: self._read(token))
        if access.expires <= time.time():
            raise tokens.refused()
        return self._standing.get(access) or await self._standing.get_or(
            access, lambda: self._looked_up(access)
        )

    async def _read(self, token: str) -> Access:
        return await tokens.read(token, lambda kid: self._ring.believed("access", kid), issuer=self._issuer)

    async def _looked_up(self, access: Access) -> Principal:
        async with self._database.read() as reader:
            row = await queries.standing(reader, access.staff_id, access.session_id)
            if row is None or not domain.alive(queries.chain_of(row), self._database.now()):
                raise Unauthenticated(
                    "session_ended",
                    en="This session has ended. Sign in again.",
                    zh="会话已结束，请重新登录。",
                )
            return await _person(reader, access.staff_id, row)

    async def by_id(self, staff_id: UUID) -> Principal | None:
        """How a person stands now, signed in or not; None when the account is gone or disabled."""
        async with self._database.read() as reader:
            row = await accounts.account(reader, staff_id)
            if row is None or row["status"] != "active":
                return None
            return await _person(reader, staff_id, row)


async def _person(reader: Reader, staff_id: UUID, row: Record) -> Principal:
    return Principal(
        "staff",
        staff_id,
        roles=frozenset(row["roles"]),
        scope=await _scope(reader, staff_id, row),
        unit=row["org_unit_id"],
    )


async def _scope(reader: Reader, staff_id: UUID, row: Record) -> Scope:
    """What somebody sees: what they hold, also what their unit and all below it hold, or everything."""
    if row["data_scope"] == "all":
        return EVERYTHING
    units: frozenset[UUID] = frozenset()
    if row["data_scope"] == "unit" and row["org_unit_id"] is not None:
        units = await reach.units_below(reader, row["org_unit_id"])
    return Scope(holders=units | {staff_id})
