"""What everybody has used, in memory: exact for what this process lets in, joined with what others saw."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from gateway.limits import domain
from gateway.limits.domain import Bucket, Plan, Standing

_MOST_ACCOUNTS = 50_000


@dataclass(slots=True)
class _Account:
    """`unsettled` requests are in the bucket, and not stored yet."""

    plan: Plan
    bucket: Bucket
    unsettled: int = 0


@dataclass(frozen=True, slots=True)
class Owed:
    """What one account has to tell: `count` requests that are not stored, and its own view of the bucket."""

    plan: Plan
    bucket: Bucket
    count: int


class Ledger:
    """Decides without waiting for anything; `owed` and `settle` carry it to storage and back.

    Moments are microseconds since 1970.
    """

    def __init__(self, *, most: int = _MOST_ACCOUNTS) -> None:
        self._most = most
        self._accounts: OrderedDict[UUID, _Account] = OrderedDict()
        self._touched: dict[UUID, None] = {}
        self._stored: dict[UUID, Bucket] = {}

    def restore(self, stored: Mapping[UUID, Bucket]) -> None:
        """Begin with what was stored."""
        self._stored = dict(stored)

    def take(self, subject: UUID, plan: Plan, now: int) -> tuple[bool, Standing]:
        """Let one request in if the plan has room, and how the subject stands then."""
        account = self._account(subject, plan)
        before = domain.standing(account.bucket, plan, now)
        if before.over is not None:
            account.bucket = domain.believable(account.bucket, plan, now)
            return False, before
        self._spend(account, now, 1)
        return True, domain.standing(account.bucket, plan, now)

    def look(self, subject: UUID, plan: Plan, now: int) -> tuple[bool, Standing]:
        """Whether the plan has room, and how the subject stands; nothing is used."""
        account = self._account(subject, plan)
        stands = domain.standing(account.bucket, plan, now)
        return stands.over is None, stands

    def charge(self, subject: UUID, plan: Plan, now: int, count: int) -> None:
        """Count requests that were let in already."""
        self._spend(self._account(subject, plan), now, count)

    def owed(self, most: int) -> dict[UUID, Owed]:
        """What the accounts that were touched have to tell; they are taken for told."""
        chosen = list(self._touched)[:most]
        found = {}
        for subject in chosen:
            del self._touched[subject]
            account = self._accounts.get(subject)
            if account is not None:
                found[subject] = Owed(account.plan, account.bucket, account.unsettled)
        return found

    def settle(self, owed: Mapping[UUID, Owed], stored: Mapping[UUID, Bucket], now: int) -> None:
        """Take over what is stored now, which holds what was owed."""
        for subject, told in owed.items():
            account = self._accounts.get(subject)
            if account is not None:
                account.unsettled -= told.count
                account.bucket = domain.settled(
                    stored.get(subject, Bucket()), account.bucket, account.plan, account.unsettled, now
                )

    def disown(self, owed: Mapping[UUID, Owed]) -> None:
        """It could not be told: it is still owed."""
        self._touched.update(dict.fromkeys(owed))

    def _account(self, subject: UUID, plan: Plan) -> _Account:
        account = self._accounts.get(subject)
        if account is None:
            account = _Account(plan, self._stored.pop(subject, Bucket()))
            self._accounts[subject] = account
            self._make_room()
        else:
            account.plan = plan
            self._accounts.move_to_end(subject)
        self._touched[subject] = None
        return account

    def _make_room(self) -> None:
        """Let go of who was not seen for the longest time, if all that they used is stored."""
        while len(self._accounts) > self._most:
            subject, account = next(iter(self._accounts.items()))
            if account.unsettled:
                return
            del self._accounts[subject]
            self._touched.pop(subject, None)

    @staticmethod
    def _spend(account: _Account, now: int, count: int) -> None:
        account.bucket = domain.spent(account.bucket, account.plan, now, count)
        account.unsettled += count
