"""The door to data quality."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request

from customer_svc.quality import commands, queries
from customer_svc.quality.schemas import (
    CustomerQualityRead,
    QualitySources,
    SourceQuery,
    WorklistItemRead,
    WorklistQuery,
)
from shared.http import Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.http.dependencies import Db
from shared.http.errors import chinese

router = Router(tags=["quality"])


@router.get(
    "/v1/quality/worklist",
    operation_id="listQualityWorklist",
    summary="List customers whose data need work",
    response_model=Page[WorklistItemRead],
    **needs("customers:read"),
)
async def list_worklist(
    query: Annotated[WorklistQuery, Query()], db: ReadDb, sealer: Sealing, request: Request
) -> Any:
    """Active customers in sight of whom something is missing, invalid or stale, worst first.

    A change is seen here at once; what becomes stale by itself within an hour. `code` asks for one finding,
    `dimension` for `missing`, `invalid` or `stale`.
    """
    return await queries.worklist(db, query, sealer, zh=_zh(request))


@router.get(
    "/v1/quality/sources",
    operation_id="getQualityOfSources",
    summary="Compare the data quality of sources",
    response_model=QualitySources,
    **needs("customers:read"),
)
async def get_sources(query: Annotated[SourceQuery, Query()], db: ReadDb, request: Request) -> Any:
    """Average score and the share of each finding, over all customers in sight and for each source.

    Computed every hour; at most the 200 sources with the most customers.
    """
    return await queries.figures(db, query, zh=_zh(request))


@router.get(
    "/v1/customers/{customer_id}/quality",
    operation_id="getCustomerQuality",
    summary="Read how good a customer's data are",
    response_model=CustomerQualityRead,
    **needs("customers:read"),
)
async def get_quality(customer_id: UUID, db: ReadDb, database: Db, request: Request) -> Any:
    """The score and what was found, judged now. A score of 100 means that nothing was found."""
    return await queries.quality(db, customer_id, database.now(), zh=_zh(request))


@router.post(
    "/v1/customers/{customer_id}/quality/confirm",
    operation_id="confirmCustomerData",
    summary="Confirm that a customer's data are right",
    response_model=CustomerQualityRead,
    **needs("customers:write"),
)
async def confirm_data(customer_id: UUID, tx: WriteTx, request: Request) -> Any:
    """Say that what is stored was looked at and is right: nothing of it is stale for a year from now on.

    What is missing or invalid stays so. The customer's version stays, too.
    """
    return await commands.confirm(tx, customer_id, zh=_zh(request))


def _zh(request: Request) -> bool:
    return chinese(request.headers.get("accept-language"))
