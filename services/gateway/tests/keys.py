"""What tests of keys share: distributors to give keys to, and ways to ask with one."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from gateway.reach.commands import keep_distributors
from gateway.reach.domain import Place

SCOPES = ["customers:read", "orders:write"]


async def distributor(world: Any, *, parent: UUID | None = None, status: str = "active") -> UUID:
    """A distributor that the gateway has heard of."""
    place = Place(uuid4(), parent, status, 1)
    await told(world, place)
    return place.id


async def told(world: Any, *places: Place) -> None:
    """What customer-svc would have told of these distributors."""
    async with world.gateway.database.begin() as tx:
        await keep_distributors(tx, places)


async def made(world: Any, admin: dict[str, str], home: UUID | None = None, **other: Any) -> dict[str, Any]:
    """A new key, of a distributor of its own unless told otherwise."""
    home = home or await distributor(world)
    body = {"name": "ERP", "distributor_id": str(home), "scopes": SCOPES, **other}
    answer = await world.client.post("/v1/api-keys", json=body, headers=admin)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shown(world: Any, key: str, path: str = "/v1/customers/7", **headers: str) -> httpx.Response:
    """The answer to somebody who shows this key."""
    answer: httpx.Response = await world.client.get(path, headers={"X-API-Key": key, **headers})
    return answer


async def status(world: Any, key: str) -> int:
    """Its status."""
    return (await shown(world, key)).status_code
