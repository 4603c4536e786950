"""Who failed to prove themselves how often; after twenty failures within a minute nobody looks any more."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from gateway.limits import domain
from shared.problems import TooMany, Unauthenticated

_MOST_SUBJECTS = 50_000


class Guesses:
    """Counts failures by subject (an address, a key id), in this process and joined with what others saw.

    Who might fail once too often while others are still being looked at waits until those are done, so that
    many at once gain nothing, and nobody with a good credential is refused for having come along with them.
    """

    def __init__(self, now: Callable[[], int], *, most: int = _MOST_SUBJECTS) -> None:
        self._now = now
        self._most = most
        self._failed: OrderedDict[UUID, tuple[int, ...]] = OrderedDict()
        self._trying: Counter[UUID] = Counter()
        self._unsettled: dict[UUID, None] = {}
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def attempt(self, subjects: Sequence[UUID]) -> AsyncIterator[None]:
        """Prove a credential inside: Unauthenticated counts as a failure. Raises TooMany before that."""
        while not self._has_room(subjects):
            await self._ended.wait()
        self._trying.update(subjects)
        try:
            yield
        except Unauthenticated:
            self._count(subjects)
            raise
        finally:
            self._leave(subjects)

    def owed(self) -> dict[UUID, tuple[int, ...]]:
        """The failures of everybody who failed since the last time; they are taken for told."""
        owed = {subject: self._failed.get(subject, ()) for subject in self._unsettled}
        self._unsettled = {}
        return owed

    def learn(self, failures: Mapping[UUID, Sequence[int]]) -> None:
        """Take over what others saw; what is known twice counts once."""
        for subject, moments in failures.items():
            self._failed[subject] = self.joined(self._failed.get(subject, ()), moments)
            self._failed.move_to_end(subject)
        self._make_room()

    def joined(self, mine: Sequence[int], others: Sequence[int]) -> tuple[int, ...]:
        """The failures of both that still count."""
        return domain.recent({*mine, *others}, self._now())

    def disown(self, owed: Mapping[UUID, object]) -> None:
        """It could not be told: it is still owed."""
        self._unsettled.update(dict.fromkeys(owed))

    def _has_room(self, subjects: Sequence[UUID]) -> bool:
        room = True
        for subject in subjects:
            failed = self._failed.get(subject)
            if failed is not None:
                failed = domain.recent(failed, self._now())
                wait = domain.guesses_wait(failed, self._now())
                if wait:
                    raise too_many_guesses(wait)
            trying = self._trying.get(subject, 0)
            room = room and len(failed or ()) + trying < domain.MOST_GUESSES
        return room

    def _count(self, subjects: Sequence[UUID]) -> None:
        now = self._now()
        for subject in subjects:
            failed = self._failed.get(subject, ())
            moment = max(now, failed[-1] + 1) if failed else now
            self._failed[subject] = (*domain.recent(failed, now), moment)[-domain.MOST_GUESSES :]
            self._failed.move_to_end(subject)
            self._unsettled[subject] = None
        self._make_room()

    def _leave(self, subjects: Sequence[UUID]) -> None:
        self._trying.subtract(subjects)
        for subject in subjects:
            if not self._trying[subject]:
                del self._trying[subject]
        ended, self._ended = self._ended, asyncio.Event()
        ended.set()

    def _make_room(self) -> None:
        while len(self._failed) > self._most:
            subject, _ = self._failed.popitem(last=False)
            self._unsettled.pop(subject, None)


def too_many_guesses(wait: int) -> TooMany:
    """The answer to whoever failed too often."""
    return TooMany(
        "rate_limited",
        en=f"Too many failed attempts to prove who asks. Wait {wait} seconds.",
        zh=f"身份验证失败次数过多，请在 {wait} 秒后重试。",
        extra={"limit": "failed_auth"},
        retry_after=wait,
    )
