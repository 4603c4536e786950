"""A build stored, and made the current one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from scoring_svc.recommendations.learning import Built
from scoring_svc.recommendations.tables import Recommender, RecommenderProduct
from shared.db import Tx, prepare

_R: Any = Recommender.__table__  # type: ignore[attr-defined]
_P: Any = RecommenderProduct.__table__  # type: ignore[attr-defined]
_ALONE = prepare(select(func.pg_advisory_xact_lock(0x7265636F)))
_RETIRE = prepare(update(_R).where(_R.c.status == "current"), "status")
_CLEAR = prepare(delete(_P))
_ADD = prepare(insert(_R), *_R.c.keys())


async def replace(tx: Tx, built: Built, as_of: datetime) -> UUID:
    """Let this build speak from now on; those before stay on record with their backtests alone."""
    await tx.row(_ALONE)
    await tx.run(_RETIRE, status="retired")
    await tx.run(_CLEAR)
    made = tx.new_id()
    await tx.run(
        _ADD,
        id=made,
        status="current",
        bases=built.bases,
        customers=built.customers,
        products=len(built.skus),
        purchases=built.purchases,
        popular=built.popular,
        card=built.card,
        as_of=as_of,
        built_at=tx.now,
    )
    await tx.copy("recommender_product", _P.c.keys(), _rows(made, built))
    return made


def _rows(made: UUID, built: Built) -> Iterator[tuple[Any, ...]]:
    known = built.known
    for number, sku in enumerate(built.skus):
        there = known.of(number)
        yield (
            made,
            number,
            sku,
            built.categories[number],
            int(known.bought_by[number]),
            known.others[there].tolist(),
            known.weights[there].tolist(),
            known.together[there].tolist(),
        )
