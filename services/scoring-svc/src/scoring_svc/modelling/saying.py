"""How facts are said in a sentence: counts in singular and plural, weeks, and days of the calendar."""

from __future__ import annotations

from datetime import date

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


_COUNTED = {"D": "today|1 day|# days", "A": "today|1 day ago|# days ago"}


class Number(float):
    """A number in a sentence.

    The format `one|many` or `none|one|many` chooses by its count, `#` in it being the number; `w` says it
    in weeks, `D` in days, `A` in days ago, `t` without a needless `.0`; everything else is a float's own.
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        spec = _COUNTED.get(spec, spec)
        if "|" in spec:
            return _chosen(spec.split("|"), round(float(self)))
        if spec == "w":
            return f"{self:t} {'week' if format(self, 't') == '1' else 'weeks'}"
        if spec == "t":
            return f"{float(self):.1f}".removesuffix(".0")
        return super().__format__(spec)


class Day(date):
    """A day in a sentence: `en` and `zh` are its formats."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec == "zh":
            return f"{self.year} 年 {self.month} 月 {self.day} 日"
        if spec == "en":
            return f"{self.day} {_MONTHS[self.month - 1]} {self.year}"
        return super().__format__(spec)


def _chosen(forms: list[str], count: int) -> str:
    *none, one, many = forms
    form = none[0] if none and count == 0 else one if count == 1 else many
    return form.replace("#", str(count))
