"""Workbooks: recognised by their content, turned into lines by a process of their own, read line by line."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO
from uuid import UUID

from shared import uploads
from shared.db import Database
from shared.problems import Invalid, Problem
from shared.sheets.booking import all_of, buried
from shared.sheets.reading import Layout, Record, too_many_rows
from shared.sheets.texts import MOST_BYTES
from shared.sheets.workbook import REFUSED

WORKBOOK = "xlsx"
"""What stands for the encoding of rows that came out of a workbook."""
_SECONDS = 600
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"
_WORDS = {
    "workbook_broken": (
        "This is no workbook that can be read, or it is cut off.",
        "工作簿无法读取或不完整。",
    ),
    "workbook_suspicious": ("The workbook is built as no spreadsheet program does it.", "工作簿结构异常。"),
    "workbook_encrypted": ("The workbook is protected by a password.", "工作簿受密码保护。"),
    "workbook_unpacks_too_large": ("The workbook is too large when unpacked.", "工作簿解压后过大。"),
    "workbook_too_costly": (
        "The workbook needs too much time or memory.",
        "读取工作簿所需的时间或内存过多。",
    ),
    "workbook_binary": (
        "This is a binary workbook (.xlsb). Save it as .xlsx or CSV.",
        "这是二进制工作簿（.xlsb），请另存为 .xlsx 或 CSV。",
    ),
    "workbook_empty": ("The workbook has no sheet to read.", "工作簿中没有可读取的工作表。"),
    "not_a_workbook": ("This is neither CSV nor a workbook (.xlsx).", "这不是 CSV，也不是 .xlsx 工作簿。"),
    "old_workbook": (
        "This is an old workbook (.xls) or one with a password. Save it as .xlsx or CSV, without a password.",
        "这是旧版工作簿（.xls）或受密码保护的工作簿，请另存为不带密码的 .xlsx 或 CSV。",
    ),
    "open_document": (
        "This is an OpenDocument file (.ods). Save it as .xlsx or CSV.",
        "这是 OpenDocument 文件（.ods），请另存为 .xlsx 或 CSV。",
    ),
}


def is_workbook(head: bytes) -> bool:
    """Whether a file that begins so is a workbook; Invalid for other spreadsheets, which are not read."""
    if head.startswith(_OLE):
        raise refused("old_workbook")
    if not head.startswith(_ZIP):
        return False
    if _OPEN_DOCUMENT in head[:200]:
        raise refused("open_document")
    return True


def refused(code: str) -> Problem:
    """The problem of a refusal; of an unknown one that the file costs too much."""
    if code == "too_many_rows":
        return too_many_rows()
    if code == "sheet_unknown":
        return Invalid.at("/sheet", code, en="There is no such sheet.", zh="没有这个工作表。")
    if code == "sheet_of_csv":
        return Invalid.at("/sheet", code, en="A CSV file has no sheets.", zh="CSV 文件没有工作表。")
    known = code if code in _WORDS else "workbook_too_costly"
    en, zh = _WORDS[known]
    return Invalid.at("/file", known, en=en, zh=zh)


async def unpack(database: Database, upload: UUID, sheet: str | None) -> tuple[UUID, Layout]:
    """Store the rows of a stored workbook as an upload of lines, for RowReader; Invalid if it is refused.

    The workbook lies in a file without a name, which ends with this call however it ends.
    """
    with tempfile.TemporaryFile() as file:
        async for chunk in uploads.open_chunks(database, upload):
            await asyncio.to_thread(file.write, chunk)
        file.seek(0)
        async with _reading(file, sheet) as process, asyncio.timeout(_SECONDS):
            lines = _Lines(process)
            stored = await uploads.receive(database, lines.pieces(), most_bytes=2 * MOST_BYTES)
    return stored.id, Layout(WORKBOOK, "", max(lines.count - 1, 0))


@asynccontextmanager
async def _reading(file: IO[bytes], sheet: str | None) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "shared.sheets.workbook",
        *([] if sheet is None else [sheet]),
        stdin=file,
        stdout=PIPE,
        stderr=PIPE,
        env={},
    )
    try:
        yield process
    except TimeoutError:
        raise refused("workbook_too_costly") from None
    finally:
        await buried(process)


class _Lines:
    """What the process writes, and how many lines it was."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.count = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in all_of(self._process.stdout):
            self.count += piece.count(b"\n")
            yield piece
        word = b"".join([piece async for piece in all_of(self._process.stderr)])
        code = await self._process.wait()
        if code:
            raise refused(word.decode("ascii", "replace") if code == REFUSED else "workbook_too_costly")


class RowReader:
    """Rows out of lines as `unpack` stores them, fed in pieces of any size; each as wide as the header."""

    def __init__(self) -> None:
        self._rest = b""
        self._width = 0

    def feed(self, data: bytes) -> list[Record]:
        """The rows that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [self._record(line) for line in lines]

    def finish(self) -> list[Record]:
        """Nothing: every line has its end."""
        return []

    def _record(self, line: bytes) -> Record:
        number, cells, *wrong = json.loads(line.decode("utf-8", "surrogatepass"))
        self._width = self._width or len(cells)
        cells += [""] * (self._width - len(cells))
        return Record(number, cells, wrong={int(at): code for at, code in wrong[0].items()} if wrong else {})
