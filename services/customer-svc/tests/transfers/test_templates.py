"""What columns mean is suggested from their names, and remembered as a template."""

from uuid import uuid4

import pytest

from customer_svc.transfers.columns import FIELDS
from customer_svc.transfers.headings import suggest
from shared.testing import staff

from .conftest import counts, ended, sent
from .workbooks import table

CHINESE = "客户编号,公司名称,客户类型,手机号码（必填）,电子邮箱,联系人,联系人 电话,备注\n"
ROW = "C-1,海纳,organisation,13800138000,,韩梅梅,13900139000,机密\n"
TEMPLATE = {
    "name": "金蝶",
    "entity": "customers",
    "mapping": {"code": "编号", "name": "名称", "kind": "类型"},
    "encoding": "gb18030",
    "policy": "update",
}


@pytest.mark.parametrize(
    ("entity", "header", "mapping", "unmapped", "missing"),
    [
        (
            "customers",
            ["编号", "客户名称*", "类型", "手机", "E-Mail", "经销商", "标签", "备注"],
            {
                "code": "编号",
                "name": "客户名称*",
                "kind": "类型",
                "phone": "手机",
                "email": "E-Mail",
                "distributor_code": "经销商",
                "tags": "标签",
            },
            ["备注"],
            [],
        ),
        (
            "customers",
            ["Company", "Mobile", "Contact Person", "Name", "attributes.x"],
            {
                "phone": "Mobile",
                "name": "Name",
                "contact_name": "Contact Person",
                "attributes.x": "attributes.x",
            },
            ["Company"],
            [["kind"]],
        ),
        (
            "orders",
            ["订单编号", "下单时间", "实付金额", "会员号", "平台", "商品名称", "数量", "数量"],
            {
                "order_no": "订单编号",
                "ordered_at": "下单时间",
                "amount": "实付金额",
                "external_id": "会员号",
                "channel": "平台",
                "name": "商品名称",
            },
            ["数量", "数量"],
            [],
        ),
        (
            "contacts",
            ["Customer No.", "Full Name", "Job Title", "Tel"],
            {"customer_code": "Customer No.", "name": "Full Name", "post": "Job Title", "phone": "Tel"},
            [],
            [],
        ),
        (
            "distributors",
            ["经销商编号", "经销商名称", "上级经销商", "级别"],
            {"code": "经销商编号", "name": "经销商名称", "parent_code": "上级经销商", "level": "级别"},
            [],
            [],
        ),
    ],
)
async def test_columns_are_understood_by_their_names(*, client, entity, header, mapping, unmapped, missing):
    answer = await client.get("/v1/import-mapping", params={"entity": entity, "columns": header})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"mapping": mapping, "unmapped": unmapped, "missing": missing}


@pytest.mark.parametrize("entity", FIELDS)
def test_every_field_is_understood_by_its_own_name(entity):
    header = [field.replace("_", " ").title() for field in FIELDS[entity]]
    assert set(suggest(entity, header).mapping) == set(FIELDS[entity])


async def test_a_file_is_read_as_its_headers_suggest(client, imported):
    done = await imported(CHINESE + ROW, entity="customers", mapping="suggested", dry_run=True)
    assert counts(done) == (1, 1, 0, 0, 0)
    assert done["columns"] == CHINESE.strip().split(",")
    assert done["mapping"]["phone"] == "手机号码（必填）"
    assert "备注" not in done["mapping"].values()
    rows = [line.split(",") for line in (CHINESE + ROW).splitlines()]
    done = await imported(table(rows), entity="customers", mapping="suggested")
    assert counts(done) == (1, 1, 0, 0, 0)
    one = (await client.get("/v1/customers")).json()["data"][0]
    assert (one["code"], one["name"], one["phone"]) == ("C-1", "海纳", "+8613800138000")
    people = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
    assert [(each["name"], each["phone"]) for each in people] == [("韩梅梅", "+8613900139000")]


async def test_headers_that_say_too_little_are_named(imported):
    done = await imported("客户名称,备注\n海纳,x\n", entity="customers", mapping="suggested")
    assert [e["pointer"] for e in done["operation"]["problem"]["errors"]] == ["/file/columns/kind"]


@pytest.mark.parametrize(
    "params",
    [
        {"entity": "pets", "columns": "a"},
        {"entity": "orders"},
        {"entity": "orders", "columns": ["x"] * 101},
        {"entity": "orders", "columns": "x" * 101},
        {"entity": "orders", "columns": "x", "more": "y"},
    ],
)
async def test_a_wrong_question_for_a_mapping_is_refused(client, params):
    assert (await client.get("/v1/import-mapping", params=params)).status_code in (400, 422)


async def _made(client, **fields):
    answer = await client.post("/v1/import-templates", json={**TEMPLATE, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_template_says_what_the_form_does_not(client, imported, customer):
    await customer(code="C-1", name="旧名", kind="organisation")
    template = await _made(client)
    raw = "编号,名称,类型\nC-1,海纳,organisation\n".encode("gb18030")
    done = await imported(raw, entity="customers", template_id=template["id"])
    assert (done["policy"], done["changed"], done["encoding"]) == ("update", 1, "gb18030")
    done = await imported(raw, entity="customers", template_id=template["id"], policy="skip", dry_run=True)
    assert (done["policy"], done["unchanged"]) == ("skip", 1)


async def test_templates_are_kept_changed_and_forgotten(client):
    made = await _made(client)
    url = f"/v1/import-templates/{made['id']}"
    assert (await client.post("/v1/import-templates", json=TEMPLATE)).json()["code"] == "name_taken"
    read = await client.get(url)
    assert (read.json(), read.headers["etag"]) == (made, '"v1"')
    assert (await client.patch(url, json={"name": "x"})).status_code == 428
    changed = await client.patch(url, json={"name": "用友", "mapping": None}, headers={"If-Match": '"v1"'})
    assert (changed.json()["name"], changed.json()["mapping"]) == ("用友", None)
    assert (await client.patch(url, json={"name": "x"}, headers={"If-Match": '"v1"'})).status_code == 412
    await _made(client)
    taken = await client.patch(url, json={"name": "金蝶"}, headers={"If-Match": '"v2"'})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    await _made(client, name="订单", entity="orders", mapping=None, policy="skip")
    names = [one["name"] for one in (await client.get("/v1/import-templates")).json()["data"]]
    assert names == sorted(["用友", "金蝶", "订单"])
    listed = (await client.get("/v1/import-templates", params={"entity": "orders"})).json()["data"]
    assert [one["name"] for one in listed] == ["订单"]
    assert (await client.delete(url)).status_code == 428
    assert (await client.delete(url, headers={"If-Match": '"v2"'})).status_code == 204
    assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"mapping": {"nickname": "x"}}, ""),
        ({"entity": "orders", "mapping": None}, ""),
        ({"timezone": "Mars/Base"}, "/timezone"),
        ({"sheet": "x" * 32}, "/sheet"),
        ({"encoding": "utf-7"}, "/encoding"),
        ({"name": ""}, "/name"),
        ({"mapping": {}}, "/mapping"),
        ({"mapping": "suggested"}, "/mapping"),
    ],
)
async def test_a_wrong_template_is_refused(client, fields, pointer):
    answer = await client.post("/v1/import-templates", json={**TEMPLATE, **fields})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_change_must_fit_the_entity(client):
    made = await _made(client, entity="orders", mapping=None, policy="skip")
    url = f"/v1/import-templates/{made['id']}"
    for change in ({"mapping": {"phone": "x"}}, {"policy": "update"}):
        assert (await client.patch(url, json=change, headers={"If-Match": "*"})).status_code == 422


async def test_a_colleagues_template_is_nobodys(client, signed_in):
    made = await _made(client)
    url = f"/v1/import-templates/{made['id']}"
    async with signed_in(staff("manager")) as colleague:
        for answer in (
            await colleague.get(url),
            await colleague.patch(url, json={"name": "x"}, headers={"If-Match": "*"}),
            await colleague.delete(url, headers={"If-Match": "*"}),
        ):
            assert answer.status_code == 404
        assert (await colleague.get("/v1/import-templates")).json()["data"] == []
        foreign = await sent(colleague, "name,kind\n", entity="customers", template_id=made["id"])
        ghost = await sent(colleague, "name,kind\n", entity="customers", template_id=str(uuid4()))
        assert foreign.status_code == ghost.status_code == 422
        assert foreign.json()["errors"] == ghost.json()["errors"]
        assert (await _made(colleague))["name"] == TEMPLATE["name"]
    other = await sent(client, "order_no\n", entity="orders", template_id=made["id"])
    assert other.json()["errors"][0]["code"] == "template_unknown"


async def test_the_same_template_changed_makes_no_repeated_request_another(client):
    template = await _made(client)
    key = {"Idempotency-Key": "one"}
    raw = "编号,名称,类型\nC-1,海纳,person\n".encode("gb18030")
    first = await sent(client, raw, headers=key, entity="customers", template_id=template["id"])
    again = await sent(client, raw, headers=key, entity="customers", template_id=template["id"])
    assert again.json() == first.json()
    await ended(client, first.json()["id"])
