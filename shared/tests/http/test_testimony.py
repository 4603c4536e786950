"""What the door tells the audit, seen through a small service."""

from ipaddress import ip_address
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.http import Router, needs
from shared.sealing import Sealer
from shared.testing.clients import as_principal, staff

from .conftest import Tiny


async def told(tiny: Tiny, actor: UUID) -> list[dict[str, Any]]:
    """The entries of somebody, in order."""
    await tiny.journal.flush()
    async with tiny.database.read() as db:
        rows = await db.connection.fetch("SELECT * FROM audit_entry WHERE actor_id = $1 ORDER BY id", actor)
    return [dict(row) for row in rows]


class Somebody:
    """A person whose entries are read afterwards."""

    def __init__(self, tiny: Tiny, *roles: str) -> None:
        self.tiny = tiny
        self.id = uuid4()
        self._headers = as_principal(staff(*roles, staff_id=self.id), "tiny")

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {**self._headers, **given.pop("headers", {})}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.tiny.frame), base_url="http://tiny"
        ) as client:
            return await client.request(method, path, headers=headers, **given)

    async def entries(self) -> list[dict[str, Any]]:
        return await told(self.tiny, self.id)


@pytest.fixture
def somebody(tiny: Tiny) -> Somebody:
    return Somebody(tiny, "manager")


async def test_a_change_says_who_did_what_to_what_from_where(somebody: Somebody) -> None:
    sent = {"x-forwarded-for": "203.0.113.9", "x-request-id": "request-of-mine"}
    answer = await somebody.ask("POST", "/v1/things", json={"name": "a"}, headers=sent)
    (entry,) = await somebody.entries()
    assert (entry["kind"], entry["action"], entry["resource"]) == ("change", "createThing", "things")
    assert (entry["actor_kind"], entry["status"], entry["request_id"]) == ("staff", 201, "request-of-mine")
    assert [str(each) for each in entry["subjects"]] == [answer.json()["id"]]
    sealer: Sealer = somebody.tiny.frame._carried["sealer"]
    assert sealer.open_alike("audit address", entry["address"]) == ip_address("203.0.113.9").packed


async def test_a_request_that_is_sent_again_changed_nothing_more(somebody: Somebody) -> None:
    for _ in range(2):
        sent = {"idempotency-key": "once"}
        answer = await somebody.ask("POST", "/v1/things", json={"name": "a"}, headers=sent)
        assert answer.status_code == 201
    assert len(await somebody.entries()) == 1


@pytest.mark.parametrize(("body", "status"), [({"name": "broken"}, 500), ({"name": 7}, 422)])
async def test_what_did_not_happen_is_no_change(
    somebody: Somebody, body: dict[str, Any], status: int
) -> None:
    assert (await somebody.ask("POST", "/v1/things", json=body)).status_code == status
    assert await somebody.entries() == []


@pytest.mark.parametrize("spell", [str, lambda each: each.hex, lambda each: str(each).upper()])
async def test_a_record_is_named_however_its_address_spells_it(somebody: Somebody, spell: Any) -> None:
    made = UUID((await somebody.ask("POST", "/v1/things", json={"name": "a"})).json()["id"])
    await somebody.ask("PATCH", f"/v1/things/{spell(made)}", headers={"if-match": "*"})
    _, entry = await somebody.entries()
    assert (entry["action"], entry["subjects"]) == ("patchThing", [made])


async def test_reads_of_people_are_noted_with_the_names_of_filters(somebody: Somebody) -> None:
    made = [(await somebody.ask("POST", "/v1/things", json={"name": "Li"})).json()["id"] for _ in range(2)]
    await somebody.ask("GET", f"/v1/things/{made[0]}")
    await somebody.ask("GET", "/v1/things", params={"name": "Li", "limit": "5"})
    entries = {entry["action"]: entry for entry in await somebody.entries()}
    one, page = entries["getThing"], entries["listThings"]
    assert (one["kind"], [str(each) for each in one["subjects"]]) == ("read", made[:1])
    assert (page["filters"], page["records"]) == (["limit", "name"], 2)
    assert {str(each) for each in page["subjects"]} == set(made)


async def test_reads_that_found_nothing_or_were_not_allowed_are_counted(tiny: Tiny) -> None:
    outsider, insider = Somebody(tiny), Somebody(tiny, "manager")
    for _ in range(3):
        assert (await outsider.ask("GET", f"/v1/things/{uuid4()}")).status_code == 403
        assert (await insider.ask("GET", f"/v1/things/{uuid4()}")).status_code == 404
    (refused,), (missed,) = await outsider.entries(), await insider.entries()
    assert (refused["kind"], refused["status"], refused["code"]) == ("refusal", 403, "permission_missing")
    assert (missed["status"], missed["code"], missed["subjects"]) == (404, "not_found", [])


def test_an_operation_cannot_hide_its_changes_from_the_audit() -> None:
    async def sneak() -> None: ...

    with pytest.raises(TypeError, match="neither WriteTx nor Witnessed"):
        Router().post("/v1/things/sneak", **needs("customers:write"))(sneak)
