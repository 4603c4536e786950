"""The exchange: work goes on in its caller's name, as that caller stands now, and for nobody else."""

import base64
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OKPKey

from gateway.edge.exchange import LONGEST_WORK, Exchange
from gateway.edge.identity import StaffIdentity
from gateway.edge.partners import KeyIdentity
from gateway.keys.domain import LIFE
from gateway.keys.ring import KeyRing
from gateway.reach.commands import keep_units
from gateway.reach.domain import Place
from shared.auth.delegation import Delegations
from shared.auth.tokens import HEADER, ISSUER, TOKEN_TYPE, mint
from shared.http.client import make_client
from shared.problems import Unauthenticated
from shared.testing import staff

from .conftest import ASKING
from .keys import distributor, made, told
from .test_keys import restore

Headers = dict[str, str]
WORK = "interaction-svc"


def claims_of(token: str) -> dict[str, Any]:
    """What a token says; whoever asks does not care who signed it."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def inside(world: Any) -> httpx.AsyncClient:
    """A client that is past the edge, at the gateway's own port."""
    return make_client("http://gateway", app=world.gateway.asgi)


async def begun(world: Any, headers: Headers, path: str = ASKING) -> str:
    """The internal token that a service is given with this caller's request."""
    answer = await world.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["headers"][HEADER]
    return token


async def ask(world: Any, token: str, audience: str = WORK) -> httpx.Response:
    async with inside(world) as client:
        body = json.dumps({"token": token, "audience": audience})
        return await client.post(
            "/internal/tokens", content=body, headers={"Content-Type": "application/json"}
        )


async def traded(world: Any, token: str, audience: str = WORK) -> str:
    """The fresh token for an old one."""
    answer = await ask(world, token, audience)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
    assert answer.json().keys() == {"token"}
    fresh: str = answer.json()["token"]
    return fresh


async def shown(world: Any, token: str, service: str = WORK) -> httpx.Response:
    """What a service answers to whoever shows it this token."""
    path = "/v1/complaints" if service == WORK else "/v1/customers/7"
    async with make_client(f"http://{service}", app=world.neighbours[service].asgi) as client:
        return await client.get(path, headers={HEADER: token})


async def refused(world: Any, token: str, audience: str = WORK) -> str:
    """The code of the 401 that this gets; nothing of the token is said or logged."""
    with structlog.testing.capture_logs() as logs:
        answer = await ask(world, token, audience)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    for part in token.split("."):
        assert len(part) < 20 or part not in answer.text + str(logs)
    code: str = answer.json()["code"]
    return code


async def signed(world: Any, header: dict[str, Any] | None = None, **other: Any) -> str:
    """A token of the gateway's own key; a claim given as None is left out."""
    key = await world.gateway._blueprint.carried["ring"].signing("internal")
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": ["customer-svc", WORK], "sub": str(uuid4()), "iat": now, "exp": now + 60,
        "kind": "staff", "roles": ["admin"], "granted": [], "distributors": None, "holders": None,
        "unit": None, "masked": [], "asks": [WORK], **other,
    }  # fmt: skip
    wanted = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": "Ed25519", "kid": key.kid, "typ": TOKEN_TYPE, **(header or {})}
    return jwt.encode(head, wanted, key, algorithms=["Ed25519"])


async def changed(world: Any, admin: Headers, account: dict[str, Any], **changes: Any) -> None:
    answer = await world.client.patch(f"/v1/staff/{account['id']}", json=changes, headers=admin)
    assert answer.status_code == 200, answer.text


async def test_only_the_token_of_an_operation_that_asks_says_so_and_reaches_whom_it_asks(
    world: Any, admin: Headers
) -> None:
    asking, plain = await begun(world, admin), await begun(world, admin, "/v1/orders")
    assert (claims_of(asking)["asks"], claims_of(asking)["aud"]) == ([WORK], ["customer-svc", WORK])
    assert "asks" not in claims_of(plain)
    assert claims_of(plain)["aud"] == "customer-svc"
    assert await begun(world, admin) == asking
    assert await begun(world, admin, "/v1/orders") == plain
    assert (await shown(world, asking)).status_code == 200
    assert (await shown(world, plain)).status_code == 401
    assert await refused(world, plain) == "token_invalid"


async def test_nginx_is_given_the_same(world: Any, admin: Headers) -> None:
    asked = {"X-Original-Method": "GET", "X-Original-URI": ASKING, **admin}
    async with inside(world) as client:
        answer = await client.get("/auth/check", headers=asked)
    assert claims_of(answer.headers[HEADER])["asks"] == [WORK]


async def test_a_person_s_work_goes_on_in_that_person_s_name(world: Any) -> None:
    east, shanghai = uuid4(), uuid4()
    async with world.gateway.database.begin() as tx:
        await keep_units(tx, [Place(east, None, "active", 1), Place(shanghai, east, "active", 1)])
    boss = await world.hired("boss", "manager", org_unit_id=str(east), data_scope="unit")
    fresh = await traded(world, await begun(world, await world.bearer("boss")))
    answer = (await shown(world, fresh)).json()
    assert (answer["kind"], answer["id"], answer["roles"]) == ("staff", boss["id"], ["manager"])
    assert set(answer["holders"]) == {boss["id"], str(east), str(shanghai)}
    assert answer["unit"] == str(east)


async def test_a_key_s_work_goes_on_in_that_key_s_name(world: Any, admin: Headers) -> None:
    home = await distributor(world)
    below = await distributor(world, parent=home)
    key = await made(world, admin, home, masked_fields=["phone"], networks=["10.0.0.0/8"])
    fresh = await traded(world, await begun(world, {"X-API-Key": key["key"]}))
    answer = (await shown(world, fresh)).json()
    assert (answer["kind"], answer["id"], answer["masked"]) == ("partner", key["id"], ["phone"])
    assert answer["granted"] == sorted(key["scopes"])
    assert set(answer["distributors"]) == {str(home), str(below)}


async def test_the_fresh_token_is_for_whom_it_was_asked_and_those_that_one_asks(
    world: Any, admin: Headers
) -> None:
    fresh = await traded(world, await begun(world, admin))
    assert claims_of(fresh)["aud"] == [WORK, "customer-svc"]
    assert claims_of(fresh)["exp"] - claims_of(fresh)["iat"] == 60
    statuses = {name: (await shown(world, fresh, name)).status_code for name in ("customer-svc", WORK)}
    assert statuses == {"customer-svc": 200, WORK: 200}
    path = "/v1/scores/7"
    async with make_client("http://scoring", app=world.neighbours["scoring-svc"].asgi) as client:
        assert (await client.get(path, headers={HEADER: fresh})).status_code == 401


async def test_a_token_gained_by_exchange_is_not_exchanged_again(world: Any, admin: Headers) -> None:
    fresh = await traded(world, await begun(world, admin))
    assert "asks" not in claims_of(fresh)
    assert await refused(world, fresh) == "token_invalid"


async def test_no_other_audience_is_given(world: Any, admin: Headers) -> None:
    token = await begun(world, admin)
    for audience in ("customer-svc", "scoring-svc", "gateway", "", "interaction"):
        assert await refused(world, token, audience) == "token_invalid", audience


async def test_an_expired_original_is_exchanged_for_a_day_and_no_longer(world: Any) -> None:
    anna = await world.hired("anna", "sales")
    for age in (3600, -3, LONGEST_WORK.total_seconds() - 60):
        issued = int(time.time() - age)
        token = await signed(world, sub=anna["id"], iat=issued, exp=issued + 60)
        assert (await ask(world, token)).status_code == 200, age
    for age in (LONGEST_WORK.total_seconds() + 1, -60):
        issued = int(time.time() - age)
        token = await signed(world, sub=anna["id"], iat=issued, exp=issued + 60)
        assert await refused(world, token) == "token_invalid"


async def test_a_day_later_the_very_token_is_worth_nothing(world: Any, admin: Headers) -> None:
    token = await begun(world, admin)
    world.clock.ahead = LONGEST_WORK - timedelta(minutes=2)
    assert (await ask(world, token)).status_code == 200
    world.clock.ahead = LONGEST_WORK + timedelta(minutes=1)
    assert await refused(world, token) == "token_invalid"


async def test_the_session_need_not_live_on(world: Any) -> None:
    await world.hired("anna", "sales")
    headers = await world.bearer("anna")
    token = await begun(world, headers)
    assert (await world.client.post("/v1/auth/logout-all", headers=headers)).status_code == 204
    assert (await shown(world, await traded(world, token))).status_code == 200


async def test_whoever_is_disabled_is_out_at_once_and_in_again_when_enabled(
    world: Any, admin: Headers
) -> None:
    anna = await world.hired("anna", "sales")
    token = await begun(world, await world.bearer("anna"))
    await changed(world, admin, anna, status="disabled")
    assert await refused(world, token) == "access_ended"
    await changed(world, admin, anna, status="active")
    assert (await ask(world, token)).status_code == 200


async def test_whoever_may_less_or_sees_less_is_given_that_at_once(world: Any, admin: Headers) -> None:
    anna = await world.hired("anna", "manager", data_scope="all")
    token = await begun(world, await world.bearer("anna"))
    assert (await shown(world, await traded(world, token))).json()["holders"] is None
    await changed(world, admin, anna, data_scope="own", roles=["analyst"])
    answer = (await shown(world, await traded(world, token))).json()
    assert (answer["holders"], answer["roles"]) == ([anna["id"]], ["analyst"])


async def test_nobody_s_work_is_not_done(world: Any) -> None:
    assert world.gateway
    for kind in ("staff", "partner"):
        assert await refused(world, await signed(world, kind=kind)) == "access_ended"


async def test_a_revoked_key_is_out_at_once(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    token = await begun(world, {"X-API-Key": key["key"]})
    assert (await world.client.delete(f"/v1/api-keys/{key['id']}", headers=admin)).status_code == 204
    assert await refused(world, token) == "access_ended"


async def test_a_key_s_end_ends_its_work(world: Any, admin: Headers) -> None:
    soon = (world.clock() + timedelta(hours=1)).isoformat()
    key = await made(world, admin, expires_at=soon)
    token = await begun(world, {"X-API-Key": key["key"]})
    world.clock.ahead = timedelta(minutes=50)
    assert (await ask(world, token)).status_code == 200
    world.clock.ahead = timedelta(minutes=61)
    assert await refused(world, token) == "access_ended"


@pytest.mark.parametrize("status", ["suspended", "ended"])
async def test_a_key_whose_distributor_is_shut_is_out_at_once(
    world: Any, admin: Headers, status: str
) -> None:
    home = await distributor(world)
    key = await made(world, admin, home)
    token = await begun(world, {"X-API-Key": key["key"]})
    await told(world, Place(home, None, status, 2))
    assert await refused(world, token) == "access_ended"


async def test_a_key_may_no_more_than_its_giver_now(world: Any, admin: Headers) -> None:
    await world.hired("boss", "manager", data_scope="all")
    giver = (await world.client.get("/v1/auth/me", headers=await world.bearer("boss"))).json()
    key = await made(world, await world.bearer("boss"))
    token = await begun(world, {"X-API-Key": key["key"]})
    await changed(world, admin, giver, roles=["analyst"])
    answer = (await shown(world, await traded(world, token))).json()
    assert answer["granted"] == ["customers:read"]


async def test_a_new_secret_leaves_the_work_alone(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    token = await begun(world, {"X-API-Key": key["key"]})
    answer = await world.client.post(f"/v1/api-keys/{key['id']}/rotate", json={}, headers=admin)
    assert answer.status_code == 200, answer.text
    assert (await ask(world, token)).status_code == 200


async def test_a_test_key_is_out_where_there_are_none(world: Any, admin: Headers) -> None:
    key = await made(world, admin, environment="test")
    token = await begun(world, {"X-API-Key": key["key"]})
    assert (await ask(world, token)).status_code == 200
    with pytest.raises(Unauthenticated, match="access_ended"):
        await exchange(world, world.gateway._blueprint.carried["ring"], test_keys=False)(token, WORK)


async def test_a_caller_who_reaches_too_far_by_now_is_told_so(world: Any, admin: Headers) -> None:
    home = await distributor(world)
    key = await made(world, admin, home)
    token = await begun(world, {"X-API-Key": key["key"]})
    await told(world, *(Place(uuid4(), home, "active", 1) for _ in range(250)))
    answer = await ask(world, token)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_too_wide")


async def test_what_this_gateway_did_not_sign_for_this_use_is_nothing(world: Any, admin: Headers) -> None:
    me = UUID((await world.client.get("/v1/auth/me", headers=admin)).json()["id"])
    good = await signed(world, sub=str(me))
    assert (await ask(world, good)).status_code == 200
    head, body, signature = good.split(".")
    other = (await signed(world, sub=str(uuid4()))).split(".")[1]
    stranger = OKPKey.generate_key("Ed25519", parameters={"kid": "stranger"})
    ours = await world.gateway._blueprint.carried["ring"].signing("internal")
    posing = OKPKey.generate_key("Ed25519", parameters={"kid": str(ours.kid)})
    bad = {
        "tampered": f"{head}.{other}.{signature}",
        "unsigned": f"{head}.{body}.",
        "of a stranger": mint(staff("admin", staff_id=me), stranger, audience=WORK, asks=[WORK]),
        "of somebody with our key's name": mint(staff("admin"), posing, audience=WORK, asks=[WORK]),
        "of another issuer": await signed(world, sub=str(me), iss="tonglu"),
        "of no issuer": await signed(world, sub=str(me), iss=None),
        "of another kind": await signed(world, {"typ": "at+jwt"}, sub=str(me)),
        "an access token": admin["Authorization"].removeprefix("Bearer "),
        "of a service": await signed(world, sub=str(me), kind="service"),
        "of an unknown kind": await signed(world, sub=str(me), kind="robot"),
        "without a caller": await signed(world, sub=None),
        "of nobody": await signed(world, sub="admin"),
        "of no time": await signed(world, sub=str(me), iat=None),
        "that asks nobody": await signed(world, sub=str(me), asks=[]),
        "no token": "nonsense",
        "in Chinese": "你.好.吗",
        "empty": "",
    }
    for name, token in bad.items():
        assert await refused(world, token) == "token_invalid", name


async def test_a_retired_key_is_believed_while_it_is_known(world: Any, settings: Any) -> None:
    anna = staff("sales", staff_id=UUID((await world.hired("anna", "sales"))["id"]))
    database, sealer = world.gateway.database, world.gateway.sealer
    retired = await KeyRing(database, sealer).signing("internal")
    world.clock.ahead = LIFE
    ring = KeyRing(database, sealer)
    assert (await ring.signing("internal")).kid != retired.kid
    world.clock.ahead = timedelta(hours=1)
    token = mint(anna, retired, audience="customer-svc", asks=[WORK])
    assert await exchange(world, ring)(token, WORK)
    await restore(world)


def exchange(world: Any, ring: KeyRing, *, test_keys: bool = True) -> Exchange:
    """One like the gateway's own, with these parts."""
    carried = world.gateway._blueprint.carried
    people = StaffIdentity(world.gateway.database, ring, issuer="tonglu")
    partners = KeyIdentity(world.gateway.database, carried["hashing"], None, test_keys=test_keys)  # type: ignore[arg-type]
    return Exchange(world.gateway.database, ring, people, partners)


@pytest.mark.parametrize(
    ("content", "status", "code", "pointer"),
    [
        (b"", 422, "invalid_input", ""),
        (b"{", 400, "json_invalid", "/1"),
        (b"\xff\xfe", 400, None, None),
        (b"[]", 422, "invalid_input", ""),
        (b'{"token": "t"}', 422, "invalid_input", "/audience"),
        (b'{"token": 7, "audience": "a"}', 422, "invalid_input", "/token"),
        (b'{"token": "\\ud800", "audience": "a"}', 422, "invalid_input", "/token"),
        (b'{"token": "t", "audience": "a", "more": 1}', 422, "invalid_input", "/more"),
        (b'{"token": "%s", "audience": "a"}' % (b"x" * 9000), 422, "invalid_input", "/token"),
        (b'{"token": "t", "audience": "%s"}' % (b"x" * 65), 422, "invalid_input", "/audience"),
        (b"[" * 12_000, 400, None, None),
        (b'{"token": "%s", "audience": "a"}' % (b"x" * 17_000), 413, "body_too_large", None),
    ],
)
async def test_a_body_that_is_no_such_request_is_a_problem(
    world: Any, content: bytes, status: int, code: str | None, pointer: str | None
) -> None:
    async with inside(world) as client:
        answer = await client.post(
            "/internal/tokens", content=content, headers={"Content-Type": "application/json"}
        )
    found = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert code in {None, found["code"]}
    assert pointer is None or [error["pointer"] for error in found["errors"]] == [pointer]
    assert b"xxxx" not in answer.content


async def test_work_in_another_service_is_given_its_tokens_by_delegations(world: Any, admin: Headers) -> None:
    anna = await world.hired("anna", "sales")
    token = await begun(world, await world.bearer("anna"))
    async with inside(world) as client:
        delegations = Delegations(client, "http://gateway:8000")
        first = await delegations.token(token, WORK)
        assert (await shown(world, first)).json()["id"] == anna["id"]
        assert await delegations.token(token, WORK) == first
        await changed(world, admin, anna, status="disabled")
        with pytest.raises(Unauthenticated, match="access_ended"):
            await Delegations(client, "http://gateway:8000").token(token, WORK)
        with pytest.raises(Unauthenticated, match="token_invalid"):
            await delegations.token(token, "scoring-svc")
