"""What a search may mean, and which finds come first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from customer_svc.cleansing.characters import IDEOGRAPHS, plain
from customer_svc.cleansing.companies import core
from customer_svc.customers import pieces

Way = Literal["code", "phone", "name", "initials", "pinyin", "similar"]
WAYS: tuple[Way, ...] = get_args(Way)
_SEPARATORS = str.maketrans("", "", " -()+./")
_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to look: rows that have all of `every` and, of each of `some`, at least one."""

    way: Way
    every: tuple[int, ...] = ()
    some: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it is compared with names, and as a number if it may be one."""

    text: str
    digits: str

    @classmethod
    def of(cls, q: str) -> "Search":
        text = plain(q)
        digits = text.translate(_SEPARATORS)
        return cls(text, digits if digits.isdecimal() and len(digits) <= _MOST_DIGITS else "")


def attempts(search: Search, key: bytes) -> Iterator[Attempt]:
    """All that the search may mean."""
    yield Attempt("code", (pieces.whole_code(search.text, key),))
    yield Attempt("name", (pieces.whole_name(search.text, key),))
    if (code := pieces.beginning_of_code(search.text, key)) is not None:
        yield Attempt("code", (code,))
    if (tail := pieces.end_of_phone(search.digits, key)) is not None:
        yield Attempt("phone", (tail,))
    yield Attempt("name", (pieces.beginning_of_name(search.text, key),))
    if parts := pieces.parts_of_name(search.text, key):
        yield Attempt("name", tuple(parts))
    if IDEOGRAPHS.search(search.text):
        return
    together = search.text.replace(" ", "")
    for way, piece in pieces.beginning_of_reading(together, key):
        yield Attempt(way, (piece,))
    if slips := pieces.slips_of(search.text, key):
        yield Attempt("similar", (), tuple(tuple(each) for each in slips))


def rank(search: Search, way: Way, row: Mapping[str, Any]) -> int | None:
    """How good a find is, 0 best; None if the row only shares a hash with what was looked for."""
    name, code, phone = row["name_key"], plain(row["code"] or ""), row["phone"] or ""
    match way:
        case "code":
            return _of_beginning(code, search.text)
        case "phone":
            return _of_phone(phone.removeprefix("+"), search.digits)
        case "name":
            return _of_name(name, search.text)
        case "initials" | "pinyin":
            together, person = search.text.replace(" ", ""), row["kind"] == "person"
            return 4 if pieces.reads_like(way, together, name, person=person) else None
        case "similar":
            words = set(name.split())
            alike = all(
                any(not pieces.misspelt(word).isdisjoint(pieces.misspelt(each)) for each in words)
                for word in pieces.words_of(search.text)
            )
            return 6 if alike else None


def _of_phone(number: str, wanted: str) -> int | None:
    """Dialled from abroad, at home, or with the trunk prefix 0 in front of the area code."""
    dialled = {number, number.removeprefix("86")}
    dialled |= {f"0{each}" for each in dialled}
    if wanted in dialled:
        return 0
    return 2 if any(each.endswith(wanted) for each in dialled) else None


def _of_beginning(text: str, wanted: str) -> int | None:
    return (0 if text == wanted else 2) if text.startswith(wanted) else None


def _of_name(name: str, wanted: str) -> int | None:
    if name == wanted:
        return 1
    if name.startswith(wanted) or core(name).startswith(wanted):
        return 2
    return 3 if all(word in name for word in wanted.split()) else None


def best(finds: Iterable[tuple[int, Way, Mapping[str, Any]]]) -> list[tuple[Way, Mapping[str, Any]]]:
    """Each row once, with the way that ranks it best; then short names first, then as they are read."""
    found: dict[Any, tuple[int, Way, Mapping[str, Any]]] = {}
    for find in finds:
        before = found.get(find[2]["id"])
        if before is None or find[0] < before[0]:
            found[find[2]["id"]] = find
    ordered = sorted(
        found.values(),
        key=lambda find: (find[0], len(find[2]["name_key"]), find[2]["name_pinyin"], find[2]["id"]),
    )
    return [(way, row) for _, way, row in ordered]
