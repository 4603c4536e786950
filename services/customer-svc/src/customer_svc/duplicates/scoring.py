"""The process that compares customers: blocks of records come in, pairs that may be one go out.

It is a process of its own so that neither its processor time nor its memory is the worker's. Each message is
JSON behind its length in four bytes.
"""

import itertools
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from customer_svc.customers.keys import is_of_sound
from customer_svc.customers.profiles import COMPARED, Profile
from customer_svc.duplicates.domain import judge

LENGTH = 4
_UNKNOWN = 1000
"""Namesakes of those who share no block of their sound: it is too large, so they are many."""


def message(value: Any) -> bytes:
    """A message as it is sent."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return len(body).to_bytes(LENGTH, "big") + body


def pairs(
    blocks: Iterable[tuple[int, Sequence[int]]],
    records: Sequence[Mapping[str, Any]],
    keys: Sequence[Collection[int]],
    oversize: Collection[int],
) -> Iterator[list[Any]]:
    """Of each block's pairs that may be one customer: both places, score, level and features.

    A pair is judged in one of the blocks that both are in: that of their sound, else the first. Blocks are
    (key, places of its records).
    """
    profiles = [Profile.of(record) for record in records]
    shared = [frozenset(each) - set(oversize) for each in keys]
    for key, places in blocks:
        for one, other in itertools.combinations(places, 2):
            if key != _judged_at(shared[one] & shared[other]):
                continue
            namesakes = len(places) if is_of_sound(key) else _UNKNOWN
            verdict = judge(profiles[one], profiles[other], namesakes)
            if verdict.level is not None:
                yield [one, other, verdict.score, verdict.level, verdict.features]


def _judged_at(shared: Collection[int]) -> int | None:
    return min(shared, key=lambda key: (not is_of_sound(key), key), default=None)


def main(source: IO[bytes], drain: IO[bytes]) -> None:
    """Answer messages until there are no more: first the keys of oversize blocks, then chunks of blocks."""
    oversize = frozenset(_read(source) or ())
    while (chunk := _read(source)) is not None:
        rows, blocks = chunk
        records = [dict(zip(COMPARED, row, strict=False)) for row in rows]
        found = list(pairs(blocks, records, [row[-1] for row in rows], oversize))
        drain.write(message(found))
        drain.flush()


def _read(source: IO[bytes]) -> Any:
    head = source.read(LENGTH)
    return json.loads(source.read(int.from_bytes(head, "big"))) if len(head) == LENGTH else None


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
