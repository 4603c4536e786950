"""Reading the trees: one place, or a place with everything below it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, select

from gateway.reach.domain import Place
from gateway.reach.tables import DistributorRef, OrgUnitRef
from shared.db import Prepared, Reader, prepare

_DISTRIBUTORS: Any = DistributorRef.__table__  # type: ignore[attr-defined]
_UNITS: Any = OrgUnitRef.__table__  # type: ignore[attr-defined]


def _one(table: Any) -> Prepared:
    return prepare(select(table).where(table.c.id == bindparam("b_id")))


def _below(table: Any) -> Prepared:
    """UNION, not UNION ALL: while two moves arrive in the wrong order the references may hold a ring."""
    below = select(bindparam("b_id", type_=Uuid).label("id")).cte("below", recursive=True)
    below = below.union(select(table.c.id).join(below, table.c.parent_id == below.c.id))
    return prepare(select(func.array_agg(literal_column("below.id"))).select_from(below))


_DISTRIBUTOR = _one(_DISTRIBUTORS)
_DISTRIBUTORS_BELOW = _below(_DISTRIBUTORS)
_UNIT = _one(_UNITS)
_UNITS_BELOW = _below(_UNITS)


async def distributor(reader: Reader, distributor_id: UUID) -> Place | None:
    """The distributor as known here; one that is not `open` must let nobody in."""
    return await _place(reader, _DISTRIBUTOR, distributor_id)


async def distributors_below(reader: Reader, distributor_id: UUID) -> frozenset[UUID]:
    """The distributor itself and all below it, whatever their status: what an ended one left stays theirs."""
    return frozenset(await reader.value(_DISTRIBUTORS_BELOW, b_id=distributor_id))


async def unit(reader: Reader, unit_id: UUID) -> Place | None:
    """The org unit as known here."""
    return await _place(reader, _UNIT, unit_id)


async def units_below(reader: Reader, unit_id: UUID) -> frozenset[UUID]:
    """The org unit itself and all below it, whatever their status."""
    return frozenset(await reader.value(_UNITS_BELOW, b_id=unit_id))


async def _place(reader: Reader, statement: Prepared, place_id: UUID) -> Place | None:
    row = await reader.row(statement, b_id=place_id)
    return None if row is None else Place(**dict(row))
