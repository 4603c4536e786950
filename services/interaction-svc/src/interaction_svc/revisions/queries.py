"""Which revision of the rules counts now."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from interaction_svc.revisions.tables import RuleRevision
from shared.db import Tx, prepare

_T: Any = RuleRevision.__table__  # type: ignore[attr-defined]
_CURRENT = prepare(select(_T.c.revision).with_for_update(read=True))


async def current(tx: Tx) -> UUID | None:
    """The revision, which stays the one that counts until the transaction ends; None: there are no rules."""
    found: UUID | None = await tx.value(_CURRENT)
    return found
