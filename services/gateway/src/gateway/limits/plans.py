"""Which plan holds for whom, kept in memory and read again every two seconds."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from uuid import UUID

from gateway.limits import domain, queries
from gateway.limits.domain import Plan
from shared.db import Database, Reader
from shared.loops import Rarely

FRESH_SECONDS = 2.0
KeyPlans = Callable[[Reader], Awaitable[Mapping[UUID, str]]]
"""The plans of keys that have another than `partner`."""


class Plans:
    """Knows the built-in plans before it has read any, so that the door opens without the database."""

    def __init__(self, database: Database, key_plans: KeyPlans) -> None:
        self._database = database
        self._key_plans = key_plans
        self._due = Rarely(seconds=FRESH_SECONDS)
        self._by_code = dict(domain.SEEDS)
        self._of_key: Mapping[UUID, str] = {}
        self._of_roles = lru_cache(maxsize=256)(self._best)

    @property
    def of_addresses(self) -> Plan:
        """The plan of whoever shows no credential."""
        return self._by_code[domain.ADDRESS]

    def of(self, credential: UUID, roles: frozenset[str]) -> Plan:
        """The plan of a person with these roles, or of a key, which has none."""
        if roles:
            return self._of_roles(roles)
        return (
            self._by_code.get(self._of_key.get(credential, domain.PARTNER)) or self._by_code[domain.PARTNER]
        )

    async def refresh(self, *, now: bool = False) -> None:
        """Read them again when it is time, or `now`."""
        if not (self._due.due() or now):
            return
        async with self._database.read() as reader:
            plans = await queries.every_plan(reader)
            self._of_key = await self._key_plans(reader)
        self._by_code = {**domain.SEEDS, **{plan.code: plan for plan in plans}}
        self._of_roles.cache_clear()

    def _best(self, roles: Iterable[str]) -> Plan:
        known = [self._by_code[role] for role in roles if role in self._by_code]
        return domain.most_generous(known or [self._by_code[domain.PARTNER]])
