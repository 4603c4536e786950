"""Which segment each customer is in, by the attributes that a policy names."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from scoring_svc.modelling.percentiles import Segments
from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Reader, Record, prepare
from shared.references.tables import KNOWN as _R

_P: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_given = (
    func.unnest(bindparam("customers", type_=ARRAY(Uuid))).table_valued("id", name="given").render_derived()
)
_ATTRIBUTES = prepare(
    select(_given.c.id, _P.c.industry, _P.c.region, _R.c.channel, _P.c.size, _P.c.kind).select_from(
        _given.outerjoin(_P, _P.c.customer_id == _given.c.id).outerjoin(_R, _R.c.id == _given.c.id)
    )
)
_PROVINCE = 2
WHOLE = ""
"""The one segment of a policy that names no attributes."""


async def labels(reader: Reader, customers: Sequence[UUID], attributes: Sequence[str]) -> list[str]:
    """One label a customer, in their order, as `industry=tea|region=31`; nothing behind `=` is unknown."""
    if not attributes:
        return [WHOLE] * len(customers)
    rows = await reader.rows(_ATTRIBUTES, customers=list(customers))
    known = {row["id"]: _label(row, attributes) for row in rows}
    return [known[customer] for customer in customers]


async def segments(reader: Reader, customers: Sequence[UUID], attributes: Sequence[str]) -> Segments | None:
    """The segments that these customers are ranked in; None when the policy ranks all together."""
    if not attributes or not customers:
        return None
    return Segments.of(np.array(await labels(reader, customers, attributes)))


def _label(row: Record, attributes: Sequence[str]) -> str:
    return "|".join(f"{name}={_value(row, name)}" for name in attributes)


def _value(row: Record, name: str) -> str:
    value = row[name] or ""
    return value[:_PROVINCE] if name == "region" and value.isdigit() else value
