"""One attempt: sign it, send it, and put what came of it into words."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from notify_svc.deliveries import domain
from notify_svc.deliveries.domain import SECONDS, Outcome
from notify_svc.deliveries.schemas import ANSWER
from notify_svc.dispatching import metrics
from notify_svc.webhooks import signing
from shared.db import Record
from shared.http.dialling import Unreached
from shared.http.guard import Refused, Target, Trusted, target_of
from shared.http.outward import Outward
from shared.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends by `outward`; `seconds` is what one attempt may take in all, `now` the present moment."""

    outward: Outward
    sealer: Sealer
    trusted: Trusted
    now: Callable[[], datetime]
    seconds: float = SECONDS

    def secrets(self, webhook: Record) -> Sequence[bytes]:
        """What this webhook's messages are signed with now, the newest first."""
        stored = [webhook["secret"], *([webhook["previous_secret"]] if webhook["overlaps"] else [])]
        return [signing.opened(self.sealer, webhook["id"], each) for each in stored]

    def target(self, url: str) -> Target | Refused:
        """Where it goes; what is wrong with it if it may not be asked (any more)."""
        try:
            return target_of(url, self.trusted)
        except Refused as refused:
            return refused

    async def send(
        self, target: Target | Refused, secrets: Sequence[bytes], delivery: Record, body: bytes
    ) -> Outcome:
        """The outcome of one attempt; raises nothing that the other side can bring about."""
        started_at, started = self.now(), time.perf_counter()
        status: int | None = None
        answer, retry_after = b"", None
        reason: str | None
        try:
            if isinstance(target, Refused):
                raise target
            headers = _headers(secrets, domain.message_id(delivery["id"]), int(started_at.timestamp()), body)
            found = await self.outward.post(target, body, headers, seconds=self.seconds)
            status, answer = found.status, found.beginning
            reason = domain.reason_of(status)
            retry_after = domain.asked_to_wait(status, found.retry_after, self.now())
        except (Refused, Unreached) as failure:
            reason = failure.reason
        metrics.attempts.add(1, {"outcome": reason or "delivered"})
        return Outcome(
            delivery_id=delivery["id"],
            started_at=started_at,
            duration_ms=round((time.perf_counter() - started) * 1000),
            status=status,
            reason=reason,
            answer=self.sealer.seal(ANSWER, answer, delivery["id"].bytes) if answer else None,
            retry_after=retry_after,
        )


def _headers(
    secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes
) -> Sequence[tuple[str, str]]:
    return (
        ("content-type", "application/json"),
        ("user-agent", "Tonglu-Webhooks/1"),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", signing.signature(secrets, message_id, timestamp, body)),
    )
