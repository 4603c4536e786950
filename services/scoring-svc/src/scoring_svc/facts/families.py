"""Customers with those that were merged into them: what was recorded for any of them is theirs together."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal, select

from shared.references.tables import KNOWN as _R


def families(customers: Any = None) -> Any:
    """A CTE of (root, id): of each of these customers, and all that are merged into them, at any depth.

    Without `customers` they are the argument of that name of a prepared statement. None may be merged itself.
    """
    given = bindparam("customers", type_=ARRAY(Uuid)) if customers is None else customers
    named = func.unnest(given).column_valued("customer")
    own = select(named.label("root"), named.label("id")).cte("family", recursive=True)
    return own.union(select(own.c.root, _R.c.id).join(_R, _R.c.merged_into == own.c.id))


def of_one(customer_id: UUID) -> Any:
    """The ids under which something is recorded for the one that this customer is now, to ask with `in_`."""
    root = func.customer_root(literal(customer_id, Uuid), type_=Uuid)
    return select(families(func.array(select(root).scalar_subquery(), type_=ARRAY(Uuid))).c.id)
