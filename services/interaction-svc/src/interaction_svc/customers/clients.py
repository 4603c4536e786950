"""The door out to customer-svc: whose customer it is, asked before any transaction opens."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from interaction_svc.customers.schemas import IdentityRef, OfCustomer
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.db import Database, in_sight, prepare, sight
from shared.problems import Invalid, NotFound
from shared.references import CustomerRef, References
from shared.references.tables import KNOWN, SIGHT

_AT_ONCE = 8
_KNOWN = prepare(
    select(KNOWN.c.id, KNOWN.c.distributor_id).where(
        KNOWN.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT)
    )
)

Item = TypeVar("Item", bound=OfCustomer)
Found = Mapping[UUID, UUID | NotFound | None]


async def distributor_of(request: Request, caller: Principal, customer_id: UUID) -> UUID | None:
    """The distributor of a customer in the caller's sight (None: the company's own).

    Raises NotFound, or Unavailable when it is not known here yet and customer-svc cannot say.
    """
    return (await known(request, caller, customer_id)).distributor_id


async def known(request: Request, caller: Principal, customer_id: UUID) -> CustomerRef:
    """A customer in the caller's sight, or the one that it was merged into; raises as `distributor_of`."""
    references: References = request.state.references
    return await references.require(customer_id, scope=caller.scope, token=request.headers[HEADER])


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


async def settled(request: Request, caller: Principal, item: Item) -> tuple[Item, UUID | None]:
    """The item with its customer's id, and the customer's distributor (None: the company's own).

    Raises NotFound for an id and Invalid for an identity that is nobody's in sight, or of several; Forbidden
    for an identity if the caller may not read customers; Unavailable when customer-svc cannot say.
    """
    if item.identity is None:
        return item, await distributor_of(request, caller, item.customer)
    owner = await _owner(request, caller, item.identity)
    return item.of(owner.id), owner.distributor_id


async def owners_of(
    request: Request, caller: Principal, identities: Iterable[IdentityRef]
) -> Mapping[IdentityRef, UUID | Invalid]:
    """Whose these identities are, or what is wrong with each; Forbidden and Unavailable concern them all."""
    wanted = sorted(set(identities), key=lambda one: (one.channel, one.external_id))
    found: dict[IdentityRef, UUID | Invalid] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        answers = await asyncio.gather(*(_or_invalid(request, caller, one) for one in some))
        found.update(zip(some, answers, strict=True))
    return found


async def _owner(request: Request, caller: Principal, identity: IdentityRef) -> CustomerRef:
    references: References = request.state.references
    return await references.named(
        identity.channel, identity.external_id, scope=caller.scope, token=request.headers[HEADER]
    )


async def _or_invalid(request: Request, caller: Principal, identity: IdentityRef) -> UUID | Invalid:
    try:
        return (await _owner(request, caller, identity)).id
    except Invalid as refused:
        return refused
