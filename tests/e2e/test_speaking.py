"""notify-svc speaks for itself: it learns how people can be reached, and may do nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.composed import Ask as Request
from tests.composed import Person, ask, composed, hired, signed_in

from notify_svc.recipients.clients import Recipients
from notify_svc.recipients.domain import BirthdayKey, Ref
from shared.auth.tokens import HEADER
from shared.http.client import make_client
from shared.problems import Unavailable
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

HAINA = {"name": "海纳百货", "kind": "organisation", "email": "haina@example.com", "phone": "138 0013 8000"}
MOON = {"calendar": "lunar", "month": 8, "day": 15}


@pytest.fixture
async def system(postgres_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[System]:
    async with composed(postgres_server, "speaking", tmp_path) as system:
        yield system


def service(system: System, name: str) -> Any:
    return next(each for each in system.services if each.name == name)


def recipients_of(system: System) -> Recipients:
    found: Recipients = service(system, "notify-svc")._blueprint.carried["recipients"]
    return found


@pytest.mark.slow
async def test_notify_learns_how_people_can_be_reached_and_may_do_nothing_else(system: System) -> None:
    admin = await signed_in(system.front)
    recipients = recipients_of(system)
    await _customers_and_contacts(admin, recipients)
    await _staff(admin, recipients)
    await _birthdays(admin, recipients)
    await _care(admin, system)
    await _previewed(admin)
    await _nothing_else(system, recipients)


async def _customers_and_contacts(admin: Person, recipients: Recipients) -> None:
    preferences = {"language": "en", "timezone": "Europe/London"}
    kept = await admin.made("/v1/customers", {**HAINA, "preferences": preferences})
    gone = await admin.made("/v1/customers", {"name": "另一家", "kind": "organisation"})
    place = f"/v1/customers/{kept['id']}"
    await admin.made(f"{place}/identities", {"channel": "wechat", "external_id": "ox-1"})
    contact = await admin.made(f"{place}/contacts", {"name": "韩梅梅", "email": "han@example.com"})
    await admin.made(f"{place}/merge", {"absorbed_id": gone["id"]})
    refs = [Ref("customer", UUID(kept["id"])), Ref("customer", UUID(gone["id"]))]
    person, nobody = Ref("contact", UUID(contact["id"])), Ref("customer", uuid4())
    found = await recipients.find([*refs, person, nobody])
    assert found.keys() == {*refs, person}
    assert found[refs[0]] == found[refs[1]]
    haina = found[refs[0]]
    assert (haina.name, haina.email, haina.phone) == ("海纳百货", "haina@example.com", "+8613800138000")
    assert (haina.language, haina.timezone) == ("en", "Europe/London")
    assert haina.identities == {"wechat": "ox-1"}
    assert (found[person].name, found[person].customer_id) == ("韩梅梅", UUID(kept["id"]))
    await admin("DELETE", f"/v1/customers/{kept['id']}/contacts/{contact['id']}")
    assert await recipients.find([person]) == {}


async def _staff(admin: Person, recipients: Recipients) -> None:
    await hired(admin, "li.wei", "sales")
    listed = (await admin("GET", "/v1/staff", username="li.wei")).json()
    li = next(each for each in listed["data"] if each["username"] == "li.wei")
    ref = Ref("staff", UUID(li["id"]))
    assert (await recipients.find([ref]))[ref].name == li["display_name"]
    await admin("PATCH", f"/v1/staff/{li['id']}", {"status": "disabled"})
    assert await recipients.find([ref]) == {}


async def _birthdays(admin: Person, recipients: Recipients) -> None:
    born = await admin.made("/v1/customers", {"name": "王芳", "kind": "person", "birthday": MOON})
    leap = {**MOON, "leap": True, "year": 1957}
    await admin.made("/v1/customers", {"name": "李雷", "kind": "person", "birthday": leap})
    asked = [BirthdayKey("solar", 1, 1), BirthdayKey("lunar", 8, 15)]
    found = await recipients.birthdays("customer", asked, after=None)
    assert [(each.ref.id, each.key) for each in found] == [(UUID(born["id"]), asked[1])]
    assert await recipients.birthdays("customer", asked, after=found[0].ref.id) == []
    contact = await admin.made(f"/v1/customers/{born['id']}/contacts", {"name": "韩梅梅", "birthday": MOON})
    found = await recipients.birthdays("contact", asked, after=None)
    assert [(each.ref.id, each.customer_id) for each in found] == [(UUID(contact["id"]), UUID(born["id"]))]


async def _care(admin: Person, system: System) -> None:
    """A rule of care asks for everybody, where they live, and for whose birthday it is."""
    recipients = recipients_of(system)
    assert await recipients.timezones() == {"Europe/London"}
    everybody = await recipients.people("customer", after=None)
    assert {each.timezone for each in everybody} == {None, "Europe/London"}
    assert await recipients.people("customer", after=everybody[0].ref.id) == everybody[1:]
    (contact,) = await recipients.people("contact", after=None)
    occasion = {"kind": "birthday"}
    body = {"name": "生日", "occasion": occasion, "audience": ["contact"], "reminder": {"assignee": "owner"}}
    rule = await admin.made("/v1/care-rules", body)
    shown = (await admin("GET", f"/v1/care-rules/{rule['id']}/preview", on="2026-09-25")).json()
    assert [each["id"] for each in shown["people"]] == [str(contact.ref.id)]


async def _previewed(admin: Person) -> None:
    texts = {"zh": {"sms": {"text": "您好 {{ name }}"}}}
    template = await admin.made("/v1/templates", {"name": "speaking", "texts": texts})
    customer = await admin.made("/v1/customers", {"name": "林峰", "kind": "person"})
    place = f"/v1/templates/{template['id']}/preview"
    shown = await admin.made(place, {"form": "sms", "customer_id": customer["id"]})
    assert shown["text"] == "您好 林峰"
    assert (
        await admin("POST", place, {"form": "sms", "customer_id": str(uuid4())})
    ).status == httpx.codes.NOT_FOUND


async def _nothing_else(system: System, recipients: Recipients) -> None:
    token = await recipients._tokens.token("customer-svc")
    app = service(system, "customer-svc").asgi
    async with make_client("http://customer-svc", app=app) as client:
        headers = {HEADER: token}
        assert (await client.get("/v1/customers", headers=headers)).status_code == 403
        assert (await client.post("/v1/customers", headers=headers, json=HAINA)).status_code == 403
        made = (await client.post("/internal/recipients", headers=headers, json={})).json()
        assert made == {"recipients": []}
        assert (await client.post("/internal/recipients", json={})).status_code == 401
    elsewhere = service(system, "scoring-svc").asgi
    async with make_client("http://scoring-svc", app=elsewhere) as client:
        assert (await client.get("/v1/scores", headers={HEADER: token})).status_code == 401
    with pytest.raises(Unavailable):
        await recipients._tokens.token("scoring-svc")
    for path in ("/internal/recipients", "/internal/birthdays", "/internal/tags", "/internal/service-tokens"):
        outside = await ask(system.front, Request("POST", path.encode()).saying(b"{}"))
        assert outside.status == httpx.codes.NOT_FOUND
