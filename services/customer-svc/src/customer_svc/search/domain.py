"""What a search may mean, and which finds come first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from customer_svc.cleansing.companies import core
from customer_svc.customers import pieces
from shared.searching.characters import IDEOGRAPHS, plain

Way = Literal["code", "phone", "name", "initials", "pinyin", "similar"]
WAYS: tuple[Way, ...] = get_args(Way)
_SEPARATORS = str.maketrans("", "", " -()+./")
_MOST_DIGITS = 15


_IS, _BEGINS, _CONTAINS, _READ, _ALIKE = 1, 2, 3, 4, 6
"""How good a find is whose name is the search, begins so, contains it, is read like it, or is a slip away;
0 is the code or the number itself."""
_SURE, _LIKELY, _UNSURE = 3, 5, 15
"""So many rows are looked at for each that is shown, by how much of the search the pieces say."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to look: rows that have all of `every` and, of each of `some`, at least one.

    For each that is to be shown `looks` are looked at, the shortest names first if it is `by_length`.
    `begins` says that it leads to all names that begin like the search, if they are not too many.
    """

    way: Way
    every: tuple[int, ...] = ()
    some: tuple[tuple[int, ...], ...] = ()
    looks: int = _SURE
    by_length: bool = True
    begins: bool = False


class Looked(NamedTuple):
    """What an attempt led to: the rows that may be shown; `complete` if no more were there to look at."""

    attempt: Attempt
    rows: list[Mapping[str, Any]]
    complete: bool


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


def attempts(search: Search, key: bytes) -> tuple[list[Attempt], list[Attempt]]:
    """All that the search may mean: as it is said, and with slips in its words."""
    said = list(_as_said(search, key))
    slips = [] if IDEOGRAPHS.search(search.text) else pieces.slips_of(search.text, key)
    return said, [Attempt("similar", some=tuple(tuple(each) for each in slips))] if slips else []


def _as_said(search: Search, key: bytes) -> Iterator[Attempt]:
    if search.text.isascii():
        yield Attempt("code", (pieces.whole_code(search.text, key),), by_length=False)
        if (code := pieces.beginning_of_code(search.text, key)) is not None:
            yield _at_an_end("code", code)
    if (tail := pieces.end_of_phone(search.digits, key)) is not None:
        yield _at_an_end("phone", tail)
    yield from _named(search.text, key)
    if not IDEOGRAPHS.search(search.text):
        for way, reading in pieces.beginning_of_reading(search.text.replace(" ", ""), key):
            yield _at_an_end(way, reading)


def _named(text: str, key: bytes) -> Iterator[Attempt]:
    yield Attempt("name", (pieces.whole_name(text, key),), by_length=False)
    beginning, parts = pieces.beginning_of_name(text, key), tuple(pieces.parts_of_name(text, key))
    looks = _SURE if beginning.whole else _LIKELY if parts else _UNSURE
    yield Attempt("name", (beginning.piece,), looks=looks, begins=True)
    if parts and not beginning.whole:
        yield Attempt("name", (beginning.piece, *parts))
    if parts:
        yield Attempt("name", parts)


def _at_an_end(way: Way, end: pieces.End) -> Attempt:
    return Attempt(way, (end.piece,), looks=_SURE if end.whole else _UNSURE)


def rank(search: Search, way: Way, row: Mapping[str, Any]) -> int | None:
    """How good a find is, 0 best; None if the row only shares a hash with what was looked for."""
    name, person = row["name_key"], row["kind"] == "person"
    match way:
        case "code":
            return _of_beginning(plain(row["code"] or ""), search.text)
        case "phone":
            return _of_phone((row["phone"] or "").removeprefix("+"), search.digits)
        case "name":
            return _of_name(name, search.text)
        case "initials" | "pinyin":
            together = search.text.replace(" ", "")
            return _READ if pieces.reads_like(way, together, name, person=person) else None
        case "similar":
            return _ALIKE if _alike(name, search.text) else None


def _alike(name: str, wanted: str) -> bool:
    words = [pieces.misspelt(word) for word in set(name.split())]
    return all(
        any(not misspelt.isdisjoint(word) for word in words)
        for misspelt in map(pieces.misspelt, pieces.words_of(wanted))
    )


def _of_phone(number: str, wanted: str) -> int | None:
    """Dialled from abroad, at home, or with the trunk prefix 0 in front of the area code."""
    dialled = {number, number.removeprefix("86")}
    dialled |= {f"0{each}" for each in dialled}
    if wanted in dialled:
        return 0
    return _BEGINS if any(each.endswith(wanted) for each in dialled) else None


def _of_beginning(text: str, wanted: str) -> int | None:
    return (0 if text == wanted else _BEGINS) if text.startswith(wanted) else None


def _of_name(name: str, wanted: str) -> int | None:
    if name == wanted:
        return _IS
    if name.startswith(wanted) or core(name).startswith(wanted):
        return _BEGINS
    return _CONTAINS if all(word in name for word in wanted.split()) else None


class _Find(NamedTuple):
    """A row in the order of finds: as good as it is or, until it was `checked`, as it may be at best."""

    rank: int
    length: int
    read: str
    id: UUID
    place: int
    checked: bool
    row: Mapping[str, Any]


def best(search: Search, looked: Sequence[Looked], most: int) -> list[tuple[Way, Mapping[str, Any]]]:
    """The best rows, at most so many, each once with the way that ranks it best; then short names first.

    To take a name apart or to read it takes long, so only those are checked that come next.
    """
    all_that_begin = all(each.complete for each in looked if each.attempt.begins)
    waiting = [
        _hoped(search, place, each.attempt, row, all_that_begin=all_that_begin)
        for place, each in enumerate(looked)
        for row in each.rows
    ]
    heapify(waiting)
    found: dict[UUID, tuple[Way, Mapping[str, Any]]] = {}
    while waiting and len(found) < most:
        find = heappop(waiting)
        way = looked[find.place].attempt.way
        if find.checked:
            found.setdefault(find.id, (way, find.row))
        elif find.id not in found and (sure := rank(search, way, find.row)) is not None:
            heappush(waiting, find._replace(rank=sure, checked=True))
    return list(found.values())


def _hoped(
    search: Search, place: int, attempt: Attempt, row: Mapping[str, Any], *, all_that_begin: bool
) -> _Find:
    """A find with the best rank that it may have without a costly check."""
    name = row["name_key"]
    match attempt.way:
        case "name" if name == search.text:
            least = _IS
        case "name" if attempt.begins or not all_that_begin or name.startswith(search.text):
            least = _BEGINS
        case "name":
            least = _CONTAINS
        case "initials" | "pinyin":
            least = _READ
        case "similar":
            least = _ALIKE
        case _:
            least = 0
    return _Find(least, len(name), row["name_pinyin"], row["id"], place, checked=False, row=row)
