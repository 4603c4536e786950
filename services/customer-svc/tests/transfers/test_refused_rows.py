"""Refused rows come back as they were sent, with their reasons, to be put right and sent again."""

import csv
import dataclasses
import io
from uuid import UUID

import pytest

from shared.sheets.texts import meant_cell, safe_cell
from shared.testing import partner, staff

from .conftest import counts, ended, sent
from .workbooks import table

TEXT = """\
编号,客户名称,类型,手机,备注
C-1,海纳,organisation,+8613800138000,"=1+1"
C-2,"Harbour ""Lights""
Ltd",organisation,1x,'quoted
C-3,丙,pet,2x,-5
"""
MAPPING = {
    "code": "编号",
    "name": "客户名称",
    "kind": "类型",
    "phone": "手机",
    "attributes.remark": "备注",
}


async def _refused(client, done, form="csv", **headers):
    answer = await client.get(f"/v1/imports/{done['id']}/refused-rows.{form}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert f"refused.{form}" in answer.headers["content-disposition"]
    return answer.content


def _rows(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


async def test_refused_rows_are_put_right_and_sent_again(client, imported):
    done = await imported(TEXT, entity="customers", mapping=MAPPING)
    assert counts(done) == (3, 1, 0, 0, 2)
    rows = _rows(await _refused(client, done))
    assert rows[0] == ["编号", "客户名称", "类型", "手机", "备注", "import_errors"]
    assert rows[1][:5] == ["C-2", 'Harbour "Lights"\nLtd', "organisation", "1x", "'quoted"]
    assert rows[2][4] == "'-5", "no cell runs as a formula"
    assert rows[1][5] == "手机: is shorter than 3 characters"
    assert rows[2][5].startswith("类型: ")
    assert "; 手机: " in rows[2][5]
    for row in rows[1:]:
        row[2:4] = ["organisation", "13900139000"]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    again = await imported(out.getvalue(), entity="customers", mapping=MAPPING)
    assert counts(again) == (2, 2, 0, 0, 0)
    found = {one["code"]: one for one in (await client.get("/v1/customers")).json()["data"]}
    remarks = {code: one["attributes"]["remark"] for code, one in found.items()}
    assert remarks == {"C-1": "=1+1", "C-2": "'quoted", "C-3": "-5"}


async def test_a_workbook_of_refused_rows_is_imported_again_as_it_is(client, imported, faults):
    rows = [["code", "name", "kind", "phone", "attributes.remark"]]
    rows += [["C-1", "甲", "person", "1x", "=HYPERLINK(1)"], ["C-2", "乙", "pet", "+8613800138000", ""]]
    done = await imported(table(rows), entity="customers")
    book = await _refused(client, done, "xlsx", **{"Accept-Language": "zh-CN"})
    assert book.startswith(b"PK")
    again = await imported(book, entity="customers")
    assert counts(again) == (2, 0, 0, 0, 2)
    reasons = [(f["line"], f["field"], f["code"], f["reason"]) for f in await faults(again)]
    first = [(f["line"], f["field"], f["code"], f["reason"]) for f in await faults(done)]
    assert reasons == first
    once_more = _rows(await _refused(client, again, **{"Accept-Language": "zh-CN"}))
    assert once_more[0] == [*rows[0], "导入错误"]
    assert once_more[1] == [*rows[1][:4], "'=HYPERLINK(1)", "phone：少于 3 个字符"]
    assert once_more[2][3] == "'+8613800138000"


async def test_duplicates_are_among_them_and_good_rows_are_not(client, imported, customer):
    await customer(code="C-1", name="别人", kind="person")
    text = "code,name,kind\nC-1,甲,person\nC-2,乙,person\n"
    done = await imported(text, entity="customers", dry_run=True)
    assert [row[:3] for row in _rows(await _refused(client, done))[1:]] == [["C-1", "甲", "person"]]
    clean = await imported("name,kind\n甲,person\n", entity="customers")
    assert _rows(await _refused(client, clean)) == [["name", "kind", "import_errors"]]
    unreadable = await imported("colour\nred\n", entity="customers")
    assert _rows(await _refused(client, unreadable)) == [["import_errors"]]


async def test_rows_that_hold_rubbish_are_kept_as_far_as_they_are_text(client, imported):
    raw = "code,name,kind\n" + "".join(f"C-{n},海纳百货{n},person\n" for n in range(20))
    done = await imported(raw.encode() + b"X-1,a\x00b,person\nX-2,\xff,person\nX-3\n", entity="customers")
    rows = _rows(await _refused(client, done))
    assert [row[0] for row in rows[1:]] == ["X-1", "X-2", "X-3"]
    assert [len(row) for row in rows] == [4] * 4


async def test_only_some_megabytes_of_rows_are_kept_and_all_errors_are_counted(client, imported):
    long = "x" * 9000
    raw = "name,kind,attributes.a\n" + f"甲,pet,{long}\n" * 2500
    done = await imported(raw, entity="customers")
    assert done["failed"] == 2500
    assert 1000 < len(_rows(await _refused(client, done))) < 2000


async def test_nobody_else_sees_them(client, imported, signed_in):
    done = await imported(
        "name,kind,电话\n甲,pet,13800138000\n",
        entity="customers",
        mapping={"name": "name", "kind": "kind", "phone": "电话"},
    )
    async with signed_in(staff("manager")) as colleague:
        for form in ("csv", "xlsx"):
            answer = await colleague.get(f"/v1/imports/{done['id']}/refused-rows.{form}")
            assert answer.status_code == 404


async def test_a_key_does_not_get_back_what_it_must_not_see(distributor, signed_in, client):
    home = await distributor("D-1")
    key = partner(UUID(home["id"]), "imports:write", "imports:read", "operations:read")
    text = "name,kind,电话\n甲,pet,13800138000\n"
    mapping = {"name": "name", "kind": "kind", "phone": "电话"}
    async with signed_in(dataclasses.replace(key, masked=frozenset({"phone"}))) as masked:
        started = await sent(masked, text, entity="customers", mapping=mapping)
        done = await ended(masked, started.json()["id"])
        assert b"13800138000" not in await _refused(masked, done)
        answer = await masked.get(f"/v1/imports/{done['id']}/refused-rows.xlsx")
        assert (answer.status_code, answer.json()["code"]) == (403, "answer_not_maskable")


@pytest.mark.parametrize(
    "text", ["", "a", "'a", "=1", "'=1", "''=1", " =1", "'", "\uff1d1", "-", "+86", "@x", "\t=x"]
)
def test_what_keeps_a_cell_from_running_is_taken_away_again(text):
    assert meant_cell(safe_cell(text)) == text
    assert not safe_cell(text).lstrip(" \u3000\t\r\n").startswith(("=", "+", "-", "@", "\uff1d"))
