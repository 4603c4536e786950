"""Signing in elsewhere: out to a real provider and back, and everything that must not work on the way."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from gateway.app import Gateway, build, front
from gateway.oidc.passage import Parts, passage_of
from gateway.oidc.routes import COOKIE
from shared.http.client import make_client
from shared.messaging.local import LocalBus

from .conftest import ADDRESSES, World, client_from
from .oidc_issuer import CLIENT, REDIRECT, SECRET, Browser, LocalIssuer, made_key

Elsewhere = Callable[..., Browser]


@dataclass
class House:
    """A gateway that is set up for signing in elsewhere, and its door."""

    gateway: Gateway
    edge: httpx.AsyncClient
    client: httpx.AsyncClient


@pytest.fixture(scope="session")
async def built(started: World, settings: Any) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    """The gateway, and how it asks the provider."""
    changes = {
        "oidc_issuer": "http://127.0.0.1:9",
        "oidc_client_id": CLIENT,
        "oidc_client_secret": type(settings.data_key)(SECRET),
        "oidc_redirect_url": REDIRECT,
    }
    told = settings.model_copy(update=changes)
    async with make_client() as client:
        gateway = build(told, LocalBus(), clients={}, provider=client, documents={}, clock=started.clock)
        await gateway.database.open()
        yield gateway, client
        await gateway.database.close()


@pytest.fixture
async def house(built: tuple[Gateway, httpx.AsyncClient]) -> AsyncIterator[House]:
    """Asked from an address that no other test asks from."""
    gateway, client = built
    async with client_from(front(gateway, {}), str(next(ADDRESSES))) as edge:
        yield House(gateway, edge, client)


@pytest.fixture
async def issuer() -> AsyncIterator[LocalIssuer]:
    issuer = LocalIssuer()
    server = await issuer.serve()
    yield issuer
    server.close()


@pytest.fixture
def elsewhere(world: World, house: House, issuer: LocalIssuer) -> Elsewhere:
    """A browser before a gateway that believes the local issuer on these terms."""

    def made(**changes: Any) -> Browser:
        carried = house.gateway._blueprint.carried
        parts = Parts(house.gateway.database, house.gateway.sealer, carried["desk"], carried["passwords"])
        told = house.gateway.settings.model_copy(update={"oidc_issuer": issuer.url, **changes})
        house.gateway.asgi._carried["passage"] = passage_of(told, house.client, parts)
        return Browser(house.edge)

    return made


async def linked(world: World, house: House, subject: str = "ada", **fields: Any) -> dict[str, Any]:
    """An account whose person goes by that name at the provider."""
    account = await world.hired(subject, "sales", **fields)
    path = f"/v1/staff/{account['id']}/oidc-link"
    answer = await house.edge.put(path, json={"subject": subject}, headers=await world.bearer())
    assert answer.status_code == 200, answer.text
    assert answer.json()["subject"] == subject
    return account


async def test_somebody_signs_in_with_the_account_of_another_house(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    account = await linked(world, house)
    started = await browser.start("/app/customers?tab=due")
    assert started.status_code == 302
    assert started.headers["cache-control"] == "no-store"
    asked = {
        name: values[0] for name, values in parse_qs(urlsplit(started.headers["location"]).query).items()
    }
    assert started.headers["location"].startswith(f"{issuer.url}/authorize?")
    assert asked["redirect_uri"] == REDIRECT
    flags = started.headers["set-cookie"].lower()
    assert started.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert all(flag in flags for flag in ("httponly", "secure", "samesite=lax", "path=/", "max-age=600"))
    assert "domain" not in flags
    returned = await browser.come_back(await browser.visit(started.headers["location"]))
    assert returned.status_code == 302
    page, _, code = returned.headers["location"].partition("#oidc=")
    assert page == "/app/customers?tab=due"
    exchanged = await browser.exchange(returned.headers["location"])
    assert exchanged.status_code == 200
    assert exchanged.headers["cache-control"] == "no-store"
    pair = exchanged.json()
    assert pair["access_token"] not in returned.headers["location"] + started.headers["location"]
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    me = await house.edge.get("/v1/auth/me", headers=headers)
    assert me.json()["id"] == account["id"]
    sessions = await house.edge.get("/v1/auth/sessions", headers=headers)
    assert [each["method"] for each in sessions.json()["data"]] == ["oidc"]
    turned = await house.edge.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert turned.status_code == 200
    assert (await browser.exchange(f"#oidc={code}")).json()["code"] == "oidc_code_invalid"


async def test_the_secrets_of_the_way_are_in_no_address(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    started = await browser.start()
    back = await browser.visit(started.headers["location"])
    returned = await browser.come_back(back)
    addresses = started.headers["location"] + back + returned.headers["location"]
    verifier = issuer.forms[0]["code_verifier"]
    assert len(verifier) == 43
    assert verifier not in addresses
    assert SECRET not in addresses
    assert str(browser.cookie).partition("=")[2] not in addresses


async def test_the_provider_s_own_token_opens_nothing_here(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    elsewhere()
    await linked(world, house)
    theirs = issuer.sign({"iss": issuer.url, "aud": "tonglu", "sub": "ada", "exp": 9_999_999_999})
    answer = await house.edge.get("/v1/auth/me", headers={"Authorization": f"Bearer {theirs}"})
    assert answer.status_code == 401
    assert not issuer.hits


async def test_another_algorithm_is_believed_where_it_is_configured(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    issuer.signing = ("ES256", made_key("ES256", "of its own"))
    issuer.published = [made_key("RS256", "first"), issuer.signing[1]]
    browser = elsewhere(oidc_algorithms="ES256")
    await linked(world, house)
    assert (await browser.signed_in()).status_code == 200


async def test_an_algorithm_that_is_not_configured_is_not_believed(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere(oidc_algorithms="ES256")
    await linked(world, house)
    assert (await browser.returned()).json()["code"] == "oidc_failed"


def none_at_all(claims: dict[str, Any]) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(claims)}"
    proof = hmac.digest(made_key("RS256", "first").as_pem(private=False), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("forge", [none_at_all, signed_with_the_public_key, lambda _: "x" * 20_000])
async def test_a_forged_id_token_lets_nobody_in(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere, forge: Callable[[Any], str]
) -> None:
    browser = elsewhere()
    await linked(world, house)
    issuer.forge = forge
    answer = await browser.returned()
    assert answer.status_code == 401
    assert answer.json()["code"] == "oidc_failed"


async def test_addresses_in_a_header_are_not_visited(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    named = {"jku": f"{issuer.url}/theirs", "x5u": f"{issuer.url}/theirs"}
    issuer.forge = lambda claims: issuer.sign(claims, **named)
    assert (await browser.signed_in()).status_code == 200
    assert issuer.hits["/theirs"] == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"exp": 1},
        {"nonce": "of another sign-in"},
        {"sub": ...},
    ],
)
async def test_an_id_token_with_a_wrong_claim_lets_nobody_in(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere, claims: dict[str, Any]
) -> None:
    browser = elsewhere()
    issuer.claims = claims
    answer = await browser.returned()
    assert answer.status_code == 401
    assert answer.json()["code"] == "oidc_failed"
    assert issuer.hits["/token"] == 1


async def test_an_id_token_for_several_parties_names_us_as_who_asked(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    issuer.claims = {"aud": ["another", CLIENT], "azp": CLIENT}
    assert (await browser.signed_in()).status_code == 200


async def test_a_state_works_once(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    back = await browser.visit((await browser.start()).headers["location"])
    assert (await browser.come_back(back)).status_code == 302
    again = await browser.come_back(back)
    assert again.status_code == 400
    assert again.json()["code"] == "oidc_state_invalid"
    assert again.json()["errors"][0]["pointer"] == "?state"
    assert issuer.hits["/token"] == 1


async def test_a_state_works_in_the_browser_that_asked_for_it_only(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    back = await browser.visit((await browser.start()).headers["location"])
    victim = Browser(house.edge)
    assert (await victim.come_back(back)).json()["code"] == "oidc_state_invalid"
    await victim.start()
    assert (await victim.come_back(back)).json()["code"] == "oidc_state_invalid"
    victim.cookie = f"{COOKIE}=short"
    assert (await victim.come_back(back)).json()["code"] == "oidc_state_invalid"
    assert issuer.hits["/token"] == 0
    assert (await browser.come_back(back)).status_code == 302


async def test_a_code_works_in_the_browser_that_signed_in_only(
    world: World, house: House, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    page = (await browser.returned()).headers["location"]
    thief = Browser(house.edge)
    await thief.start()
    for cookie in (None, f"{COOKIE}=x", thief.cookie):
        answer = await Browser(house.edge, cookie).exchange(page)
        assert answer.status_code == 401
        assert answer.json()["code"] == "oidc_code_invalid"
    assert (await browser.exchange(page)).status_code == 200


@pytest.mark.parametrize("state", ["", "x", "A" * 100, "é", "%00"])
async def test_a_state_that_is_not_ours_is_refused(
    house: House, elsewhere: Elsewhere, issuer: LocalIssuer, state: str
) -> None:
    browser = elsewhere()
    await browser.start()
    answer = await browser.come_back(f"{REDIRECT}?{urlencode({'state': state, 'code': 'x'})}")
    assert answer.status_code == 400
    assert issuer.hits["/token"] == 0


async def test_a_journey_and_its_code_do_not_wait_for_ever(
    world: World, house: House, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    back = await browser.visit((await browser.start()).headers["location"])
    page = (await browser.returned()).headers["location"]
    world.clock.ahead += timedelta(seconds=62)
    assert (await browser.exchange(page)).json()["code"] == "oidc_code_invalid"
    world.clock.ahead += timedelta(minutes=11)
    assert (await browser.come_back(back)).json()["code"] == "oidc_state_invalid"


async def test_two_tabs_of_a_browser_do_not_disturb_each_other(
    world: World, house: House, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    first = await browser.start("/one")
    second = await browser.start("/two")
    pages = [
        (await browser.come_back(await browser.visit(each.headers["location"]))).headers["location"]
        for each in (second, first)
    ]
    assert [page.partition("#")[0] for page in pages] == ["/two", "/one"]
    for page in pages:
        assert (await browser.exchange(page)).status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/%0d%0aSet-Cookie:x",
        "\\\\elsewhere",
        "javascript:alert(1)",
        "app",
        "",
        "/app#fragment",
        "/a b",
        "/é",
        "/v1/auth/oidc/start",
        "/v1",
        "/" + "x" * 600,
    ],
)
async def test_the_way_leads_back_to_a_page_of_our_own_only(
    elsewhere: Elsewhere, house: House, page: str
) -> None:
    answer = await elsewhere().start(page)
    if page == "/%0d%0aSet-Cookie:x":  # still percent-encoded, so it is a path like any other
        assert answer.status_code == 302
        return
    assert answer.status_code in {400, 422}
    assert answer.json()["errors"][0]["pointer"] == "?return_to"
    assert "set-cookie" not in answer.headers


async def test_an_account_that_is_not_linked_is_told_so(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await world.hired("lovelace", "sales", email="lovelace@example.com")
    told = {"email": "lovelace@example.com", "email_verified": True, "preferred_username": "lovelace"}
    issuer.person |= told
    answer = await browser.signed_in()
    assert answer.status_code == 403
    assert answer.json()["code"] == "oidc_unlinked"
    assert "lovelace" not in answer.text


async def test_who_was_disabled_here_does_not_get_in_from_elsewhere(
    world: World, house: House, elsewhere: Elsewhere, admin: dict[str, str]
) -> None:
    browser = elsewhere()
    account = await linked(world, house)
    page = (await browser.returned()).headers["location"]
    await world.client.post(f"/v1/staff/{account['id']}/disable", headers=admin)
    assert (await browser.exchange(page)).json()["code"] == "oidc_unlinked"
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"


async def test_who_does_not_agree_at_the_provider_is_back_on_the_page(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    issuer.refuses = "access_denied"
    returned = await browser.returned("/app")
    assert returned.headers["location"].startswith("/app#oidc=")
    answer = await browser.exchange(returned.headers["location"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "oidc_denied"


async def test_a_verified_address_leads_to_the_account_that_has_it(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere(oidc_link="email")
    account = await world.hired("li.wei", "sales", email="Li.Wei@example.com")
    issuer.person |= {"email": "li.wei@EXAMPLE.com", "email_verified": True}
    assert (await browser.signed_in()).status_code == 200
    issuer.person["email"] = "changed@example.com"
    token = (await browser.signed_in()).json()["access_token"]
    me = await house.edge.get("/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["id"] == account["id"]


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_is_not_verified_leads_nowhere(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere, verified: Any
) -> None:
    browser = elsewhere(oidc_link="email")
    await world.hired("li.wei", "sales", email="li.wei@example.com")
    issuer.person |= {"email": "li.wei@example.com", "email_verified": verified}
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"


async def test_an_address_of_two_people_and_one_of_a_linked_person_lead_nowhere(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere(oidc_link="email")
    for name in ("anna", "bao"):
        await world.hired(name, "sales", email="shared@example.com")
    issuer.person = {"sub": "somebody", "email": "shared@example.com", "email_verified": True}
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"
    await linked(world, house, "ada", email="ada@example.com")
    issuer.person = {"sub": "not ada", "email": "ada@example.com", "email_verified": True}
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"


async def test_accounts_are_opened_where_that_is_configured(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere, admin: dict[str, str]
) -> None:
    browser = elsewhere(oidc_create=True, oidc_roles="sales service")
    issuer.person = {
        "sub": "new",
        "name": "韩梅梅",
        "preferred_username": "Han.Meimei",
        "email": "han@example.com",
        "email_verified": True,
    }
    for _ in range(2):
        assert (await browser.signed_in()).status_code == 200
    found = await world.client.get("/v1/staff", params={"username": "han.meimei"}, headers=admin)
    (account,) = found.json()["data"]
    assert account["display_name"] == "韩梅梅"
    assert account["roles"] == ["sales", "service"]
    assert account["data_scope"] == "own"
    assert account["email"] == "han@example.com"


async def test_a_new_account_takes_no_name_from_anybody(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere(oidc_create=True)
    issuer.person = {"sub": "impostor", "preferred_username": "admin", "name": "\u202eadmin"}
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"
    issuer.person = {"sub": "nameless", "preferred_username": "不能 用", "email": "x"}
    assert (await browser.signed_in()).status_code == 200


async def test_a_link_is_read_replaced_and_taken_away(
    world: World, house: House, elsewhere: Elsewhere, admin: dict[str, str]
) -> None:
    browser = elsewhere()
    ada = await linked(world, house)
    bao = await world.hired("bao", "sales")
    path, other = f"/v1/staff/{ada['id']}/oidc-link", f"/v1/staff/{bao['id']}/oidc-link"
    taken = await house.edge.put(other, json={"subject": "ada"}, headers=admin)
    assert taken.json()["code"] == "oidc_subject_taken"
    assert (await house.edge.get(other, headers=admin)).status_code == 404
    for subject in ("ada2", "ada2", "ada"):
        await house.edge.put(path, json={"subject": subject}, headers=admin)
        assert (await house.edge.get(path, headers=admin)).json()["subject"] == subject
    assert (await browser.signed_in()).status_code == 200
    for _ in range(2):
        assert (await house.edge.delete(path, headers=admin)).status_code == 204
    assert (await browser.signed_in()).json()["code"] == "oidc_unlinked"
    nobody = f"/v1/staff/{uuid4()}/oidc-link"
    assert (await house.edge.put(nobody, json={"subject": "x"}, headers=admin)).status_code == 404
    assert (await house.edge.delete(nobody, headers=admin)).status_code == 404
    assert (await house.edge.put(path, json={"subject": "é"}, headers=admin)).status_code == 422


async def test_nobody_links_an_account_that_sees_more_than_they_do(
    world: World, house: House, elsewhere: Elsewhere
) -> None:
    elsewhere()
    await world.hired("narrow", "admin")
    wide = await world.hired("wide", "admin", data_scope="all")
    headers, path = await world.bearer("narrow"), f"/v1/staff/{wide['id']}/oidc-link"
    assert (await house.edge.put(path, json={"subject": "me"}, headers=headers)).status_code == 403
    assert (await house.edge.delete(path, headers=headers)).status_code == 403


async def test_the_client_shows_its_secret_as_the_provider_wants_it(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    elsewhere()
    await linked(world, house)
    issuer.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await elsewhere().signed_in()).status_code == 200
    assert issuer.forms[-1]["client_secret"] == SECRET
    issuer.secret = None
    assert (await elsewhere(oidc_client_secret=None).signed_in()).status_code == 200
    assert "client_secret" not in issuer.forms[-1]


async def test_a_provider_that_names_itself_is_not_mixed_up_with_another(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = elsewhere()
    await linked(world, house)
    for named, status in ({"iss": "https://elsewhere.example"}, 401), ({}, 401), ({"iss": issuer.url}, 302):
        back = await browser.visit((await browser.start()).headers["location"])
        answer = await browser.come_back(f"{back}&{urlencode(named)}")
        assert answer.status_code == status, named


async def test_what_the_provider_says_of_people_is_not_kept_with_the_journey(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    await browser.signed_in()
    async with house.gateway.database.read() as reader:
        kept = await reader.connection.fetch("SELECT * FROM oidc_spent")
    assert len(kept) == 2
    assert all(set(dict(row)) == {"id", "spent_at"} for row in kept)


async def test_where_it_is_not_set_up_there_is_nothing(world: World, admin: dict[str, str]) -> None:
    account = await world.hired("anna", "sales")
    link = f"/v1/staff/{account['id']}/oidc-link"
    for answer in (
        await world.client.get("/v1/auth/oidc/start"),
        await world.client.get("/v1/auth/oidc/callback?state=x&code=y"),
        await world.client.post("/v1/auth/oidc/exchange", json={"code": "x"}),
        await world.client.get(link, headers=admin),
        await world.client.put(link, json={"subject": "x"}, headers=admin),
        await world.client.delete(link, headers=admin),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] == "oidc_off"
