"""By what a customer is found: keyed hashes of pieces of its name, readings, phone number and code.

A piece says how it is meant (part of the name, beginning of a reading, ...) and is kept as 32 bits that only
the data key can make. Two pieces may share their hash, so whoever looks up pieces checks what is found.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import TextClause, text

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.characters import IDEOGRAPHS, plain
from customer_svc.cleansing.companies import core
from customer_svc.customers.domain import grams, wanted_grams
from shared.db import Scope
from shared.sealing import Sealer

Reading = Literal["initials", "pinyin"]
RULES = 2
"""Which rules made the pieces and the keys; rows of other rules are made anew."""

_NAME = (1, 2, 4)
_INITIALS = (2, 3, 4, 5)
_READING = (3, 4, 5, 6, 8)
_CODE = (2, 4, 6, 8)
_TAIL = (4, 8)
"""How long the pieces are; a longer or shorter search is looked up by the next shorter one."""
_LEAST_TO_MISSPELL = 4
_MOST = 400
HELD = ("distributor_id", "owner_id", "org_unit_id")
"""Columns by which a row is in somebody's sight: only what may be seen is looked up."""


def pieces_key(sealer: Sealer) -> bytes:
    """The key of all pieces of this service's customers."""
    return sealer.derived("customer pieces")


def pieces_of(record: Mapping[str, Any], key: bytes) -> list[int]:
    """All pieces of a customer's row, each once, at most 400."""
    name, person = plain(record["name"]), record["kind"] == "person"
    names = {name} if person else {name, core(name)}
    found = chain(
        (f"w{name}", f"k{plain(record['code'])}") if record["code"] else (f"w{name}",),
        *(_beginnings("b", each, _NAME) for each in sorted(names)),
        (f"n{piece}" for piece in grams(name)),
        *(_readings(each, person=person) for each in sorted(names)),
        (f"m{piece}" for word in words_of(name) for piece in misspelt(word)),
        _ends(record["phone"] or ""),
        _beginnings("c", plain(record["code"] or ""), _CODE),
        *(holders(ways, (record[ways],)) for ways in HELD if record[ways] is not None),
    )
    return list(dict.fromkeys(_hashed(piece, key) for piece in found))[:_MOST]


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
            yield [_hashed(piece, key) for piece in holders(column, sorted(ids))]


def misspelt(word: str) -> set[str]:
    """The word, and the word without one of its letters: two words one slip apart share one of these."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


@lru_cache(maxsize=100_000)
def _hashed(piece: str, key: bytes) -> int:
    digest = hashlib.blake2b(piece.encode(), key=key, digest_size=4).digest()
    return int.from_bytes(digest, "big", signed=True)


def parts_of_name(q: str, key: bytes) -> list[int]:
    """What a name has that contains every word of the plain search; may be none."""
    return [_hashed(f"n{piece}", key) for piece in wanted_grams(q)]


def whole_name(q: str, key: bytes) -> int:
    """The piece of names that are the search itself, however many others begin like it."""
    return _hashed(f"w{q}", key)


def whole_code(q: str, key: bytes) -> int:
    """The piece of the codes that are the search itself."""
    return _hashed(f"k{q}", key)


def beginning_of_name(q: str, key: bytes) -> int:
    """The piece of names that begin like the search."""
    return _hashed(_longest("b", q, _NAME), key)


def beginning_of_reading(q: str, key: bytes) -> Iterator[tuple[Reading, int]]:
    """The piece of names whose initials or readings begin like the search, by the way it is meant."""
    ways: tuple[tuple[Reading, str, Sequence[int]], ...] = (
        ("initials", "i", _INITIALS),
        ("pinyin", "p", _READING),
    )
    for way, kind, lengths in ways:
        if len(q) >= lengths[0]:
            yield way, _hashed(_longest(kind, q, lengths), key)


def beginning_of_code(q: str, key: bytes) -> int | None:
    return _hashed(_longest("c", q, _CODE), key) if len(q) >= _CODE[0] else None


def end_of_phone(digits: str, key: bytes) -> int | None:
    if len(digits) < _TAIL[0]:
        return None
    return _hashed(f"t{digits[-max(length for length in _TAIL if length <= len(digits)) :]}", key)


def _longest(kind: str, text: str, lengths: Sequence[int]) -> str:
    return f"{kind}{text[: max(length for length in lengths if length <= len(text))]}"


def slips_of(q: str, key: bytes) -> list[list[int]]:
    """For each word that may be misspelt the pieces of which one must be there."""
    return [[_hashed(f"m{piece}", key) for piece in sorted(misspelt(word))] for word in words_of(q)]


def reads_like(way: Reading, q: str, name: str, *, person: bool) -> bool:
    """Whether the initials or the reading of a name, or of its core, begin like the search."""
    read = pinyin.initials if way == "initials" else pinyin.full
    names: Iterable[str] = (name,) if person else (name, core(name))
    return any(read(each, person=person).startswith(q) for each in names)


def having(every: Iterable[int], some: Iterable[Iterable[int]] = ()) -> TextClause:
    """The condition that a row of `customer_piece` has all of `every` and, of each of `some`, at least one.

    The hashes stand in the statement itself: how frequent they are decides which plan is fast.
    """
    conditions = [f"pieces @> {_array(every)}", *(f"pieces && {_array(each)}" for each in some)]
    return text(" AND ".join(conditions))


def _array(pieces: Iterable[int]) -> str:
    return f"'{{{','.join(map(str, pieces))}}}'::int4[]"
