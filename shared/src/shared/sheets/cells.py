"""What a number in a worksheet means: a date, a code with leading zeros, or itself without noise."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

Style = Literal["number", "date", "moment"] | int
"""How cells of a style are read; a whole number is that of the digits, with leading zeros."""

_DATES = frozenset((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58))
_MOMENTS = frozenset((18, 19, 20, 21, 22, *range(32, 36), 45, 46, 47, 55, 56))
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ONLY_ZEROS = re.compile(r"0{2,30}")
_PLAIN = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?")
_LEAP_BUG = 60
_MOST_SERIAL = 2_958_466
_MILLISECONDS = 86_400_000


def style_of(number: int, codes: Mapping[int, str]) -> Style:
    """How cells with this number format are read; `codes` are the formats that the workbook made itself."""
    code = codes.get(number)
    if code is None:
        if number in _DATES:
            return "date"
        return "moment" if number in _MOMENTS else "number"
    shown = _NOT_SHOWN.sub("", code.partition(";")[0]).lower()
    if _ONLY_ZEROS.fullmatch(shown):
        return len(shown)
    if shown == "general" or not re.search("[ymdhs]", shown):
        return "number"
    return "moment" if re.search("[hs]", shown) else "date"


class Formats:
    """Reads the numbers of one workbook."""

    def __init__(self, styles: Sequence[Style], *, from_1904: bool) -> None:
        self._kinds: dict[str, Style] = {str(place): style for place, style in enumerate(styles)}
        self._from_1904 = from_1904

    def text(self, number: str, style: str | None) -> str:
        """The number as a person reads it in the sheet: a date as ISO 8601, a phone without `.0`."""
        kind = self._kinds.get(style or "0", "number")
        if kind == "number":
            return plain(number)
        if isinstance(kind, int):
            return plain(number).zfill(kind)
        return self._moment(number, kind)

    def _moment(self, number: str, kind: Style) -> str:
        try:
            serial = float(number)
        except ValueError:
            return number
        if not 0 <= serial < _MOST_SERIAL:
            return plain(number)
        days, part = divmod(round(serial * _MILLISECONDS), _MILLISECONDS)
        time = timedelta(milliseconds=part)
        if self._from_1904:
            days += 1462
        elif days == 0:
            return _clock(datetime(1900, 1, 1) + time)  # noqa: DTZ001 - a wall clock
        day = datetime(1899, 12, 31 if days < _LEAP_BUG else 30)  # noqa: DTZ001 - a wall clock
        moment = day + timedelta(days=days) + time
        return moment.date().isoformat() if kind == "date" and not part else _written(moment)


def _written(moment: datetime) -> str:
    return f"{moment.date().isoformat()} {_clock(moment)}"


def _clock(moment: datetime) -> str:
    return moment.time().isoformat("milliseconds" if moment.microsecond else "seconds")


def plain(number: str) -> str:
    """Without exponent and `.0`, and rounded to the 15 digits that spreadsheets show; else as it stands."""
    if _PLAIN.fullmatch(number) and not number.endswith("0"):
        return number
    try:
        rounded = Decimal(format(float(number), ".15g"))
    except (ValueError, ArithmeticError):
        return number
    if not rounded.is_finite() or abs(rounded.adjusted()) > 30:  # noqa: PLR2004 - no such number is meant
        return number
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
