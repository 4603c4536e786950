"""People see where they are signed in, and sign out elsewhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.sessions import queries
from gateway.sessions.domain import program_of
from shared.http import ListQuery

PASSWORD = "nine lives of a tabby"
ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
CHROME = ON_WINDOWS + "Chrome/149.0.0.0 Safari/537.36"


async def begun(world: Any, user_agent: str, username: str = "admin") -> dict[str, Any]:
    form = {"username": username, "password": PASSWORD}
    answer = await world.client.post("/v1/auth/token", data=form, headers={"User-Agent": user_agent})
    pair: dict[str, Any] = answer.json()
    return pair


def bearer(pair: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['access_token']}"}


async def listed(world: Any, pair: dict[str, Any], **query: Any) -> Any:
    answer = await world.client.get("/v1/auth/sessions", params=query, headers=bearer(pair))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("user_agent", "program"),
    [
        (CHROME, "chrome"),
        (CHROME + " Edg/149.0", "edge"),
        (CHROME + " MicroMessenger/8.0", "wechat"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15", "safari"),
        ("okhttp/5.0", "app"),
        ("python-httpx/0.28.1", "script"),
        ("李伟's own program", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_of_a_user_agent_only_the_kind_of_program_stays(user_agent: str | None, program: str) -> None:
    assert program_of(user_agent) == program


async def test_somebody_sees_their_own_sessions_and_nobody_elses(world: Any) -> None:
    await world.hired("anna", "sales")
    first = await begun(world, CHROME, "anna")
    await begun(world, "okhttp/5.0", "anna")
    await begun(world, CHROME)
    page = await listed(world, first, count="exact")
    assert [each["program"] for each in page["data"]] == ["app", "chrome"]
    assert page["page"]["total"] == 2
    assert {frozenset(each) for each in page["data"]} == {
        frozenset({"id", "created_at", "last_used_at", "expires_at", "program", "method"})
    }
    assert {each["method"] for each in page["data"]} == {"password"}
    assert all(each["created_at"] == each["last_used_at"] for each in page["data"])
    turned = await listed(world, first, limit=1)
    rest = await listed(world, first, limit=1, cursor=turned["page"]["next_cursor"])
    assert [each["program"] for each in rest["data"]] == ["chrome"]


async def test_a_refresh_is_a_use_of_the_session(world: Any) -> None:
    pair = await begun(world, CHROME)
    again = await world.client.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    (session,) = (await listed(world, again.json()))["data"]
    assert session["last_used_at"] > session["created_at"]


async def test_a_session_is_ended_from_another_one(world: Any) -> None:
    here, there = await begun(world, CHROME), await begun(world, "okhttp/5.0")
    theirs = next(each["id"] for each in (await listed(world, here))["data"] if each["program"] == "app")
    for _ in range(2):
        answer = await world.client.delete(f"/v1/auth/sessions/{theirs}", headers=bearer(here))
        assert answer.status_code == 204
    assert [each["program"] for each in (await listed(world, here))["data"]] == ["chrome"]
    await world.until("/v1/auth/me", 401, there["access_token"])
    again = await world.client.post("/v1/auth/refresh", json={"refresh_token": there["refresh_token"]})
    assert again.status_code == 401
    await listed(world, here)


async def test_a_foreign_session_is_as_unknown_as_none_at_all(world: Any) -> None:
    await world.hired("anna", "sales")
    anna, admin = await begun(world, CHROME, "anna"), await begun(world, CHROME)
    foreign = (await listed(world, admin))["data"][0]["id"]
    answers = [
        await world.client.delete(f"/v1/auth/sessions/{session}", headers=bearer(anna))
        for session in (foreign, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    await listed(world, admin)


async def test_sessions_that_have_ended_are_not_listed(world: Any) -> None:
    account = await world.hired("anna", "sales")
    old = await begun(world, CHROME, "anna")
    await world.client.post("/v1/auth/logout", json={"refresh_token": old["refresh_token"]})
    now = await begun(world, CHROME, "anna")
    assert len((await listed(world, now))["data"]) == 1
    await world.client.post("/v1/auth/logout-all", headers=bearer(now))
    assert len((await listed(world, await begun(world, CHROME, "anna")))["data"]) == 1
    gateway = world.gateway
    later = gateway.database.now() + timedelta(days=31)
    async with gateway.database.read() as reader:
        page = await queries.list_sessions(
            reader, UUID(account["id"]), ListQuery(), gateway.sealer, now=later
        )
    assert page["data"] == []
