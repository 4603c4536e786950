"""What sending needs of the other rooms, put together where the service is built."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from notify_svc.preferences.domain import Sending, Verdict
from notify_svc.recipients.domain import Person, Ref
from notify_svc.templates.rendering import Published, Rendered
from shared.db import Reader, Tx
from shared.http.guard import Trusted
from shared.http.outward import Outward
from shared.sealing import Sealer

Find = Callable[[Sequence[Ref]], Awaitable[Mapping[Ref, Person]]]
Judge = Callable[[Tx, Sequence[Sending]], Awaitable[Sequence[Verdict]]]
Texts = Callable[[Reader, Sequence[str]], Awaitable[Mapping[str, Published]]]


class Links(Protocol):
    """Addresses that a text and its headers may need."""

    def unsubscribe(self, customer_id: UUID, purpose: str, channel: str, *, now: datetime) -> str | None:
        """Where a customer says that it wants none of this any more; None without a public address."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who is asked: for people, for what may be sent, for texts; and by what it leaves."""

    find: Find
    judge: Judge
    texts: Texts
    render: Callable[..., Rendered]
    links: Links
    sealer: Sealer
    outward: Outward
    trusted: Trusted
    now: Callable[[], datetime]
    chance: Callable[[], float]
    tls: Any = field(default=None)
