"""The mail server of the settings: a sender where there is none, and never against what people set up."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from notify_svc.app import build
from notify_svc.mail_server import MailServer, mail_server_of
from notify_svc.senders.first import JOB, add_first, as_sender
from notify_svc.senders.queries import opened
from notify_svc.settings import Settings
from shared.settings import SettingsMissing
from shared.testing import running
from shared.testing.services import settings_for
from shared.testing.talking import eventually

from .messaging import ADMIN

_URL = "smtp+starttls://crm:p%40ss@localhost:2525"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mailpit:1025", MailServer("mailpit", 1025, "none", None, None)),
        ("smtp://mail.example.com", MailServer("mail.example.com", 25, "none", None, None)),
        ("smtps://mail.example.com/", MailServer("mail.example.com", 465, "tls", None, None)),
        (_URL, MailServer("localhost", 2525, "starttls", "crm", SecretStr("p@ss"))),
    ],
)
def test_a_url_names_a_mail_server(url: str, server: MailServer) -> None:
    assert mail_server_of(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mailpit:1025",
        "http://mailpit",
        "smtp://",
        "smtp://a b",
        "smtp://x:70000",
        "smtp://x/y",
        "smtp://x?y=secret",
    ],
)
def test_what_names_none_keeps_the_process_from_starting_and_is_not_repeated(world: Any, url: str) -> None:
    with pytest.raises(ValueError, match="smtp://") as found:
        mail_server_of(url)
    assert "secret" not in str(found.value)
    with pytest.raises(SettingsMissing, match="SMTP_URL") as missing:
        settings_for(Settings, world.urls, smtp_url=url)
    assert "secret" not in str(missing.value)


async def senders(world: Any) -> Any:
    return (await world.get(ADMIN, "/v1/senders")).json()["data"]


async def first(world: Any, url: str = _URL) -> Any:
    """What the hourly look adds."""
    settings = settings_for(Settings, world.urls, smtp_url=url)
    body = as_sender(mail_server_of(url), from_address=settings.smtp_from, from_name=settings.company_name)
    async with world.database.begin() as tx:
        return await add_first(tx, body, sealer=world.service.sealer, trusted=settings.sender_trusted)


async def test_a_worker_that_starts_adds_the_mail_server_of_the_settings(world: Any) -> None:
    settings = {"smtp_url": _URL, "smtp_from": "crm@example.com", "company_name": "海纳商贸"}
    async with running(build, Settings, world.urls, settings=settings):

        async def added() -> bool:
            return bool(await senders(world))

        await eventually(added)
    [sender] = await senders(world)
    assert (sender["kind"], sender["is_default"], sender["active"]) == ("smtp", True, True)
    assert sender["has_secrets"] == ["password"]
    assert "p@ss" not in json.dumps(sender)
    config = {name: sender["config"][name] for name in ("host", "port", "tls", "username", "from_address")}
    assert config == {
        "host": "localhost",
        "port": 2525,
        "tls": "starttls",
        "username": "crm",
        "from_address": "crm@example.com",
    }
    [row] = await world.sql("SELECT * FROM message_sender")
    assert opened(row, world.service.sealer) == {"password": "p@ss"}


async def test_the_first_sender_is_added_once_and_stays_as_people_changed_it(world: Any) -> None:
    made = await first(world)
    assert made is not None
    place = f"/v1/senders/{made['id']}"
    changed = await world.patch(ADMIN, place, {"name": "Ours", "active": False, "is_default": False})
    assert changed.status_code == 200
    for url in (_URL, "smtp://another.example.com"):
        assert await first(world, url) is None
    assert await senders(world) == [changed.json()]


async def test_whoever_has_a_mail_sender_gets_no_other_one(world: Any) -> None:
    robot = {"name": "群", "kind": "wecom_robot", "config": {}, "secrets": {"key": "x"}, "is_default": True}
    await world.post(ADMIN, "/v1/senders", robot)
    made = await first(world)
    assert (await world.delete(ADMIN, f"/v1/senders/{made['id']}")).status_code == 204
    own = {
        "name": "mail",
        "kind": "smtp",
        "config": {"host": "mail.example.com", "from_address": "a@example.com"},
    }
    await world.post(ADMIN, "/v1/senders", {**own, "active": False})
    assert await first(world) is None
    assert [each["name"] for each in await senders(world)] == ["mail", "群"]
    assert (await senders(world))[1]["is_default"]


async def test_without_a_setting_nothing_is_added(world: Any) -> None:
    assert settings_for(Settings, world.urls, smtp_url="").mail_server is None
    async with running(build, Settings, world.urls, settings={"smtp_url": ""}):

        async def looked() -> bool:
            return bool(await world.sql("SELECT 1 FROM job WHERE kind = $1 AND run_at > now()", JOB))

        await eventually(looked)
    assert await senders(world) == []
