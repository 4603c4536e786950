"""In one process: customer-svc's work asks interaction-svc with the rights that its caller has now."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from tests.composed import Person, composed, hired, signed_in

from gateway.edge.check import Credentials
from shared.problems import Forbidden
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System


@pytest.fixture(scope="module")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with composed(postgres_server, "delegation", tmp_path_factory.mktemp("delegation")) as system:
        yield system


@pytest.fixture(scope="module")
async def admin(system: System) -> Person:
    return await signed_in(system.front)


def part(system: System, name: str) -> Any:
    (service,) = (each for each in system.services if each.name == name)
    return service


async def begun(system: System, person: Person) -> str:
    """What customer-svc keeps with the work that this person's request begins."""
    shown = Credentials(f"Bearer {person.token}")
    allowed = await part(system, "gateway").check("POST", "/v1/exports", shown)
    assert allowed.service == "customer-svc"
    kept: str = work(system).kept(allowed.token)
    return kept


def work(system: System) -> Any:
    """How customer-svc asks for interactions."""
    return part(system, "customer-svc")._blueprint.carried["interactions"]


async def changed(admin: Person, person: Person, **changes: Any) -> None:
    account = (await person("GET", "/v1/auth/me")).json()
    assert (await admin("PATCH", f"/v1/staff/{account['id']}", changes)).status == 200


async def test_work_may_what_its_caller_may_now(system: System, admin: Person) -> None:
    anna = await hired(admin, "anna", "sales")
    kept = await begun(system, anna)
    await changed(admin, anna, roles=["analyst"])
    assert (await work(system).page(kept, {}, None)).data == []
    with pytest.raises(Forbidden):
        await work(system).withdraw(kept, uuid4(), 0, {uuid4(): 1})


async def test_work_ends_with_its_caller_s_account(system: System, admin: Person) -> None:
    ben = await hired(admin, "ben", "sales")
    kept = await begun(system, ben)
    await changed(admin, ben, status="disabled")
    with pytest.raises(Forbidden, match="access_ended"):
        await work(system).page(kept, {}, None)
