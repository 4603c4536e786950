"""Decisions read."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scoring_svc.decisions.tables import DecisionRow
from scoring_svc.facts.families import of_one
from shared.db import Reader, Record, Sight, Tx, visible
from shared.http import Listing
from shared.references.tables import KNOWN as _R

_T: Any = DecisionRow.__table__  # type: ignore[attr-defined]
SIGHT = Sight(_R.c.distributor_id, held=(_R.c.owner_id, _R.c.org_unit_id))
_LIGHT = [column for column in _T.c if column.name != "inputs"]
DECISIONS = Listing(
    select(*_LIGHT),
    key=_T.c.id,
    sorts={"decided_at": _T.c.decided_at},
    default="-decided_at",
    filters={
        "kind": lambda value: _T.c.kind == value,
        "review": lambda value: _T.c.review.is_(None) if value == "none" else _T.c.review == value,
        "customer_id": lambda value: _T.c.customer_id.in_(of_one(value)),
    },
)


def seen(reader: Reader) -> list[Any]:
    """The conditions of decisions in sight: who sees the customer sees what was decided about it."""
    conditions = visible(reader.scope, SIGHT)
    return [_T.c.customer_id.in_(select(_R.c.id).where(*conditions))] if conditions else []


async def one(reader: Reader, decision_id: UUID) -> Record | None:
    """A decision in sight, with its inputs."""
    return await reader.row(select(_T).where(_T.c.id == decision_id, *seen(reader)))


async def for_update(tx: Tx, decision_id: UUID) -> Record | None:
    """A decision in sight, locked."""
    return await tx.row(select(_T).where(_T.c.id == decision_id, *seen(tx)).with_for_update())
