"""A principal's scope as a condition of statements: the same that row security says again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union,
)

from shared.db.scope import Scope


@dataclass(frozen=True, slots=True)
class Sight:
    """How a table says whose its rows are.

    `distributor` is the column of the distributor, `held` are the columns of those who hold the row. With
    `customer` (the column of its customer) and `customers` (their table) a row is also held by who holds
    its customer. A table without holders is not narrowed by them.
    """

    distributor: Any
    held: tuple[Any, ...] = ()
    customer: Any = None
    customers: Any = None

    def of_distributors(self, ids: Any) -> ColumnElement[bool]:
        """The row is one of these distributors'."""
        mine: ColumnElement[bool] = self.distributor == any_(ids)
        return mine

    def by_holders(self, ids: Any) -> ColumnElement[bool] | None:
        """The row is held by one of these; None for a table without holders."""
        ways: list[ColumnElement[bool]] = [column == any_(ids) for column in self.held]
        if self.customers is not None:
            known = self.customers.c
            mine = or_(known.owner_id == any_(ids), known.org_unit_id == any_(ids))
            ways.append(exists(select(known.id).where(known.id == self.customer, mine)))
        return or_(*ways) if ways else None

    def listed(self, ids: Any) -> ColumnElement[bool] | None:
        """As `by_holders`, for lists: rows held either way are found by an index each, not looked through."""
        if self.customers is None or not self.held:
            return self.by_holders(ids)
        table = self.distributor.table
        (key,) = table.primary_key
        one, other, known = table.alias(), table.alias(), self.customers.c
        own = select(one.c[key.key]).where(or_(*(one.c[column.key] == any_(ids) for column in self.held)))
        theirs = (
            select(other.c[key.key])
            .join(self.customers, known.id == other.c[self.customer.key])
            .where(or_(known.owner_id == any_(ids), known.org_unit_id == any_(ids)))
        )
        mine: ColumnElement[bool] = key.in_(union(own, theirs))
        return mine


def in_sight(place: Sight) -> ColumnElement[bool]:
    """The condition that keeps a prepared statement inside the scope given by `sight`."""
    seen = or_(bindparam("scope_all", type_=Boolean), place.of_distributors(_ids("scope_ids")))
    held = place.by_holders(_ids("holder_ids"))
    return seen if held is None else seen & or_(bindparam("holders_all", type_=Boolean), held)


def in_sight_with(place: Sight, link: ColumnElement[bool]) -> ColumnElement[bool]:
    """As `in_sight` for rows that are seen with a row of another table, to which `link` leads."""
    return exists(select(place.distributor).where(link, in_sight(place)))


def sight(scope: Scope) -> dict[str, Any]:
    """The arguments of a statement made with `in_sight`."""
    return {
        "scope_all": scope.distributors is None,
        "scope_ids": sorted(scope.distributors or ()),
        "holders_all": scope.holders is None,
        "holder_ids": sorted(scope.holders or ()),
    }


def visible(scope: Scope, place: Sight) -> list[ColumnElement[bool]]:
    """The conditions that keep a statement made for one request inside the scope; none for everything."""
    conditions = []
    if scope.distributors is not None:
        conditions.append(place.of_distributors(_values(scope.distributors)))
    held = None if scope.holders is None else _held(scope.holders, place)
    return conditions if held is None else [*conditions, held]


def _held(holders: frozenset[UUID], place: Sight) -> ColumnElement[bool] | None:
    """What one person holds is little, found by its indexes; what units hold is much, and looked through."""
    find = place.listed if len(holders) == 1 else place.by_holders
    return find(_values(holders))


def _ids(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Uuid))


def _values(ids: Any) -> Any:
    return literal(sorted(ids), ARRAY(Uuid))
