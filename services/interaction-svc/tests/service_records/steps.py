"""What tests of services do again and again."""

from typing import Any
from uuid import UUID

import httpx

from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.testing import staff

MANAGER = staff("manager")
FAULT: dict[str, Any] = {"code": "fault", "label": "故障现象", "type": "text", "required": True}


def step(code: str, **given: Any) -> dict[str, Any]:
    """One step of a template, for the service people unless told otherwise."""
    return {"code": code, "name": code, "role": "service", "expected_minutes": 60, **given}


async def process(world: Any, *steps: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A template of these steps; of two plain ones unless told otherwise."""
    body = {
        "name": {"en": "Repair", "zh": "售后维修"},
        "phase": "after_sale",
        "steps": list(steps) or [step("accept"), step("repair")],
        **given,
    }
    answer = await world.post("/v1/service-processes", body, MANAGER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def changed(world: Any, template: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The template after a change."""
    path = f"/v1/service-processes/{template['id']}"
    answer = await world.patch(path, given, MANAGER, **{"If-Match": f'"v{template["version"]}"'})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def run(world: Any, template: dict[str, Any], customer: str | None = None, **given: Any) -> Any:
    """A service that runs by this template."""
    body = {"customer_id": customer or await world.customer(), "process_id": template["id"], **given}
    answer = await world.post("/v1/service-records", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"v1"'
    made = answer.json()
    assert (await world.get(answer.headers["location"])).json() == made
    return made


async def recorded(world: Any, customer: str | None = None, **given: Any) -> Any:
    """A service that took place an hour ago."""
    body = {
        "customer_id": customer or await world.customer(),
        "phase": "in_sale",
        "content": "送货并安装",
        "occurred_at": world.when(hours=1),
        **given,
    }
    answer = await world.post("/v1/service-records", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def do(
    world: Any, record: Any, verb: str, code: str = "", /, who: Any = None, **body: Any
) -> httpx.Response:
    """One verb on a service, or on one of its steps."""
    place = f"/steps/{code}" if code else ""
    answer: httpx.Response = await world.post(
        f"/v1/service-records/{record['id']}{place}/{verb}", body, who=who
    )
    return answer


async def done(world: Any, record: Any, *codes: str) -> Any:
    """The service after these steps were started and completed."""
    for code in codes:
        for verb in ("start", "complete"):
            answer = await do(world, record, verb, code)
            assert answer.status_code == 200, answer.text
            record = answer.json()
    return record


async def employed(world: Any, *roles: str, active: bool = True) -> str:
    """Somebody whom the gateway told of."""
    who = new_id()
    await world.sql("INSERT INTO staff_ref VALUES ($1, NULL, $2, $3, 1)", who, list(roles), active)
    return str(who)


def holding(*roles: str) -> Principal:
    """Somebody who sees only what they hold themselves."""
    who = new_id()
    return Principal("staff", who, frozenset(roles), scope=Scope(None, frozenset({who})))


async def shifted(world: Any, record: Any, **minutes: int) -> None:
    """Let moments of the step whose turn it is lie so many minutes earlier."""
    for column, ago in minutes.items():
        await world.sql(
            f"UPDATE service_step SET {column} = {column} - make_interval(mins => $2) "
            "WHERE record_id = $1 AND status IN ('ready', 'started')",
            UUID(record["id"]),
            ago,
        )


async def told(world: Any) -> list[dict[str, Any]]:
    return [event for event in await world.events() if event["type"].startswith("service.")]


async def listed(world: Any, query: str = "", who: Any = None) -> list[str]:
    answer = await world.get(f"/v1/service-records?{query}", who)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def wrong(answer: httpx.Response) -> dict[str, str]:
    """What a refusal says is wrong, by place."""
    assert answer.status_code == 422, answer.text
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}
