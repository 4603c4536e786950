"""Both trees through the whole system: from customer-svc's register to how far somebody reaches."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.composed import PASSWORD, Person, composed, signed_in

from gateway.reach import queries
from gateway.reach.survey import JOB
from shared.db import Database
from shared.jobs import enqueue
from shared.testing.talking import eventually
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System


@pytest.fixture
async def system(postgres_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[System]:
    async with composed(postgres_server, "trees", tmp_path) as system:
        yield system


class Trees:
    """What the administrator enters, and what the gateway then knows."""

    def __init__(self, system: System, admin: Person) -> None:
        services = {service.name: service for service in system.services}
        self.gateway: Database = services["gateway"].database
        self.customers: Database = services["customer-svc"].database
        self.admin = admin

    async def entered(self, kind: str, code: str, /, **fields: Any) -> UUID:
        made = await self.admin.made(f"/v1/{kind}", {"code": code, "name": code, **fields})
        return UUID(made["id"])

    async def changed(self, path: str, **fields: Any) -> None:
        assert (await self.admin("PATCH", path, fields)).status == 200

    async def below(self, kind: str, place: UUID) -> frozenset[UUID]:
        ask = queries.distributors_below if kind == "distributors" else queries.units_below
        async with self.gateway.read() as reader:
            return await ask(reader, place)

    async def known(self, kind: str, place: UUID, *below: UUID) -> None:
        """Wait until the gateway knows exactly these below the place."""

        async def told() -> bool:
            return await self.below(kind, place) == {place, *below}

        await eventually(told)


@pytest.mark.slow
async def test_what_is_entered_moved_and_suspended_reaches_the_door(system: System) -> None:
    trees = Trees(system, await signed_in(system.front))
    await _both_trees(trees)
    await _a_suspended_one(trees)
    await _the_owners_unit(trees)
    await _surveyed_each_hour(trees)


async def _both_trees(trees: Trees) -> None:
    for kind, fields, path in (
        ("distributors", {}, "/v1/distributors"),
        ("org-units", {"kind": "team"}, "/v1/org-units"),
    ):
        top = await trees.entered(kind, "TOP", **fields)
        left = await trees.entered(kind, "LEFT", parent_id=str(top), **fields)
        right = await trees.entered(kind, "RIGHT", parent_id=str(top), **fields)
        leaf = await trees.entered(kind, "LEAF", parent_id=str(left), **fields)
        await trees.known(kind, top, left, right, leaf)
        await trees.known(kind, left, leaf)
        await trees.changed(f"{path}/{leaf}", parent_id=str(right))
        await trees.known(kind, right, leaf)
        await trees.known(kind, left)
        async with trees.gateway.begin() as tx:
            await tx.connection.execute("DELETE FROM distributor_ref; DELETE FROM org_unit_ref")
            await enqueue(tx, JOB, {})
        await trees.known(kind, top, left, right, leaf)


async def _a_suspended_one(trees: Trees) -> None:
    place = await trees.entered("distributors", "D-9")
    await trees.changed(f"/v1/distributors/{place}", status="suspended")

    async def shut() -> bool:
        async with trees.gateway.read() as reader:
            found = await queries.distributor(reader, place)
        return found is not None and not found.open

    await eventually(shut)


async def _surveyed_each_hour(trees: Trees) -> None:
    async with trees.gateway.read() as reader:
        planned = "SELECT every_seconds FROM job WHERE kind = $1 AND every_seconds IS NOT NULL"
        assert await reader.connection.fetchval(planned, JOB) == 3600


async def _the_owners_unit(trees: Trees) -> None:
    unit = await trees.entered("org-units", "SALES", kind="team")
    account = {"username": "li.wei", "display_name": "李伟", "password": PASSWORD, "roles": ["sales"]}
    seller = (await trees.admin.made("/v1/staff", {**account, "org_unit_id": str(unit)}))["id"]

    async def told() -> bool:
        async with trees.customers.read() as reader:
            found = await reader.connection.fetchval(
                "SELECT org_unit_id FROM staff_ref WHERE id = $1", seller
            )
        return bool(found == unit)

    await eventually(told)
    customer = {"name": "海纳", "kind": "organisation", "owner_id": seller}
    assert (await trees.admin.made("/v1/customers", customer))["org_unit_id"] == str(unit)
    refused = await trees.admin("DELETE", f"/v1/org-units/{unit}")
    assert refused.json()["code"] == "org_unit_in_use"
