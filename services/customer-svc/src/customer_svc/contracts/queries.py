"""Reading contracts."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, bindparam, select

from customer_svc.changes import HistoryQuery
from customer_svc.contracts.schemas import ContractQuery, ContractRead, CustomerContractQuery
from customer_svc.contracts.tables import Contract, ContractChange
from customer_svc.customers import queries as customers
from customer_svc.customers.tables import Customer
from shared.db import Prepared, Reader, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.sealing import Sealer

T = Contract.__table__  # type: ignore[attr-defined]
H = ContractChange.__table__  # type: ignore[attr-defined]
SIGHT = Sight(
    T.c.distributor_id,
    held=(T.c.owner_id,),
    customer=T.c.customer_id,
    customers=Customer.__table__,  # type: ignore[attr-defined]
)
_one = select(T).where(T.c.id == bindparam("b_id"), in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=T))
_OVER_FOR_UPDATE = prepare(
    select(T)
    .where(T.c.status == "active", T.c.ends_on < bindparam("today", type_=Date))
    .order_by(T.c.ends_on, T.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_LIST = Listing(
    select(T),
    key=T.c.id,
    sorts={"created_at": T.c.created_at, "ends_on": T.c.ends_on},
    default="-created_at",
    filters={
        "kind": lambda kind: T.c.kind == kind,
        "status": lambda status: T.c.status == status,
        "customer_id": lambda one: T.c.customer_id == one,
        "owner_id": lambda one: T.c.owner_id == one,
        "number": lambda number: T.c.number == number,
        "ends_on_gte": lambda day: T.c.ends_on >= day,
        "ends_on_lt": lambda day: T.c.ends_on < day,
    },
)
_HISTORY = Listing(
    select(H),
    key=H.c.id,
    sorts={"changed_at": H.c.changed_at},
    default="-changed_at",
    filters={"field": lambda field: H.c.field == field},
)


async def _found(db: Reader, statement: Prepared, contract_id: UUID) -> dict[str, Any]:
    row = await db.row(statement, b_id=contract_id, **sight(db.scope))
    if row is None:
        raise not_found("contract", "合同")
    return dict(row)


async def contract(db: Reader, contract_id: UUID) -> dict[str, Any]:
    """One contract; NotFound if there is none in sight."""
    return await _found(db, _ONE, contract_id)


async def contract_for_update(tx: Tx, contract_id: UUID) -> dict[str, Any]:
    """One contract, locked until the transaction ends."""
    return await _found(tx, _ONE_FOR_UPDATE, contract_id)


async def over_for_update(tx: Tx, today: date, most: int) -> list[dict[str, Any]]:
    """Contracts in force whose last day lies before today, locked."""
    return [dict(row) for row in await tx.rows(_OVER_FOR_UPDATE, today=today, most=most)]


async def _page(db: Reader, query: ListQuery, sealer: Sealer, where: Sequence[Any]) -> dict[str, Any]:
    page = await _LIST.page(db, query, sealer, where=[*where, *visible(db.scope, SIGHT)])
    return {**page, "data": [ContractRead.of(row) for row in page["data"]]}


async def contracts(db: Reader, query: ContractQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all contracts in sight."""
    return await _page(db, query, sealer, [])


async def contracts_of(
    db: Reader, customer_id: UUID, query: CustomerContractQuery, sealer: Sealer
) -> dict[str, Any]:
    """One page of a customer's contracts; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    return await _page(db, query, sealer, [T.c.customer_id == customer_id])


async def history(db: Reader, contract_id: UUID, query: HistoryQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of what changed, newest first; NotFound if the contract is out of sight."""
    await contract(db, contract_id)
    return await _HISTORY.page(db, query, sealer, where=[H.c.contract_id == contract_id])
