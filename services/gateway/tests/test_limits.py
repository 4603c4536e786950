"""Limits at the door: exact where every request passes, shared by replicas, kept over a restart; guesses."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.api_keys import text
from gateway.api_keys.queries import plans_of_keys
from gateway.app import build
from gateway.limits.warden import Client, Warden
from shared.db import Database
from shared.messaging.local import LocalBus
from shared.problems import Problem, TooMany, Unauthenticated

from .keys import made, shown

NEW = {"code": "tiny", "name": "Tiny", "requests_per_minute": 60, "burst": 5, "requests_per_day": 100}
Headers = dict[str, str]


class StillClock:
    """A clock that stands until it is moved; it begins at noon, so that no test meets midnight."""

    def __init__(self) -> None:
        self.moment = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def database(world: Any, settings: Any, clock: StillClock) -> AsyncIterator[Database]:
    """The gateway's database, clean, seen by the still clock."""
    database = Database(settings.database_url.get_secret_value(), clock=clock)
    await database.open()
    yield database
    await database.close()


async def replica(database: Database, *, counting: bool = True) -> Warden:
    """A gateway's limits, which settle only when told to."""
    warden = Warden(database, pepper=b"pepper", key_plans=plans_of_keys, counting=counting)
    await warden.ready()
    return warden


async def planned(world: Any, admin: Headers, **changes: Any) -> str:
    """A new plan; its code."""
    code = f"p{uuid4().hex[:8]}"
    answer = await world.client.post("/v1/plans", json={**NEW, "code": code, **changes}, headers=admin)
    assert answer.status_code == 201, answer.text
    return code


async def known(world: Any) -> None:
    """The door has read the plans anew, as it does every other second."""
    await world.gateway.asgi._carried["warden"]._plans.refresh(now=True)


def admitted(warden: Warden, client: Client, tries: int) -> int:
    """How many of so many requests at once are let in."""
    passed = 0
    for _ in range(tries):
        with contextlib.suppress(TooMany):
            warden.admit(client)
            passed += 1
    return passed


async def exchanged(one: Warden, other: Warden, client: Client) -> None:
    """What happens within half a second while both are asked."""
    for each in (one, other, one):
        each.standing(client)
        await each.settle()


ANALYST = frozenset({"analyst"})
"""Their plan lets 200 in at once, and 20 more each second."""


async def test_of_many_at_once_exactly_the_burst_is_let_in(world: Any, admin: Headers) -> None:
    code = await planned(world, admin, requests_per_minute=1, burst=7)
    key = (await made(world, admin, plan=code))["key"]
    await known(world)
    answers = await asyncio.gather(*(shown(world, key) for _ in range(30)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 7, 429: 23}
    left = sorted(int(answer.headers["ratelimit"].split(";")[1][2:]) for answer in answers)
    assert left == [0] * 23 + list(range(7))


async def test_exactly_the_burst_of_a_new_credential_is_let_in(database: Database) -> None:
    warden = await replica(database)
    assert admitted(warden, Client(uuid4(), ANALYST), 500) == 200


async def test_a_refusal_says_which_limit_and_when_to_come_back(world: Any, admin: Headers) -> None:
    code = await planned(world, admin, requests_per_minute=6, burst=1)
    made_key = await made(world, admin, plan=code)
    await known(world)
    await shown(world, made_key["key"])
    answer = await shown(world, made_key["key"], **{"Accept-Language": "zh-CN"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["limit"], problem["plan"]) == (
        429,
        "rate_limited",
        "minute",
        code,
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert answer.headers["ratelimit-policy"] == '"minute";q=6;w=60;burst=1, "day";q=100;w=86400'
    assert answer.headers["ratelimit"].startswith('"minute";r=0;t=')
    assert "请求超过" in problem["detail"]
    assert made_key["key"].split("_")[2] not in answer.text
    assert made_key["id"] not in answer.text


async def test_every_answer_tells_what_is_left(world: Any, admin: Headers) -> None:
    for path, headers, status, plan in (
        ("/v1/customers/7", admin, 200, '"minute";q=6000;w=60;burst=1000, "day";q=1000000;w=86400'),
        ("/v1/nothing", admin, 404, '"minute";q=600;w=60;burst=200'),
        ("/v1/customers/7", {}, 401, '"minute";q=600;w=60;burst=200'),
        ("/openapi.json", {}, 200, '"minute";q=600;w=60;burst=200'),
    ):
        answer = await world.client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["ratelimit-policy"]) == (status, plan)
        assert answer.headers["ratelimit"].startswith('"minute";r=')
    assert "ratelimit" not in (await world.client.get("/livez")).headers


async def test_who_may_not_is_counted_too(world: Any) -> None:
    await world.hired("anna", "analyst")
    headers = await world.bearer("anna")
    left = []
    for _ in range(2):
        answer = await world.client.get("/v1/staff", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
        left.append(int(answer.headers["ratelimit"].split(";")[1][2:]))
    assert left == [199, 198]


async def test_with_several_roles_the_most_generous_plan_holds(database: Database) -> None:
    warden = await replica(database)
    headers = warden.admit(Client(uuid4(), frozenset({"analyst", "admin", "sales"})))
    assert headers["RateLimit-Policy"].startswith('"minute";q=6000;')


async def test_a_day_has_its_own_limit(database: Database, clock: StillClock) -> None:
    warden = await replica(database)
    client = Client(uuid4())
    passed = 0
    for _ in range(600):
        passed += admitted(warden, client, 100)
        clock.wait(10)
    assert passed == 50_000
    with pytest.raises(TooMany) as caught:
        warden.admit(client)
    assert caught.value.extra["limit"] == "day"
    assert caught.value.retry_after == int(timedelta(hours=12).total_seconds()) - 6000
    clock.wait(caught.value.retry_after)
    assert admitted(warden, client, 1000) == 100


async def test_strangers_have_the_plan_of_their_address(database: Database) -> None:
    warden = await replica(database)
    for _ in range(200):
        warden.admit_stranger("192.0.2.1")
    with pytest.raises(TooMany) as caught:
        warden.admit_stranger("192.0.2.1")
    assert caught.value.extra == {"limit": "minute", "plan": "address"}
    warden.admit_stranger("192.0.2.2")


async def test_replicas_share_one_limit(database: Database) -> None:
    one, other, client = await replica(database), await replica(database), Client(uuid4(), ANALYST)
    assert admitted(one, client, 120) == 120
    assert admitted(other, client, 1) == 1
    await exchanged(one, other, client)
    assert (admitted(one, client, 50), admitted(other, client, 29)) == (50, 29)
    await exchanged(one, other, client)
    assert (admitted(one, client, 50), admitted(other, client, 50)) == (0, 0)


async def test_replicas_that_settle_at_once_lose_nothing(database: Database) -> None:
    replicas = [await replica(database) for _ in range(4)]
    clients = [Client(uuid4(), ANALYST) for _ in range(20)]
    for each in replicas:
        for client in clients:
            admitted(each, client, 10)
    for _ in range(2):
        await asyncio.gather(*(each.settle() for each in replicas))
        for each in replicas:
            each.standing(clients[0])
    await asyncio.gather(*(each.settle() for each in replicas))
    assert [each.standing(clients[0])[1].left for each in replicas] == [160] * 4
    async with database.read() as db:
        assert await db.connection.fetchval("SELECT sum(used) FROM limit_bucket") == 800


async def test_a_restart_hands_out_no_new_burst(database: Database, clock: StillClock) -> None:
    client = Client(uuid4(), ANALYST)
    before = await replica(database)
    assert admitted(before, client, 500) == 200
    for _ in range(7):
        before.admit_stranger("192.0.2.1")
    await before.settle()
    after = await replica(database)
    assert admitted(after, client, 500) == 0
    assert after.admit_stranger("192.0.2.1")["RateLimit"].startswith('"minute";r=192;')
    clock.wait(1)
    assert admitted(after, client, 500) == 20
    assert after.standing(client)[1].left_today == 100_000 - 220


async def test_stopping_stores_what_was_used_last(settings: Any, world: Any, clock: StillClock) -> None:
    client = Client(uuid4(), ANALYST)
    for expected in (200, 0):
        gateway = build(settings, LocalBus(), clients={}, tallies=[], clock=clock)
        async with gateway.running(worker=False):
            warden = gateway.asgi._carried["warden"]
            await warden.ready()
            assert admitted(warden, client, 250) == expected


async def test_without_its_database_the_door_goes_on_and_forgets_nothing(database: Database) -> None:
    warden, client = await replica(database), Client(uuid4(), ANALYST)
    assert admitted(warden, client, 150) == 150
    await database.close()
    with pytest.raises(RuntimeError):
        await warden.settle()
    assert admitted(warden, client, 100) == 50
    await database.open()
    await warden.settle()
    assert admitted(await replica(database), client, 100) == 0


async def test_behind_a_cache_reports_decide_at_the_next_check(database: Database, clock: StillClock) -> None:
    """Each second one check, whose yes holds for a second; a report arrives with a quarter's delay."""
    warden, client = await replica(database, counting=False), Client(uuid4(), ANALYST)
    rate, passed, refused_at = 100, 0, None
    for second in range(20):
        try:
            warden.admit(client)
        except TooMany:
            refused_at = second
            break
        for _ in range(4):
            passed += rate // 4
            clock.wait(0.25)
            warden.charge(client, rate // 4)
    assert refused_at is not None
    allowed = 200 + 20 * refused_at
    assert allowed <= passed <= allowed + rate
    with pytest.raises(TooMany):
        warden.admit(client)
    clock.wait(10)
    warden.admit(client)


async def test_a_report_that_one_gateway_hears_binds_the_other(database: Database) -> None:
    hears, asked = await replica(database, counting=False), await replica(database, counting=False)
    client = Client(uuid4(), ANALYST)
    asked.admit(client)
    hears.charge(client, 200)
    await hears.settle()
    await asked.settle()
    with pytest.raises(TooMany):
        asked.admit(client)


async def guess(world: Any, number: int, address: str = "198.51.100.1") -> httpx.Response:
    """Another wrong key each time, from an address of one's own."""
    key = text.new_key("live", f"{number:012d}")
    transport = httpx.ASGITransport(app=world.edge, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        return await client.get("/v1/customers/7", headers={"X-API-Key": key})


async def test_after_twenty_guesses_nothing_is_looked_at_any_more(world: Any, admin: Headers) -> None:
    good = (await made(world, admin))["key"]
    address = "198.51.100.1"
    transport = httpx.ASGITransport(app=world.edge, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as lived_here:
        known_one = {"X-API-Key": good}
        assert (await lived_here.get("/v1/customers/7", headers=known_one)).status_code == 200
        assert [(await guess(world, number)).status_code for number in range(20)] == [401] * 20
        answer = await guess(world, 21)
        assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (
            429,
            "rate_limited",
            "failed_auth",
        )
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        form = {"username": "admin", "password": "wrong for sure"}
        assert (await lived_here.post("/v1/auth/token", data=form)).json()["code"] == "rate_limited"
        assert (await guess(world, 22, "198.51.100.2")).status_code == 401
        assert (await lived_here.get("/v1/customers/7", headers=known_one)).status_code == 200
        token = {"Authorization": "Bearer a.b.c"}
        assert (await lived_here.get("/v1/customers/7", headers=token)).status_code == 429


async def test_a_guess_too_many_touches_neither_the_database_nor_the_credential(database: Database) -> None:
    warden, looked = await replica(database), 0
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            async with warden.attempt("192.0.2.1", "abcdefghijkl"):
                raise Unauthenticated("key_invalid", en="", zh="")
    await warden.settle()
    await database.close()
    for address, key_id in (("192.0.2.1", None), ("192.0.2.1", "other"), ("192.0.2.9", "abcdefghijkl")):
        with pytest.raises(TooMany):
            async with warden.attempt(address, key_id):
                looked += 1
    assert looked == 0
    async with warden.attempt("192.0.2.9", "other"):
        looked += 1
    assert looked == 1


async def test_many_guesses_at_once_are_twenty_and_a_good_credential_among_them_passes(
    database: Database,
) -> None:
    warden, looking = await replica(database), asyncio.Event()

    async def attempt(*, good: bool) -> str:
        try:
            async with warden.attempt("192.0.2.1"):
                await looking.wait()
                if not good:
                    raise Unauthenticated("key_invalid", en="", zh="")
        except Problem as problem:
            return problem.code
        return "good"

    tries = [asyncio.create_task(attempt(good=number % 5 == 0)) for number in range(100)]
    await asyncio.sleep(0)
    looking.set()
    outcomes = Counter(await asyncio.gather(*tries))
    assert outcomes["key_invalid"] == 20
    assert outcomes["good"] >= 5
    assert outcomes["rate_limited"] == 100 - 20 - outcomes["good"]


async def test_guesses_are_forgotten_after_a_minute_kept_over_a_restart_and_shared(
    database: Database, clock: StillClock
) -> None:
    one, other = await replica(database), await replica(database)
    for each in (one, other):
        for _ in range(10):
            with pytest.raises(Unauthenticated):
                async with each.attempt("192.0.2.1"):
                    raise Unauthenticated("key_invalid", en="", zh="")
            clock.wait(0.001)
    for each in (one, other):
        await each.settle()
    restarted = await replica(database)
    for each in (restarted, other):
        with pytest.raises(TooMany) as caught:
            async with each.attempt("192.0.2.1"):
                pass
        assert caught.value.retry_after == 60
    clock.wait(60)
    async with restarted.attempt("192.0.2.1"):
        pass


async def test_no_address_is_kept_as_such(database: Database) -> None:
    warden = await replica(database)
    warden.admit_stranger("192.0.2.77")
    with pytest.raises(Unauthenticated):
        async with warden.attempt("192.0.2.77", "abcdefghijkl"):
            raise Unauthenticated("key_invalid", en="", zh="")
    await warden.settle()
    async with database.read() as db:
        rows = [
            *await db.connection.fetch("SELECT b::text AS row FROM limit_bucket b"),
            *await db.connection.fetch("SELECT f::text AS row FROM auth_failure f"),
        ]
    assert len(rows) == 3
    assert not [row for row in rows if "192.0.2" in row["row"] or "abcdefghijkl" in row["row"]]


async def test_a_failed_sign_in_counts_and_a_good_one_does_not(world: Any) -> None:
    for _ in range(22):
        await world.signed_in()
    for number in range(20):
        form = {"username": f"nobody{number}", "password": "wrong for sure"}
        assert (await world.client.post("/v1/auth/token", data=form)).status_code == 401
    answer = await world.client.post("/v1/auth/token", data={"username": "admin", "password": "x"})
    assert (answer.status_code, answer.json()["limit"]) == (429, "failed_auth")


class TestPlans:
    """Plans over HTTP."""

    async def test_a_plan_is_made_changed_and_taken_away(self, world: Any, admin: Headers) -> None:
        answer = await world.client.post("/v1/plans", json=NEW, headers=admin)
        place, plan = answer.headers["location"], answer.json()
        assert {name: plan[name] for name in NEW} == NEW
        assert (await world.client.post("/v1/plans", json=NEW, headers=admin)).json()["code"] == "code_taken"
        patch = {"requests_per_day": None, "burst": 9}
        stale = await world.client.patch(place, json=patch, headers={**admin, "If-Match": '"v7"'})
        assert stale.status_code == 412
        changed = await world.client.patch(place, json=patch, headers={**admin, "If-Match": '"v1"'})
        assert (changed.json()["burst"], changed.json()["requests_per_day"]) == (9, None)
        assert changed.headers["etag"] == '"v2"'
        found = (await world.client.get("/v1/plans?code=tiny", headers=admin)).json()
        assert found["data"] == [(await world.client.get(place, headers=admin)).json()]
        assert (await world.client.delete(place, headers=admin)).status_code == 204
        assert (await world.client.get(place, headers=admin)).status_code == 404

    async def test_what_something_stands_on_stays(self, world: Any, admin: Headers) -> None:
        plans = (await world.client.get("/v1/plans", headers=admin)).json()["data"]
        built_in = {plan["code"]: plan["id"] for plan in plans}
        assert built_in.keys() >= {"admin", "manager", "sales", "service", "analyst", "partner", "address"}
        code = await planned(world, admin)
        key = await made(world, admin, plan=code)
        plan = (await world.client.get(f"/v1/plans?code={code}", headers=admin)).json()["data"][0]
        for plan_id in (built_in["partner"], plan["id"]):
            answer = await world.client.delete(f"/v1/plans/{plan_id}", headers=admin)
            assert (answer.status_code, answer.json()["code"]) == (409, "plan_in_use")
        wrong = await world.client.patch(f"/v1/api-keys/{key['id']}", json={"plan": "no_such"}, headers=admin)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/plan")

    @pytest.mark.parametrize(
        "change",
        [
            {"code": "Not a code"},
            {"burst": 0},
            {"requests_per_minute": 1_000_001},
            {"requests_per_day": 0},
            {"colour": "red"},
        ],
    )
    async def test_nonsense_is_no_plan(self, world: Any, admin: Headers, change: dict[str, Any]) -> None:
        answer = await world.client.post("/v1/plans", json={**NEW, **change}, headers=admin)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"

    async def test_plans_are_for_administrators(self, world: Any) -> None:
        await world.hired("mara", "manager")
        headers = await world.bearer("mara")
        assert (await world.client.get("/v1/plans", headers=headers)).status_code == 200
        assert (await world.client.post("/v1/plans", json=NEW, headers=headers)).status_code == 403

    async def test_test_keys_have_a_plan_of_their_own(self, world: Any, admin: Headers) -> None:
        key = (await made(world, admin, environment="test"))["key"]
        await known(world)
        assert (await shown(world, key)).headers["ratelimit-policy"].startswith('"minute";q=120;')
