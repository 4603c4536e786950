"""Models put on record."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.models.tables import Model
from scoring_svc.policies import commands as policies
from shared.db import Tx, prepare

_T: Any = Model.__table__  # type: ignore[attr-defined]
_ALONE = prepare(select(func.pg_advisory_xact_lock(0x6D6F6465)))
_RETIRE = prepare(update(_T).where(_T.c.status == "champion"), "status", "retired_at")
_ADD = prepare(insert(_T), *_T.c.keys())


async def promote(
    tx: Tx,
    model: ScoringModel,
    grids: Percentiles,
    *,
    policy_version: int,
    currency: str,
    customers: int,
    orders: int,
) -> UUID:
    """Let this model speak from now on; the one before it stays on record as retired.

    `grids` rank its customers under this version of the tier policy.

    Two that were learnt at the same time speak one after the other.
    """
    await tx.row(_ALONE)
    await tx.run(_RETIRE, status="retired", retired_at=tx.now)
    model_id = tx.new_id()
    await tx.run(
        _ADD,
        id=model_id,
        status="champion",
        basis=model.basis,
        as_of=tx.now,
        horizon_weeks=float(model.horizon_weeks),
        currency=currency,
        customers=customers,
        orders=orders,
        document=model.to_document(),
        created_at=tx.now,
        retired_at=None,
    )
    await policies.keep_grids(tx, grids, model_id=model_id, policy_version=policy_version)
    return model_id
