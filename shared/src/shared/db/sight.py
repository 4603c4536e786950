"""A principal's scope inside prepared statements: one statement serves staff and partners alike."""

from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, Uuid, any_, bindparam, or_

from shared.db.scope import Scope


def in_sight(column: Any) -> ColumnElement[bool]:
    """The condition that keeps a prepared statement inside the scope given by `sight`."""
    mine = bindparam("scope_ids", type_=ARRAY(Uuid))
    return or_(bindparam("scope_all", type_=Boolean), column == any_(mine))


def sight(scope: Scope) -> dict[str, Any]:
    """The arguments of a statement made with `in_sight`."""
    every = scope.distributors is None
    return {"scope_all": every, "scope_ids": sorted(scope.distributors or ())}
