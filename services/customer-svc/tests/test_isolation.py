"""A partner sees and touches only its own: a foreign record is the same 404 as a ghost."""

from uuid import uuid4

import pytest

from shared.testing import staff


@pytest.fixture
async def two(distributor, customer, client):
    """Two distributors; the second has a customer with everything."""
    mine, theirs = await distributor("D-1"), await distributor("D-2")
    foreign = await customer(distributor_id=theirs["id"], code="C-1")
    contact = await client.post(f"/v1/customers/{foreign['id']}/contacts", json={"name": "人"})
    await client.post(
        f"/v1/customers/{foreign['id']}/identities", json={"channel": "wechat", "external_id": "w-1"}
    )
    order = await client.post(
        "/v1/orders",
        json={
            "customer_id": foreign["id"],
            "order_no": "SO-1",
            "ordered_at": "2026-03-01T00:00:00Z",
            "channel": "store",
            "amount": {"amount_minor": 1},
        },
    )
    return mine, theirs, foreign, contact.json(), order.json()


async def test_a_foreign_record_is_answered_like_a_ghost(two, partner_of):
    mine, theirs, foreign, contact, order = two
    ghost = str(uuid4())
    async with partner_of(mine["id"]) as partner:
        for path in (
            "/v1/customers/{c}",
            "/v1/customers/{c}/history",
            "/v1/customers/{c}/contacts",
            "/v1/customers/{c}/contacts/{p}",
            "/v1/customers/{c}/identities",
            "/v1/customers/{c}/orders",
            "/v1/customers/{c}/orders/summary",
            "/v1/orders/{o}",
            "/v1/distributors/{d}",
        ):
            there = await partner.get(
                path.format(c=foreign["id"], p=contact["id"], o=order["id"], d=theirs["id"])
            )
            nowhere = await partner.get(path.format(c=ghost, p=ghost, o=ghost, d=ghost))
            assert there.status_code == nowhere.status_code == 404, path
            strip = ("request_id", "instance")
            assert {k: v for k, v in there.json().items() if k not in strip} == {
                k: v for k, v in nowhere.json().items() if k not in strip
            }
        assert (await partner.get("/v1/customers/by-identity/wechat/w-1")).status_code == 404
        for path in ("/v1/customers?status=all", "/v1/orders"):
            assert (await partner.get(path)).json()["data"] == []
        assert [d["id"] for d in (await partner.get("/v1/distributors")).json()["data"]] == [mine["id"]]


async def test_a_foreign_record_cannot_be_changed_or_referred_to(two, partner_of):
    mine, theirs, foreign, contact, _ = two
    url = f"/v1/customers/{foreign['id']}"
    tag = {"If-Match": '"v1"'}
    async with partner_of(mine["id"]) as partner:
        assert (await partner.patch(url, json={"name": "x"}, headers=tag)).status_code == 404
        assert (await partner.delete(url, headers=tag)).status_code == 404
        assert (await partner.post(f"{url}/restore")).status_code == 404
        assert (await partner.post(f"{url}/contacts", json={"name": "x"})).status_code == 404
        assert (await partner.patch(f"{url}/contacts/{contact['id']}", json={"name": "x"})).status_code == 404
        assert (await partner.delete(f"{url}/contacts/{contact['id']}")).status_code == 404
        body = {"channel": "jd", "external_id": "1"}
        assert (await partner.post(f"{url}/identities", json=body)).status_code == 404
        new = {"name": "x", "kind": "person", "distributor_id": theirs["id"]}
        refused = await partner.post("/v1/customers", json=new)
        assert refused.json()["errors"][0]["code"] == "distributor_unknown"
        order = {
            "order_no": "N",
            "ordered_at": "2026-03-01T00:00:00Z",
            "channel": "store",
            "amount": {"amount_minor": 1},
        }
        for named in (
            {"customer_id": foreign["id"]},
            {"customer_code": "C-1"},
            {"identity": {"channel": "wechat", "external_id": "w-1"}},
        ):
            assert (await partner.post("/v1/orders", json={**order, **named})).status_code == 422


async def test_a_partners_customers_are_its_own_and_names_do_not_collide(two, partner_of):
    mine, _, foreign, *_ = two
    async with partner_of(mine["id"]) as partner:
        made = await partner.post("/v1/customers", json={"name": "x", "kind": "person", "code": "C-1"})
        assert made.status_code == 201
        assert made.json()["distributor_id"] == mine["id"]
        cleared = await partner.patch(
            made.headers["location"], json={"distributor_id": None}, headers={"If-Match": '"v1"'}
        )
        assert cleared.json()["distributor_id"] == mine["id"]
        known = {"channel": "wechat", "external_id": "w-1"}
        own = f"/v1/customers/{made.json()['id']}/identities"
        assert (await partner.post(own, json=known)).status_code == 201
        order = {"order_no": "SO-1", "ordered_at": "2026-03-01T00:00:00Z", "channel": "store"}
        order |= {"identity": known, "amount": {"amount_minor": 1}}
        assert [(await partner.post("/v1/orders", json=order)).status_code for _ in range(2)] == [201, 200]
        found = await partner.get("/v1/customers/by-identity/wechat/w-1")
        assert found.json()["id"] == made.json()["id"]
        again = {"name": "y", "kind": "person"}
        upserted = await partner.put("/v1/customers/by-identity/wechat/w-1", json=again)
        assert (upserted.status_code, upserted.json()["id"]) == (200, made.json()["id"])
        new = await partner.put("/v1/customers/by-identity/jd/j-1", json=again)
        assert (new.status_code, new.json()["distributor_id"]) == (201, mine["id"])
        assert new.json()["id"] != foreign["id"]


async def test_a_customer_that_moves_takes_what_belongs_to_it_along(two, client, partner_of):
    mine, theirs, foreign, *_ = two
    url = f"/v1/customers/{foreign['id']}"
    await client.patch(url, json={"distributor_id": mine["id"]}, headers={"If-Match": '"v1"'})
    async with partner_of(mine["id"]) as partner:
        assert len((await partner.get(f"{url}/contacts")).json()["data"]) == 1
        assert len((await partner.get(f"{url}/history")).json()["data"]) == 1
        assert (await partner.get("/v1/customers/by-identity/wechat/w-1")).status_code == 200
    async with partner_of(theirs["id"]) as before:
        assert (await before.get(url)).status_code == 404


async def test_roles_may_what_they_may(signed_in, customer, client):
    one = await customer()
    async with signed_in(staff("analyst")) as analyst, signed_in(None) as nobody:
        assert (await analyst.get("/v1/customers")).status_code == 200
        assert (await analyst.post("/v1/customers", json={"name": "x", "kind": "person"})).status_code == 403
        assert (await nobody.get(f"/v1/customers/{one['id']}")).status_code == 401
    async with signed_in(staff("sales")) as sales:
        assert (
            await sales.post("/v1/channels", json={"code": "q", "name": "q", "kind": "other"})
        ).status_code == 403
        assert (
            await sales.post(f"/v1/customers/{one['id']}/assign", json={"owner_id": None})
        ).status_code == 403
