"""The door for HTTP: who is due to order."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.expectations import queries
from scoring_svc.expectations.schemas import NextPurchaseQuery, NextPurchaseRead
from shared.db import visible
from shared.http import Page, ReadDb, Router, Sealing, needs
from shared.references.tables import SIGHT

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/next-purchases",
    operation_id="listNextPurchases",
    summary="Who is due to order, and when 下次购买预测",
    description=(
        "Customers in sight by when their next order is to be expected, the nearest first; with `due_before` "
        "those to call this week. Computed with each score from the customer's own rhythm and its silence so "
        "far."
    ),
    response_model=Page[NextPurchaseRead],
    **needs("scores:read"),
)
async def list_next_purchases(
    query: Annotated[NextPurchaseQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.NEXT_PURCHASES.page(db, query, sealer, where=visible(db.scope, SIGHT))
