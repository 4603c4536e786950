"""The door out to customer-svc: whose customer it is, asked before any transaction opens."""

import asyncio
from collections.abc import Iterable, Mapping
from uuid import UUID

from fastapi import Request
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.db import Database, in_sight, prepare, sight
from shared.problems import NotFound
from shared.references import References
from shared.references.tables import KNOWN, SIGHT

_AT_ONCE = 8
_KNOWN = prepare(
    select(KNOWN.c.id, KNOWN.c.distributor_id).where(
        KNOWN.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT)
    )
)

Found = Mapping[UUID, UUID | NotFound | None]


async def distributor_of(request: Request, caller: Principal, customer_id: UUID) -> UUID | None:
    """The distributor of a customer in the caller's sight (None: the company's own).

    Raises NotFound, or Unavailable when it is not known here yet and customer-svc cannot say.
    """
    references: References = request.state.references
    known = await references.require(customer_id, scope=caller.scope, token=request.headers[HEADER])
    return known.distributor_id


async def distributors_of(request: Request, caller: Principal, customer_ids: Iterable[UUID]) -> Found:
    """The same for many: distributor or NotFound per customer; Unavailable concerns all of them."""
    wanted = set(customer_ids)
    database: Database = request.state.database
    async with database.read(caller.scope) as reader:
        rows = await reader.rows(_KNOWN, ids=sorted(wanted), **sight(caller.scope))
    found: dict[UUID, UUID | NotFound | None] = {row["id"]: row["distributor_id"] for row in rows}
    missing = sorted(wanted - found.keys())
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        answers = await asyncio.gather(*(_or_not_found(request, caller, one) for one in some))
        found.update(zip(some, answers, strict=True))
    return found


async def _or_not_found(request: Request, caller: Principal, customer_id: UUID) -> UUID | NotFound | None:
    try:
        return await distributor_of(request, caller, customer_id)
    except NotFound as absent:
        return absent
