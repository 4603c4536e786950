"""Whatever a file holds: each wrong row is named by line, column, kind and reason, and nothing is echoed."""

import csv
import io
import json

import httpx
import pytest

from .conftest import counts, ended, sent

SECRET = "13912345678x"
GOOD_CUSTOMER = {"code": "G", "name": "海纳", "kind": "person"}
GOOD_ORDER = {
    "order_no": "G",
    "channel": "store",
    "ordered_at": "2026-03-01T00:00:00Z",
    "amount": "1",
    "customer_code": "C-1",
}
WRONG_CUSTOMERS = [
    ({"name": ""}, "name", "required", "empty"),
    ({"name": "x" * 201}, "name", "too_long", "text"),
    ({"name": "a\x00b"}, "name", "forbidden_character", "unreadable"),
    ({"name": "a\u202eb"}, "name", "forbidden_character", "text"),
    ({"kind": SECRET}, "kind", "not_a_choice", "text"),
    ({"phone": SECRET}, "phone", "phone_invalid", "text"),
    ({"phone": "12345"}, "phone", "phone_invalid", "number"),
    ({"email": SECRET}, "email", "email_invalid", "text"),
    ({"website": "javascript:alert(1)"}, "website", "website_invalid", "text"),
    ({"code": "a b"}, "code", "wrong_form", "text"),
    ({"owner_id": SECRET}, "owner_id", "not_a_uuid", "text"),
    ({"external_id": "u-1"}, "channel", "required", "empty"),
    ({"external_id": "a b", "channel": "wechat"}, "external_id", "wrong_form", "text"),
    ({"distributor_code": "D-9"}, "distributor_code", "distributor_unknown", "text"),
    ({"tags": "x" * 51}, "tags", "too_long", "text"),
    ({"tags": ";".join(map(str, range(51)))}, "tags", "too_many", "text"),
    ({"contact_phone": "13900139000"}, "contact_name", "required", "empty"),
    ({"contact_name": "韩梅梅", "contact_email": SECRET}, "contact_email", "email_invalid", "text"),
    ({"attributes.x": "a\x01"}, "attributes.x", "forbidden_character", "unreadable"),
    ({"address": "x" * 10_001}, None, "cell_too_long", "row"),
]
WRONG_ORDERS = [
    ({"amount": "NaN"}, "amount", "not_an_amount", "text"),
    ({"amount": "1e999"}, "amount", "not_an_amount", "number"),
    ({"amount": "-1"}, "amount", "not_an_amount", "number"),
    ({"amount": "1.234"}, "amount", "not_an_amount", "number"),
    ({"amount": "1.5", "currency": "JPY"}, "amount", "not_an_amount", "number"),
    ({"amount": "99999999999999999"}, "amount", "out_of_range", "number"),
    ({"amount": ""}, "amount", "required", "empty"),
    ({"amount_minor": "1"}, "amount", "amount_twice", "number"),
    ({"amount": "", "amount_minor": str(2**63)}, "amount", "out_of_range", "empty"),
    ({"amount": "", "amount_minor": "1.5"}, "amount", "not_an_integer", "empty"),
    ({"currency": "yuan"}, "currency", "wrong_form", "text"),
    ({"ordered_at": "yesterday"}, "ordered_at", "not_a_time", "text"),
    ({"ordered_at": "2026-02-30 00:00:00"}, "ordered_at", "not_a_time", "time"),
    ({"ordered_at": "0001-01-01 00:00:00"}, "ordered_at", "not_a_time", "time"),
    ({"ordered_at": "2999-01-01 00:00:00"}, "ordered_at", "in_the_future", "time"),
    ({"ordered_at": ""}, "ordered_at", "required", "empty"),
    ({"order_no": ""}, "order_no", "required", "empty"),
    ({"order_no": "x" * 65}, "order_no", "too_long", "text"),
    ({"channel": "网店"}, "channel", "wrong_form", "text"),
    ({"kind": "gift"}, "kind", "not_a_choice", "text"),
    ({"customer_code": "C-9"}, "customer_code", "customer_unknown", "text"),
    ({"customer_code": "", "external_id": "u-9"}, "external_id", "customer_unknown", "text"),
    ({"customer_code": "", "customer_id": SECRET}, "customer_id", "not_a_uuid", "text"),
    ({"customer_code": ""}, None, "customer_not_named", "row"),
    ({"return_of": "S-1"}, None, "return_of_sale", "row"),
    ({"kind": "return", "return_of": "S-1"}, "return_of", "sale_unknown", "text"),
    ({"sku": "A", "quantity": "0"}, "quantity", "out_of_range", "number"),
    ({"sku": "A", "quantity": "1e999"}, "quantity", None, "number"),
    ({"sku": "A", "quantity": "NaN"}, "quantity", None, "text"),
    ({"sku": "x" * 101}, "sku", "too_long", "text"),
    ({"lines": "TEA"}, "lines", "json_invalid", "text"),
    ({"lines": '[{"sku": "TEA"}', "sku": "TEA"}, "lines", "lines_twice", "text"),
    ({"lines": '{"sku": "TEA"}'}, "lines", None, "text"),
    ({"lines": '[{"quantity": 0}]'}, "lines", "out_of_range", "text"),
    ({"lines": "[" * 5000}, "lines", "json_invalid", "text"),
]


def written(good, wrong):
    """A file of every wrong row, each with a key of its own, between two good ones."""
    names = list(dict.fromkeys([*good, *(name for change, *_ in wrong for name in change)]))
    key = names[0]
    rows = [{**good, key: f"K-{n}"} | change for n, (change, *_) in enumerate(wrong)]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows([{**good, key: "FIRST"}, *rows, {**good, key: "LAST"}])
    return out.getvalue()


@pytest.mark.parametrize(
    ("entity", "good", "wrong"),
    [("customers", GOOD_CUSTOMER, WRONG_CUSTOMERS), ("orders", GOOD_ORDER, WRONG_ORDERS)],
)
async def test_each_wrong_row_is_named_and_the_others_go_in(
    *, client, imported, faults, customer, entity, good, wrong
):
    await customer(code="C-1")
    done = await imported(written(good, wrong), entity=entity)
    assert counts(done) == (len(wrong) + 2, 2, 0, 0, len(wrong))
    found = await faults(done)
    assert [fault["line"] for fault in found] == list(range(3, len(wrong) + 3))
    for fault, (_, field, code, kind) in zip(found, wrong, strict=True):
        assert (fault["field"], fault["kind"]) == (field, kind), fault
        assert fault["code"] == (code or fault["code"])
        assert fault["column"] == field
        assert fault["reason"]
    assert SECRET not in json.dumps(found)
    assert SECRET not in (await client.get(f"/v1/imports/{done['id']}/errors.csv")).text


async def test_reasons_come_in_the_language_that_is_asked_for(client, imported, faults):
    done = await imported("name,kind,phone\n甲,person,1x\n", entity="customers")
    chinese = {"Accept-Language": "zh-CN"}
    assert (await faults(done))[0]["reason"] == "is shorter than 3 characters"
    assert (await faults(done, **chinese))[0]["reason"] == "少于 3 个字符"
    told = await client.get(f"/v1/imports/{done['id']}/errors.csv", headers=chinese)
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    assert "少于 3 个字符" in told.content.decode("utf-8-sig")


async def test_the_error_file_runs_no_formula(client, imported):
    header = "=HYPERLINK(1)"
    text = f"name,kind,{header}\n甲,person,1x\n"
    mapping = {"name": "name", "kind": "kind", "phone": header}
    done = await imported(text, entity="customers", mapping=mapping)
    rows = list(csv.reader(io.StringIO((await client.get(f"/v1/imports/{done['id']}/errors.csv")).text)))
    assert rows[1][1] == "'" + header


async def test_errors_are_paged_in_the_order_of_the_file(client, imported):
    done = await imported("name,kind\n" + "甲,wrong\n" * 250, entity="customers")
    lines, cursor = [], None
    while True:
        params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"/v1/imports/{done['id']}/errors", params=params)).json()
        lines += [fault["line"] for fault in page["data"]]
        cursor = page["page"]["next_cursor"]
        if cursor is None:
            break
    assert lines == list(range(2, 252))


async def test_only_the_first_ten_thousand_errors_are_kept_and_all_are_counted(client, imported):
    done = await imported("name,kind\n" + "甲,wrong\n" * 10_500, entity="customers")
    assert done["failed"] == 10_500
    page = await client.get(f"/v1/imports/{done['id']}/errors", params={"count": "exact", "limit": 1})
    assert page.json()["page"]["total"] == 10_000


async def test_broken_bytes_spoil_their_own_rows_only(imported, faults, client):
    good = "".join(f"C-{n},海纳百货{n},person\n" for n in range(20))
    raw = b"code,name,kind\n" + good.encode() + b"X-1,\xed\xa0\x80,person\nX-2,a\xffb,person\n"
    done = await imported(raw, entity="customers")
    assert counts(done) == (22, 20, 0, 0, 2)
    assert {(f["field"], f["kind"]) for f in await faults(done)} == {("name", "unreadable")}
    assert (await client.get("/v1/customers", params={"code": "C-1"})).json()["data"][0][
        "name"
    ] == "海纳百货1"


async def test_rows_that_cannot_be_cut_are_named_and_the_next_ones_go_in(imported, faults):
    text = 'code,name,kind\nA,"甲"x,person\nB,乙,person\nC,丙\nD,丁,person,more\nE,"戊,person\nF,己,person\n'
    done = await imported(text, entity="customers")
    assert counts(done) == (6, 2, 0, 0, 4)
    assert [(f["line"], f["code"]) for f in await faults(done)] == [
        (2, "malformed_row"),
        (4, "wrong_cell_count"),
        (5, "wrong_cell_count"),
        (6, "malformed_row"),
    ]


@pytest.mark.parametrize(
    ("raw", "fields", "pointers"),
    [
        (b"code,name,kind,nickname\n", {}, ["/file/columns/nickname"]),
        (b"code,kind\n", {}, ["/file/columns/name"]),
        (b"name,kind,name\n", {}, ["/file/columns/name"]),
        (b"name,kind\n", {"mapping": {"name": "Name", "kind": "kind"}}, ["/mapping/name"]),
        (("name,kind," + ",".join(f"attributes.{n}" for n in range(99))).encode(), {}, ["/file"]),
        (b"PK\x03\x04rubbish", {}, ["/file"]),
        ("name,kind\n海纳,person\n".encode("utf-16"), {}, ["/file"]),
        (b"\n\n", {}, ["/file"]),
        (b'"name,kind\n', {}, ["/file"]),
        (b"\x80\x81\xff\xfe\x9f,\xff\xff\n", {}, ["/file"]),
        (b"name,kind\n" + b"x" * 1_200_000, {}, ["/file"]),
        (b"name,kind\n" + b"a,person\n" * 1_000_001, {}, ["/file"]),
    ],
)
async def test_a_file_that_is_none_of_ours_fails_as_a_whole(client, imported, raw, fields, pointers):
    done = await imported(raw, entity="customers", **fields)
    assert done["status"] == "failed"
    problem = done["operation"]["problem"]
    assert problem["status"] == 422
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert (await client.get("/v1/customers")).json()["data"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"entity": "pets"}, "/entity"),
        ({}, "/entity"),
        ({"entity": "orders", "dry_run": "perhaps"}, "/dry_run"),
        ({"entity": "orders", "timezone": "Mars/Base"}, "/timezone"),
        ({"entity": "orders", "mapping": "{"}, "/mapping"),
        ({"entity": "orders", "mapping": "[]"}, "/mapping"),
        ({"entity": "orders", "mapping": '{"name": 1}'}, "/mapping/name"),
        ({"entity": "orders", "mapping": '{"phone": "x"}'}, ""),
        ({"entity": "orders", "colour": SECRET}, "/colour"),
    ],
)
async def test_a_wrong_form_is_refused_and_nothing_is_kept(client, service, fields, pointer):
    answer = await sent(client, "name,kind\n", **fields)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert SECRET not in answer.text
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0


def _part(name: str, body: str = "x", more: str = "") -> str:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{body}\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", "{}", 415),
        ("multipart/form-data", "x", 400),
        ("multipart/form-data; boundary=B", "", 400),
        ("multipart/form-data; boundary=B", "rubbish", 400),
        ("multipart/form-data; boundary=B", _part("entity", "orders"), 400),
        ("multipart/form-data; boundary=B", _part("file", "a,b", '; filename="f"'), 400),
        ("multipart/form-data; boundary=B", _part("entity", "orders") + "--B--\r\n", 422),
        ("multipart/form-data; boundary=B", _part("file", "") + _part("entity", "orders") + "--B--\r\n", 422),
        ("multipart/form-data; boundary=B", _part("entity") * 2 + "--B--\r\n", 422),
        ("multipart/form-data; boundary=B", _part("file") * 2 + "--B--\r\n", 422),
        ("multipart/form-data; boundary=B", _part("entity", "x" * 70_000) + "--B--\r\n", 422),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(client, service, kind, body, status):
    answer = await client.post("/v1/imports", content=body.encode(), headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0


async def test_a_file_that_says_it_is_too_large_is_refused_at_once(client):
    headers = {"Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(300 * 1024 * 1024)}

    async def body():
        yield b"--B\r\n"

    answer = await client.post("/v1/imports", content=body(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.slow
async def test_a_file_that_turns_out_too_large_is_refused_and_forgotten(client: httpx.AsyncClient, service):
    async def body():
        yield b'--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(201):
            yield b"x" * (1024 * 1024)
        yield b"\r\n--B--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = await client.post("/v1/imports", content=body(), headers=headers)
    assert answer.status_code == 413
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0


async def test_a_body_over_a_mebibyte_is_welcome_here(client, customer):
    await customer(code="C-1")
    text = "code,name,kind,address\n" + f"A,甲,person,{'x' * 400}\n" * 3000
    answer = await sent(client, text, entity="customers")
    assert answer.status_code == 202
    assert counts(await ended(client, answer.json()["id"])) == (3000, 1, 2999, 0, 0)
