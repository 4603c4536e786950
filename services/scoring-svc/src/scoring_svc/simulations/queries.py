"""Simulations and their placements read."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, func, literal, select

from scoring_svc.simulations.tables import TierPlacement, TierSimulation
from shared.db import Reader, Record, prepare, visible
from shared.http import Listing
from shared.operations.queries import T as OPERATION
from shared.references import kept_by
from shared.references.tables import KNOWN as _R
from shared.references.tables import SIGHT as _KNOWN_SIGHT

T: Any = TierSimulation.__table__  # type: ignore[attr-defined]
P: Any = TierPlacement.__table__  # type: ignore[attr-defined]
# The operation alone knows how far it is; it is forgotten after a month.
_STATUS = case(
    (T.c.finished_at.is_not(None), literal("succeeded")),
    (OPERATION.c.status == "succeeded", literal("failed")),
    else_=func.coalesce(OPERATION.c.status, literal("failed")),
).label("status")
_TOLD = [column for column in T.c if column.name not in {"grids", "snapshot"}]
_SHOWN = select(*_TOLD, _STATUS).select_from(T.outerjoin(OPERATION, OPERATION.c.id == T.c.operation_id))
_ONE = prepare(_SHOWN.where(T.c.id == bindparam("b_id")))
SIMULATIONS = Listing(
    _SHOWN,
    key=T.c.id,
    sorts={"created_at": T.c.created_at},
    default="-created_at",
    filters={},
)
_MOVERS = (
    select(P, _R.c.distributor_id)
    .select_from(P.outerjoin(_R, _R.c.id == P.c.customer_id))
    .where(P.c.moved != 0)
)
MOVERS = Listing(
    _MOVERS,
    key=P.c.customer_id,
    sorts={"contributed_52": P.c.contributed_52_minor},
    default="-contributed_52",
    filters={
        "from_tier": lambda value: P.c.from_tier == value,
        "to_tier": lambda value: P.c.to_tier == value,
        "direction": lambda value: P.c.moved == (1 if value == "up" else -1),
        "owner_id": lambda value: P.c.owner_id == value,
        "distributor_id": lambda value: _R.c.distributor_id == value,
        "customer_id": kept_by(P.c.customer_id),
    },
)


def movers_of(reader: Reader, simulation_id: UUID) -> list[Any]:
    """The conditions of one simulation's movers, in sight as they are held today."""
    return [P.c.simulation_id == simulation_id, *visible(reader.scope, _KNOWN_SIGHT)]


async def one(reader: Reader, simulation_id: UUID) -> Record | None:
    """A simulation with the status of its work."""
    return await reader.row(_ONE, b_id=simulation_id)


def of_policy(version: int) -> list[Any]:
    """The condition of one version's simulations."""
    return [T.c.policy_version == version]
