"""The rows of a worksheet (ECMA-376), read as they are unpacked: only the shared texts stay in memory."""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from xml.parsers import expat

from shared.sheets.cells import Formats
from shared.sheets.packages import Refusal
from shared.sheets.texts import MOST_BYTES, MOST_CELL, MOST_COLUMNS

Attributes = dict[str, str]
_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)
_MOST_TEXTS = 20_000_000
_LETTERS = re.compile("[A-Z]{1,3}")
_KNOWN = {f"{space} {name}": name for space in _SPACES for name in ("row", "c", "v", "t", "f")}
# Expat hands over text in parts of 8 KiB, unless comments stand in it: this many are more than a cell has.
_MOST_PARTS = 64
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ROW_NUMBER = re.compile("[0-9]{1,7}")


class Row(NamedTuple):
    """One row: its number in the sheet, its cells as text, and by place what is wrong with some."""

    number: int
    cells: list[str]
    wrong: Mapping[int, str]


class Document:
    """One XML part: handlers by local name, called while its pieces are read."""

    def __init__(self) -> None:
        self.starts: dict[str, Callable[[Attributes], None]] = {}
        self.ends: dict[str, Callable[[], None]] = {}

    def text(self, text: str) -> None:
        """Character data; of one element it may come in several parts."""

    def read(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Call the handlers, piece by piece; Refusal for what is no plain XML."""
        # Called some fifty million times for a large sheet, so nothing stands here that need not.
        start, end = _spaced(self.starts).get, _spaced(self.ends).get

        def begin(name: str, attributes: Attributes) -> None:
            if (handler := start(name)) is not None:
                handler(attributes)

        def finish(name: str) -> None:
            if (handler := end(name)) is not None:
                handler()

        yield from parsed(pieces, begin, finish, self.text)

    def read_all(self, pieces: Iterable[bytes]) -> None:
        """As `read`, to the end."""
        for _ in self.read(pieces):
            pass


def parsed(
    pieces: Iterable[bytes],
    begin: Callable[[str, Attributes], None],
    finish: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Have expat read the pieces and call these, a piece at a time; Refusal for what is no plain XML."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _no_document_type
    try:
        for piece in pieces:
            parser.Parse(piece, False)  # noqa: FBT003 - it takes no name
            yield
        parser.Parse(b"", True)  # noqa: FBT003 - it takes no name
    except expat.ExpatError:
        raise Refusal("workbook_broken") from None
    yield


def _spaced(handlers: Mapping[str, Callable[..., None]]) -> dict[str, Callable[..., None]]:
    return {f"{space} {name}": handler for space in _SPACES for name, handler in handlers.items()}


def _no_document_type(*_: object) -> None:
    raise Refusal("workbook_suspicious")


class _Gathered:
    """The text of a cell, as far as it may be kept."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.parts: list[str] = []
        self.length = 0

    def add(self, text: str) -> None:
        self.length += len(text)
        if self.length <= MOST_CELL:
            self.parts.append(text)

    @property
    def whole(self) -> str | None:
        """The text, or None if it was too long."""
        if self.length > MOST_CELL:
            return None
        text = "".join(self.parts)
        return unescaped(text) if "_x" in text else text


def unescaped(text: str) -> str:
    """The text with the characters that XML has no form for, which workbooks write as `_x000D_`."""
    return _ESCAPED.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


class Texts(Document):
    """The shared texts of a workbook, one after the other as bytes: strings are thrice as large."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._too_long: set[int] = set()
        self._gathered = _Gathered()
        self._heard = False
        self._spoken = 0
        self.starts = {"si": self._begin, "t": self._listen, "rPh": self._reading}
        self.ends = {"si": self._end, "t": self._deafen, "rPh": self._read_out}

    def __getitem__(self, place: int) -> str | None:
        """One text, None if it is longer than a cell may be; IndexError if there is none."""
        if place in self._too_long:
            return None
        if not 0 <= place < len(self._ends) - 1:
            raise IndexError(place)
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")

    def text(self, text: str) -> None:
        if self._heard:
            self._gathered.add(text)

    def _begin(self, _: Attributes) -> None:
        self._gathered.begin()

    def _listen(self, _: Attributes) -> None:
        self._heard = not self._spoken

    def _deafen(self) -> None:
        self._heard = False

    def _reading(self, _: Attributes) -> None:
        self._spoken += 1

    def _read_out(self) -> None:
        self._spoken -= 1

    def _end(self) -> None:
        text = self._gathered.whole
        if text is None:
            self._too_long.add(len(self._ends) - 1)
        else:
            self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))
        if len(self._bytes) > MOST_BYTES or len(self._ends) > _MOST_TEXTS:
            raise Refusal("workbook_unpacks_too_large")


class Sheet:
    """One worksheet as rows that have at least one filled cell, none wider than a file may be plus one."""

    def __init__(self, texts: Texts, formats: Formats) -> None:
        self._texts = texts
        self._formats = formats
        self._rows: list[Row] = []
        self._number = self._place = 0
        self._cells: list[str] = []
        self._wrong: dict[int, str] = {}
        self._kind: str | None = None
        self._style: str | None = None
        self._formula = self._heard = False
        self._parts: list[str] = []
        self._places: dict[str, int] = {}

    def rows(self, pieces: Iterable[bytes]) -> Iterator[Row]:
        """The rows in the order of the sheet."""
        for _ in parsed(pieces, self._start, self._end, self._text):
            yield from self._rows
            self._rows.clear()

    # What expat calls, some fifty million times for a large sheet.

    def _start(self, name: str, attributes: Attributes) -> None:
        local = _KNOWN.get(name)
        if local == "c":
            self._move(attributes.get("r"))
            self._kind, self._style = attributes.get("t"), attributes.get("s")
            self._formula = False
            self._parts.clear()
        elif local == "v":
            self._heard = True
        elif local == "t":
            self._heard = self._kind == "inlineStr"
        elif local == "f":
            self._formula = True
        elif local == "row":
            self._begin(attributes)

    def _end(self, name: str) -> None:
        self._heard = False
        local = _KNOWN.get(name)
        if local == "c":
            if self._parts:
                self._fill("".join(self._parts), self._kind, self._style)
            elif self._formula and self._kind != "str":
                self._refuse("formula_without_value")
        elif local == "row" and (self._wrong or any(self._cells)):
            self._rows.append(Row(self._number, self._cells, self._wrong))

    def _text(self, text: str) -> None:
        if self._heard and len(self._parts) < _MOST_PARTS:
            self._parts.append(text)

    def _begin(self, attributes: Attributes) -> None:
        said = attributes.get("r", "")
        self._number = int(said) if _ROW_NUMBER.fullmatch(said) else self._number + 1
        self._cells, self._wrong, self._place = [], {}, -1

    def _move(self, reference: str | None) -> None:
        """To the next cell, or to the one that is named."""
        if reference is None:
            self._place += 1
            return
        letters = reference.rstrip("0123456789")
        place = self._places.get(letters)
        if place is None:
            if _LETTERS.fullmatch(letters) is None:
                raise Refusal("workbook_broken")
            place = self._places[letters] = column_number(letters)
        self._place = place

    def _fill(self, said: str, kind: str | None, style: str | None) -> None:
        text: str | None = said
        if kind is None or kind == "n":
            text = self._formats.text(said, style)
        elif kind == "s":
            text = self._shared(said)
        elif kind == "b":
            text = "true" if said == "1" else "false"
        elif kind == "e":
            self._refuse("error_value")
            return
        elif "_x" in said:
            text = unescaped(said)
        if text is None or len(text) > MOST_CELL or len(self._parts) == _MOST_PARTS:
            self._refuse("cell_too_long")
        else:
            self._set(text)

    def _shared(self, text: str) -> str | None:
        try:
            return self._texts[int(text)]
        except (ValueError, IndexError):
            raise Refusal("workbook_broken") from None

    def _set(self, text: str) -> None:
        place, cells = min(self._place, MOST_COLUMNS), self._cells
        if place == len(cells):
            cells.append(text)
            return
        if place > len(cells):
            cells.extend([""] * (place + 1 - len(cells)))
        cells[place] = text

    def _refuse(self, code: str) -> None:
        if self._place < MOST_COLUMNS:
            self._wrong[self._place] = code


def column_number(letters: str) -> int:
    """The place of a column, from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
