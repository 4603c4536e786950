"""Who customers are now, also when they were merged into others, and how they stand."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from interaction_svc.tiers.tables import CustomerTier
from shared.db import Prepared, Reader, Tx, in_sight, prepare, sight
from shared.references.tables import KNOWN, SIGHT

_known = (
    select(KNOWN.c.id, KNOWN.c.distributor_id, KNOWN.c.merged_into)
    .where(KNOWN.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT))
    .order_by(KNOWN.c.id)
)
_NOW = prepare(_known)
_HELD = prepare(_known.with_for_update(key_share=True))
_TIERS: Any = CustomerTier.__table__  # type: ignore[attr-defined]
_asked = func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued("id", name="asked").render_derived()
_root = func.customer_root(_asked.c.id, type_=Uuid)
_STANDINGS = prepare(
    select(_asked.c.id, KNOWN.c.org_unit_id, _TIERS.c.tier)
    .join(KNOWN, KNOWN.c.id == _root)
    .outerjoin(_TIERS, _TIERS.c.customer_id == KNOWN.c.id)
)


class Standing(NamedTuple):
    """How a customer stands now: its tier, and the org unit that looks after it."""

    tier: str | None
    org_unit_id: UUID | None


class Keeper(NamedTuple):
    """The customer that keeps what is recorded for another one, or for itself."""

    customer_id: UUID
    distributor_id: UUID | None


async def standings(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How each of these customers stands, by the id that was asked for, as far as it is known."""
    rows = await reader.rows(_STANDINGS, ids=sorted(ids))
    return {row["id"]: Standing(row["tier"], row["org_unit_id"]) for row in rows}


async def keepers(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Keeper]:
    """Who each of these customers is now, of those that are known and in sight."""
    return await _followed(reader, _NOW, ids)


async def held_still(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Keeper]:
    """As `keepers`; none of them moves, is merged or gets a new record until the transaction ends.

    Locked in the order of their ids, so that two who hold some of the same wait for each other.
    """
    return await _followed(tx, _HELD, ids)


async def _followed(reader: Reader, statement: Prepared, ids: Iterable[UUID]) -> dict[UUID, Keeper]:
    """Events that overtook each other may form a circle for a moment: whoever is in it is left out."""
    asked = set(ids)
    rows: dict[UUID, Any] = {}
    unseen = asked
    while unseen:
        found = await reader.rows(statement, ids=sorted(unseen), **sight(reader.scope))
        rows |= {row["id"]: row for row in found}
        unseen = {row["merged_into"] for row in found if row["merged_into"] is not None} - rows.keys()
    last = {one: _end(rows, one) for one in asked}
    return {one: Keeper(row["id"], row["distributor_id"]) for one, row in last.items() if row is not None}


def _end(rows: Mapping[UUID, Any], start: UUID) -> Any:
    """The row at the end of the way, or None if the way leads out of sight or in a circle."""
    row = rows.get(start)
    for _ in rows:
        if row is None or row["merged_into"] is None:
            return row
        row = rows.get(row["merged_into"])
    return None
