"""The first load: every step looks for what is there already, so an interrupted one goes on where it was."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tonglu_local.demo import cast, company, sheets, stories
from tonglu_local.demo.api import Api, DemoError
from tonglu_local.demo.bars import Bar, Bars
from tonglu_local.demo.company import Company
from tonglu_local.demo.customers import Customer, invented
from tonglu_local.demo.histories import Invoice, histories, invoices
from tonglu_local.demo.imports import imported
from tonglu_local.demo.settling import delivered, settled
from tonglu_local.demo.stories import Complaint, Contact, Story

_BATCH = 500
_INSTANT = timedelta(microseconds=1)


async def load(api: Api, state_dir: Path, weeks: int) -> None:
    """Company, customers, contacts, complaints, and the orders last: they set the scoring off.

    The first judgement of a customer then rests on everything that there is about it.
    """
    log, customers, told = await asyncio.to_thread(_invented, weeks)
    with Bars() as bars:
        setting_up = bars.bar("staff, distributors, channels 员工 经销商 渠道")
        around = await company.set_up(api, state_dir)
        setting_up.full()
        await _import_customers(api, customers, around, bars)
        await delivered(api, bars.bar("customers known everywhere 客户档案同步"))
        ids = await _ids(api)
        await _log_contacts(api, told, ids, around, bars)
        await _load_complaints(api, told, ids, around, bars)
        await _import_orders(api, log, bars)
        await settled(api, buyers=sum(bool(one.history.sales) for one in customers), bars=bars)


def _invented(weeks: int) -> tuple[Sequence[Invoice], Sequence[Customer], Sequence[Story]]:
    log = invoices(weeks)
    customers = invented(histories(log))
    return log, customers, [stories.story(customer, until=log[-1].at) for customer in customers]


async def _import_customers(api: Api, customers: Sequence[Customer], around: Company, bars: Bars) -> None:
    there = await api.total("/v1/customers", tags=cast.TAG)
    bar = bars.bar("customers 客户", len(customers))
    if there >= len(customers):
        bar.full()
        return
    sending = bars.bar("  sent 上传", len(customers))

    def content() -> Any:
        sending.at(0)
        rows = sheets.customer_rows(customers, around)
        return sheets.CsvStream(sheets.CUSTOMER_COLUMNS, rows, sending.step)

    _complete(await imported(api, "customers", content, bar))


async def _import_orders(api: Api, log: Sequence[Invoice], bars: Bars) -> None:
    there = await api.total("/v1/orders", channel=cast.CHANNEL)
    bar = bars.bar("orders and returns 订单与退货", len(log))
    if there >= len(log):
        bar.full()
        return
    sending = bars.bar("  sent 上传", len(log))

    def content() -> Any:
        sending.at(0)
        return sheets.CsvStream(sheets.ORDER_COLUMNS, sheets.order_rows(log), sending.step)

    _complete(await imported(api, "orders", content, bar))


def _complete(operation: dict[str, Any]) -> None:
    result = operation["result"] or {}
    failed = result.get("failed", 0) + result.get("duplicate", 0)
    if failed:
        raise DemoError(f"{failed} rows were refused: {operation['id']}")


async def _ids(api: Api) -> dict[str, str]:
    return {one["code"]: one["id"] async for one in api.every("/v1/customers", tags=cast.TAG)}


async def _log_contacts(
    api: Api, told: Sequence[Story], ids: dict[str, str], around: Company, bars: Bars
) -> None:
    contacts = sorted(
        (contact for story in told for contact in story.contacts), key=lambda one: (one.at, one.customer.code)
    )
    items = [_interaction(one, ids, around) for one in contacts]
    bar = bars.bar("contacts 沟通记录", len(items))
    await _send(api, "interactions", "occurred_at", items, bar)


async def _load_complaints(
    api: Api, told: Sequence[Story], ids: dict[str, str], around: Company, bars: Bars
) -> None:
    complaints = sorted(
        (complaint for story in told for complaint in story.complaints),
        key=lambda one: (one.opened_at, one.customer.code),
    )
    items = [
        _case(one, ids, around.staff[cast.SERVICE[place % len(cast.SERVICE)].username])
        for place, one in enumerate(complaints)
    ]
    await _send(api, "complaints", "opened_at", items, bars.bar("complaints 投诉", len(items)))


def _interaction(one: Contact, ids: dict[str, str], around: Company) -> dict[str, Any]:
    seller, customer = one.customer.seller, one.customer
    return {
        "customer_id": ids[customer.code],
        "channel": one.channel,
        "direction": one.direction,
        "occurred_at": _text(one.at),
        "participants": [
            {"kind": "staff", "id": around.staff[seller.username], "name": seller.name},
            {"kind": "contact", "name": customer.contact or customer.name},
        ],
        "summary": one.summary,
    }


def _case(one: Complaint, ids: dict[str, str], owner: str) -> dict[str, Any]:
    case = {
        "customer_id": ids[one.customer.code],
        "channel": one.channel,
        "category": one.category,
        "severity": one.severity,
        "subject": one.subject,
        "description": one.description,
        "opened_at": _text(one.opened_at),
        "owner_id": owner,
    }
    if one.resolved_at is not None:
        ended = _text(one.resolved_at)
        case |= {"resolved_at": ended, "result": one.result, "informed_at": ended, "closed_at": ended}
    return case


async def _send(api: Api, noun: str, moment: str, items: Sequence[dict[str, Any]], bar: Bar) -> None:
    """In batches that go in whole or not at all; one whose first item is there is in."""
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        if not await _is_there(api, noun, moment, batch[0]):
            answer = await api.post(f"/v1/{noun}/batch", {"items": batch}, key=f"demo-{noun}-{start}")
            refused = [each for each in answer["results"] if each["status"] >= 400]  # noqa: PLR2004
            if refused:
                raise DemoError(f"{len(refused)} {noun} were refused: {refused[0]['problem']['code']}")
        bar.at(start + len(batch))


async def _is_there(api: Api, noun: str, moment: str, item: dict[str, Any]) -> bool:
    at = datetime.fromisoformat(item[moment])
    window = {f"{moment}__gte": _text(at), f"{moment}__lt": _text(at + _INSTANT)}
    found = await api.get(f"/v1/{noun}", customer_id=item["customer_id"], limit=1, **window)
    return bool(found["data"])


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
