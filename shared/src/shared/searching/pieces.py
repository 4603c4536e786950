"""The pieces under which a text is found, and their keyed hashes.

A piece is kept as 32 bits that only the data key can make. So an index of them tells nothing and needs no
row security, behind which no index of an array is used. Two pieces may share their hash, and all pieces of a
search may stand in a text apart: whoever looks up pieces checks what is found.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from sqlalchemy import TextClause, text

from shared.searching.characters import IDEOGRAPHS

_WORDS = re.compile(r"[^\W_]+")
_TRIPLE = 3


def grams(key: str) -> list[str]:
    """The pieces under which a plain text is found: single Chinese characters and pairs, three letters."""
    return sorted({piece for word in _WORDS.findall(key) for piece in _pieces(word, 1)})


def wanted_grams(key: str) -> list[str]:
    """The pieces that a text must have to contain every word of the plain search; may be none."""
    return sorted({piece for word in _WORDS.findall(key) for piece in _pieces(word, 2)})


def short_runs(key: str) -> list[str]:
    """What of a plain text is too short for a piece of its own: runs of one or two letters or digits."""
    runs = (run for word in _WORDS.findall(key) for run in IDEOGRAPHS.split(word))
    return sorted({run for run in runs if 0 < len(run) < _TRIPLE})


def _pieces(word: str, least: int) -> Iterator[str]:
    """Chinese runs as single characters (from `least` up) and pairs, other runs as triples."""
    for run in IDEOGRAPHS.findall(word):
        if least == 1 or len(run) == 1:
            yield from run
        yield from (run[i : i + 2] for i in range(len(run) - 1))
    for run in IDEOGRAPHS.split(word):
        yield from (run[i : i + _TRIPLE] for i in range(len(run) - _TRIPLE + 1))


@lru_cache(maxsize=100_000)
def hashed(piece: str, key: bytes) -> int:
    """A piece as it is kept; equal for equal pieces under one key."""
    digest = hashlib.blake2b(piece.encode(), key=key, digest_size=4).digest()
    return int.from_bytes(digest, "big", signed=True)


def having(every: Iterable[int]) -> TextClause:
    """The condition that a row with an array `pieces` has all of these.

    The hashes stand in the statement itself: how frequent they are decides which plan is fast.
    """
    return text(f"pieces @> '{as_array(every)}'::int4[]")


def as_array(pieces: Iterable[int]) -> str:
    """As PostgreSQL's array text."""
    return f"{{{','.join(map(str, pieces))}}}"
