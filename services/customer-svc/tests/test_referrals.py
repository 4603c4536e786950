"""Who recommended us to a customer: somebody in sight, never itself, never in a circle."""

import asyncio
from uuid import uuid4

import pytest


async def patched(client, one, **fields):
    return await client.patch(f"/v1/customers/{one['id']}", json=fields, headers={"If-Match": "*"})


def problem(answer):
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"]


async def test_a_customer_names_who_referred_it_and_its_history_tells_so(client, customer, told):
    referrer, other = await customer(), await customer(name="Harbour Lights Ltd")
    one = await customer(name="王小明", kind="person", referred_by=referrer["id"])
    assert one["referred_by"] == referrer["id"]
    changed = (await patched(client, one, referred_by=other["id"])).json()
    assert changed["referred_by"] == other["id"]
    (note,) = (await client.get(f"/v1/customers/{one['id']}/history")).json()["data"]
    assert (note["field"], note["old"], note["new"]) == ("referred_by", referrer["id"], other["id"])
    listed = (await client.get("/v1/customers", params={"referred_by": other["id"]})).json()["data"]
    assert [row["id"] for row in listed] == [one["id"]]
    assert [event["data"]["referred_by"] for event in (await told())[2:]] == [referrer["id"], other["id"]]
    cleared = (await patched(client, one, referred_by=None)).json()
    assert cleared["referred_by"] is None
    back = f"/v1/customers/{one['id']}/history/{note['id']}/restore"
    again = await client.post(back)
    assert again.status_code == 200, again.text
    assert again.json()["referred_by"] == referrer["id"]


async def test_nobody_refers_itself_nor_in_a_circle(client, customer):
    first = await customer()
    second = await customer(referred_by=first["id"])
    third = await customer(referred_by=second["id"])
    assert problem(await patched(client, first, referred_by=first["id"])) == ("/referred_by", "same_customer")
    for below in (second, third):
        refused = await patched(client, first, referred_by=below["id"])
        assert problem(refused) == ("/referred_by", "referral_circle")
    assert (
        "推荐"
        in (
            await client.patch(
                f"/v1/customers/{first['id']}",
                json={"referred_by": third["id"]},
                headers={"If-Match": "*", "Accept-Language": "zh-CN"},
            )
        ).json()["errors"][0]["message"]
    )


async def test_a_customer_that_is_put_by_its_identity_is_held_to_the_same_rules(client, customer):
    place, body = "/v1/customers/by-identity/wechat/w-1", {"name": "王小明", "kind": "person"}
    one = (await client.put(place, json=body)).json()
    below = await customer(referred_by=one["id"])
    for named, code in (
        (one["id"], "same_customer"),
        (below["id"], "referral_circle"),
        (str(uuid4()), "customer_unknown"),
    ):
        refused = await client.put(place, json={**body, "referred_by": named})
        assert problem(refused) == ("/referred_by", code)
    other = await customer()
    put = await client.put(place, json={**body, "referred_by": other["id"]})
    assert (put.status_code, put.json()["referred_by"]) == (200, other["id"])


async def test_two_changes_at_once_close_no_circle(client, customer):
    for _ in range(5):
        one, other = await customer(), await customer()
        answers = await asyncio.gather(
            patched(client, one, referred_by=other["id"]), patched(client, other, referred_by=one["id"])
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_foreign_referrer_is_as_unknown_as_one_that_never_was(
    client, customer, distributor, partner_of
):
    home, elsewhere = await distributor("HZ"), await distributor("SH")
    foreign = await customer(distributor_id=elsewhere["id"])
    own = await customer(distributor_id=home["id"])
    async with partner_of(home["id"]) as partner:
        answers = []
        for named in (foreign["id"], str(uuid4())):
            created = await partner.post(
                "/v1/customers", json={"name": "A", "kind": "person", "referred_by": named}
            )
            batch = await partner.post(
                "/v1/customers/batch",
                json={"items": [{"name": "A", "kind": "person", "referred_by": named}]},
            )
            (result,) = batch.json()["results"]
            answers.append(
                (
                    problem(created),
                    problem(await patched(partner, own, referred_by=named)),
                    (
                        result["status"],
                        [(one["pointer"], one["code"]) for one in result["problem"]["errors"]],
                    ),
                )
            )
        assert answers[0] == answers[1]
        assert answers[0][0] == ("/referred_by", "customer_unknown")
        assert answers[0][2] == (422, [("/referred_by", "customer_unknown")])
        fitting = await partner.post(
            "/v1/customers", json={"name": "B", "kind": "person", "referred_by": own["id"]}
        )
        assert fitting.status_code == 201


async def test_what_a_partner_does_not_see_stays_when_it_changes_something_else(
    client, customer, distributor, partner_of
):
    home = await distributor("HZ")
    company = await customer()
    own = await customer(distributor_id=home["id"], referred_by=company["id"])
    async with partner_of(home["id"]) as partner:
        answer = await patched(partner, own, name="Another", referred_by=company["id"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["referred_by"] == company["id"]


async def test_a_merged_referrer_is_who_keeps_it(client, customer):
    kept, absorbed = await customer(), await customer(name="Harbour Lights Ltd")
    await merged(client, kept, absorbed)
    one = await customer(name="王小明", kind="person", referred_by=absorbed["id"])
    assert one["referred_by"] == kept["id"]


async def merged(client, kept, absorbed, **more):
    answer = await client.post(
        f"/v1/customers/{kept['id']}/merge", json={"absorbed_id": absorbed["id"], **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client, one):
    return (await client.get(f"/v1/customers/{one['id']}")).json()


@pytest.mark.parametrize("of_whom", ["kept by absorbed", "absorbed by kept", "absorbed by another"])
async def test_merging_keeps_who_referred_the_two_but_neither_of_them(client, customer, told, of_whom):
    another, kept, absorbed = await customer(), await customer(), await customer(name="Harbour Lights Ltd")
    named = {"another": another, "kept": kept, "absorbed": absorbed}
    whom, by = of_whom.split(" by ")
    await patched(client, named[whom], referred_by=named[by]["id"])
    before = {name: await read(client, one) for name, one in named.items()}
    merge = await merged(client, kept, absorbed)
    after = await read(client, kept)
    assert after["referred_by"] == (another["id"] if by == "another" else None)
    undone = await client.post(f"/v1/merges/{merge['id']}/undo")
    assert undone.status_code == 200, undone.text
    for name, one in named.items():
        assert (await read(client, one))["referred_by"] == before[name]["referred_by"]
    assert [event["type"] for event in await told()].count("customer.unmerged.v1") == 1
