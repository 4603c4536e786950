"""The door to sales history."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from customer_svc.batch import results
from customer_svc.orders import commands, queries
from customer_svc.orders.schemas import (
    CustomerOrderQuery,
    OrderBatch,
    OrderBrief,
    OrderCreate,
    OrderQuery,
    OrderRead,
    OrderSummary,
)
from shared.http import BatchResults, Caller, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.http.batches import readable

router = Router(tags=["orders"])


@router.get(
    "/v1/orders",
    operation_id="listOrders",
    summary="List orders",
    response_model=Page[OrderBrief],
    **needs("orders:read"),
)
async def list_orders(query: Annotated[OrderQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Sales and returns in sight, latest first, without their lines; voided ones if `status` asks."""
    return await queries.orders(db, query, sealer)


@router.post(
    "/v1/orders",
    status_code=201,
    operation_id="recordOrder",
    summary="Record a sale or a return",
    response_model=OrderRead,
    responses={200: {"model": OrderRead, "description": "The same order is there already"}},
    **needs("orders:write"),
)
async def record_order(body: OrderCreate, tx: WriteTx, response: Response) -> Any:
    """Record an order, once: channel and order number are its key, of a customer and of a distributor.

    The same order sent again is answered with 200 and the one that is there, another content under the same
    key with 409 `order_exists`. Another distributor may use the same number for a customer of its own.

    Orders are facts and never change. What was never meant is voided (`/void`), and its number is free again;
    what came back is a return. A return is an order of its own with
    `kind: return` and a number of its own; its amount is not negative, and `return_of` may name the sale.
    An order more than 24 hours in the future is refused. Times are stored in UTC, amounts in minor units.
    """
    row, new = await commands.record_order(tx, body)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/orders/{row['id']}"
    return row


@router.post(
    "/v1/orders/batch",
    status_code=207,
    operation_id="recordOrders",
    summary="Record up to 1000 orders",
    response_model=BatchResults,
    **needs("orders:write"),
)
async def record_orders(body: OrderBatch, tx: WriteTx, request: Request) -> Any:
    """Each item is judged by itself, the good ones are stored together.

    201 recorded, 200 there already with the same content, 409 `order_exists` there with other content, 422
    refused.
    """
    outcomes = await commands.record_many(tx, readable(body.items))
    return results(request, body.items, outcomes)


@router.get(
    "/v1/orders/{order_id}",
    operation_id="getOrder",
    summary="Read an order",
    response_model=OrderRead,
    **needs("orders:read"),
)
async def get_order(order_id: UUID, db: ReadDb) -> Any:
    """One sale or return with its lines."""
    return await queries.order(db, order_id)


@router.post(
    "/v1/orders/{order_id}/void",
    operation_id="voidOrder",
    summary="Void an order",
    response_model=OrderRead,
    **needs("orders:write"),
)
async def void_order(order_id: UUID, tx: WriteTx, caller: Caller) -> Any:
    """Say of an order that it was never meant: entered twice, or for the wrong customer.

    It stays to be read with `status: voided`, counts in no sum, score or export, and its number may be sent
    again. 409 `order_voided` if it is so already, 409 `order_returned` for a sale of which a return is there.
    """
    return await commands.void_order(tx, order_id, by=caller.id)


@router.get(
    "/v1/customers/{customer_id}/orders",
    operation_id="listCustomerOrders",
    summary="List a customer's orders",
    response_model=Page[OrderBrief],
    **needs("orders:read"),
)
async def list_customer_orders(
    customer_id: UUID, query: Annotated[CustomerOrderQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """What the customer bought and returned, latest first."""
    return await queries.orders_of(db, customer_id, query, sealer)


@router.get(
    "/v1/customers/{customer_id}/orders/summary",
    operation_id="getCustomerOrderSummary",
    summary="Sum up a customer's orders",
    response_model=OrderSummary,
    **needs("orders:read"),
)
async def get_summary(customer_id: UUID, db: ReadDb) -> Any:
    """How often, since when, until when, and how much in each currency; returns stand beside sales."""
    return await queries.summary(db, customer_id)
