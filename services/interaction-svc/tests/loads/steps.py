"""Steps of loads as customer-svc's jobs send them, and what can be seen of them afterwards."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.clock import new_id
from shared.references import CustomerRef, apply

LOAD = "/internal/interactions/load"
WITHDRAW = "/internal/interactions/withdraw"


def row(world: Any, customer: str, **given: Any) -> dict[str, Any]:
    """A row of a file: a call of an hour ago unless told otherwise; what is None is not given."""
    call = {"channel": "call", "direction": "outbound", "summary": "回访 Follow-up"}
    body = {"customer_id": customer, "occurred_at": world.when(hours=1), **call, **given}
    return {name: value for name, value in body.items() if value is not None}


async def send(
    world: Any,
    items: list[dict[str, Any]],
    work: UUID | None = None,
    step: int = 0,
    *,
    dry_run: bool = False,
    who: Any = None,
) -> httpx.Response:
    """One step of a load."""
    body = {"work_id": str(work or uuid4()), "step": step, "dry_run": dry_run, "items": items}
    answer: httpx.Response = await world.post(LOAD, body, who=who)
    return answer


async def loaded(world: Any, items: list[dict[str, Any]], *where: Any, **how: Any) -> list[dict[str, Any]]:
    """The outcomes of a step that works."""
    answer = await send(world, items, *where, **how)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["outcomes"]
    assert len(found) == len(items)
    return found


async def take_back(
    world: Any, items: list[tuple[str, int]], work: UUID | None = None, step: int = 0, *, who: Any = None
) -> httpx.Response:
    """One step of an undoing."""
    listed = [{"id": one, "version": version} for one, version in items]
    body = {"work_id": str(work or uuid4()), "step": step, "items": listed}
    answer: httpx.Response = await world.post(WITHDRAW, body, who=who)
    return answer


async def taken_back(world: Any, items: list[tuple[str, int]], *where: Any, **how: Any) -> list[Any]:
    """What became of each, as `(status, code)`."""
    answer = await take_back(world, items, *where, **how)
    assert answer.status_code == 200, answer.text
    found = answer.json()["outcomes"]
    assert [one["id"] for one in found] == [one for one, _ in items]
    return [(one["status"], one["code"]) for one in found]


def verdicts(outcomes: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The status of each outcome, and the code of its problem."""
    return [(one["status"], one["problem"] and one["problem"]["code"]) for one in outcomes]


async def held_customer(world: Any, owner: UUID) -> str:
    """A customer that somebody of the staff holds."""
    ref = CustomerRef(new_id(), None, owner, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    return str(ref.id)


async def count(world: Any, table: str) -> int:
    """How many rows a table has."""
    (found,) = await world.sql(f"SELECT count(*) FROM {table}")
    number: int = found[0]
    return number


async def told(world: Any, kind: str) -> list[dict[str, Any]]:
    """The events of one type in the outbox."""
    return [event for event in await world.events() if event["type"] == kind]


async def audited(world: Any, action: str, record: str) -> list[str]:
    """The resources of the audit's entries of one operation about one record."""
    rows = await world.sql(
        "SELECT resource FROM audit_entry WHERE action = $1 AND $2 = ANY (subjects::text[])", action, record
    )
    return [found["resource"] for found in rows]


def plain(answer: httpx.Response) -> str:
    """What was answered, without ids: a preview has none."""
    found = answer.json()["outcomes"]
    return json.dumps([{**one, "id": None} for one in found], ensure_ascii=False)
