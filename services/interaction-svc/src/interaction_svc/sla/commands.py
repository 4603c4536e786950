"""Every change of a policy; what is open is counted anew by a job."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, delete, insert, update

from interaction_svc.revisions.commands import advance
from interaction_svc.sla import queries
from interaction_svc.sla.schemas import SlaPolicyCreate, SlaPolicyPatch
from interaction_svc.sla.tables import SlaPolicy
from shared.db import Tx, prepare
from shared.http import check_version

_T = SlaPolicy.__table__  # type: ignore[attr-defined]
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_CHANGE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)),
    *(column.key for column in _T.c if column.key not in {"id", "created_at"}),
)
_REMOVE = prepare(delete(_T).where(_this))


async def create_policy(tx: Tx, body: SlaPolicyCreate) -> dict[str, Any]:
    """A new policy."""
    row = {
        **_stored(body),
        "id": tx.new_id(),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await advance(tx)
    await tx.run(_INSERT, **row)
    return row


async def change_policy(
    tx: Tx, policy_id: UUID, patch: SlaPolicyPatch, *, expected: int | None
) -> dict[str, Any]:
    """Change what was sent; NotFound, Stale when `expected` is not the version."""
    await advance(tx)
    before = await queries.policy_to_change(tx, policy_id)
    check_version(expected, before["version"])
    wanted = {name: value for name, value in _stored(patch).items() if name in patch.changes()}
    after = {**before, **wanted, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_CHANGE, b_id=policy_id, b_version=before["version"], **after)
    return after


async def remove_policy(tx: Tx, policy_id: UUID, *, expected: int | None) -> None:
    """Remove it; its cases are counted by the next policy that covers them. NotFound, Stale."""
    await advance(tx)
    before = await queries.policy_to_change(tx, policy_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=policy_id)


def _stored(body: SlaPolicyCreate | SlaPolicyPatch) -> dict[str, Any]:
    values = body.model_dump()
    if body.targets is not None:
        values["targets"] = body.targets.stored()
    return values
