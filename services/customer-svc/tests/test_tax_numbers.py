"""A tax number is checked, and one distributor has each only once."""

import asyncio

import pytest

from customer_svc.tax_numbers import credit_code_check, tax_number

# Codes of real firms, as the public register shows them.
REAL = ("91110108551385082Q", "914403001922038216", "9144030071526726XG", "91330100799655058B")
CODE = REAL[0]


@pytest.mark.parametrize("code", REAL)
def test_real_credit_codes_are_taken_as_they_are_written(code):
    assert tax_number(code) == code
    assert tax_number(f" {code[:8].lower()} {code[8:].lower()} ") == code


@pytest.mark.parametrize("place", range(17))
def test_a_credit_code_with_one_other_digit_is_none(place):
    other = "2" if CODE[place] == "1" else "1"
    wrong = CODE[:place] + other + CODE[place + 1 :]
    assert credit_code_check(wrong) != CODE[-1]
    assert tax_number(wrong) is None


@pytest.mark.parametrize(
    "wrong",
    ["", "123", CODE[:-1], CODE + "1", CODE.replace("Q", "O"), "CN123456789", "G8123456789", "é" * 18],
)
def test_what_has_no_form_of_a_tax_number_is_none(wrong):
    assert tax_number(wrong) is None


def test_a_number_from_abroad_names_its_country():
    assert tax_number("gb 123.4567-89") == "GB123456789"


async def test_a_wrong_tax_number_is_refused_without_being_repeated(client):
    body = {"name": "海纳", "kind": "organisation", "tax_number": "91110108551385082X"}
    refused = await client.post("/v1/customers", json=body)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/tax_number", "tax_number_invalid")
    ]
    assert "91110108551385082X" not in refused.text


async def test_two_customers_never_have_one_tax_number_however_many_ask_at_once(client):
    body = {"name": "海纳", "kind": "organisation", "tax_number": CODE}
    answers = await asyncio.gather(*(client.post("/v1/customers", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json().get("code") for answer in answers if answer.status_code == 409} == {
        "tax_number_taken"
    }
    found = (await client.get("/v1/customers", params={"tax_number": CODE.lower()})).json()["data"]
    assert [one["tax_number"] for one in found] == [CODE]


async def test_a_tax_number_is_not_taken_by_a_change_either(client, customer):
    await customer(tax_number=CODE)
    other = await customer(name="别家")
    changed = await client.patch(
        f"/v1/customers/{other['id']}", json={"tax_number": CODE}, headers={"If-Match": '"v1"'}
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "tax_number_taken")


async def test_a_partner_does_not_learn_that_a_stranger_has_a_tax_number(
    client, customer, distributor, partner_of
):
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    await customer(tax_number=CODE, distributor_id=homes[0])
    async with partner_of(homes[1]) as partner:
        body = {"name": "海纳", "kind": "organisation", "tax_number": CODE}
        assert (await partner.post("/v1/customers", json=body)).status_code == 201
        assert (await partner.post("/v1/customers", json=body)).status_code == 409


async def test_a_batch_knows_a_customer_again_by_its_tax_number(client, customer):
    one = await customer(name="海纳", tax_number=CODE)
    items = [
        {"name": "海纳", "kind": "organisation", "tax_number": CODE},
        {"name": "海纳百货", "kind": "organisation", "tax_number": CODE, "code": "C-9"},
        {"name": "新客户", "kind": "organisation", "tax_number": REAL[1]},
        {"name": "又一家", "kind": "organisation", "tax_number": REAL[1]},
    ]
    results = (await client.post("/v1/customers/batch", json={"items": items})).json()["results"]
    assert [r["status"] for r in results[:2]] == [200, 409]
    assert sorted(r["status"] for r in results[2:]) == [201, 409]
    assert {r["problem"]["code"] for r in results if r["problem"]} == {"tax_number_taken"}
    assert {r["id"] for r in results[:2]} == {one["id"]}
    assert results[2]["id"] == results[3]["id"]


@pytest.mark.parametrize(
    ("region", "status"),
    [
        ("310000", 201),
        ("310115", 201),
        ("３１００００", 201),
        ("Bavaria", 201),
        ("999999", 422),
        ("3101", 422),
    ],
)
async def test_a_region_of_digits_is_a_code_and_one_of_words_is_free(client, region, status):
    body = {"name": "海纳", "kind": "organisation", "region": region, "business_scope": " 日用百货批发 "}
    answer = await client.post("/v1/customers", json=body)
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["region"] in (region, "310000")
        assert answer.json()["business_scope"] == "日用百货批发"
    else:
        assert answer.json()["errors"][0]["code"] == "region_invalid"
