"""What may stand in a cell: what it looks like, how times are written, what is safe to open."""

import re
from datetime import UTC, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

ValueKind = Literal["empty", "number", "time", "text", "unreadable", "row"]
VALUE_KINDS: tuple[str, ...] = get_args(ValueKind)

MOST_BYTES = 200 * 1024 * 1024
MOST_COLUMNS = 100
MOST_CELL = 10_000
MOST_ROWS = 1_000_000

_NUMBER = re.compile(r"[+-]?[0-9][0-9,. ]*([eE][+-]?[0-9]+)?")
_TIME = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T].*)?")
_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")
_STAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_FORMULA = re.compile("[\\s\u3000]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_KEPT_FROM_RUNNING = re.compile("'+[\\s\u3000]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def value_kind(cell: str) -> ValueKind:
    """What a cell looks like: all that is ever told of its value."""
    if not cell or cell.isspace():
        return "empty"
    if _UNREADABLE.search(cell):
        return "unreadable"
    if _NUMBER.fullmatch(cell):
        return "number"
    return "time" if _TIME.fullmatch(cell) else "text"


def moment(text: str) -> datetime | None:
    """A time written in the common form with an offset; None leaves the reading to the model.

    Nothing is read here that the model does not read, and nothing otherwise; it judges the moment itself.
    """
    if not _STAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def wall_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time written without an offset, in UTC; None if it is not written so.

    A time that a clock change skips is the same distance after the change, one that happens twice is the
    first. Raises ValueError for a day or an hour that does not exist.
    """
    if not _WALL.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula."""
    return _FORMULA.match(text) is not None


def safe_cell(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula.

    Also where only apostrophes stand before that, so that `meant_cell` makes the text from any such cell.
    """
    return "'" + text if _FORMULA.match(text) or _KEPT_FROM_RUNNING.match(text) else text


def meant_cell(cell: str) -> str:
    """The text that `safe_cell` made the cell of."""
    return cell[1:] if _KEPT_FROM_RUNNING.match(cell) else cell
