"""Models put on record, and the pointer to the one that speaks moved; all in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from scoring_svc.modelling.fingerprint import Fingerprint
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.models import domain, queries
from scoring_svc.models.tables import Model, ModelMove
from scoring_svc.policies import commands as policies
from scoring_svc.provenance import CODE_HASH, CODE_VERSION, FEATURE_HASH
from shared.db import Record, Tx, prepare
from shared.events.scoring import ModelPromoted
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, not_found

_T: Any = Model.__table__  # type: ignore[attr-defined]
_M: Any = ModelMove.__table__  # type: ignore[attr-defined]
_LOCK = 0x6D6F6465
_ALONE = prepare(select(func.pg_advisory_xact_lock(_LOCK)))
_ALONE_OR_NOT = prepare(select(func.pg_try_advisory_xact_lock(_LOCK)))
_ADD = prepare(insert(_T), *_T.c.keys())
_MOVE = prepare(insert(_M), *_M.c.keys())
_STEPS = ("status", "version")
_RETIRE = prepare(update(_T).where(_T.c.id == bindparam("b_id")), *_STEPS, "retired_at")
_SPEAK = prepare(
    update(_T).where(_T.c.id == bindparam("b_id")).returning(_T.c.id),
    *_STEPS,
    "promoted_at",
    "retired_at",
    "replaced_id",
    "approved_by",
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model with what it was learnt from; `orders` are those known, `cause` says what made us learn.

    `grids` rank its customers under this version of the tier policy.
    """

    model: ScoringModel
    grids: Percentiles
    policy_version: int
    currency: str
    customers: int
    orders: int
    as_of: datetime
    source: Fingerprint
    cause: str


async def keep(tx: Tx, learnt: Learnt, gate: dict[str, Any] | None) -> UUID:
    """Put a model on record in the shadow: it speaks to nobody."""
    model_id, model = tx.new_id(), learnt.model
    await tx.run(
        _ADD,
        id=model_id,
        kind="scoring",
        status="shadow",
        basis=model.basis,
        as_of=learnt.as_of,
        horizon_weeks=float(model.horizon_weeks),
        currency=learnt.currency,
        customers=learnt.customers,
        orders=learnt.orders,
        document=model.to_document(),
        row_hash=learnt.source.digest,
        row_counts=learnt.source.rows,
        code_version=CODE_VERSION,
        code_hash=CODE_HASH,
        feature_hash=FEATURE_HASH,
        metrics=domain.summary(model.card),
        gate=gate,
        cause=learnt.cause,
        approved_by=None,
        replaced_id=None,
        created_at=tx.now,
        promoted_at=None,
        retired_at=None,
        version=1,
    )
    await policies.keep_grids(tx, learnt.grids, model_id=model_id, policy_version=learnt.policy_version)
    return model_id


async def let_speak(tx: Tx, model_id: UUID) -> bool:
    """Let a model of the shadow speak that passed the gate; False if the pointer moved since it was judged.

    Waits for whoever moves the pointer now.
    """
    await tx.row(_ALONE)
    model = await queries.for_update(tx, model_id)
    champion = await queries.champion_for_update(tx)
    if model is None or model["status"] != "shadow":
        return False
    if champion is not None and champion["created_at"] > model["created_at"]:
        return False
    await _point(tx, model, champion, action="promoted", by=None, note=None)
    return True


async def promote(tx: Tx, model_id: UUID, *, by: UUID, note: str | None, expected: int | None) -> None:
    """Let this model speak, in the shadow or retired; the one that spoke is retired.

    NotFound, Stale, or Conflict: `model_is_champion`, or `promotion_underway` while the pointer moves.
    """
    await _alone(tx)
    model = await _found(tx, model_id, expected)
    if model["status"] == "champion":
        raise Conflict("model_is_champion", en="This model speaks already.", zh="该模型已在使用中。")
    champion = await queries.champion_for_update(tx)
    await _point(tx, model, champion, action="promoted", by=by, note=note)


async def roll_back(tx: Tx, model_id: UUID, *, by: UUID, note: str | None, expected: int | None) -> UUID:
    """Take this champion back: the one that it followed speaks again. Answers that one.

    NotFound, Stale, or Conflict: `model_not_champion`, also for whoever comes second, `nothing_before`, or
    `promotion_underway`.
    """
    await _alone(tx)
    champion = await _found(tx, model_id, expected)
    if champion["status"] != "champion":
        raise Conflict("model_not_champion", en="Another model speaks by now.", zh="当前使用的是其他模型。")
    before = None
    if champion["replaced_id"] is not None:
        before = await queries.for_update(tx, champion["replaced_id"])
    if before is None:
        raise Conflict("nothing_before", en="No model spoke before this one.", zh="此前没有其他模型。")
    await _point(tx, before, champion, action="rolled_back", by=by, note=note)
    found: UUID = before["id"]
    return found


async def _alone(tx: Tx) -> None:
    if not await tx.value(_ALONE_OR_NOT):
        raise Conflict(
            "promotion_underway",
            en="Somebody else lets a model speak at this moment.",
            zh="其他人正在切换模型。",
        )


async def _found(tx: Tx, model_id: UUID, expected: int | None) -> Record:
    model = await queries.for_update(tx, model_id)
    if model is None:
        raise not_found("model", "模型")
    check_version(expected, model["version"])
    return model


async def _point(
    tx: Tx,
    model: Record,
    champion: Record | None,
    *,
    action: Literal["promoted", "rolled_back"],
    by: UUID | None,
    note: str | None,
) -> None:
    """The one way in which a model comes to speak: retire, point, note, tell."""
    before = None if champion is None else champion["id"]
    if champion is not None:
        await tx.run(
            _RETIRE, b_id=before, status="retired", version=champion["version"] + 1, retired_at=tx.now
        )
    version = model["version"] + 1
    await tx.row(
        _SPEAK,
        b_id=model["id"],
        status="champion",
        version=version,
        promoted_at=tx.now,
        retired_at=None,
        replaced_id=model["replaced_id"] if action == "rolled_back" else before,
        approved_by=by,
    )
    await tx.run(
        _MOVE,
        id=tx.new_id(),
        model_id=model["id"],
        from_id=before,
        action=action,
        moved_by=by,
        note=note,
        moved_at=tx.now,
    )
    event = ModelPromoted(
        subject=model["id"],
        version=version,
        distributor_id=None,
        replaced_id=before,
        action=action,
        promoted_at=tx.now,
    )
    outbox.record(tx, event)
