"""Trees of rows that name their parent: who stands above and below, and that no ring ever closes."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import aliased

from shared.db import Prepared, Reader, Sight, Tx, in_sight, prepare, sight
from shared.http import Input
from shared.problems import Invalid

_LOCK = prepare(select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger))))


class TreeQuery(Input):
    """How much of a tree is shown: so many levels below the place that was asked for, so many places."""

    depth: Annotated[int, Field(ge=1, le=10)] = 3
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class Tree:
    """A table with `id`, `parent_id` and `name`; `shown` are the columns that its answers hold.

    With `narrowed` only places in sight are found, and the way up ends at the first one that is not. `lock`
    is the tree's own advisory lock.
    """

    def __init__(self, table: Any, *shown: str, lock: int, narrowed: bool = False) -> None:
        self._table = table
        self._shown = shown
        self._lock = lock
        self._narrowed = narrowed
        self._ancestors = self._all_above()
        self._path = self._path_down()
        self._below = self._levels_below()

    async def lock(self, tx: Tx) -> None:
        """Let nobody else move a place until this transaction ends; taken before any row is locked.

        Two moves at once could close a ring that neither of them sees.
        """
        await tx.run(_LOCK, lock=self._lock)

    async def refuse_ring(self, tx: Tx, place_id: UUID, parent_id: UUID) -> None:
        """Raise Invalid if the parent is the place itself or stands below it; the tree must be locked."""
        if place_id in (await tx.value(self._ancestors, b_id=parent_id) or ()):
            raise Invalid.at(
                "/parent_id", "parent_below", en="The parent stands below it.", zh="上级位于其下级之中。"
            )

    async def path(self, db: Reader, place_id: UUID) -> list[dict[str, Any]]:
        """The places above, from the top down to the parent."""
        return [dict(row) for row in await db.rows(self._path, b_id=place_id, **sight(db.scope))]

    async def below(self, db: Reader, place_id: UUID, query: TreeQuery) -> dict[str, Any]:
        """`nodes`: the place and those below, level by level, each with its `depth` and number of `children`.

        `complete` says that nothing below is left out.
        """
        asked = {"b_id": place_id, "b_depth": query.depth, "b_most": query.limit + 1}
        found = await db.rows(self._below, **asked, **sight(db.scope))
        nodes = [dict(row) for row in found[: query.limit]]
        deeper = any(node["children"] for node in nodes if node["depth"] == query.depth)
        return {"nodes": nodes, "complete": len(found) <= query.limit and not deeper}

    def descends_from(self, ancestor_id: UUID) -> ColumnElement[bool]:
        """The condition that a row stands anywhere below this place."""
        place = self._table.c
        below = select(place.id).where(place.parent_id == ancestor_id).cte("beneath", recursive=True)
        child = aliased(self._table, name="child")
        below = below.union(select(child.c.id).where(child.c.parent_id == below.c.id))
        inside: ColumnElement[bool] = place.id.in_(select(below.c.id))
        return inside

    def _seen(self, column: Any) -> ColumnElement[bool]:
        return in_sight(Sight(column)) if self._narrowed else true()

    def _start(self, *more: Any) -> Any:
        place = self._table.c
        return select(place.id, *more).where(place.id == bindparam("b_id", type_=Uuid))

    def _columns(self) -> list[Any]:
        return [self._table.c[name] for name in self._shown]

    def _all_above(self) -> Prepared:
        up = self._start(self._table.c.parent_id).cte("up", recursive=True)
        above = aliased(self._table, name="above")
        up = up.union(select(above.c.id, above.c.parent_id).where(above.c.id == up.c.parent_id))
        return prepare(select(func.array_agg(up.c.id)))

    def _path_down(self) -> Prepared:
        up = self._start(self._table.c.parent_id, literal(0, Integer).label("distance"))
        up = up.cte("up", recursive=True)
        above = aliased(self._table, name="above")
        step = select(above.c.id, above.c.parent_id, up.c.distance + 1)
        up = up.union_all(step.where(above.c.id == up.c.parent_id, self._seen(above.c.id)))
        found = select(*self._columns()).join(up, up.c.id == self._table.c.id)
        return prepare(found.where(up.c.distance > 0).order_by(up.c.distance.desc()))

    def _levels_below(self) -> Prepared:
        down = self._start(literal(0, Integer).label("depth")).cte("down", recursive=True)
        child, grandchild = aliased(self._table, name="child"), aliased(self._table, name="grandchild")
        deeper = down.c.depth < bindparam("b_depth", type_=Integer)
        step = select(child.c.id, down.c.depth + 1)
        down = down.union_all(step.where(child.c.parent_id == down.c.id, deeper, self._seen(child.c.id)))
        own = (grandchild.c.parent_id == self._table.c.id, self._seen(grandchild.c.id))
        children = select(func.count()).select_from(grandchild).where(*own).scalar_subquery()
        found = select(*self._columns(), down.c.depth, children.label("children"))
        ordered = found.join(down, down.c.id == self._table.c.id).order_by(
            down.c.depth, self._table.c.name, self._table.c.id
        )
        return prepare(ordered.limit(bindparam("b_most", type_=Integer)))
