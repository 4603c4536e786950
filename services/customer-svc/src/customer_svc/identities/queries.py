"""Finding customers by the names under which the channels know them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, bindparam, func, select

from customer_svc.customers import queries as customers
from customer_svc.identities.schemas import IdentityQuery
from customer_svc.identities.tables import Identity
from shared.db import Reader, in_sight, prepare, sight
from shared.http import Listing
from shared.sealing import Sealer

_t = Identity.__table__  # type: ignore[attr-defined]
_OWNER = prepare(
    select(_t.c.customer_id).where(
        _t.c.channel == bindparam("b_channel"), _t.c.external_id == bindparam("b_external_id")
    )
)
_wanted = (bindparam("channels", type_=ARRAY(String)), bindparam("external_ids", type_=ARRAY(String)))
_ref = func.unnest(*_wanted).table_valued("channel", "external_id", name="ref").render_derived()
_OWNERS = prepare(
    select(_t.c.channel, _t.c.external_id, _t.c.customer_id, _t.c.distributor_id)
    .join(_ref, (_t.c.channel == _ref.c.channel) & (_t.c.external_id == _ref.c.external_id))
    .where(in_sight(customers.through_customer(_t)))
)
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at},
    default="created_at",
    filters={"channel": lambda channel: _t.c.channel == channel},
)


async def owner(db: Reader, channel: str, external_id: str) -> UUID | None:
    """Whose identity this is, in sight or not."""
    found: UUID | None = await db.value(_OWNER, b_channel=channel, b_external_id=external_id)
    return found


async def owners(
    db: Reader, refs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[UUID, UUID | None]]:
    """Customer and distributor of each (channel, external id) that is known in sight."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    channels, external_ids = [ref[0] for ref in wanted], [ref[1] for ref in wanted]
    rows = await db.rows(_OWNERS, channels=channels, external_ids=external_ids, **sight(db.scope))
    return {(row["channel"], row["external_id"]): (row["customer_id"], row["distributor_id"]) for row in rows}


async def customer_by_identity(db: Reader, channel: str, external_id: str) -> dict[str, Any]:
    """The customer that a channel knows by this id; NotFound like any customer."""
    customer_id = await owner(db, channel, external_id)
    if customer_id is None:
        raise customers.absent()
    return await customers.customer(db, customer_id)


async def identities(db: Reader, customer_id: UUID, query: IdentityQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of a customer's identities; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    return await _LIST.page(db, query, sealer, where=[_t.c.customer_id == customer_id])
