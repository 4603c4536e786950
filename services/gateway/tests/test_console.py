"""The operator's command makes and resets administrators, and takes no poor password."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from gateway.__main__ import open_first_account
from gateway.app import build
from gateway.console import administer
from shared.messaging.local import LocalBus
from shared.testing import clean

PASSWORD = "nine lives of a tabby"
FRESH = "ten lives of a tiger"


@pytest.fixture
def told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The environment of an operator's shell."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("DATA_KEY", settings.data_key.get_secret_value())
    return monkeypatch


async def run(*arguments: str) -> int:
    """In a thread, because the command has an event loop of its own."""
    return await asyncio.to_thread(administer, arguments)


async def test_an_administrator_is_made_with_a_password_that_is_shown_once(
    world: Any, told: Any, capsys: Any
) -> None:
    await clean(world.gateway.database, keep=("signing_key",))
    assert await run("--username", "Chief") == 0
    said = capsys.readouterr().out
    assert said.startswith("account chief, password ")
    me = await world.client.get("/v1/auth/me", headers=await world.bearer("chief", said.split()[3]))
    assert me.json()["roles"] == ["admin"]
    assert me.json()["data_scope"] == "all"


async def test_a_password_from_a_file_is_not_shown(
    world: Any, told: Any, capsys: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(f"{FRESH}\n")
    assert await run("--password-file", str(tmp_path / "secret")) == 0
    assert FRESH not in "".join(capsys.readouterr())
    assert await world.signed_in("admin", FRESH)


async def test_a_password_comes_from_standard_input(world: Any, told: Any) -> None:
    told.setattr("sys.stdin", io.StringIO(f"{FRESH}\n"))
    assert await run("--password-stdin") == 0
    assert await world.signed_in("admin", FRESH)


async def test_a_password_comes_from_the_environment_unless_one_is_to_be_made(
    world: Any, told: Any, capsys: Any
) -> None:
    told.setenv("ADMIN_PASSWORD", FRESH)
    assert await run() == 0
    assert await world.signed_in("admin", FRESH)
    assert await run("--generate") == 0
    assert await world.signed_in("admin", capsys.readouterr().out.split()[-5])


async def test_a_reset_enables_unlocks_and_signs_out(world: Any, told: Any) -> None:
    account = await world.hired("anna", "sales")
    theirs = (await world.signed_in("anna"))["access_token"]
    await world.client.post(f"/v1/staff/{account['id']}/disable", headers=await world.bearer())
    for _ in range(5):
        await world.client.post("/v1/auth/token", data={"username": "anna", "password": "wrong wrong"})
    told.setenv("ADMIN_PASSWORD", FRESH)
    assert await run("--username", "anna") == 0
    await world.until("/v1/auth/me", 401, theirs)
    me = (await world.client.get("/v1/auth/me", headers=await world.bearer("anna", FRESH))).json()
    assert (me["roles"], me["data_scope"]) == (["admin", "sales"], "all")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "passwordpassword",
        "Password2026!",
        "admin12345",
        "a1admin!23",
        "1234567890",
        "changeme-123",
        "many lives " * 30,
    ],
)
async def test_a_poor_password_is_refused_and_the_old_one_stays(
    world: Any, told: Any, capsys: Any, password: str
) -> None:
    told.setenv("ADMIN_PASSWORD", password)
    assert await run() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert password not in said.err
    assert await world.signed_in()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--username", "no spaces here"), "cannot be a user name"),
        (("--password-file", "/nowhere/at/all"), "cannot be read"),
        (("--password-stdin",), "holds no password"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(
    world: Any, told: Any, capsys: Any, arguments: tuple[str, ...], why: str
) -> None:
    told.setattr("sys.stdin", io.StringIO("\n"))
    assert await run(*arguments) == 2
    assert why in capsys.readouterr().err


async def test_no_password_can_stand_on_the_command_line(told: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        await run("--password", FRESH)
    assert "unrecognized" in capsys.readouterr().err


async def test_without_settings_the_command_says_which_are_missing(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATA_KEY", raising=False)
    assert await run() == 2
    assert "DATABASE_URL: missing" in capsys.readouterr().err


async def test_before_the_migrations_the_command_says_so(
    told: Any, capsys: Any, service_database: Any
) -> None:
    told.setenv("DATABASE_URL", service_database("empty").app_url)
    assert await run() == 2
    assert "migrate" in capsys.readouterr().err


async def test_the_migrating_process_takes_no_default_password(
    world: Any, settings: Any, capsys: Any
) -> None:
    await clean(world.gateway.database, keep=("signing_key",))
    weak = settings.model_copy(update={"admin_password": type(settings.data_key)("admin123456")})
    migrating = build(weak, LocalBus(), clients={}, documents={})
    await migrating.database.open()
    with pytest.raises(SystemExit):
        await open_first_account(migrating)
    await migrating.database.close()
    assert capsys.readouterr().err.startswith("ADMIN_PASSWORD: ")
    answer = await world.client.post("/v1/auth/token", data={"username": "admin", "password": "admin123456"})
    assert answer.status_code == 401
