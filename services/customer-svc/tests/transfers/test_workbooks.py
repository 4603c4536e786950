"""Workbooks come in as CSV does: dates, numbers and merged headers as a person reads them."""

from datetime import UTC, date, datetime

import pytest

from .conftest import counts, ended, sent
from .workbooks import book, made, row, sheet, table

HEADER = ("code", "name", "kind", "phone", "tags")


async def test_a_workbook_is_known_by_its_content_and_read_like_csv(client, imported, told):
    rows = [
        HEADER,
        ("C-1", "上海海纳百货", "organisation", "021-62881234", "重点;华东"),
        ("C-2", "王小明", "person"),
    ]
    done = await imported(table(rows), entity="customers")
    assert counts(done) == (2, 2, 0, 0, 0)
    assert (done["format"], done["encoding"], done["total"]) == ("xlsx", None, 2)
    one = (await client.get("/v1/customers", params={"code": "C-1"})).json()["data"][0]
    assert (one["name"], one["phone"], one["tags"]) == ("上海海纳百货", "+862162881234", ["重点", "华东"])
    assert [event["type"] for event in await told()] == ["customers.imported.v1"]
    assert counts(await imported(table(rows), entity="customers")) == (2, 0, 2, 0, 0)
    assert counts(await imported(table(rows), entity="customers", dry_run=True)) == (2, 0, 2, 0, 0)


async def test_numbers_are_texts_as_the_sheet_shows_them(client, imported):
    def build(book):
        page = book.add_worksheet()
        page.write_row(
            0, 0, ["code", "name", "kind", "phone", "attributes.a", "attributes.b", "attributes.c"]
        )
        page.write_number(1, 0, 42, book.add_format({"num_format": "000000"}))
        page.write_row(1, 1, [1024, "person", 13800138000, 0.1 + 0.2, True, 1234567890123456])
        page.write_row(2, 0, ["C-2", "乙", "person", "", 1e-7, 129.90, -5])

    await imported(made(build), entity="customers")
    found = {one["code"]: one for one in (await client.get("/v1/customers")).json()["data"]}
    first, second = found["000042"], found["C-2"]
    assert (first["name"], first["phone"]) == ("1024", "+8613800138000")
    assert first["attributes"] == {"a": "0.3", "b": "true", "c": "1234567890123460"}
    assert second["attributes"] == {"a": "0.0000001", "b": "129.9", "c": "-5"}


@pytest.mark.parametrize("from_1904", [False, True])
async def test_dates_are_wall_clock_times_of_the_zone(client, imported, customer, from_1904):
    await customer(code="C-1")

    def build(book):
        page = book.add_worksheet()
        page.write_row(0, 0, ["order_no", "channel", "ordered_at", "amount", "customer_code"])
        moments = {  # the workbook keeps no zone
            "yyyy-mm-dd hh:mm:ss": datetime(2026, 3, 1, 17, 30, 15, tzinfo=UTC),
            'yyyy"年"m"月"d"日"': date(2026, 3, 2),
            "[$-804]yyyy/m/d;@": datetime(2026, 3, 3, 23, 59, 59, tzinfo=UTC),
            "上午/下午h:mm yyyy-mm-dd": datetime(2026, 3, 4, 1, 2, tzinfo=UTC),
        }
        for number, (code, moment) in enumerate(moments.items(), start=1):
            page.write_row(number, 0, [f"S-{number}", "store"])
            page.write_datetime(number, 2, moment, book.add_format({"num_format": code}))
            page.write_row(number, 3, [129.9, "C-1"])
        page.write_row(5, 0, ["S-5", "store", "2026-03-05 09:00", "1.10", "C-1"])

    done = await imported(made(build, date_1904=from_1904, remove_timezone=True), entity="orders")
    assert counts(done) == (5, 5, 0, 0, 0)
    found = {one["order_no"]: one for one in (await client.get("/v1/orders")).json()["data"]}
    assert [found[f"S-{n}"]["ordered_at"] for n in range(1, 6)] == [
        "2026-03-01T09:30:15Z",
        "2026-03-01T16:00:00Z",
        "2026-03-03T15:59:59Z",
        "2026-03-03T17:02:00Z",
        "2026-03-05T01:00:00Z",
    ]
    assert found["S-1"]["amount"]["amount_minor"] == 12990


async def test_a_title_and_merged_header_cells_are_understood(client, imported):
    def build(book):
        page = book.add_worksheet()
        page.merge_range("A1:E1", "客户名单 2026")
        page.merge_range("A3:A4", "编号")
        page.merge_range("B3:B4", "客户名称")
        page.merge_range("C3:C4", "类型")
        page.merge_range("D3:E3", "联系人")
        page.write_row("D4", ["姓名", "电话"])
        page.write_row("A5", ["C-1", "海纳", "organisation", "韩梅梅", 13900139000])
        page.merge_range("A6:A7", "C-2")
        page.write_row("B6", ["乙", "person"])

    names = {"code": "编号", "name": "客户名称", "kind": "类型"}
    names |= {"contact_name": "联系人 姓名", "contact_phone": "联系人 电话"}
    done = await imported(made(build), entity="customers", mapping=names)
    assert counts(done) == (2, 2, 0, 0, 0)
    one = (await client.get("/v1/customers", params={"code": "C-1"})).json()["data"][0]
    people = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
    assert [(each["name"], each["phone"]) for each in people] == [("韩梅梅", "+8613900139000")]


async def test_formulas_are_their_stored_values_and_without_one_the_row_is_refused(client, imported, faults):
    def build(book):
        page = book.add_worksheet()
        page.write_row(0, 0, ["code", "name", "kind", "remark"])
        page.write_row(1, 0, ["C-1", "", "person"])
        page.write_formula(1, 1, '="海"&"纳"', None, "海纳")
        page.write_row(2, 0, ["C-2", "", "person"])
        page.write_formula(2, 1, "=A1", None, "")
        page.write_row(3, 0, ["C-3", "", "person"])
        page.write_formula(3, 1, "=NA()", None, "#N/A")
        page.write_row(4, 0, ["C-4", "丁", "person"])
        page.write_formula(4, 3, "=A1", None, "")

    raw = made(build)
    mapping = {"code": "code", "name": "name", "kind": "kind"}
    done = await imported(raw, entity="customers", mapping=mapping)
    assert [(f["line"], f["column"], f["code"]) for f in await faults(done)] == [
        (3, "name", "formula_without_value"),
        (4, "name", "error_value"),
    ]
    names = {one["name"] for one in (await client.get("/v1/customers")).json()["data"]}
    assert names == {"海纳", "丁"}


async def test_the_first_shown_sheet_is_read_unless_another_is_named(client, imported):
    def build(book):
        hidden = book.add_worksheet("旧")
        hidden.hide()
        hidden.write_row(0, 0, ["name", "kind"])
        for name in ("甲", "乙"):
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["name", "kind"])
            page.write_row(1, 0, [name, "person"])
        book.get_worksheet_by_name("甲").set_first_sheet()
        book.get_worksheet_by_name("甲").activate()

    raw = made(build)
    assert (await imported(raw, entity="customers"))["created"] == 1
    done = await imported(raw, entity="customers", sheet="乙")
    assert (done["sheet"], done["created"]) == ("乙", 1)
    assert {one["name"] for one in (await client.get("/v1/customers")).json()["data"]} == {"甲", "乙"}
    lost = await imported(raw, entity="customers", sheet="丙")
    assert [e["pointer"] for e in lost["operation"]["problem"]["errors"]] == ["/sheet"]
    lost = await imported("name,kind\n甲,person\n", entity="customers", sheet="甲")
    assert lost["operation"]["problem"]["errors"][0]["code"] == "sheet_of_csv"


async def test_rows_are_named_as_the_sheet_numbers_them(imported, faults):
    rows = [
        ("name", "kind"),
        (),
        ("甲", "person"),
        (),
        ("乙", "pet"),
        ("", ""),
        ("丙",),
        ("丁", "person", "", "x"),
    ]
    done = await imported(table(rows), entity="customers")
    assert counts(done) == (4, 1, 0, 0, 3)
    assert [(f["line"], f["field"], f["code"]) for f in await faults(done)] == [
        (5, "kind", "not_a_choice"),
        (7, "kind", "required"),
        (8, None, "wrong_cell_count"),
    ]


async def test_other_writers_are_understood_too(client, imported):
    """Prefixed names, no references, shared texts in runs with readings, escaped characters."""
    space = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    worksheet = (
        f'<x:worksheet xmlns:x="{space}"><x:sheetData>'
        '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="s"><x:v>2</x:v></x:c><x:c t="str"><x:v>per<!-- a remark -->son</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    texts = (
        f'<sst xmlns="{space}"><si><t>name</t></si><si><r><t>ki</t></r><r><t>nd</t></r></si>'
        "<si><t>海_x0041_纳</t><rPh sb='0' eb='1'><t>ハイ</t></rPh></si></sst>"
    )
    done = await imported(book(worksheet, xl__sharedStrings_xml=""), entity="customers")
    assert done["status"] == "failed"
    done = await imported(book(worksheet, **{"xl__sharedStrings.xml": texts}), entity="customers")
    assert counts(done) == (1, 1, 0, 0, 0)
    assert (await client.get("/v1/customers")).json()["data"][0]["name"] == "海A纳"


async def test_a_repeated_request_and_the_sheet_belong_together(client):
    raw, key = book(sheet(row("name", "kind") + row("甲", "person"))), {"Idempotency-Key": "one"}
    first = await sent(client, raw, headers=key, entity="customers", sheet="S")
    assert (await sent(client, raw, headers=key, entity="customers", sheet="S")).json() == first.json()
    assert (await sent(client, raw, headers=key, entity="customers")).status_code == 422
    await ended(client, first.json()["id"])


async def test_nothing_of_a_workbook_stays_behind(service, imported):
    await imported(table([("name", "kind"), ("甲", "person")]), entity="customers")
    await imported(table([("colour",), ("red",)]), entity="customers")
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0
        assert await db.connection.fetchval("SELECT count(*) FROM upload_chunk") == 0


async def test_an_encoding_that_is_said_is_believed(client, imported):
    raw = "name,kind\n海纳,person\n".encode("gb18030")
    done = await imported(raw, entity="customers", encoding="gb18030")
    assert (done["format"], done["encoding"]) == ("csv", "gb18030")
    assert (await client.get("/v1/customers")).json()["data"][0]["name"] == "海纳"
    assert (await imported(raw, entity="customers", encoding="utf-8"))["failed"] == 1
