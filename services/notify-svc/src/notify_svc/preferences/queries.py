"""Every SELECT over preferences."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Interval, Uuid, bindparam, func, select, text

from notify_svc.preferences.domain import MOST_DAYS
from notify_svc.preferences.schemas import ConsentQuery
from notify_svc.preferences.tables import ConsentRecord, ContactLedger, ContactPolicy, Preference
from shared.db import Reader, Record, Tx, any_of, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.references import through_customer
from shared.sealing import Sealer

T: Any = Preference.__table__  # type: ignore[attr-defined]
CONSENT: Any = ConsentRecord.__table__  # type: ignore[attr-defined]
POLICY: Any = ContactPolicy.__table__  # type: ignore[attr-defined]
LEDGER: Any = ContactLedger.__table__  # type: ignore[attr-defined]
_SIGHT, _CONSENT_SIGHT = through_customer(T), through_customer(CONSENT)
_own = select(T).where(T.c.recorded_for == bindparam("b_id", type_=Uuid), in_sight(_SIGHT))
_OWN = prepare(_own)
_OWN_FOR_UPDATE = prepare(_own.with_for_update(of=T))
_POLICY = prepare(select(POLICY))
_POLICY_FOR_UPDATE = prepare(select(POLICY).with_for_update())
_ALL = prepare(select(T).where(T.c.customer_id == any_of("ids")).order_by(T.c.created_at))
_LATELY = prepare(
    select(LEDGER).where(
        LEDGER.c.customer_id == any_of("ids"),
        LEDGER.c.at > func.now() - bindparam("within", timedelta(days=MOST_DAYS), type_=Interval),
    )
)
# One customer at a time, in one order for all: of two who judge the same one waits for the other.
LOCK = prepare(
    select(func.pg_advisory_xact_lock(text("7107"), func.hashtext(text("each::text")))).select_from(
        func.unnest(bindparam("ids", type_=ARRAY(Uuid))).alias("each")
    )
)
_CONSENTS = Listing(select(CONSENT), key=CONSENT.c.id, sorts={"at": CONSENT.c.at}, default="-at", filters={})


async def own(reader: Reader, customer_id: UUID) -> dict[str, Any] | None:
    """What was recorded for this customer, if anything was and it is in sight."""
    row = await reader.row(_OWN, b_id=customer_id, **sight(reader.scope))
    return None if row is None else dict(row)


async def own_for_update(tx: Tx, customer_id: UUID) -> dict[str, Any] | None:
    """The same, locked."""
    row = await tx.row(_OWN_FOR_UPDATE, b_id=customer_id, **sight(tx.scope))
    return None if row is None else dict(row)


async def policy(reader: Reader) -> dict[str, Any]:
    """The company's policy."""
    row = await reader.row(_POLICY)
    if row is None:
        raise LookupError("the contact policy is gone")
    return dict(row)


async def policy_for_update(tx: Tx) -> dict[str, Any]:
    """The company's policy, locked."""
    row = await tx.row(_POLICY_FOR_UPDATE)
    if row is None:
        raise LookupError("the contact policy is gone")
    return dict(row)


async def records(reader: Reader, customer_ids: Sequence[UUID]) -> list[Record]:
    """Everything recorded for these customers and for those that were merged into them."""
    return await reader.rows(_ALL, ids=list(customer_ids))


async def lately(reader: Reader, customer_ids: Sequence[UUID]) -> list[Record]:
    """What left to these customers within the longest time of a cap."""
    return await reader.rows(_LATELY, ids=list(customer_ids))


async def consents(reader: Reader, customer_id: UUID, query: ConsentQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of what a customer consented to and withdrew, the latest first."""
    where = [CONSENT.c.customer_id == customer_id, *visible(reader.scope, _CONSENT_SIGHT)]
    return await _CONSENTS.page(reader, query, sealer, where=where)
