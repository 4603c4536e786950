"""Sign-ins in the audit, and the audits of all services read as one."""

from typing import Any
from uuid import UUID

import pytest

from gateway.audit.domain import Copy, Page, copies_in, judged, merged

from .conftest import PASSWORD, World

Entries = list[dict[str, Any]]


async def listed(world: World, **filters: Any) -> Entries:
    """What an administrator reads of the gateway's audit."""
    await world.gateway.journal.flush()
    asked = {"service": "gateway", **filters}
    answer = await world.client.get("/v1/audit", params=asked, headers=await world.bearer())
    assert answer.status_code == 200, answer.text
    found: Entries = answer.json()["data"]
    return found


async def post(world: World, path: str, *, status: int, **given: Any) -> Any:
    answer = await world.client.post(path, **given)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_signing_in_and_out_says_who_and_from_where(world: World) -> None:
    wei = await world.hired("wei", "sales")
    pair = await world.signed_in("wei")
    new = await post(world, "/v1/auth/refresh", status=200, json={"refresh_token": pair["refresh_token"]})
    await post(world, "/v1/auth/logout", status=204, json={"refresh_token": new["refresh_token"]})
    entries = await listed(world, actor_id=wei["id"])
    assert [each["action"] for each in entries] == ["signOut", "refreshTokens", "signIn"]
    assert {each["resource_type"] for each in entries} == {"auth"}
    assert {each["address"] for each in entries} == {world.address}
    people, sessions = zip(*(each["subject_ids"] for each in entries), strict=True)
    assert set(people) == {wei["id"]}
    assert len(set(sessions)) == 1


async def test_a_wrong_password_is_counted_against_the_account(world: World) -> None:
    wei = await world.hired("wei", "sales")
    form = {"username": "wei", "password": "not the password"}
    for _ in range(4):
        await post(world, "/v1/auth/token", status=401, data=form)
    (entry,) = await listed(world, subject_id=wei["id"], result="refused")
    assert (entry["action"], entry["status"], entry["code"]) == ("signIn", 401, "credentials_wrong")
    assert (entry["actor_id"], entry["kind"]) == (None, "refusal")
    world.gateway.journal.settle()
    counted = await listed(world, subject_id=wei["id"], result="refused")
    assert sum(each["times"] for each in counted) == 4


async def test_a_name_that_nobody_has_is_not_kept(world: World) -> None:
    await post(world, "/v1/auth/token", status=401, data={"username": "nobody", "password": PASSWORD})
    entry = (await listed(world, action="signIn", result="refused"))[0]
    assert entry["subject_ids"] == []
    assert "nobody" not in str(entry)


async def test_a_locked_name_is_told_apart(world: World) -> None:
    wei = await world.hired("wei", "sales")
    form = {"username": "wei", "password": "not the password"}
    for _ in range(5):
        await world.client.post("/v1/auth/token", data=form)
    await post(world, "/v1/auth/token", status=429, data=form)
    entries = await listed(world, subject_id=wei["id"], result="refused")
    assert {each["code"] for each in entries} == {"credentials_wrong", "sign_in_locked"}


async def test_a_refresh_token_that_comes_twice_is_told(world: World) -> None:
    wei = await world.hired("wei", "sales")
    old = {"refresh_token": (await world.signed_in("wei"))["refresh_token"]}
    await post(world, "/v1/auth/refresh", status=200, json=old)
    await post(world, "/v1/auth/refresh", status=401, json=old)
    entry = (await listed(world, subject_id=wei["id"], action="refreshTokens"))[0]
    assert (entry["kind"], entry["status"], entry["code"]) == ("change", 401, "refresh_token_reused")


async def test_accounts_and_passwords_that_are_changed_are_told(world: World) -> None:
    wei = await world.hired("wei", "sales")
    change = {"current_password": PASSWORD, "new_password": "a much better phrase"}
    await post(world, "/v1/auth/password", status=204, json=change, headers=await world.bearer("wei"))
    entries = await listed(world, subject_id=wei["id"], kind="change")
    assert [each["action"] for each in entries] == ["changeOwnPassword", "signIn", "createStaff"]
    assert entries[0]["actor_id"] == wei["id"]
    assert entries[2]["actor_id"] != wei["id"]


async def test_services_that_do_not_answer_are_named(world: World) -> None:
    answer = (await world.client.get("/v1/audit", headers=await world.bearer())).json()
    assert answer["parts"].pop("gateway") == "ok"
    assert set(answer["parts"].values()) == {"unavailable"}
    assert {each["service"] for each in answer["data"]} == {"gateway"}


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/chains", "/v1/gateway/audit"])
async def test_only_administrators_read_it(world: World, path: str) -> None:
    await world.hired("fang", "manager", "sales", "service", "analyst")
    answer = await world.client.get(path, headers=await world.bearer("fang"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    assert (await world.client.get(path)).status_code == 401
    assert (await world.client.get(path, headers=await world.bearer())).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"limit": "0"}, 422),
        ({"limit": "201"}, 422),
        ({"service": "nobody"}, 422),
        ({"kind": "x"}, 422),
        ({"subject_id": "x"}, 422),
        ({"at[gte]": "yesterday"}, 422),
        ({"sort": "at"}, 400),
        ({"cursor": "x"}, 400),
    ],
)
async def test_what_cannot_be_asked_is_refused(world: World, asked: dict[str, str], status: int) -> None:
    answer = await world.client.get("/v1/audit", params=asked, headers=await world.bearer())
    assert answer.status_code == status, answer.text


async def test_a_cursor_belongs_to_its_filters(world: World) -> None:
    await world.hired("wei", "sales")
    await world.gateway.journal.flush()
    admin = await world.bearer()
    first = (await world.client.get("/v1/audit", params={"limit": 1}, headers=admin)).json()
    cursor = first["page"]["next_cursor"]
    second = await world.client.get("/v1/audit", params={"limit": 1, "cursor": cursor}, headers=admin)
    assert second.json()["data"][0]["id"] < first["data"][0]["id"]
    other = {"limit": "1", "cursor": cursor, "kind": "change"}
    assert (await world.client.get("/v1/audit", params=other, headers=admin)).status_code == 400


def ids(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": str(UUID(int=number))} for number in numbers]


def test_entries_of_services_are_one_list() -> None:
    page = merged({"a": Page(ids(9, 4), more=False), "b": Page(ids(7, 5, 1), more=False)}, 4)
    assert [(each["service"], UUID(each["id"]).int) for each in page.entries] == [
        ("a", 9),
        ("b", 7),
        ("b", 5),
        ("a", 4),
    ]
    assert page.more
    assert not merged({"a": Page(ids(9), more=False)}, 4).more
    assert merged({"a": Page(ids(9), more=True)}, 4).more


HEAD = {"number": 9, "sealed_at": "2026-03-01T09:30:00Z", "anchors": []}


def anchor(service: str, number: int, hash_: str, *, doubtful: int | None = None) -> dict[str, Any]:
    told = {"service": service, "number": number, "hash": hash_, "at": "2026-03-01T09:30:00Z"}
    return {**told, "doubtful_since_turn": doubtful}


def test_a_service_does_not_vouch_for_itself() -> None:
    heads = {"a": {**HEAD, "anchors": [anchor("a", 7, "x"), anchor("b", 7, "y")]}, "b": HEAD}
    assert copies_in(heads) == [Copy("b", "a", 7, "y", "2026-03-01T09:30:00Z", doubtful=False)]


@pytest.mark.parametrize(
    ("links", "doubtful", "state"),
    [
        ({7: "x"}, None, "intact"),
        ({7: "z"}, None, "doubtful"),
        ({7: None}, None, "doubtful"),
        ({}, None, "doubtful"),
        ({7: "x"}, 3, "doubtful"),
    ],
)
def test_a_chain_must_fit_every_copy(links: dict[int, str | None], doubtful: int | None, state: str) -> None:
    copies = copies_in({"b": {**HEAD, "anchors": [anchor("a", 7, "x", doubtful=doubtful)]}})
    found = judged("a", HEAD, copies, links)
    assert (found["state"], found["copied_number"], found["kept_by"]) == (state, 7, ["b"])


def test_a_chain_without_copies_or_without_answer_is_said_to_be_so() -> None:
    assert judged("a", HEAD, [], {})["state"] == "intact"
    assert judged("a", None, [], {})["state"] == "unavailable"
