"""Contracts: drawn up, put in force, over by the calendar or before its time, and told to the others."""

from datetime import date
from uuid import uuid4

import pytest

from customer_svc.contracts.commands import end_some
from customer_svc.contracts.domain import over
from shared.auth import Principal
from shared.db import Scope
from shared.events.customer import ContractChanged

SALES = {
    "kind": "sales",
    "number": "HT-2026-0318",
    "title": "2026 年度经销合同",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "amount": {"amount_minor": 120000000, "currency": "CNY"},
}


def own_desk():
    """Somebody in sales who sees what they hold themselves."""
    person = uuid4()
    return Principal("staff", person, frozenset({"sales"}), scope=Scope(holders=frozenset({person})))


@pytest.fixture
async def place(customer):
    return f"/v1/customers/{(await customer())['id']}/contracts"


@pytest.fixture
def contract(client, place):
    async def make(**fields):
        made = await client.post(place, json={**SALES, **fields})
        assert made.status_code == 201, made.text
        return made.json()

    return make


@pytest.fixture
def in_force(client, contract):
    async def make(**fields):
        made = await client.post(f"/v1/contracts/{(await contract(**fields))['id']}/activate")
        assert made.status_code == 200, made.text
        return made.json()

    return make


async def test_a_contract_is_a_draft_until_it_is_put_in_force(client, place):
    made = await client.post(place, json=SALES)
    assert made.status_code == 201
    read = await client.get(made.headers["location"])
    assert read.json() == made.json()
    assert (read.json()["status"], read.json()["amount"]) == ("draft", SALES["amount"])
    active = await client.post(f"{made.headers['location']}/activate", headers={"If-Match": '"v1"'})
    assert (active.json()["status"], active.headers["etag"]) == ("active", '"v2"')


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"ends_on": "2025-12-31"}, "/ends_on"),
        ({"kind": "lease"}, "/kind"),
        ({"number": ""}, "/number"),
        ({"amount": {"amount_minor": -1, "currency": "CNY"}}, "/amount/amount_minor"),
        ({"renewal_of": str(uuid4())}, "/renewal_of"),
        ({"starts_on": "2026-02-30"}, "/starts_on"),
    ],
)
async def test_a_wrong_field_of_a_contract_is_named(client, place, fields, pointer):
    refused = await client.post(place, json={**SALES, **fields})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_a_number_is_used_once(client, place, contract):
    await contract()
    again = await client.post(place, json=SALES)
    assert (again.status_code, again.json()["code"]) == (409, "contract_number_taken")


async def test_a_change_needs_the_version_that_was_read_and_stands_in_the_history(client, in_force):
    place = f"/v1/contracts/{(await in_force())['id']}"
    assert (await client.patch(place, json={"title": "x"})).status_code == 428
    assert (await client.patch(place, json={}, headers={"If-Match": '"v1"'})).status_code == 412
    wanted = {"ends_on": "2027-12-31", "amount": {"amount_minor": 1, "currency": "USD"}}
    changed = await client.patch(place, json=wanted, headers={"If-Match": '"v2"'})
    assert changed.json()["ends_on"] == "2027-12-31"
    history = (await client.get(f"{place}/history")).json()["data"]
    noted = {(each["field"], each["old"], each["new"]) for each in history}
    assert noted >= {
        ("ends_on", "2026-12-31", "2027-12-31"),
        ("amount_minor", 120000000, 1),
        ("currency", "CNY", "USD"),
        ("status", "draft", "active"),
    }


async def test_without_a_start_no_contract_is_put_in_force(client, contract):
    draft = await contract(starts_on=None, ends_on=None)
    refused = await client.post(f"/v1/contracts/{draft['id']}/activate")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/starts_on")


async def test_what_is_over_changes_no_more(client, in_force):
    place = f"/v1/contracts/{(await in_force())['id']}"
    over_now = await client.post(f"{place}/terminate", json={"reason": "双方协商解除"})
    assert (over_now.json()["status"], over_now.json()["note"]) == ("terminated", "双方协商解除")
    assert over_now.json()["closed_at"] is not None
    for refused in (
        await client.patch(place, json={"title": "x"}, headers={"If-Match": '"v3"'}),
        await client.post(f"{place}/activate"),
        await client.post(f"{place}/terminate", json={"reason": "x"}),
        await client.delete(place, headers={"If-Match": '"v3"'}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "contract_status")


async def test_a_draft_is_discarded_and_its_number_free_again(client, contract):
    draft = await contract()
    place = f"/v1/contracts/{draft['id']}"
    assert (await client.delete(place)).status_code == 428
    assert (await client.delete(place, headers={"If-Match": '"v1"'})).status_code == 204
    assert (await client.get(place)).status_code == 404
    await contract()


async def test_a_contract_ends_after_its_last_day(client, service, in_force):
    ending, going_on = await in_force(), await in_force(number="HT-2", ends_on=None)

    async def ended_on(today):
        async with service.database.begin() as tx:
            return await end_some(tx, today)

    assert await ended_on(date(2026, 12, 31)) == 0
    assert await ended_on(date(2027, 1, 1)) == 1
    assert await ended_on(date(2027, 1, 1)) == 0
    ended = (await client.get(f"/v1/contracts/{ending['id']}")).json()
    assert (ended["status"], ended["version"]) == ("ended", 3)
    assert (await client.get(f"/v1/contracts/{going_on['id']}")).json()["status"] == "active"
    newest = (await client.get(f"/v1/contracts/{ending['id']}/history")).json()["data"][0]
    assert (newest["field"], newest["new"], newest["changed_by"]) == ("status", "ended", None)


def test_the_last_day_is_included():
    assert not over(date(2026, 12, 31), date(2026, 12, 31))
    assert over(date(2026, 12, 31), date(2027, 1, 1))
    assert not over(None, date(2027, 1, 1))


async def test_a_renewal_names_a_contract_of_the_same_customer(client, place, contract, customer):
    first = await contract()
    renewed = await client.post(place, json={**SALES, "number": "HT-2", "renewal_of": first["id"]})
    assert (renewed.status_code, renewed.json()["renewal_of"]) == (201, first["id"])
    other = f"/v1/customers/{(await customer(name='另一家'))['id']}/contracts"
    refused = await client.post(other, json={**SALES, "number": "HT-3", "renewal_of": first["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "contract_unknown")


async def test_a_renewal_is_told_with_the_contract_whose_place_it_takes(client, place, contract, service):
    first = await contract()
    await client.post(place, json={**SALES, "number": "HT-2", "renewal_of": first["id"]})
    async with service.database.read() as reader:
        rows = await reader.connection.fetch(
            "SELECT payload->'data'->>'renewal_of' AS of FROM outbox WHERE type = $1 ORDER BY seq",
            ContractChanged.type,
        )
    assert [row["of"] for row in rows] == [None, first["id"]]


async def test_contracts_about_to_end_are_found(client, contract):
    await contract()
    await contract(number="HT-2", ends_on="2027-03-31")
    await contract(number="HT-3", ends_on=None)
    found = await client.get("/v1/contracts", params={"ends_on[lt]": "2027-06-01", "sort": "-ends_on"})
    assert [each["number"] for each in found.json()["data"]] == ["HT-2", "HT-2026-0318"]


async def test_each_step_is_told_whole(client, service, in_force):
    made = await in_force()
    async with service.database.read() as reader:
        rows = await reader.connection.fetch(
            "SELECT payload FROM outbox WHERE type = $1 ORDER BY aggregate_version", ContractChanged.type
        )
    assert len(rows) == 2
    told = [str(row["payload"]) for row in rows]
    assert all(made["customer_id"] in each and "2026-12-31" in each for each in told)
    assert not any("经销" in each or "HT-2026" in each for each in told)


async def test_a_contract_goes_where_its_customer_goes(client, customer, contract, service):
    made = await contract()
    keeping = await customer(name="海纳集团")
    absorbed = (await client.get(f"/v1/customers/{made['customer_id']}")).json()
    merged = await client.post(
        f"/v1/customers/{keeping['id']}/merge",
        json={"absorbed_id": absorbed["id"], "absorbed_version": absorbed["version"]},
    )
    assert merged.status_code == 201, merged.text
    assert merged.json()["moved"]["contracts"] == 1
    assert (await client.get(f"/v1/contracts/{made['id']}")).json()["customer_id"] == keeping["id"]
    listed = (await client.get(f"/v1/customers/{keeping['id']}/contracts")).json()["data"]
    assert [each["id"] for each in listed] == [made["id"]]


async def test_sales_see_the_contracts_of_their_customers_and_those_they_answer_for(
    client, signed_in, customer
):
    person, other = own_desk(), own_desk()
    mine = await customer(owner_id=str(person.id))
    theirs = await customer(name="另一家", owner_id=str(other.id))
    for number, whose, owner in (("A", mine, None), ("B", theirs, None), ("C", theirs, str(person.id))):
        await client.post(
            f"/v1/customers/{whose['id']}/contracts", json={**SALES, "number": number, "owner_id": owner}
        )
    async with signed_in(person) as http:
        seen = (await http.get("/v1/contracts", params={"sort": "created_at"})).json()["data"]
    assert [each["number"] for each in seen] == ["A", "C"]
