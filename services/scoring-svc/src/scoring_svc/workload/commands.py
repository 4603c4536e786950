"""Setting the rule."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, or_
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.workload import queries
from scoring_svc.workload.domain import FILL
from scoring_svc.workload.queries import RULE
from scoring_svc.workload.schemas import CapacitySet
from shared.db import Tx, prepare
from shared.http import check_version
from shared.jobs import enqueue

_expected = bindparam("b_expected", type_=Integer)
_new = insert(RULE)
_SET = prepare(
    _new.on_conflict_do_update(
        index_elements=["single"],
        set_={
            **{name: _new.excluded[name] for name in ("most", "owners", "updated_at", "updated_by")},
            "version": RULE.c.version + 1,
        },
        where=or_(_expected.is_(None), RULE.c.version == _expected),
    ).returning(*RULE.c),
    *RULE.c.keys(),
)


async def set_capacity(tx: Tx, body: CapacitySet, *, by: UUID, expected: int | None) -> dict[str, Any]:
    """Put this rule in the place of the one that was there, and have the queues looked at. Raises Stale."""
    check_version(expected, (await queries.rule(tx))["version"])
    row = await tx.row(
        _SET,
        single=True,
        most=body.most,
        owners=[{"owner_id": str(each.owner_id), "most": each.most} for each in body.owners],
        version=1,
        updated_at=tx.now,
        updated_by=by,
        b_expected=expected,
    )
    if row is None:
        check_version(expected, (await queries.rule(tx))["version"])
    await enqueue(tx, FILL, {}, dedup_key=FILL)
    return dict(row) if row is not None else await queries.rule(tx)
