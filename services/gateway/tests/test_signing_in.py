"""Signing in, staying signed in, and signing out."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

PASSWORD = "nine lives of a tabby"


async def try_password(world: Any, password: str, username: str = "admin") -> Any:
    return await world.client.post("/v1/auth/token", data={"username": username, "password": password})


async def status_of(world: Any, token: str) -> int:
    answer = await world.client.get("/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    return int(answer.status_code)


async def test_the_right_password_opens_the_door(world: Any) -> None:
    pair = await world.signed_in()
    assert pair["token_type"] == "Bearer"
    assert pair["expires_in"] == 900
    me = await world.client.get("/v1/auth/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert me.json()["username"] == "admin"
    assert "staff:write" in me.json()["permissions"]


async def test_the_user_name_may_be_written_in_capitals(world: Any) -> None:
    assert (await try_password(world, PASSWORD, "ADMIN")).status_code == 200


@pytest.mark.parametrize("username", ["admin", "nobody"])
async def test_a_wrong_password_and_an_unknown_name_sound_the_same(world: Any, username: str) -> None:
    answer = await try_password(world, "wrong wrong wrong", username)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "credentials_wrong"
    assert "wrong wrong" not in answer.text


@pytest.mark.parametrize("username", ["admin", "nobody"])
async def test_after_five_failures_the_name_waits_and_each_failure_doubles_it(
    world: Any, username: str
) -> None:
    for _ in range(5):
        assert (await try_password(world, "wrong wrong wrong", username)).status_code == 401
    locked = await try_password(world, PASSWORD, username)
    assert locked.status_code == 429
    assert 25 <= int(locked.headers["retry-after"]) <= 30
    world.clock.ahead += timedelta(seconds=31)
    assert (await try_password(world, "wrong wrong wrong", username)).status_code == 401
    again = await try_password(world, PASSWORD, username)
    assert again.status_code == 429
    assert 55 <= int(again.headers["retry-after"]) <= 60


async def test_many_guesses_at_once_gain_nothing(world: Any) -> None:
    answers = await asyncio.gather(*(try_password(world, f"guess number {i}") for i in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_the_right_password_clears_the_failures(world: Any) -> None:
    for _ in range(4):
        await try_password(world, "wrong wrong wrong")
    assert (await try_password(world, PASSWORD)).status_code == 200
    for _ in range(4):
        assert (await try_password(world, "wrong wrong wrong")).status_code == 401
    assert (await try_password(world, PASSWORD)).status_code == 200


async def test_the_form_is_checked_without_echoing_it(world: Any) -> None:
    answer = await world.client.post(
        "/v1/auth/token", data={"username": "admin", "password": "secret\x00" * 60, "extra": "1"}
    )
    assert answer.status_code == 422
    assert "secret" not in answer.text
    assert {error["pointer"] for error in answer.json()["errors"]} >= {"/extra"}


@pytest.mark.parametrize("username", ["", " ", "a\x00b", "x" * 65, "\u202eadmin"])
async def test_what_cannot_be_a_user_name_is_said_so(world: Any, username: str) -> None:
    answer = await try_password(world, PASSWORD, username)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/username"


async def test_a_refresh_token_gives_the_next_pair(world: Any) -> None:
    first = await world.signed_in()
    second = await world.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.headers["cache-control"] == "no-store"
    third = await world.client.post(
        "/v1/auth/refresh", json={"refresh_token": second.json()["refresh_token"]}
    )
    assert await status_of(world, third.json()["access_token"]) == 200


async def test_a_refresh_token_used_twice_ends_the_whole_family(world: Any) -> None:
    stolen = (await world.signed_in())["refresh_token"]
    thief = (await world.client.post("/v1/auth/refresh", json={"refresh_token": stolen})).json()
    assert await status_of(world, thief["access_token"]) == 200
    owner = await world.client.post("/v1/auth/refresh", json={"refresh_token": stolen})
    assert owner.status_code == 401
    late = await world.client.post("/v1/auth/refresh", json={"refresh_token": thief["refresh_token"]})
    assert late.status_code == 401
    await world.until("/v1/auth/me", 401, thief["access_token"])


async def test_of_two_refreshes_at_once_one_wins_and_the_family_ends(world: Any) -> None:
    token = (await world.signed_in())["refresh_token"]
    body = {"refresh_token": token}
    answers = await asyncio.gather(*(world.client.post("/v1/auth/refresh", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_other_sessions_survive_a_reused_token(world: Any) -> None:
    safe = await world.signed_in()
    stolen = (await world.signed_in())["refresh_token"]
    for _ in range(2):
        await world.client.post("/v1/auth/refresh", json={"refresh_token": stolen})
    answer = await world.client.post("/v1/auth/refresh", json={"refresh_token": safe["refresh_token"]})
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["", "tlr_", "tlr_AAAA", "nonsense", "tlr_" + "A" * 64, "tlr_é"])
async def test_what_was_never_a_refresh_token_is_refused(world: Any, token: str) -> None:
    answer = await world.client.post("/v1/auth/refresh", json={"refresh_token": token})
    assert answer.status_code in {401, 422}


async def test_a_session_ends_after_thirty_days_whatever_is_refreshed(world: Any) -> None:
    token = (await world.signed_in())["refresh_token"]
    world.clock.ahead += timedelta(days=29)
    answer = await world.client.post("/v1/auth/refresh", json={"refresh_token": token})
    world.clock.ahead += timedelta(days=2)
    late = {"refresh_token": answer.json()["refresh_token"]}
    assert (await world.client.post("/v1/auth/refresh", json=late)).status_code == 401


async def test_signing_out_ends_this_session_only(world: Any) -> None:
    here, there = await world.signed_in(), await world.signed_in()
    body = {"refresh_token": here["refresh_token"]}
    for _ in range(2):
        assert (await world.client.post("/v1/auth/logout", json=body)).status_code == 204
    assert (await world.client.post("/v1/auth/refresh", json=body)).status_code == 401
    await world.until("/v1/auth/me", 401, here["access_token"])
    assert await status_of(world, there["access_token"]) == 200


async def test_signing_out_everywhere_ends_every_session(world: Any) -> None:
    here, there = await world.signed_in(), await world.signed_in()
    headers = {"Authorization": f"Bearer {here['access_token']}"}
    assert (await world.client.post("/v1/auth/logout-all", headers=headers)).status_code == 204
    await world.until("/v1/auth/me", 401, there["access_token"])
    body = {"refresh_token": there["refresh_token"]}
    assert (await world.client.post("/v1/auth/refresh", json=body)).status_code == 401
    assert await status_of(world, (await world.signed_in())["access_token"]) == 200


async def test_a_new_password_replaces_the_old_one_and_ends_the_sessions(world: Any) -> None:
    pair = await world.signed_in()
    body = {"current_password": PASSWORD, "new_password": "ten lives of a tiger"}
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    wrong = {**body, "current_password": "not it at all"}
    assert (await world.client.post("/v1/auth/password", json=wrong, headers=headers)).status_code == 422
    assert (await world.client.post("/v1/auth/password", json=body, headers=headers)).status_code == 204
    assert (await try_password(world, PASSWORD)).status_code == 401
    assert (await try_password(world, "ten lives of a tiger")).status_code == 200
    await world.until("/v1/auth/me", 401, pair["access_token"])


async def test_secrets_are_not_kept_as_they_are(world: Any) -> None:
    pair = await world.signed_in()
    async with world.gateway.database.read() as reader:
        for table in ("staff", "session", "refresh_token", "sign_in_guard", "signing_key", "outbox"):
            kept = await reader.connection.fetchval(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            for secret in (PASSWORD, pair["access_token"], pair["refresh_token"]):
                assert secret not in (kept or "")
