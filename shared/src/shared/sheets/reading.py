"""CSV as it arrives: encoding and separator found out, rows cut out of any pieces, broken ones named."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.problems import Invalid
from shared.sheets.texts import MOST_CELL

_SEPARATORS = ",;\t"
_MOST_RECORD = 1_100_000
_HEAD = 64 * 1024
_PIECE = 2 * 1024
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\uffff\U00010000-\U0010ffff]")
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
_CODECS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Record(NamedTuple):
    """One row: the line of the file on which it begins, and its cells, None if it cannot be cut.

    `too_long` tells of a cell over the limit; its row has no cells then. `wrong` are codes of cells that a
    workbook has no text for, by their place.
    """

    line: int
    cells: list[str] | None
    too_long: bool = False
    wrong: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read; `rows` counts everything below the header."""

    encoding: str
    separator: str
    rows: int


class _Starved(Exception):
    """The record goes on in a piece that has not arrived."""


class _Lines:
    """Hands lines to the csv reader and remembers where its record began."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.here = 0
        self.began = 0
        self.ended = False
        self.length = 0

    @property
    def idle(self) -> bool:
        """Whether no record waits for its end."""
        return self.here == len(self.waiting)

    def begin(self) -> None:
        self.began = self.here
        self.length = 0

    def add(self, lines: Iterable[str]) -> None:
        del self.waiting[: self.here]
        self.here = 0
        self.waiting.extend(lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.here == len(self.waiting):
            raise StopIteration if self.ended else _Starved
        line = self.waiting[self.here]
        self.here += 1
        self.length += len(line)
        if self.length > _MOST_RECORD:
            raise csv.Error
        return line


class CsvReader:
    """Rows out of the bytes of a file, fed in pieces of any size; blank lines are no rows.

    Bytes that are no text in the encoding become lone surrogates, which every field refuses: the row is
    wrong, the others are not. A row whose quotes do not fit ends with its line.
    """

    def __init__(self, encoding: str, separator: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        self._lines = _Lines()
        self._separator = separator
        self._csv = csv.reader(self._lines, delimiter=separator, strict=True)
        self._rest = ""
        self._line = 1

    def feed(self, data: bytes) -> list[Record]:
        """The rows that are complete now."""
        text = self._rest + self._decoder.decode(data)
        end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        self._rest = text[end:]
        if len(self._rest) > _MOST_RECORD:
            raise _refused(
                "line_too_long", "A line has more than a million characters.", "有一行超过一百万字符。"
            )
        lines = io.StringIO(text[:end], newline="")
        if self._lines.idle and '"' not in text:
            longest = max(map(len, text.split("\n")))
            return list(self._plain(lines, longest))
        self._lines.add(lines)
        return list(self._records())

    def finish(self) -> list[Record]:
        """The rows that end with the file."""
        text = self._rest + self._decoder.decode(b"", final=True)
        self._rest = ""
        self._lines.add(io.StringIO(text, newline=""))
        self._lines.ended = True
        return list(self._records())

    def _plain(self, lines: Iterable[str], longest: int) -> Iterator[Record]:
        """Without quotes each line is a row, and the csv module can be left alone with them."""
        for cells in csv.reader(lines, delimiter=self._separator, strict=True):
            if cells:
                yield _bounded(self._line, cells, longest)
            self._line += 1

    def _records(self) -> Iterator[Record]:
        lines = self._lines
        while True:
            lines.begin()
            try:
                cells = next(self._csv)
            except _Starved:
                lines.here = lines.began
                return
            except StopIteration:
                return
            except csv.Error:
                lines.here = lines.began + 1
                yield Record(self._line, None)
                self._line += 1
                continue
            if cells:
                yield _bounded(self._line, cells, lines.length)
            self._line += lines.here - lines.began


def _bounded(line: int, cells: list[str], length: int) -> Record:
    """The record, without its cells if one is too long; `length` is at least that of the longest."""
    if length > MOST_CELL and max(map(len, cells)) > MOST_CELL:
        return Record(line, None, too_long=True)
    return Record(line, cells)


class Survey:
    """The first look over a whole file: what it is written in and about how many rows it has.

    Line ends are counted instead of rows: with quotes (`quoted`) or blank lines there are fewer rows.
    """

    def __init__(self, encoding: str | None = None) -> None:
        """`encoding` is that of a sender who knows it; then nothing is found out."""
        self._wished = encoding and _CODECS[encoding]
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self.quoted = False
        self._head = b""
        self._last = b""
        self._separator = ","
        self._lines = 0
        self._beyond_ascii = 0
        self._broken = 0

    def feed(self, data: bytes) -> None:
        """One more piece, in order; Invalid as soon as it is known to be no CSV file or too long."""
        if not self._head:
            self._begin(data)
        self._judge(self._utf8.decode(data))
        self._lines += max(data.count(b"\n"), data.count(b"\r"))
        self.quoted = self.quoted or b'"' in data
        self._last = data[-1:]

    def finish(self) -> Layout:
        """What was found; the rows leave out the header."""
        self._judge(self._utf8.decode(b"", final=True))
        rows = self._lines - (1 if self._last in (b"\n", b"\r") else 0)
        return Layout(self._encoding(), self._separator, max(rows, 0))

    def _begin(self, data: bytes) -> None:
        if data.startswith(_NOT_TEXT):
            raise _refused("not_csv", "This is not a CSV file.", "这不是 CSV 文件。")
        if data.startswith(_UTF16):
            raise _unknown_encoding()
        self._head = data[:_HEAD]
        self._separator = _separator(self._head)

    def _judge(self, text: str) -> None:
        if not text.isascii():
            broken = len(_ESCAPED.findall(text))
            self._broken += broken
            self._beyond_ascii += len(_BEYOND_ASCII.findall(text)) - broken

    def _encoding(self) -> str:
        if self._wished is not None:
            return self._wished
        if self._broken * 10 <= self._beyond_ascii:
            return "utf-8-sig"
        text = self._head.decode("gb18030", errors="surrogateescape")
        broken = len(_ESCAPED.findall(text))
        if broken * 10 > len(_BEYOND_ASCII.findall(text)):
            raise _unknown_encoding()
        return "gb18030"


def _separator(head: bytes) -> str:
    """The one of comma, semicolon and tab that cuts the header into the most columns.

    Latin-1 will do: neither UTF-8 nor GB18030 has quotes, separators or line ends inside a character.
    """
    found = {}
    for separator in _SEPARATORS:
        reader = CsvReader("latin-1", separator)
        pieces = (reader.feed(head[start : start + _PIECE]) for start in range(0, len(head), _PIECE))
        records = next(filter(None, pieces), None) or reader.finish()
        found[separator] = len(records[0].cells or ()) if records else 0
    return max(_SEPARATORS, key=lambda separator: found[separator])


def too_many_rows() -> Invalid:
    """The file is refused as a whole, before anything of it is stored."""
    return _refused("too_many_rows", "The file has more than a million rows.", "文件超过一百万行。")


def _refused(code: str, en: str, zh: str) -> Invalid:
    return Invalid.at("/file", code, en=en, zh=zh)


def _unknown_encoding() -> Invalid:
    return _refused(
        "encoding_unknown",
        "The file is neither UTF-8 nor GB18030 text.",
        "文件不是 UTF-8 或 GB18030 编码的文本。",
    )
