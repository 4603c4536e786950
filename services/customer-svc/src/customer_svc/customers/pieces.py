"""By what a customer is found: keyed hashes of pieces of its name, readings, phone number and code.

A piece says how it is meant (part of the name, beginning of a reading, ...) and is kept as 32 bits that only
the data key can make. Two pieces may share their hash, so whoever looks up pieces checks what is found.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.companies import core
from shared.db import Scope
from shared.sealing import Sealer
from shared.searching.characters import IDEOGRAPHS, plain
from shared.searching.pieces import as_array, grams, hashed, wanted_grams

Reading = Literal["initials", "pinyin"]
RULES = 3
"""Which rules made the pieces and the keys; rows of other rules are made anew."""

_NAME = (1, 2, 4)
_INITIALS = (2, 3, 4, 5)
_READING = (3, 4, 5, 6, 8)
_CODE = (2, 4, 6, 8)
_TAIL = (4, 8)
"""How long the pieces are; a longer or shorter search is looked up by the next shorter one."""
_LEAST_TO_MISSPELL = 4
_MOST = 600
_MOST_GRAMS = 400
_LENGTHS = (2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 16, 20, 28)
"""The longest names of each class of lengths but the last one; persons and organisations are apart."""
_HALF = 1 << 31
HELD = ("distributor_id", "owner_id", "org_unit_id")
"""Columns by which a row is in somebody's sight: only what may be seen is looked up."""


class End(NamedTuple):
    """The longest piece that a search begins or ends with; `whole` if it says no less than the search."""

    piece: int
    whole: bool


def pieces_key(sealer: Sealer) -> bytes:
    """The key of all pieces of this service's customers."""
    return sealer.derived("customer pieces")


def pieces_of(record: Mapping[str, Any], key: bytes) -> list[int]:
    """All pieces of a customer's row, each once, at most 600."""
    name, person = plain(record["name"]), record["kind"] == "person"
    names = {name} if person else {name, core(name)}
    parts = [hashed(f"n{piece}", key) for piece in grams(name)[:_MOST_GRAMS]]
    whole = chain(
        (f"w{name}", f"k{plain(record['code'])}") if record["code"] else (f"w{name}",),
        *(holders(ways, (record[ways],)) for ways in HELD if record[ways] is not None),
    )
    ends = chain(
        _ends(record["phone"] or ""),
        _beginnings("c", plain(record["code"] or ""), _CODE),
        *(_beginnings("b", each, _NAME) for each in sorted(names)),
        *(_readings(each, person=person) for each in sorted(names)),
        (f"m{piece}" for word in words_of(name) for piece in misspelt(word)),
    )
    by_length = in_class(length_class(name, person=person), chain(parts, (hashed(one, key) for one in ends)))
    found = chain((hashed(one, key) for one in whole), parts, by_length)
    return list(dict.fromkeys(found))[:_MOST]


def length_class(name: str, *, person: bool) -> int:
    """Which of the classes of `classes` a customer of this plain name is in."""
    return 2 * bisect_left(_LENGTHS, len(name)) + (not person)


def classes(kind: str | None = None) -> Sequence[int]:
    """The classes of all customers, or of those of one kind, the shortest names first."""
    first, step = (0, 1) if kind is None else (int(kind != "person"), 2)
    return range(first, 2 * (len(_LENGTHS) + 1), step)


def in_class(number: int, pieces: Iterable[int]) -> list[int]:
    """These pieces as the customers of a class have them: so the shortest of many names are found first.

    Those of all classes stand side by side, so that asking one after another reads one page of the index.
    """
    moved = _HALF + 1 + number
    return [(piece + moved) % (2 * _HALF) - _HALF for piece in pieces]


def _readings(name: str, *, person: bool) -> Iterator[str]:
    if IDEOGRAPHS.search(name):
        yield from _beginnings("i", pinyin.initials(name, person=person), _INITIALS)
        yield from _beginnings("p", pinyin.full(name, person=person), _READING)


def _beginnings(kind: str, text: str, lengths: Sequence[int]) -> Iterator[str]:
    return (f"{kind}{text[:length]}" for length in lengths if length <= len(text))


def _ends(number: str) -> Iterator[str]:
    return (f"t{number[-length:]}" for length in _TAIL if length <= len(number))


def words_of(name: str) -> Iterator[str]:
    """Words that somebody may misspell: of letters without Chinese, not short."""
    words = IDEOGRAPHS.sub(" ", name).split()
    return (word for word in words if len(word) >= _LEAST_TO_MISSPELL and word.isalpha())


def holders(column: str, ids: Iterable[UUID]) -> Iterator[str]:
    """Behind which distributor a customer stands, and who holds it."""
    kind = "d" if column == "distributor_id" else "h"
    return (f"{kind}{each}" for each in ids)


def seen_by(scope: Scope, key: bytes) -> Iterator[list[int]]:
    """Of each list the row of a customer in this scope has at least one piece."""
    for column, ids in (("distributor_id", scope.distributors), ("owner_id", scope.holders)):
        if ids is not None:
            yield [hashed(piece, key) for piece in holders(column, sorted(ids))]


def misspelt(word: str) -> set[str]:
    """The word, and the word without one of its letters: two words one slip apart share one of these."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def parts_of_name(q: str, key: bytes) -> list[int]:
    """What a name has that contains every word of the plain search; may be none."""
    return [hashed(f"n{piece}", key) for piece in wanted_grams(q)]


def whole_name(q: str, key: bytes) -> int:
    """The piece of names that are the search itself, however many others begin like it."""
    return hashed(f"w{q}", key)


def whole_code(q: str, key: bytes) -> int:
    """The piece of the codes that are the search itself."""
    return hashed(f"k{q}", key)


def beginning_of_name(q: str, key: bytes) -> End:
    """The piece of names that begin like the search."""
    return _longest("b", q, _NAME, key)


def beginning_of_reading(q: str, key: bytes) -> Iterator[tuple[Reading, End]]:
    """The piece of names whose initials or readings begin like the search, by the way it is meant."""
    ways: tuple[tuple[Reading, str, Sequence[int]], ...] = (
        ("initials", "i", _INITIALS),
        ("pinyin", "p", _READING),
    )
    for way, kind, lengths in ways:
        if len(q) >= lengths[0]:
            yield way, _longest(kind, q, lengths, key)


def beginning_of_code(q: str, key: bytes) -> End | None:
    return _longest("c", q, _CODE, key) if len(q) >= _CODE[0] else None


def end_of_phone(digits: str, key: bytes) -> End | None:
    if len(digits) < _TAIL[0]:
        return None
    length = _longest_of(_TAIL, digits)
    return End(hashed(f"t{digits[-length:]}", key), whole=length == len(digits))


def _longest(kind: str, text: str, lengths: Sequence[int], key: bytes) -> End:
    length = _longest_of(lengths, text)
    return End(hashed(f"{kind}{text[:length]}", key), whole=length == len(text))


def _longest_of(lengths: Sequence[int], text: str) -> int:
    return max(length for length in lengths if length <= len(text))


def slips_of(q: str, key: bytes) -> list[list[int]]:
    """For each word that may be misspelt the pieces of which one must be there."""
    return [[hashed(f"m{piece}", key) for piece in sorted(misspelt(word))] for word in words_of(q)]


def reads_like(way: Reading, q: str, name: str, *, person: bool) -> bool:
    """Whether the initials or the reading of a name, or of its core, begin like the search."""
    read = pinyin.initials if way == "initials" else pinyin.full
    names: Iterable[str] = (name,) if person else (name, core(name))
    return any(read(each, person=person).startswith(q) for each in names)


def having_beginning(beginning: End) -> TextClause:
    """The condition that a row of `customer_piece` has this piece, however long the name."""
    of_all = (piece for number in classes() for piece in in_class(number, (beginning.piece,)))
    return text(f"pieces && '{as_array(of_all)}'::int4[]")
