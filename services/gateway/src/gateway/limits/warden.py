"""Keeps everybody to their plan: credentials to theirs, whoever shows none to that of their address."""

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from gateway.limits import domain, settling
from gateway.limits.addresses import Subjects
from gateway.limits.commands import PLANS_BELL
from gateway.limits.domain import Plan, Standing
from gateway.limits.guesses import Guesses
from gateway.limits.ledger import Ledger
from gateway.limits.plans import KeyPlans, Plans
from shared.db import Database
from shared.loops import Rarely, every, report
from shared.problems import TooMany, Unavailable

SETTLE_SECONDS = 0.25
_FORGET_SECONDS = 600
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Whose use is counted: a person by roles, or a key, which has none."""

    credential: UUID
    roles: frozenset[str] = frozenset()


class Warden:
    """Decides in memory, and settles with the database four times a second.

    `counting` says that every request passes here, so that letting one in is counting it, exactly. Otherwise
    (behind a cache) services report what they handled, and a decision holds until it is asked for again.
    """

    def __init__(self, database: Database, *, pepper: bytes, key_plans: KeyPlans, counting: bool) -> None:
        self._database = database
        self._counting = counting
        self._subjects = Subjects(pepper)
        self._plans = Plans(database, key_plans)
        self._ledger = Ledger()
        self._guesses = Guesses(self._now)
        self._forgetting = Rarely(seconds=_FORGET_SECONDS)
        self._restoring = asyncio.Lock()
        self._restored = False
        self._refused: Counter[Client] = Counter()

    async def ready(self) -> None:
        """Know what was stored before the first decision; without a database begin with nothing."""
        if not self._restored:
            async with self._restoring:
                await self._restore()

    def admit(self, client: Client) -> Headers:
        """Let a request of this credential in; the headers of its answer. Raises TooMany."""
        plan = self._plans.of(client.credential, client.roles)
        decide = self._ledger.take if self._counting else self._ledger.look
        admitted, stands = decide(client.credential, plan, self._now())
        if not admitted:
            self._refused[client] += 1
            raise _too_many(plan, stands)
        return _headers(plan, stands)

    def admit_stranger(self, address: str | None) -> Headers:
        """Let a request in that shows no good credential; it is always counted here. Raises TooMany."""
        plan = self._plans.of_addresses
        admitted, stands = self._ledger.take(self._subjects.address(address), plan, self._now())
        if not admitted:
            raise _too_many(plan, stands)
        return _headers(plan, stands)

    def turned_away(self, client: Client) -> None:
        """An admitted request reaches no service: nobody will report it, so that it is counted now."""
        if not self._counting:
            self.charge(client, 1)

    def charge(self, client: Client, count: int) -> None:
        """Count requests that were let in without being counted."""
        plan = self._plans.of(client.credential, client.roles)
        self._ledger.charge(client.credential, plan, self._now(), count)

    def take_refused(self) -> dict[Client, int]:
        """How many requests of whom were refused since the last time."""
        refused, self._refused = self._refused, Counter()
        return refused

    def standing(self, client: Client) -> tuple[Plan, Standing]:
        """How a credential stands now, as far as this process knows."""
        plan = self._plans.of(client.credential, client.roles)
        return plan, self._ledger.look(client.credential, plan, self._now())[1]

    def attempt(self, address: str | None, key_id: str | None = None) -> AbstractAsyncContextManager[None]:
        """Prove a credential inside; raises TooMany before anything is looked at when too many failed."""
        subjects = [self._subjects.guessing_address(address)]
        if key_id is not None:
            subjects.append(self._subjects.guessed_key(key_id))
        return self._guesses.attempt(subjects)

    async def settle(self) -> None:
        """Exchange with the database what was used; raises Unavailable, and nothing is lost."""
        await self.ready()
        bell = self._database.signal(PLANS_BELL)
        await self._plans.refresh(now=bell.is_set())
        bell.clear()
        await settling.settle_use(self._database, self._ledger, self._now())
        await settling.settle_failures(self._database, self._guesses)
        if self._forgetting.due():
            await settling.forget(self._database, self._now())

    async def run(self) -> None:
        """The loop; what was used until the end is stored."""
        try:
            await every(SETTLE_SECONDS, self.settle)()
        finally:
            await self.settle()

    async def _restore(self) -> None:
        if self._restored:
            return
        try:
            await self._plans.refresh(now=True)
            await settling.restore(self._database, self._ledger, self._guesses, self._now())
        except Unavailable as error:
            report("limits", error)
        self._restored = True

    def _now(self) -> int:
        return int(self._database.now().timestamp() * domain.SECOND)


@lru_cache(maxsize=256)
def _policy(plan: Plan) -> str:
    return domain.policy(plan)


def _headers(plan: Plan, stands: Standing) -> Headers:
    return {"RateLimit-Policy": _policy(plan), "RateLimit": domain.remaining(stands)}


_WINDOWS = {"minute": ("a minute", "每分钟"), "day": ("a day", "每天")}


def _too_many(plan: Plan, stands: Standing) -> TooMany:
    en, zh = _WINDOWS[stands.over or "minute"]
    return TooMany(
        "rate_limited",
        en=f"More requests than the plan {plan.code} allows {en}. Wait {stands.wait} seconds.",
        zh=f"请求超过方案 {plan.code} {zh}的限额，请在 {stands.wait} 秒后重试。",
        extra={"limit": stands.over, "plan": plan.code},
        retry_after=stands.wait,
        headers=_headers(plan, stands),
    )
