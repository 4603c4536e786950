"""How values are said in a text: dates, amounts and numbers as the reader's language writes them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from notify_svc.templates.domain import Language

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$"}
_NO_MINOR = frozenset({"JPY", "KRW", "VND"})
_SHOWN_AT_END = 4
_LONG_ENOUGH = 7


def filters_of(language: Language) -> Mapping[str, Callable[..., Any]]:
    """The filters of a text in this language; jinja's own `default`, `join` and so on stand beside them."""
    return {
        "date": lambda value: said_date(value, language),
        "money": said_money,
        "number": said_number,
        "mask": mask,
    }


def said_date(value: Any, language: Language) -> str:
    """2 March 2026, or 2026年3月2日; what is no date stays as it is."""
    day = _day(value)
    if day is None:
        return str(value)
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None


def said_money(value: Any) -> str:
    """¥1,290.00 of `{amount_minor, currency}`; minor units are hundredths unless the currency has none."""
    if not isinstance(value, Mapping):
        return str(value)
    currency = str(value.get("currency", ""))
    minor = Decimal(int(value.get("amount_minor", 0)))
    amount = f"{minor:,.0f}" if currency in _NO_MINOR else f"{minor / 100:,.2f}"
    sign = _SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{currency} {amount}"


def said_number(value: Any) -> str:
    """1,234.5; what is no number stays as it is."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def mask(value: Any) -> str:
    """Enough of it to know it again: the first letter of a name, the ends of a long number."""
    text = str(value)
    if len(text) >= _LONG_ENOUGH:
        return f"{text[:3]}****{text[-_SHOWN_AT_END:]}"
    return f"{text[:1]}{'*' * (len(text) - 1)}" if text else ""
