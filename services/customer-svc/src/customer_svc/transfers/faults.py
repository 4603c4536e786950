"""What can be wrong with a cell, and reading those cells that no model reads."""

from dataclasses import dataclass
from typing import Any

from customer_svc.transfers.domain import birthday
from shared.sheets.texts import ValueKind


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, without its value; `column` as the file names it."""

    line: int
    column: str | None
    field: str | None
    code: str
    kind: ValueKind
    en: str
    zh: str


class Faulty(Exception):
    """A cell that the models cannot be asked about: its field, a code and the words."""

    def __init__(self, field: str, code: str, en: str, zh: str) -> None:
        super().__init__(code)
        self.field, self.code, self.en, self.zh = field, code, en, zh


def with_birthday(given: dict[str, Any]) -> dict[str, Any]:
    """The cells of a row with the birthday, if there is one, as the models read it; raises Faulty."""
    if "birthday" not in given:
        return given
    try:
        return {**given, "birthday": birthday(given["birthday"])}
    except ValueError:
        raise Faulty(
            "birthday",
            "not_a_birthday",
            "must be a day like 1980-05-12, 05-12, lunar 08-15 or lunar 1980-06-01 leap",
            "须为形如 1980-05-12、05-12、农历 08-15、农历 1980-06-01 闰 的日期",
        ) from None
