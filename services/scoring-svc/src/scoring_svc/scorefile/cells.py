"""How a cell becomes a value in DuckDB: the plain forms of what `reading` accepts, and never more than that.

What is written otherwise is not refused here: NULL says that `reading` has to look.
"""

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{3}|\.\d{6})?)?"
_OFFSET = r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
_NUMBER = r"[+-]?\d{1,20}(\.\d{1,20})?"
_FIRST, _END = "TIMESTAMP '0001-01-01'", "TIMESTAMP '10000-01-01'"


def moment(cell: str) -> str:
    """A time in UTC, NULL outside the years 1 to 9999; a cast to TIMESTAMP alone would overlook an offset."""
    plain = f"regexp_full_match({cell}, '{_DAY}([T ]{_TIME})?')"
    placed = f"regexp_full_match({cell}, '{_DAY}[T ]{_TIME}{_OFFSET}')"
    here, there = (
        f"TRY_CAST({cell} AS TIMESTAMP)",
        f"make_timestamp(epoch_us(TRY_CAST({cell} AS TIMESTAMPTZ)))",
    )
    return f"CASE WHEN {plain} THEN {_within(here)} WHEN {placed} THEN {_within(there)} END"


def _within(moment: str) -> str:
    return f"CASE WHEN {moment} >= {_FIRST} AND {moment} < {_END} THEN {moment} END"


def number(cell: str, least: float, most: float) -> str:
    """A number from `least` to `most`."""
    value = f"TRY_CAST({cell} AS DOUBLE)"
    fits = f"regexp_full_match({cell}, '{_NUMBER}') AND {value} BETWEEN {least!r} AND {most!r}"
    return f"CASE WHEN {fits} THEN {value} END"


def word(cell: str, meanings: dict[str, str]) -> str:
    """One of a few words, each with what it means in SQL."""
    cases = " ".join(f"WHEN '{name}' THEN {meaning}" for name, meaning in meanings.items())
    return f"CASE {cell} {cases} END"
