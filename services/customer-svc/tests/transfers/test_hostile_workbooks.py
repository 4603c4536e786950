"""Workbooks that are made to hurt are refused, whole or by the row, and nothing else suffers."""

import os
import struct
import tempfile

import pytest

from .conftest import counts, ended, sent
from .workbooks import BOOK, RELATIONS, book, declaring, packed, packed_twice, row, sheet, table

HEADER = row("name", "kind")
GOOD = book(sheet(HEADER + row("甲", "person")))
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
SHEET = "xl/worksheets/sheet1.xml"


def _bomb(unpacked: int) -> bytes:
    return book(sheet(HEADER) + " " * unpacked)


def _nested(name: str) -> bytes:
    return packed(
        {"xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": RELATIONS, SHEET: sheet(HEADER), name: "x"}
    )


def _encrypted() -> bytes:
    raw = bytearray(GOOD)
    start = 0
    while (start := raw.find(b"PK\x01\x02", start)) >= 0:
        raw[start + 8] |= 1
        start += 4
    return bytes(raw)


def _endless_list() -> bytes:
    """The large form of the zip format says that the list of members is a gigabyte long."""
    end = GOOD.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**7, 10**7, 10**9, 0)
    return GOOD[:end] + record + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1) + GOOD[end:]


HOSTILE = {
    "an endless list of members": (_endless_list, "workbook_suspicious"),
    "deep nesting": (lambda: book(sheet("<x>" * 200_000)), "workbook_broken"),
    "two members of one name": (packed_twice, "workbook_suspicious"),
    "a bomb": (lambda: _bomb(100_000_000), "workbook_unpacks_too_large"),
    "a bomb that lies of its size": (lambda: declaring(_bomb(100_000_000), SHEET, 4000), "workbook_broken"),
    "a size that is a lie": (lambda: declaring(GOOD, SHEET, 3_000_000_000), "workbook_unpacks_too_large"),
    "many members": (
        lambda: packed({f"m{n}": "" for n in range(12_000)}, stored=True),
        "workbook_suspicious",
    ),
    "an outside name": (lambda: _nested("../../evil.xml"), "workbook_suspicious"),
    "an absolute name": (lambda: _nested("/etc/evil.xml"), "workbook_suspicious"),
    "a drive's name": (lambda: _nested("C:evil.xml"), "workbook_suspicious"),
    "an outside entity": (
        lambda: book(sheet(row("name", "&e;"), before=ENTITY)),
        "workbook_suspicious",
    ),
    "laughs": (lambda: book(sheet(row("name", "&b;"), before=LAUGHS)), "workbook_suspicious"),
    "an entity in the list of sheets": (
        lambda: book(sheet(HEADER), **{"xl__workbook.xml": ENTITY + BOOK}),
        "workbook_suspicious",
    ),
    "20,000 columns": (lambda: book(sheet(row(*(f"c{n}" for n in range(20_000))))), "too_many_columns"),
    "half a file": (lambda: GOOD[: len(GOOD) // 2], "workbook_broken"),
    "a sheet that breaks off": (lambda: book(sheet(HEADER)[:-20]), "workbook_broken"),
    "no zip at all": (lambda: b"PK\x03\x04" + b"x" * 5000, "workbook_broken"),
    "a password": (_encrypted, "workbook_encrypted"),
    "another zip": (lambda: packed({"word/document.xml": "<x/>"}), "not_a_workbook"),
    "a binary workbook": (lambda: packed({"xl/workbook.bin": "x"}), "workbook_binary"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "old_workbook"),
    "an open document": (
        lambda: packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, stored=True),
        "open_document",
    ),
    "an empty sheet": (lambda: book(sheet("")), "header_missing"),
    "a shared text that is not there": (
        lambda: book(sheet('<row><c t="s"><v>7</v></c></row>')),
        "workbook_broken",
    ),
    "a cell beyond all columns": (
        lambda: book(sheet('<row><c r="ABCDE1"><v>7</v></c></row>')),
        "workbook_broken",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_workbook_is_refused_as_a_whole(name, client, imported, service):
    make, code = HOSTILE[name]
    raw = make()
    done = await imported(raw, entity="customers")
    assert done["status"] == "failed"
    problem = done["operation"]["problem"]
    assert (problem["status"], [e["code"] for e in problem["errors"]]) == (422, [code])
    assert problem["errors"][0]["message"]
    assert (await client.get("/v1/customers")).json()["data"] == []
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0


async def test_a_cell_of_ten_megabytes_spoils_its_row_only(imported, faults):
    long = "x" * 10_000_000
    texts = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'
    shared = '<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>person</t></is></c></row>'
    rows = HEADER + row(long, "person") + shared + row("甲", "person")
    raw = book(sheet(rows), **{"xl__sharedStrings.xml": texts.format(long)})
    done = await imported(raw, entity="customers")
    assert counts(done) == (3, 1, 0, 0, 2)
    assert [(f["field"], f["code"]) for f in await faults(done)] == [("name", "cell_too_long")] * 2


async def test_a_text_that_is_named_a_million_times_does_not_become_gigabytes(imported):
    texts = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'
    line = "<row>" + '<c t="s"><v>0</v></c>' * 90 + "</row>"
    raw = book(sheet(line * 2000), **{"xl__sharedStrings.xml": texts.format("长" * 9000)})
    done = await imported(raw, entity="customers")
    assert [e["code"] for e in done["operation"]["problem"]["errors"]] == ["workbook_unpacks_too_large"]


@pytest.mark.parametrize(("raw", "name"), [(GOOD, "f.csv"), (b"name,kind\n\xe7\x94\xb2,person\n", "f.xlsx")])
async def test_a_wrong_name_or_type_changes_nothing(client, raw, name):
    files = {"file": (name, raw, "application/octet-stream")}
    started = await client.post("/v1/imports", data={"entity": "customers"}, files=files)
    assert (await ended(client, started.json()["id"]))["created"] == 1


async def test_others_are_answered_while_a_workbook_is_read(client):
    raw = table([("name", "kind"), *((f"客户{n}", "person") for n in range(4000))])
    started = await sent(client, raw, entity="customers", dry_run=True)
    state, answered = started.json()["status"], 0
    while state in {"queued", "running"}:
        answer = (await client.get(f"/v1/imports/{started.json()['id']}")).json()
        state, answered = answer["status"], answered + (answer["format"] is None)
    assert state == "succeeded"
    assert answered > 10, "while the workbook was unpacked, its sender was answered again and again"


async def test_no_file_is_left_in_the_work_folder(imported, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await imported(GOOD, entity="customers")
    await imported(_nested("../evil.xml"), entity="customers")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - one look at a folder
    assert "evil.xml" not in os.listdir(tmp_path.parent)  # noqa: PTH208 - likewise
