"""The door to contracts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.changes import HistoryQuery
from customer_svc.contracts import commands, queries
from customer_svc.contracts.schemas import (
    ContractChangeRead,
    ContractCreate,
    ContractPatch,
    ContractQuery,
    ContractRead,
    ContractTermination,
    CustomerContractQuery,
)
from shared.http import (
    Caller,
    IfMatch,
    Page,
    ReadDb,
    RequiredIfMatch,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["contracts"])


def _answer(response: Response, row: dict[str, Any]) -> ContractRead:
    set_etag(response, row["version"])
    return ContractRead.of(row)


@router.get(
    "/v1/contracts",
    operation_id="listContracts",
    summary="List contracts",
    response_model=Page[ContractRead],
    **needs("contracts:read"),
)
async def list_contracts(query: Annotated[ContractQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Contracts in sight, latest first; `ends_on[lt]` and `sort=ends_on` find those that are about to end."""
    return await queries.contracts(db, query, sealer)


@router.get(
    "/v1/customers/{customer_id}/contracts",
    operation_id="listCustomerContracts",
    summary="List a customer's contracts",
    response_model=Page[ContractRead],
    **needs("contracts:read"),
)
async def list_customer_contracts(
    customer_id: UUID, query: Annotated[CustomerContractQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """What was agreed with this customer, latest first."""
    return await queries.contracts_of(db, customer_id, query, sealer)


@router.post(
    "/v1/customers/{customer_id}/contracts",
    status_code=201,
    operation_id="createContract",
    summary="Draw up a contract",
    response_model=ContractRead,
    **needs("contracts:write"),
)
async def create_contract(
    customer_id: UUID, body: ContractCreate, tx: WriteTx, caller: Caller, response: Response
) -> Any:
    """A draft: sales contract, service or confidentiality agreement. `/activate` puts it in force."""
    row = await commands.draw_up(tx, customer_id, body, by=caller.id)
    response.headers["Location"] = f"/v1/contracts/{row['id']}"
    return _answer(response, row)


@router.get(
    "/v1/contracts/{contract_id}",
    operation_id="getContract",
    summary="Read a contract",
    response_model=ContractRead,
    **needs("contracts:read"),
)
async def get_contract(contract_id: UUID, db: ReadDb, response: Response) -> Any:
    """One contract, with its ETag."""
    return _answer(response, await queries.contract(db, contract_id))


@router.patch(
    "/v1/contracts/{contract_id}",
    operation_id="changeContract",
    summary="Change a contract",
    response_model=ContractRead,
    **needs("contracts:write"),
)
async def change_contract(
    *,
    contract_id: UUID,
    body: ContractPatch,
    tx: WriteTx,
    caller: Caller,
    if_match: RequiredIfMatch,
    response: Response,
) -> Any:
    """Change fields by merge patch, each into the history; 409 `contract_status` once it is over."""
    return _answer(response, await commands.change(tx, contract_id, body, if_match, by=caller.id))


@router.delete(
    "/v1/contracts/{contract_id}",
    status_code=204,
    operation_id="discardContract",
    summary="Discard a draft",
    **needs("contracts:write"),
)
async def discard_contract(contract_id: UUID, tx: WriteTx, if_match: RequiredIfMatch) -> None:
    """Remove a draft. What was in force stays: it is terminated, not removed."""
    await commands.discard(tx, contract_id, if_match)


@router.post(
    "/v1/contracts/{contract_id}/activate",
    operation_id="activateContract",
    summary="Put a contract in force",
    response_model=ContractRead,
    **needs("contracts:write"),
)
async def activate_contract(
    contract_id: UUID, tx: WriteTx, caller: Caller, if_match: IfMatch, response: Response
) -> Any:
    """A draft that has a start is in force from now on; the day after `ends_on` it ends by itself."""
    return _answer(response, await commands.activate(tx, contract_id, if_match, by=caller.id))


@router.post(
    "/v1/contracts/{contract_id}/terminate",
    operation_id="terminateContract",
    summary="End a contract before its time",
    response_model=ContractRead,
    **needs("contracts:write"),
)
async def terminate_contract(
    *,
    contract_id: UUID,
    body: ContractTermination,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """It is over for good, and says why in `note`; what was noted before stands in the history."""
    row = await commands.terminate(tx, contract_id, body.reason, if_match, by=caller.id)
    return _answer(response, row)


@router.get(
    "/v1/contracts/{contract_id}/history",
    operation_id="listContractHistory",
    summary="List what changed of a contract",
    response_model=Page[ContractChangeRead],
    **needs("contracts:read"),
)
async def list_contract_history(
    contract_id: UUID, query: Annotated[HistoryQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """Every changed field, newest first: who, when, old and new value."""
    return await queries.history(db, contract_id, query, sealer)
