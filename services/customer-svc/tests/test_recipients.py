"""What services ask of customers for themselves: within bounds, by an index, changed like any other."""

from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from customer_svc.recipients.queries import BORN_CUSTOMERS
from shared.auth import Principal
from shared.testing import service_client

NOTIFY = Principal("service", uuid4(), granted=frozenset({"recipients:read", "tags:write"}))
MOON = {"calendar": "lunar", "month": 8, "day": 15}


@pytest.fixture
async def notify(service):
    async with service_client(service, NOTIFY) as http:
        yield http


async def test_tags_are_put_on_and_taken_off_as_a_change_like_any_other(client, notify, customer):
    made = await customer(tags=["重点"])
    wanted = {"customer_id": made["id"], "add": ["挽回", "挽回"], "remove": ["重点"]}
    for _ in range(2):
        answer = await notify.post("/internal/tags", json=wanted)
        assert answer.json() == {"customer_id": made["id"], "tags": ["挽回"]}
    after = (await client.get(f"/v1/customers/{made['id']}")).json()
    assert (after["tags"], after["version"]) == (["挽回"], made["version"] + 1)
    history = (await client.get(f"/v1/customers/{made['id']}/history")).json()["data"]
    assert [(each["field"], each["changed_by"]) for each in history] == [("tags", str(NOTIFY.id))]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("recipients", {"customers": [str(uuid4())] * 201}, "/customers"),
        ("birthdays", {"kind": "customer", "keys": []}, "/keys"),
        ("birthdays", {"kind": "staff", "keys": [MOON]}, "/kind"),
        ("birthdays", {"kind": "customer", "keys": [{**MOON, "month": 13}]}, "/keys/0/month"),
        ("birthdays", {"kind": "customer", "keys": [MOON], "limit": 1001}, "/limit"),
        ("people", {"kind": "staff"}, "/kind"),
        ("people", {"kind": "contact", "limit": 0}, "/limit"),
        ("tags", {"customer_id": str(uuid4()), "add": ["a"], "remove": ["a"]}, ""),
    ],
)
async def test_what_is_asked_is_bounded(notify, path, body, pointer):
    refused = await notify.post(f"/internal/{path}", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_manager_may_not_ask_as_services_do(client):
    assert (await client.post("/internal/recipients", json={})).status_code == 403


async def test_whoever_is_archived_is_not_reached(client, notify, customer):
    made = await customer(birthday=MOON)
    asked = await notify.post("/internal/recipients", json={"customers": [made["id"]]})
    assert [each["name"] for each in asked.json()["recipients"]] == [made["name"]]
    await client.delete(f"/v1/customers/{made['id']}", headers={"If-Match": "*"})
    asked = await notify.post("/internal/recipients", json={"customers": [made["id"]]})
    assert asked.json() == {"recipients": []}
    asked = await notify.post("/internal/birthdays", json={"kind": "customer", "keys": [MOON]})
    assert asked.json() == {"persons": []}


class _Undone(Exception):
    """Leaves the table as it was."""


async def test_birthdays_are_found_by_an_index(service, customer):
    await customer(birthday=MOON)
    with suppress(_Undone):
        async with service.database.begin(timeout=60) as tx:
            await tx.connection.execute(
                "INSERT INTO customer SELECT (jsonb_populate_record(customer, jsonb_build_object("
                "'id', gen_random_uuid(), 'birthday', jsonb_build_object('calendar', 'solar', "
                "'month', n % 12 + 1, 'day', n % 28 + 1, 'leap', false)))).* "
                "FROM customer, generate_series(1, 5000) AS n"
            )
            await tx.connection.execute("ANALYZE customer, customer_birthday")
            arguments = BORN_CUSTOMERS.arguments(
                {"keys": ["solar:3:7:false"], "after": UUID(int=0), "most": 1000}
            )
            plan = await tx.connection.fetch(f"EXPLAIN {BORN_CUSTOMERS.sql}", *arguments)
            raise _Undone
    assert "customer_birthday_by_day" in "\n".join(str(row[0]) for row in plan)


async def test_a_birthday_is_found_where_it_stands_now(client, notify, customer):
    made = await customer(birthday=MOON)
    place = f"/v1/customers/{made['id']}"

    async def on(**day):
        asked = await notify.post("/internal/birthdays", json={"kind": "customer", "keys": [{**MOON, **day}]})
        return [each["id"] for each in asked.json()["persons"]]

    assert await on() == [made["id"]]
    assert await on(leap=True) == []
    await client.patch(place, json={"birthday": {**MOON, "day": 16}}, headers={"If-Match": "*"})
    assert (await on(), await on(day=16)) == ([], [made["id"]])
    await client.patch(place, json={"birthday": None}, headers={"If-Match": "*"})
    assert await on(day=16) == []
