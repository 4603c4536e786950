"""A preview says what the import would come to, and stores nothing."""

import pytest

from .conftest import counts, until

HEAD = "order_no,channel,ordered_at,amount_minor,kind,return_of,customer_code\n"


def orders() -> str:
    """Rows that meet earlier ones of the same file across chunks: repeated, changed and returned."""
    rows = [f"S-{n},store,2026-03-01T00:00:00Z,{n},sale,,C-1" for n in range(1200)]
    rows += [
        "S-5,store,2026-03-01T00:00:00Z,5,sale,,C-1",
        "S-6,store,2026-03-01T00:00:00Z,7,sale,,C-1",
        "R-1,store,2026-03-01T00:00:00Z,1,return,S-7,C-1",
        "R-2,store,2026-03-01T00:00:00Z,1,return,S-99999,C-1",
        "X-1,store,2026-03-01T00:00:00Z,1,sale,,C-99",
        "X-2,store,2026-03-01T00:00:00Z,-1,sale,,C-1",
    ]
    return HEAD + "\n".join(rows)


def customers() -> str:
    rows = [f"C-{n},客户{n},person,wechat,w-{n}," for n in range(1100)]
    rows += [
        "C-5,客户5,person,wechat,w-5,",
        "C-6,别人,person,,,",
        ",客户7,person,wechat,w-7,",
        ",客户八,person,wechat,w-8,",
        "C-9999,客户,person,wechat,w-9,",
        "T-1,客户,person,wechat,w-1101,",
        ",客户,person,wechat,w-1101,",
        ",客户,person,,,D-X",
        ",无号,person,,,",
        ",无号,person,,,",
    ]
    return "code,name,kind,channel,external_id,distributor_code\n" + "\n".join(rows)


@pytest.mark.parametrize(("entity", "make"), [("orders", orders), ("customers", customers)])
async def test_a_preview_reports_what_the_import_does(
    *, client, imported, faults, customer, told, entity, make
):
    await customer(code="C-1") if entity == "orders" else None
    before = (await client.get(f"/v1/{entity}", params={"count": "exact"})).json()
    events = await told()
    foreseen = await imported(make(), entity=entity, dry_run=True)
    assert foreseen["status"] == "succeeded"
    assert foreseen["dry_run"]
    assert (await client.get(f"/v1/{entity}", params={"count": "exact"})).json() == before
    assert await told() == events
    real = await imported(make(), entity=entity)
    assert counts(foreseen) == counts(real)
    assert await faults(foreseen) == await faults(real)
    assert real["created"]
    assert real["unchanged"]
    assert real["duplicate"]
    assert real["failed"]
    again = await imported(make(), entity=entity, dry_run=True)
    assert again["created"] == 0


async def test_a_preview_knows_values_that_only_one_may_have(client, imported, faults):
    for key, kind in (("card", "text"), ("number", "number")):
        body = {"entity": "customer", "key": key, "type": kind, "names": {"en": key, "zh": key}}
        made = await client.post("/v1/fields", json={**body, "unique": True})
        assert made.status_code == 201, made.text
        await until(client, f"/v1/fields/{made.json()['id']}", lambda found: found["ready"])
    rows = [f"C-{n},客户,person,K-{n},{n}" for n in range(1050)]
    rows += ["D-1,客户,person,K-3,", "D-2,客户,person,,7", "D-3,客户,person,K-5000,5000"]
    text = "code,name,kind,attributes.card,attributes.number\n" + "\n".join(rows)
    foreseen = await imported(text, entity="customers", dry_run=True)
    real = await imported(text, entity="customers")
    assert counts(foreseen) == counts(real) == (1053, 1051, 0, 0, 2)
    assert [(f["line"], f["code"]) for f in await faults(foreseen)] == [
        (f["line"], f["code"]) for f in await faults(real)
    ]
