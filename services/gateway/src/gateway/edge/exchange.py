"""From the token that some work began with to one that speaks for its caller now (compare RFC 8693)."""

from datetime import timedelta
from uuid import UUID

import structlog

from gateway.edge.domain import handed_on
from gateway.edge.identity import StaffIdentity
from gateway.edge.partners import KeyIdentity
from gateway.keys.ring import KeyRing
from shared.auth import Principal
from shared.auth.delegation import ended
from shared.auth.headers import key_id_of, loggable
from shared.auth.tokens import ALGORITHM, Started, mint, read_started, refused
from shared.db import Database
from shared.problems import Unauthenticated

LONGEST_WORK = timedelta(hours=24)
"""For so long after it was issued a token can be exchanged."""

_LEEWAY = timedelta(seconds=5)
_log = structlog.get_logger()


class Exchange:
    """Believes internal tokens that this gateway issued within a day, expired or not.

    What they say of their caller's rights is not looked at: only whom they name, and whom the work asks.
    """

    def __init__(
        self, database: Database, ring: KeyRing, people: StaffIdentity, partners: KeyIdentity
    ) -> None:
        self._database = database
        self._ring = ring
        self._callers = {"staff": people.by_id, "partner": partners.by_id}

    async def __call__(self, token: str, audience: str) -> str:
        """A token for the audience with the caller's rights of now; it cannot be exchanged in turn.

        Unauthenticated for what is no such token (`token_invalid`), and for a caller who may not come in any
        more (`access_ended`); Forbidden for one who reaches too far by now (`scope_too_wide`).
        """
        try:
            started = await self._believed(token, audience)
        except Unauthenticated:
            _log.info("token_refused", key_id=loggable(key_id_of(token, ALGORITHM)))
            raise
        principal = await self._now(started.kind, started.id)
        key = await self._ring.signing("internal")
        return mint(principal, key, audience=audience, also=handed_on(audience))

    async def _believed(self, token: str, audience: str) -> Started:
        kid = key_id_of(token, ALGORITHM)
        key = None if kid is None else await self._ring.believed("internal", kid)
        if key is None:
            raise refused()
        started = read_started(token, key)
        age = self._database.now().timestamp() - started.issued
        fresh = -_LEEWAY.total_seconds() <= age <= LONGEST_WORK.total_seconds()
        if not fresh or audience not in started.asks or started.kind not in self._callers:
            raise refused()
        return started

    async def _now(self, kind: str, caller_id: UUID) -> Principal:
        principal = await self._callers[kind](caller_id)
        if principal is None:
            raise ended()
        return principal
