"""By what a customer is found: keyed hashes of pieces of its name, readings, phone number and code.

A piece says how it is meant (part of the name, beginning of a reading, ...) and is kept as 32 bits that only
the data key can make. Two pieces may share their hash, so whoever looks up pieces checks what is found.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, literal_column
from sqlalchemy.dialects.postgresql import ARRAY

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.characters import IDEOGRAPHS, plain
from customer_svc.cleansing.companies import core
from customer_svc.customers.domain import grams, wanted_grams
from shared.sealing import Sealer

Reading = Literal["initials", "pinyin"]
RULES = 1
"""Which rules made the pieces; rows of other rules are made anew."""

_INITIALS = range(2, 7)
_READING = range(3, 9)
_NAME = range(1, 7)
_CODE = range(2, 9)
_TAIL = range(4, 9)
_LEAST_TO_MISSPELL = 4
_MOST = 400


def pieces_key(sealer: Sealer) -> bytes:
    """The key of all pieces of this service's customers."""
    return sealer.derived("customer pieces")


def pieces_of(record: Mapping[str, Any], key: bytes) -> list[int]:
    """All pieces of a customer's row, each once, at most 400."""
    name, person = plain(record["name"]), record["kind"] == "person"
    names = {name} if person else {name, core(name)}
    found = chain(
        *(_beginnings("b", each, _NAME) for each in sorted(names)),
        (f"n{piece}" for piece in grams(name)),
        *(_readings(each, person=person) for each in sorted(names)),
        (f"m{piece}" for word in words_of(name) for piece in misspelt(word)),
        _ends(record["phone"] or "") if record["phone"] else (),
        _beginnings("c", plain(record["code"] or ""), _CODE),
    )
    return list(dict.fromkeys(_hashed(piece, key) for piece in found))[:_MOST]


def _readings(name: str, *, person: bool) -> Iterator[str]:
    if IDEOGRAPHS.search(name):
        yield from _beginnings("i", pinyin.initials(name, person=person), _INITIALS)
        yield from _beginnings("p", pinyin.full(name, person=person), _READING)


def _beginnings(kind: str, text: str, lengths: range) -> Iterator[str]:
    return (f"{kind}{text[:length]}" for length in lengths if length <= len(text))


def _ends(number: str) -> Iterator[str]:
    return (f"t{number[-length:]}" for length in _TAIL if length <= len(number))


def words_of(name: str) -> Iterator[str]:
    """Words that somebody may misspell: of letters without Chinese, not short."""
    words = IDEOGRAPHS.sub(" ", name).split()
    return (word for word in words if len(word) >= _LEAST_TO_MISSPELL and word.isalpha())


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


def beginning_of_name(q: str, key: bytes) -> int:
    """The piece of names that begin like the search."""
    return _hashed(f"b{q[: _NAME.stop - 1]}", key)


def beginning_of_reading(q: str, key: bytes) -> Iterator[tuple[Reading, int]]:
    """The piece of names whose initials or readings begin like the search, by the way it is meant."""
    ways: tuple[tuple[Reading, str, range], ...] = (("initials", "i", _INITIALS), ("pinyin", "p", _READING))
    for way, kind, lengths in ways:
        if len(q) >= lengths.start:
            yield way, _hashed(f"{kind}{q[: lengths.stop - 1]}", key)


def beginning_of_code(q: str, key: bytes) -> int | None:
    return _hashed(f"c{q[: _CODE.stop - 1]}", key) if len(q) >= _CODE.start else None


def end_of_phone(digits: str, key: bytes) -> int | None:
    return _hashed(f"t{digits[-_TAIL.stop + 1 :]}", key) if len(digits) >= _TAIL.start else None


def slips_of(q: str, key: bytes) -> list[list[int]]:
    """For each word that may be misspelt the pieces of which one must be there."""
    return [[_hashed(f"m{piece}", key) for piece in sorted(misspelt(word))] for word in words_of(q)]


def reads_like(way: Reading, q: str, name: str, *, person: bool) -> bool:
    """Whether the initials or the reading of a name, or of its core, begin like the search."""
    read = pinyin.initials if way == "initials" else pinyin.full
    names: Iterable[str] = (name,) if person else (name, core(name))
    return any(read(each, person=person).startswith(q) for each in names)


def having(
    column: Any, every: Iterable[int], some: Iterable[Iterable[int]] = ()
) -> list[ColumnElement[bool]]:
    """The conditions that a row has all of `every` and, of each of `some`, at least one.

    The hashes stand in the statement itself: how frequent they are decides which plan is fast.
    """
    conditions = [column.contains(_array(every))] if every else []
    return [*conditions, *(column.overlap(_array(each)) for each in some)]


def _array(pieces: Iterable[int]) -> Any:
    return literal_column(f"'{{{','.join(map(str, pieces))}}}'::int4[]", ARRAY(Integer))
