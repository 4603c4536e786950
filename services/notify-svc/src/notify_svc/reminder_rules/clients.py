"""Door out of the rules: who was not heard of for long; handed in by `app.py`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db import Reader


class Silent(NamedTuple):
    """A customer with whom nobody was in contact since then (None: never)."""

    customer_id: UUID
    last_contact_at: datetime | None


class Search(NamedTuple):
    """Customers of this tier without a contact since `before`: the next (`most`) by id behind `after`."""

    tier: str
    before: datetime
    after: UUID
    most: int


FindSilent = Callable[[Reader, Search], Awaitable[Sequence[Silent]]]


async def nobody_silent(_reader: Reader, _search: Search) -> Sequence[Silent]:
    """Who is silent where nobody can tell."""
    return ()
