"""Every change of an interaction: logging it, one or many, editing it, and taking many out again."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, delete, insert, update

from interaction_svc.interactions import domain, queries
from interaction_svc.interactions.schemas import InteractionCreate, InteractionPatch
from interaction_svc.interactions.tables import Interaction, InteractionEdit
from shared.db import Tx, prepare
from shared.events.interaction import InteractionLogged
from shared.http import check_version
from shared.messaging import outbox
from shared.references import recorded_for

_T = Interaction.__table__  # type: ignore[attr-defined]
_E = InteractionEdit.__table__  # type: ignore[attr-defined]
_EDITABLE = ("channel", "direction", "occurred_at", "participants", "summary", "agreement", "attachments")
_KIND = "contact"

_LOG = prepare(insert(_T).returning(_T.c.customer_id), *_T.c.keys())
_EDIT = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *_EDITABLE,
    "version",
    "updated_at",
)
_KEEP_EDIT = prepare(insert(_E), *_E.c.keys())
_REMOVE = prepare(delete(_T).where(_T.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def log_interaction(
    tx: Tx, body: InteractionCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Record one contact; Invalid when it lies more than a day ahead."""
    domain.check_happened(body.occurred_at, now=tx.now)
    row = drafted(tx, body, distributor_id=distributor_id, by=by)
    keeper = await tx.value(_LOG, **row)
    _announce(tx, row)
    return {**row, "customer_id": keeper}


async def log_interactions(
    tx: Tx, bodies: Sequence[InteractionCreate], *, distributors: Mapping[UUID, UUID | None], by: UUID
) -> list[UUID]:
    """Record contacts that were checked before, in one round trip; their ids in the same order."""
    rows = [drafted(tx, body, distributor_id=distributors[body.customer], by=by) for body in bodies]
    await store(tx, rows)
    for row in rows:
        _announce(tx, row)
    return [row["id"] for row in rows]


def drafted(tx: Tx, body: InteractionCreate, *, distributor_id: UUID | None, by: UUID) -> dict[str, Any]:
    """The row of an interaction that was checked before, with an id of its own; nothing is written."""
    return {
        **_storable(body.model_dump()),
        "id": tx.new_id(),
        "origin_id": None,
        "distributor_id": distributor_id,
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


async def store(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write drafted rows in one round trip; tells nobody.

    Each row locks its customer: in one order for all writers, so that two of them wait and do not deadlock.
    """
    await tx.run_many(_LOG, [dict(row) for row in sorted(rows, key=itemgetter("customer_id"))])


async def remove(tx: Tx, ids: Sequence[UUID]) -> None:
    """Delete interactions that were locked before, with their history; tells nobody."""
    await tx.run(_REMOVE, ids=list(ids))


async def edit_interaction(
    tx: Tx, interaction_id: UUID, patch: InteractionPatch, *, expected: int | None, by: UUID
) -> dict[str, Any]:
    """Change what was sent and keep what stood there; an edit that changes nothing makes no version.

    Raises NotFound, Stale when `expected` is not the version, Invalid for a time too far ahead.
    """
    before = await queries.interaction_to_edit(tx, interaction_id)
    check_version(expected, before["version"])
    wanted = patch.changes()
    if "occurred_at" in wanted:
        domain.check_happened(wanted["occurred_at"], now=tx.now)
    changed = domain.edited(before, _storable(wanted))
    if not changed:
        return before
    after = {**before, **changed, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_EDIT, b_id=interaction_id, b_version=before["version"], **after)
    await tx.run(
        _KEEP_EDIT,
        id=tx.new_id(),
        interaction_id=interaction_id,
        distributor_id=before["distributor_id"],
        version=after["version"],
        changes=domain.edit_record(before, changed),
        edited_by=by,
        edited_at=tx.now,
    )
    return after


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """Ids inside JSON columns as text."""
    if "participants" not in values:
        return values
    participants = [
        {**one, "id": str(one["id"])} if one["id"] is not None else one for one in values["participants"]
    ]
    return {**values, "participants": participants}


def _announce(tx: Tx, row: Mapping[str, Any]) -> None:
    outbox.record(
        tx,
        InteractionLogged(
            subject=row["id"],
            version=row["version"],
            distributor_id=row["distributor_id"],
            customer_id=recorded_for(row),
            channel=row["channel"],
            direction=row["direction"],
            occurred_at=row["occurred_at"],
            kind=_KIND,
        ),
    )
