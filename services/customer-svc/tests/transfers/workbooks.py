"""Workbooks for tests: honest ones as spreadsheet programs write them, and hostile ones made by hand."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
BOOK = (
    f'<workbook xmlns="{SPACE}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)
RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)


def made(build: Callable[[Any], None], **options: Any) -> bytes:
    """What `build` does to a new workbook, as a file."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        build(book)
    return out.getvalue()


def table(rows: Sequence[Sequence[Any]], *, name: str = "Sheet1", **options: Any) -> bytes:
    """One sheet with these rows; texts stay texts."""

    def build(book: Any) -> None:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(number, place, cell)

    return made(build, **options)


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    return f'{before}<worksheet xmlns="{SPACE}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def row(*cells: str) -> str:
    """A row of inline texts."""
    inner = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f"<row>{inner}</row>"


def packed(parts: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()


def packed_twice() -> bytes:
    """Two worksheets of one name: which of them is read would be up to the reader."""
    raw = packed({"xl/workbook.xml": BOOK, "xl/worksheets/sheet1.xml": "a", "xl/worksheets/sheet2.xml": "b"})
    return raw.replace(b"sheet2.xml", b"sheet1.xml")


def book(worksheet: str | bytes, **more: str | bytes) -> bytes:
    """A workbook with this worksheet as it stands; `more` are further parts by name, `__` for `/`."""
    parts = {
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/worksheets/sheet1.xml": worksheet,
    }
    return packed(parts | {name.replace("__", "/"): part for name, part in more.items()})


def declaring(file: bytes, name: str, size: int) -> bytes:
    """The same zip file, its lists saying that a member is of another size than it is."""
    changed = bytearray(file)
    start = file.index(b"PK\x01\x02")
    while name.encode() != file[start + 46 : start + 46 + len(name)]:
        start = file.index(b"PK\x01\x02", start + 4)
    struct.pack_into("<L", changed, start + 24, size)
    (local,) = struct.unpack_from("<L", file, start + 42)
    struct.pack_into("<L", changed, local + 22, size)
    return bytes(changed)
