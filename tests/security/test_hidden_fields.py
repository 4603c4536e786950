"""A key that may not see a field meets it nowhere: every operation that a key can read with is asked."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from tests.composed import Answer, Ask, Partner, Person, composed, signed_in
from tests.fuzz.operations import Operation, operations_of
from tests.fuzz.samples import multipart

from shared.auth.permissions import GRANTABLE
from shared.http.masking import MASKABLE
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

SECRETS = ("139123456", "zqmail", "zqstreet", "zqsite", "zqname")
FIELDS = {"phone": "13912345678", "email": "zqmail@zq.example", "address": "zqstreet 1"}
CUSTOMER = {
    "name": "海纳百货",
    "kind": "organisation",
    **FIELDS,
    "website": "https://zqsite.example",
    "birthday": {"calendar": "solar", "month": 3, "day": 7},
    "attributes": {"phone": "13912345678", "deep": [{"Email": "zqmail@zq.example"}]},
}
BIRTHDAY = re.compile(r'"birthday": ?\{')


@pytest.fixture(scope="module")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with composed(postgres_server, "hidden", tmp_path_factory.mktemp("hidden")) as system:
        yield system


@pytest.fixture(scope="module")
async def admin(system: System) -> Person:
    return await signed_in(system.front)


@pytest.fixture(scope="module")
async def home(admin: Person) -> str:
    body = {
        "code": "D-1",
        "name": "华东",
        "contact_name": "zqname",
        "contact_phone": FIELDS["phone"],
        "contact_email": FIELDS["email"],
        "address": FIELDS["address"],
    }
    return str((await admin.made("/v1/distributors", body))["id"])


async def keyed(admin: Person, home: str, **other: Any) -> Partner:
    body = {"name": "ERP", "distributor_id": home, "scopes": sorted(GRANTABLE), **other}
    return Partner(admin.front, (await admin.made("/v1/api-keys", body))["key"])


@pytest.fixture(scope="module")
async def plain(admin: Person, home: str) -> Partner:
    """A key that sees everything of its customers."""
    return await keyed(admin, home)


@pytest.fixture(scope="module")
async def masked(admin: Person, home: str) -> Partner:
    """A key that everything that can be hidden is hidden from."""
    return await keyed(admin, home, masked_fields=sorted(MASKABLE))


@pytest.fixture(scope="module")
async def known(plain: Partner, home: str) -> dict[str, str]:
    """Records of the partner, by the name of the path parameter that names them."""
    customer = (await plain.made("/v1/customers", {**CUSTOMER, "code": "C-1"}))["id"]
    contact = {"name": "韩梅梅", "phone": FIELDS["phone"], "email": FIELDS["email"]}
    contact_id = (await plain.made(f"/v1/customers/{customer}/contacts", contact))["id"]
    patch = Ask("PATCH", f"/v1/customers/{customer}".encode()).having(("if-match", "*"))
    for change in ({"phone": "13912345679", "email": "zqmail2@zq.example"}, {"birthday": None}, CUSTOMER):
        assert (await plain.send(patch.saying(json.dumps(change).encode()))).status == 200
    identity = {"channel": "wechat", "external_id": "ox-1", "strength": "strong"}
    await plain.made(f"/v1/customers/{customer}/identities", identity)
    return {
        "customer_id": customer,
        "contact_id": contact_id,
        "distributor_id": home,
        "channel": "wechat",
        "external_id": "ox-1",
    }


async def imported(partner: Partner) -> dict[str, str]:
    """An import of the partner's own, which nobody else sees."""
    rows = f"name,kind,phone,email\n海纳,organisation,{FIELDS['phone']},zqmail\n"
    form = multipart({"entity": "customers", "file": rows})
    started = await partner.send(Ask("POST", b"/v1/imports").saying(*form))
    assert started.status == 202, started.body
    return {name: started.json()[name] for name in ("id", "import_id")}


def leaks(answer: Answer) -> list[str]:
    text = answer.body.decode().lower()
    return [secret for secret in SECRETS if secret in text] + BIRTHDAY.findall(text)


def _readable(operation: Operation) -> bool:
    return operation.method == "GET" and not operation.public and set(operation.scopes) <= GRANTABLE


def filled(path: str, known: dict[str, str]) -> str:
    """The path with records in it, or ghosts where there is none."""
    return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], str(uuid4())), path)


NOT_FOR_MASKED = {"downloadRefusedRowsAsWorkbook", "downloadExport"}
"""Files that cannot be searched for fields: a key with hidden fields does not get them at all."""


async def test_no_answer_to_a_question_holds_a_hidden_field(
    admin: Person, plain: Partner, masked: Partner, known: dict[str, str]
) -> None:
    asked, found = 0, 0
    theirs, ours = {**known, **await imported(plain)}, {**known, **await imported(masked)}
    for operation in operations_of((await admin("GET", "/openapi.json")).json()):
        if not _readable(operation):
            continue
        whole = await plain("GET", filled(operation.path, theirs))
        answer = await masked("GET", filled(operation.path, ours))
        assert answer.status == (403 if operation.id in NOT_FOR_MASKED else whole.status), operation
        assert leaks(answer) == [], operation
        asked += answer.status == 200
        if operation.id not in NOT_FOR_MASKED:
            found += leaks(whole) != []
    assert asked >= 20
    assert found >= 8


async def test_no_answer_to_a_change_holds_a_hidden_field(masked: Partner, known: dict[str, str]) -> None:
    customer = known["customer_id"]
    one, batch = f"/v1/customers/{customer}", {"items": [{**CUSTOMER, "code": "C-1"}, CUSTOMER, {**FIELDS}]}
    contact = {"name": "李雷", "phone": FIELDS["phone"]}
    requests = [
        ("POST", "/v1/customers", CUSTOMER, 201),
        ("POST", "/v1/customers", {**CUSTOMER, "code": "C-1"}, 409),
        ("POST", "/v1/customers", {**CUSTOMER, "phone": f"{FIELDS['phone']} zqmail"}, 422),
        ("POST", "/v1/customers/batch", batch, 207),
        ("POST", f"{one}/contacts", contact, 201),
        ("PATCH", f"{one}/contacts/{known['contact_id']}", {"email": FIELDS["email"]}, 200),
        ("PATCH", one, {"phone": FIELDS["phone"]}, 200),
        ("PUT", "/v1/customers/by-identity/wechat/ox-1", CUSTOMER, 200),
        ("PUT", "/v1/customers/by-identity/wechat/ox-2", CUSTOMER, 201),
        ("POST", f"{one}/restore", None, 200),
    ]
    for method, path, body, status in requests:
        request = Ask(method, path.encode()).having(("if-match", "*"), ("idempotency-key", str(uuid4())))
        request = request if body is None else request.saying(json.dumps(body).encode())
        for _ in range(2 if method == "POST" else 1):  # the second is the first answer again
            answer = await masked.send(request)
            assert answer.status == status, (path, answer.body)
            assert leaks(answer) == [], path


async def test_a_hidden_field_is_no_use_to_ask_by(
    masked: Partner, plain: Partner, known: dict[str, str]
) -> None:
    assert known
    for query in ({"phone": "139"}, {"sort": "phone"}, {"email": "zqmail"}):
        assert (await masked("GET", "/v1/customers", **query)).status in {400, 403}
    for number in ("13912345678", "5678", "zqmail"):
        for partner in (masked, plain):
            assert (await partner("GET", "/v1/customers", q=number)).json()["data"] == []


async def test_a_revoked_key_is_refused_everywhere_within_five_seconds(admin: Person, home: str) -> None:
    body = {"name": "gone", "distributor_id": home, "scopes": sorted(GRANTABLE)}
    made = await admin.made("/v1/api-keys", body)
    partner = Partner(admin.front, made["key"])
    paths = (
        "/v1/customers",
        "/v1/complaints",
        "/v1/scores",
        "/v1/orders",
        f"/v1/customers/{uuid4()}/profile",
    )
    assert {(await partner("GET", path)).status for path in paths} == {200, 404}
    assert (await admin("DELETE", f"/v1/api-keys/{made['id']}")).status == 204
    async with asyncio.timeout(4):
        while {(await partner("GET", path)).status for path in paths} != {401}:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)


async def test_a_key_made_a_moment_after_its_distributor_works(admin: Person) -> None:
    below = (await admin.made("/v1/distributors", {"code": "D-9", "name": "刚签约"}))["id"]
    partner = await keyed(admin, below)
    made = await partner.made("/v1/customers", {"name": "首位客户", "kind": "organisation"})
    assert made["distributor_id"] == below
