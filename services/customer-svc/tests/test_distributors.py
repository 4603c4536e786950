"""The archive of distributors and its tree, the register of channels, and the people at a customer."""


async def test_a_distributor_is_entered_changed_and_told(client, distributor, told):
    top = await distributor("D-1", classification="批发", contact_phone="13800138000")
    below = await distributor("D-2", parent_id=top["id"])
    url = f"/v1/distributors/{below['id']}"
    changed = await client.patch(url, json={"level": "A"}, headers={"If-Match": '"v1"'})
    assert changed.json()["level"] == "A"
    assert (await client.patch(url, json={"level": "B"}, headers={"If-Match": '"v1"'})).status_code == 412
    children = await client.get("/v1/distributors", params={"parent_id": top["id"]})
    assert [d["code"] for d in children.json()["data"]] == ["D-2"]
    events = await told()
    assert [event["type"] for event in events] == ["distributor.changed.v1"] * 3
    assert events[-1]["data"] == {"parent_id": top["id"], "status": "active"}


async def test_the_tree_never_closes_to_a_ring(client, distributor):
    top = await distributor("D-1")
    below = await distributor("D-2", parent_id=top["id"])
    url = f"/v1/distributors/{top['id']}"
    for parent in (below["id"], top["id"]):
        refused = await client.patch(url, json={"parent_id": parent})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/parent_id"
    assert (
        await client.patch(f"/v1/distributors/{below['id']}", json={"parent_id": None})
    ).status_code == 200


async def test_a_distributor_in_use_is_not_deleted_and_an_unused_one_is(client, distributor, customer):
    used, unused = await distributor("D-1"), await distributor("D-2")
    await customer(distributor_id=used["id"])
    refused = await client.delete(f"/v1/distributors/{used['id']}")
    assert refused.status_code == 409
    assert refused.json()["code"] == "distributor_in_use"
    assert (await client.delete(f"/v1/distributors/{unused['id']}")).status_code == 204
    assert (await client.get(f"/v1/distributors/{unused['id']}")).status_code == 404
    assert (await client.post("/v1/distributors", json={"code": "D-1", "name": "again"})).status_code == 409


async def test_channels_are_registered_changed_and_confirmed(client):
    body = {"code": "canton-fair", "name": "广交会", "kind": "exhibition"}
    made = await client.post("/v1/channels", json=body)
    assert made.status_code == 201
    assert (await client.post("/v1/channels", json=body)).status_code == 409
    url = made.headers["location"]
    changed = await client.patch(url, json={"name": "广交会 春季", "confirmed": True})
    assert changed.json()["name"] == "广交会 春季"
    assert (await client.get(url)).json() == changed.json()
    assert (await client.patch(url, json={"code": "new"})).status_code == 422


async def test_contacts_are_added_changed_and_removed(client, customer):
    one, other = await customer(), await customer()
    base = f"/v1/customers/{one['id']}/contacts"
    made = await client.post(base, json={"name": "韩梅梅", "phone": "139 0013 9000", "role": "decider"})
    assert made.status_code == 201
    assert made.json()["phone"] == "+8613900139000"
    url = made.headers["location"]
    changed = await client.patch(url, json={"post": "总监"}, headers={"If-Match": '"v1"'})
    assert changed.json()["post"] == "总监"
    assert [c["name"] for c in (await client.get(base)).json()["data"]] == ["韩梅梅"]
    contact_id = made.json()["id"]
    assert (await client.get(f"/v1/customers/{other['id']}/contacts/{contact_id}")).status_code == 404
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404
