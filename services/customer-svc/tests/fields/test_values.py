"""Attributes fit their definitions, whichever way they come."""

import asyncio
from uuid import uuid4

import pytest

from .conftest import options

BODY = {"name": "海纳百货", "kind": "organisation"}


@pytest.fixture
async def form(define):
    await define("shops", "number")
    await define("motto", "text")
    await define("since", "date")
    await define("form", "choice", options=options("chain", "single", "old", old=True))
    await define("lines", "multi_choice", options=options("tea", "toys"))
    await define("parent", "reference", target="customer")


FITTING = {
    "shops": 12.5,
    "motto": "宾至如归",
    "since": "2001-02-28",
    "form": "chain",
    "lines": ["tea", "toys"],
    "门口": {"anything": ["goes"]},
}


async def test_what_fits_is_stored_as_it_was_sent(client, form):
    above = (await client.post("/v1/customers", json=BODY)).json()["id"]
    sent = {**FITTING, "parent": above.upper()}
    made = await client.post("/v1/customers", json={**BODY, "attributes": sent})
    assert made.status_code == 201
    assert made.json()["attributes"] == {**FITTING, "parent": above}


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("shops", "12", "not_a_number"),
        ("shops", True, "not_a_number"),
        ("motto", 5, "not_a_string"),
        ("motto", " ", "wrong_length"),
        ("motto", "x" * 501, "wrong_length"),
        ("since", "2001-02-29", "not_a_date"),
        ("since", "2001-2-3", "not_a_date"),
        ("since", "0001-01-01", "not_a_date"),
        ("since", 20010228, "not_a_date"),
        ("form", "shop", "not_a_choice"),
        ("form", "old", "not_a_choice"),
        ("form", ["chain"], "not_a_choice"),
        ("lines", "tea", "not_a_list"),
        ("lines", [], "not_a_list"),
        ("lines", ["tea", "tea"], "not_a_choice"),
        ("lines", ["tea", 5], "not_a_choice"),
        ("lines", ["tea", "Zq9Secret"], "not_a_choice"),
        ("parent", "x", "not_a_uuid"),
        ("parent", 5, "not_a_uuid"),
        ("parent", "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e", "reference_unknown"),
    ],
)
async def test_what_does_not_fit_is_named_on_create_patch_batch_and_upsert(  # noqa: PLR0917 - a fixture each
    client, form, customer, key, value, code
):
    attributes = {key: value}
    wrong = {**BODY, "attributes": attributes}
    one = await customer()
    answers = [
        await client.post("/v1/customers", json=wrong),
        await client.put("/v1/customers/by-identity/wechat/ox-1", json=wrong),
        await client.patch(
            f"/v1/customers/{one['id']}", json={"attributes": attributes}, headers={"If-Match": '"v1"'}
        ),
    ]
    batch = await client.post("/v1/customers/batch", json={"items": [wrong, BODY]})
    assert [each["status"] for each in batch.json()["results"]] == [422, 201]
    problems = [answer.json() for answer in answers] + [batch.json()["results"][0]["problem"]]
    assert {answer.status_code for answer in answers} == {422}
    for problem in problems:
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(f"/attributes/{key}", code)]
        assert "Zq9Secret" not in str(problem)


async def test_a_required_field_binds_what_is_written_from_now_on(client, customer, define):
    one = await customer()
    field = await define("shops", "number", required=True)
    url = f"/v1/customers/{one['id']}"
    for body in (BODY, {**BODY, "attributes": {"shops": None}}):
        missing = await client.post("/v1/customers", json=body)
        assert [(e["pointer"], e["code"]) for e in missing.json()["errors"]] == [
            ("/attributes/shops", "required")
        ]
    renamed = await client.patch(url, json={"name": "新名"}, headers={"If-Match": '"v1"'})
    assert renamed.status_code == 200
    emptied = await client.patch(url, json={"attributes": {"x": 1}}, headers={"If-Match": '"v2"'})
    assert emptied.status_code == 422
    await client.patch(f"/v1/fields/{field['id']}", json={"status": "retired"})
    assert (await client.post("/v1/customers", json=BODY)).status_code == 201


async def test_what_was_there_before_stops_no_other_change(client, customer, define):
    one = await customer(attributes={"shops": "many", "form": "old"})
    await define("shops", "number")
    await define("form", "choice", options=options("new", "old", old=True))
    gone = await define("gone", "text")
    await client.patch(f"/v1/fields/{gone['id']}", json={"status": "retired"})
    url = f"/v1/customers/{one['id']}"
    kept = {"shops": "many", "form": "old", "motto": "新"}
    changed = await client.patch(url, json={"attributes": kept}, headers={"If-Match": '"v1"'})
    assert changed.json()["attributes"] == kept
    other = await client.patch(
        url, json={"attributes": {**kept, "shops": "few", "gone": "x"}}, headers={"If-Match": '"v2"'}
    )
    assert [(e["pointer"], e["code"]) for e in other.json()["errors"]] == [
        ("/attributes/shops", "not_a_number"),
        ("/attributes/gone", "field_retired"),
    ]


async def test_a_retired_option_stays_among_several_but_comes_to_no_one_anew(client, customer, define):
    field = await define("lines", "multi_choice", options=options("tea", "toys", "silk"))
    one, other = await customer(attributes={"lines": ["silk"]}), await customer()
    await client.patch(
        f"/v1/fields/{field['id']}", json={"options": options("tea", "toys", "silk", silk=True)}
    )
    wish = {"attributes": {"lines": ["silk", "tea"]}}
    kept = await client.patch(f"/v1/customers/{one['id']}", json=wish, headers={"If-Match": '"v1"'})
    assert kept.json()["attributes"] == wish["attributes"]
    refused = await client.patch(f"/v1/customers/{other['id']}", json=wish, headers={"If-Match": '"v1"'})
    assert refused.json()["errors"][0]["code"] == "not_a_choice"


async def test_an_old_value_that_no_longer_fits_is_not_restored(client, customer, define):
    one = await customer(attributes={"shops": "many"})
    url = f"/v1/customers/{one['id']}"
    await client.patch(url, json={"attributes": {}}, headers={"If-Match": '"v1"'})
    await define("shops", "number")
    (change,) = (await client.get(f"{url}/history")).json()["data"]
    refused = await client.post(f"{url}/history/{change['id']}/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "value_not_allowed")
    assert refused.json()["errors"][0]["pointer"] == "/attributes/shops"


async def test_contacts_have_fields_of_their_own(client, customer, define):
    await define("hobby", "text", entity="contact", required=True)
    url = f"/v1/customers/{(await customer())['id']}/contacts"
    missing = await client.post(url, json={"name": "李雷"})
    assert missing.json()["errors"][0]["pointer"] == "/attributes/hobby"
    made = await client.post(url, json={"name": "李雷", "attributes": {"hobby": "围棋"}})
    one = made.headers["location"]
    wrong = await client.patch(one, json={"attributes": {"hobby": 5}})
    assert wrong.json()["errors"][0]["code"] == "not_a_string"
    await client.patch(one, json={"attributes": {"hobby": "象棋"}})
    (change,) = (await client.get(f"{one}/history")).json()["data"]
    assert (change["field"], change["old"], change["new"]) == (
        "attributes",
        {"hobby": "围棋"},
        {"hobby": "象棋"},
    )


async def test_a_reference_to_a_stranger_is_one_to_nobody(client, customer, distributor, partner_of, define):
    await define("parent", "reference", target="customer")
    await define("supplier", "reference", target="distributor")
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    theirs = (await customer(distributor_id=homes[0]))["id"]
    async with partner_of(homes[1]) as partner:
        for key, foreign in (("parent", theirs), ("supplier", homes[0])):
            told = [
                (await partner.post("/v1/customers", json={**BODY, "attributes": {key: value}})).json()
                for value in (foreign, str(uuid4()))
            ]
            assert [each["errors"] for each in told] == [told[0]["errors"]] * 2
            assert told[0]["errors"][0]["code"] == "reference_unknown"
        mine = await partner.post("/v1/customers", json={**BODY, "attributes": {"supplier": homes[1]}})
        assert mine.status_code == 201


async def test_of_many_who_write_one_unique_value_at_once_one_has_it(client, define):
    await define("licence", "text", unique=True)
    body = {**BODY, "attributes": {"licence": "L-1"}}
    answers = await asyncio.gather(*(client.post("/v1/customers", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["code"] == "value_taken"
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/attributes/licence", "value_taken")]
    assert len((await client.get("/v1/customers")).json()["data"]) == 1


async def test_a_unique_value_is_free_again_when_its_customer_gives_it_up(client, customer, define):
    await define("licence", "number", unique=True)
    one, other = await customer(attributes={"licence": 1}), await customer()
    url = f"/v1/customers/{other['id']}"
    wish = {"attributes": {"licence": 1.0}}
    taken = await client.patch(url, json=wish, headers={"If-Match": '"v1"'})
    assert (taken.status_code, taken.json()["code"]) == (409, "value_taken")
    assert (await client.get(url)).json() == other
    await client.patch(f"/v1/customers/{one['id']}", json={"attributes": {}}, headers={"If-Match": '"v1"'})
    assert (await client.patch(url, json=wish, headers={"If-Match": '"v1"'})).status_code == 200


async def test_each_distributor_has_unique_values_of_its_own(
    client, customer, distributor, partner_of, define
):
    await define("licence", "text", unique=True)
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    body = {**BODY, "attributes": {"licence": "L-1"}}
    first = await customer(distributor_id=homes[0], attributes={"licence": "L-1"})
    async with partner_of(homes[1]) as partner:
        assert (await partner.post("/v1/customers", json=body)).status_code == 201
        assert (await partner.post("/v1/customers", json=body)).status_code == 409
    moved = await client.patch(
        f"/v1/customers/{first['id']}", json={"distributor_id": homes[1]}, headers={"If-Match": '"v1"'}
    )
    assert (moved.status_code, moved.json()["code"]) == (409, "value_taken")


async def test_a_batch_stores_what_is_free_and_names_what_is_taken(client, customer, define):
    await define("licence", "text", unique=True)
    await customer(attributes={"licence": "L-3"})
    items = [{**BODY, "code": f"C-{n}", "attributes": {"licence": f"L-{n % 8}"}} for n in range(20)]
    results = (await client.post("/v1/customers/batch", json={"items": items})).json()["results"]
    assert sorted(each["status"] for each in results) == [201] * 7 + [409] * 13
    assert {each["problem"]["code"] for each in results if each["problem"]} == {"value_taken"}
    assert results[3]["status"] == 409
    stored = (await client.get("/v1/customers")).json()["data"]
    assert sorted(one["attributes"]["licence"] for one in stored) == [f"L-{n}" for n in range(8)]


async def test_a_field_does_not_become_unique_while_two_share_a_value(client, customer, define):
    for _ in range(2):
        await customer(attributes={"licence": "L-1"})
    field = await define("licence", "text", unique=True, indexed=True)
    assert field["operation"]["status"] == "failed"
    assert field["operation"]["problem"]["code"] == "values_not_unique"
    assert (field["unique"], field["indexed"], field["ready"]) == (False, True, True)
    found = await client.get("/v1/customers", params={"attributes[licence]": "L-1"})
    assert len(found.json()["data"]) == 2
