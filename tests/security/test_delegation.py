"""In one process: customer-svc's work asks interaction-svc in its caller's name while that one may."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.composed import Person, composed, hired, signed_in

from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.problems import Unauthenticated
from shared.usage import INNER
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


def parts(system: System, name: str) -> Any:
    (service,) = (each for each in system.services if each.name == name)
    return service


async def begun(system: System, who: UUID, *roles: str) -> str:
    """The token with which an operation of customer-svc starts that asks interaction-svc."""
    principal = Principal("staff", who, roles=frozenset(roles))
    token: str = await parts(system, "gateway").check.token(principal, "customer-svc", ("interaction-svc",))
    return token


async def test_work_asks_another_service_until_its_caller_is_disabled(system: System, admin: Person) -> None:
    anna = await hired(admin, "anna", "sales")
    account = (await anna("GET", "/v1/auth/me")).json()
    carried = parts(system, "customer-svc")._blueprint.carried
    original = await begun(system, UUID(account["id"]), "admin")
    token = await carried["delegations"].token(original, "interaction-svc")
    interactions: httpx.AsyncClient = carried["interactions_client"]
    shown = {HEADER: token, INNER: "1"}
    assert (await interactions.get("/v1/complaints", headers=shown)).status_code == 200
    forbidden = await interactions.get("/v1/interaction-svc/dead-letters", headers=shown)
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "permission_missing")
    path = f"/v1/staff/{account['id']}"
    assert (await admin("PATCH", path, {"status": "disabled"})).status == 200
    later = await begun(system, UUID(account["id"]), "sales")
    with pytest.raises(Unauthenticated, match="access_ended"):
        await carried["delegations"].token(later, "interaction-svc")
