"""How the demo gets in: with an account of its own, which the administrator's password opens once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tonglu_local.demo import memory
from tonglu_local.demo.api import Api, DemoError, SignInRefused
from tonglu_local.demo.histories import weeks_to
from tonglu_local.demo.memory import Memory

LOADER = "demo.loader"
_ADMIN = "admin"


async def answering(http: httpx.AsyncClient) -> None:
    """Wait until the system says that it is ready."""
    while True:
        try:
            answer = await http.get("/readyz")
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.is_success:
            return
        await asyncio.sleep(0.05)


async def signed_in(
    http: httpx.AsyncClient, state_dir: Path, admin_password: str | None
) -> tuple[Api, Memory]:
    """The demo's own account, opened if there is none yet. Raises DemoError when nobody lets it in."""
    known = memory.recalled(state_dir)
    if known is not None:
        api = Api(http, LOADER, known.loader_password)
        try:
            await api.sign_in()
        except SignInRefused:
            known = None
        else:
            return api, known
    return await _opened(http, state_dir, admin_password)


async def _opened(http: httpx.AsyncClient, state_dir: Path, admin_password: str | None) -> tuple[Api, Memory]:
    if admin_password is None:
        raise DemoError(
            "the sample is loaded by an account that only the administrator can open: "
            "start once more with TONGLU_ADMIN_PASSWORD set to the password of admin"
        )
    admin = Api(http, _ADMIN, admin_password)
    await admin.sign_in()
    fresh = Memory(loader_password=memory.new_password(), weeks=weeks_to(datetime.now(UTC)))
    memory.remember(state_dir, fresh)
    await _open_account(admin, fresh.loader_password)
    api = Api(http, LOADER, fresh.loader_password)
    await api.sign_in()
    return api, fresh


async def _open_account(admin: Api, password: str) -> None:
    """Open it or, when an earlier state folder was lost, give it this password."""
    found = await admin.get("/v1/staff", username=LOADER)
    if found["data"]:
        path = f"/v1/staff/{found['data'][0]['id']}"
        await admin.ask("PATCH", path, json={"password": password, "status": "active"})
        return
    account = {
        "username": LOADER,
        "display_name": "Demo loader 演示数据",
        "password": password,
        "roles": ["admin"],
        "data_scope": "all",
    }
    await admin.post("/v1/staff", account)
