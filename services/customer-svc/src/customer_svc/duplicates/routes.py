"""The door to duplicates: before a customer is registered, and in the archive."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from customer_svc.customers import commands as customers
from customer_svc.customers.schemas import CustomerCreate, CustomerRead
from customer_svc.duplicates import commands, queries
from customer_svc.duplicates.commands import Rules
from customer_svc.duplicates.schemas import (
    DuplicateCheck,
    DuplicateItemRead,
    DuplicateQuery,
    DuplicateRead,
    FeatureRead,
    PutOff,
    SearchStarted,
)
from shared.auth import Principal
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

registering = Router(tags=["customers"])
router = Router(tags=["duplicates"])
_FIELDS = {"street": "address", "host": "website"}
"""The fields that features are called otherwise than."""


def _rules(request: Request) -> Rules:
    found: Rules = request.state.duplicate_rules
    return found


@registering.post(
    "/v1/customers",
    status_code=201,
    operation_id="createCustomer",
    summary="Register a customer",
    response_model=CustomerRead,
    **needs("customers:write"),
)
async def create_customer(
    *,
    body: CustomerCreate,
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
    allow_duplicates: Annotated[
        bool, Query(description="Register it even if it seems to be there · 即使疑似重复也登记")
    ] = False,
) -> Any:
    """Register an organisation or a person. Phone numbers become E.164.

    409 `code_taken` if the code is used; 422 with a pointer for every wrong field. A partner's customers
    belong to its own distributor when none is named.

    409 `duplicate_suspected` if its distributor has a customer with the same phone, e-mail or address and a
    name that fits, or a firm of the same name in the same town: `hits` are those that you see, with what
    speaks for each, `exists` says that there is one that you do not see. An equal name alone is no reason.
    429 `too_many_hidden_duplicates` for who was told too often of customers out of sight.
    """
    if allow_duplicates:
        row = await customers.register_customer(tx, body, by=caller.id)
    else:
        row = await commands.register_unless_known(tx, body, _rules(request), by=caller)
    response.headers["Location"] = f"/v1/customers/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/duplicates/check",
    operation_id="checkDuplicates",
    summary="Look for a customer before it is registered",
    response_model=DuplicateCheck,
    response_model_exclude_unset=True,
    **needs("customers:read", "customers:write"),
)
async def check_duplicates(body: CustomerCreate, tx: WriteTx, caller: Caller, request: Request) -> Any:
    """Who of its distributor looks like this customer, for a form that is being filled in.

    Also those for which registering would not be refused: `possible` ones, and `likely` ones of which only
    the name is known. Nothing is stored.
    429 `too_many_hidden_duplicates` for who was told too often of customers out of sight.
    """
    return await commands.check(tx, body, _rules(request), by=caller)


@router.post(
    "/v1/duplicates/search",
    status_code=202,
    operation_id="searchDuplicates",
    summary="Search the archive for duplicates",
    response_model=SearchStarted,
    **needs("duplicates:write", "customers:assign"),
)
async def search_duplicates(tx: WriteTx, caller: Caller, request: Request, response: Response) -> Any:
    """Compare all customers of each distributor, and of the company, with each other.

    Watch the operation in `Location`: its result says how many pairs of which level there are, and how many
    keys were left out because too many customers share them. What was decided of a pair stays; an undecided
    pair that is none any more goes.
    """
    service_number: int = request.state.service_number
    operation = await commands.begin_search(tx, by=caller.id, service_number=service_number)
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation}


@router.get(
    "/v1/duplicates",
    operation_id="listDuplicates",
    summary="List duplicates",
    response_model=Page[DuplicateItemRead],
    **needs("duplicates:read"),
)
async def list_duplicates(query: Annotated[DuplicateQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Pairs of which you see both customers, likely ones first; undecided ones only of active customers.

    Without `status` those that are to be decided, and those put off whose time has come. Sorts: `score`,
    `found_at`, each also with `-`.
    """
    return await queries.candidates(db, query, sealer)


@router.get(
    "/v1/duplicates/{duplicate_id}",
    operation_id="getDuplicate",
    summary="Read a duplicate",
    response_model=DuplicateRead,
    **needs("duplicates:read"),
)
async def get_duplicate(duplicate_id: UUID, db: ReadDb, caller: Caller, response: Response) -> Any:
    """Both customers side by side as they are now, and what the search found that speaks for and against."""
    return _shown(await queries.candidate(db, duplicate_id), caller, response)


@router.post(
    "/v1/duplicates/{duplicate_id}/distinct",
    operation_id="callDistinct",
    summary="Say that a duplicate is none",
    response_model=DuplicateRead,
    **needs("duplicates:write"),
)
async def call_distinct(
    duplicate_id: UUID, tx: WriteTx, caller: Caller, if_match: IfMatch, response: Response
) -> Any:
    """These are two customers. It is remembered: no later search shows the pair again.

    409 `already_merged` if they were merged meanwhile.
    """
    return _shown(await commands.call_distinct(tx, duplicate_id, if_match, by=caller.id), caller, response)


@router.post(
    "/v1/duplicates/{duplicate_id}/later",
    operation_id="putOffDuplicate",
    summary="Put a duplicate off",
    response_model=DuplicateRead,
    **needs("duplicates:write"),
)
async def put_off(
    *, duplicate_id: UUID, body: PutOff, tx: WriteTx, caller: Caller, if_match: IfMatch, response: Response
) -> Any:
    """Decide another time: the pair is among the open ones again from `review_at` on, or in 30 days.

    409 `already_merged` if they were merged meanwhile.
    """
    row = await commands.put_off(tx, duplicate_id, body.review_at, if_match, by=caller.id)
    return _shown(row, caller, response)


def _shown(row: dict[str, Any], caller: Principal, response: Response) -> dict[str, Any]:
    """With the features in words, but for those of fields that are hidden from a key."""
    set_etag(response, row["version"])
    told = [each for each in row["features"] if _FIELDS.get(each[0], each[0]) not in caller.masked]
    return {**row, "features": FeatureRead.all_of(told)}
