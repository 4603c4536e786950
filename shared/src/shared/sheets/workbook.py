"""A process that turns a worksheet into lines: `python -m shared.sheets.workbook`, see `unpacking`.

It reads the file at its standard input, writes `[number, cells, wrong?]` as JSON, a line for each row, and
says at its standard error in one word why it refuses a file. It can write no file, and has little memory and
time.
"""

import gc
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, NamedTuple

from shared.sheets.cells import Formats, Style, style_of
from shared.sheets.packages import Package, Refusal
from shared.sheets.texts import MOST_BYTES, MOST_ROWS
from shared.sheets.worksheet import Attributes, Document, Row, Sheet, Texts, column_number

MEMORY_BYTES = 640 * 1024 * 1024
CPU_SECONDS = 300
REFUSED = 3
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_MOST_PART = 64 * 1024 * 1024
_MOST_LISTED = 100_000
_HEADER_ROWS = 20
_MOST_DEEP = 5
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_TAIL = 200


class Merge(NamedTuple):
    """Cells that are shown as one: rows as the sheet counts them, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class _Book(Document):
    """The sheets of a workbook in their order, and how it counts days."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False
        self.starts = {"sheet": self._sheet, "workbookPr": self._properties}

    def _sheet(self, attributes: Attributes) -> None:
        relation = next((attributes[name] for name in _RELATIONS if name in attributes), "")
        self.sheets.append((attributes.get("name", ""), relation, "state" not in attributes))
        _bounded(len(self.sheets))

    def _properties(self, attributes: Attributes) -> None:
        self.from_1904 = attributes.get("date1904") in ("1", "true")


class _Relations(Document):
    """Where the parts of the workbook lie."""

    def __init__(self) -> None:
        super().__init__()
        self.worksheets: dict[str, str] = {}
        self.starts = {"Relationship": self._relation}

    def _relation(self, attributes: Attributes) -> None:
        if attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "")
            self.worksheets[attributes.get("Id", "")] = target[1:] if target[:1] == "/" else f"xl/{target}"
            _bounded(len(self.worksheets))


class _Styles(Document):
    """How each style reads its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._within = False
        self.starts = {"numFmt": self._code, "cellXfs": self._enter, "xf": self._format}
        self.ends = {"cellXfs": self._leave}

    @property
    def styles(self) -> list[Style]:
        return [style_of(number, self._codes) for number in self._formats]

    def _code(self, attributes: Attributes) -> None:
        self._codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:255]
        _bounded(len(self._codes))

    def _enter(self, _: Attributes) -> None:
        self._within = True

    def _leave(self) -> None:
        self._within = False

    def _format(self, attributes: Attributes) -> None:
        if self._within:
            self._formats.append(_number(attributes.get("numFmtId")))
            _bounded(len(self._formats))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - an id


def _bounded(count: int) -> None:
    if count > _MOST_LISTED:
        raise Refusal("workbook_suspicious")


def rows_of(file: IO[bytes], sheet: str | None) -> Iterator[Row]:
    """The rows of the named sheet, or of the first one that is shown, its header row first; Refusal."""
    package = Package(file)
    if "xl/workbook.xml" not in package:
        raise Refusal("workbook_binary" if "xl/workbook.bin" in package else "not_a_workbook")
    book, relations, styles, texts = _Book(), _Relations(), _Styles(), Texts()
    book.read_all(_small(package, "xl/workbook.xml"))
    relations.read_all(_small(package, "xl/_rels/workbook.xml.rels"))
    if "xl/styles.xml" in package:
        styles.read_all(_small(package, "xl/styles.xml"))
    part = _part(book, relations, sheet)
    if "xl/sharedStrings.xml" in package:
        texts.read_all(package.pieces("xl/sharedStrings.xml"))
    merges = merged(package.pieces(part))
    reader = Sheet(texts, Formats(styles.styles, from_1904=book.from_1904))
    return headed(reader.rows(package.pieces(part)), merges)


def _part(book: _Book, relations: _Relations, wanted: str | None) -> str:
    for name, relation, shown in book.sheets:
        if relation in relations.worksheets and (shown if wanted is None else name == wanted):
            return relations.worksheets[relation]
    raise Refusal("workbook_empty" if wanted is None else "sheet_unknown")


def _small(package: Package, name: str) -> Iterator[bytes]:
    left = _MOST_PART
    for piece in package.pieces(name):
        left -= len(piece)
        if left < 0:
            raise Refusal("workbook_unpacks_too_large")
        yield piece


def merged(pieces: Iterable[bytes]) -> list[Merge]:
    """The merged cells that begin in the first rows; they are listed behind all rows."""
    found: list[Merge] = []
    rest = b""
    for piece in pieces:
        text = rest + piece
        if b"mergeCell" in text:
            for left, top, right, bottom in _MERGED.findall(text):
                if int(top) <= _HEADER_ROWS:
                    columns = column_number(left.decode()), column_number(right.decode())
                    found.append(Merge(int(top), columns[0], int(bottom), columns[1]))
            _bounded(len(found))
            text = text[text.rfind(b">") + 1 :]
        rest = text[-_TAIL:]
    return found


def headed(rows: Iterator[Row], merges: Iterable[Merge]) -> Iterator[Row]:
    """The same rows, the header as one row: without titles above it, the levels of merged cells joined."""
    merges = list(merges)
    first = next(rows, None)
    while first is not None and _is_title(first, merges):
        first = next(rows, None)
    if first is None:
        return iter(())
    deep = max((merge.bottom for merge in merges if merge.top == first.number), default=first.number)
    levels = [_spread(first, merges)]
    for row in rows:
        if row.number > min(deep, first.number + _MOST_DEEP):
            rows = chain([row], rows)
            break
        levels.append(_spread(row, merges))
    return chain([first._replace(cells=_joined(levels))], rows)


def _is_title(row: Row, merges: Iterable[Merge]) -> bool:
    filled = [place for place, cell in enumerate(row.cells) if cell]
    return any((row.number, *filled) == (m.top, m.left) and m.right > m.left for m in merges)


def _spread(row: Row, merges: Iterable[Merge]) -> list[str]:
    """The cells of a level, each merged one's text in all of its columns if something stands below it."""
    cells = list(row.cells)
    for merge in merges:
        if merge.top == merge.bottom == row.number and merge.left < len(cells):
            wide = min(merge.right + 1, 1000)
            cells += [""] * (wide - len(cells))
            cells[merge.left : wide] = [cells[merge.left]] * (wide - merge.left)
    return cells


def _joined(levels: list[list[str]]) -> list[str]:
    if len(levels) == 1:
        return levels[0]
    wide = max(map(len, levels))
    columns = zip(*(level + [""] * (wide - len(level)) for level in levels), strict=True)
    return [" ".join(dict.fromkeys(name.strip() for name in column if name.strip())) for column in columns]


def _limited() -> None:
    for kind, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
    ):
        resource.setrlimit(kind, (most, most))


def _write(rows: Iterator[Row], out: IO[bytes]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    written = 0
    for count, row in enumerate(rows):
        if count > MOST_ROWS:
            raise Refusal("too_many_rows")
        said = encode(row if row.wrong else row[:2]).encode("utf-8", "surrogatepass") + b"\n"
        written += len(said)
        if written > MOST_BYTES:
            raise Refusal("workbook_unpacks_too_large")
        out.write(said)
    out.flush()


def main() -> None:
    """Turn the sheet that the only argument names, or the first one, into lines."""
    _limited()
    gc.disable()  # nothing here is a ring, and there are millions of small things to look through
    try:
        _write(rows_of(sys.stdin.buffer, sys.argv[1] if len(sys.argv) > 1 else None), sys.stdout.buffer)
    except (Refusal, MemoryError, RecursionError) as error:
        sys.stderr.write(error.code if isinstance(error, Refusal) else "workbook_too_costly")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
