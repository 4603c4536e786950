"""The document of a state: which numbers it begins with, and which rows follow, for `struct` and for numpy.

Everything is little-endian. The head has the format, how many rows of each kind follow, and the numbers of
each part in the order of its class; the rows follow kind by kind, in the order of ROWS.
"""

from __future__ import annotations

import struct
from dataclasses import fields
from enum import IntFlag
from typing import Any, NamedTuple

import numpy as np

from scoring_svc.modelling.states.parts import (
    Answering,
    Buying,
    Complaining,
    Promising,
    Referring,
    Talking,
)

FORMAT = 1
"""A state of another format is built anew; whoever changes a part or a feature's needs counts it up."""

_CODES = {"int": "q", "float": "d"}
_NUMPY = {"i": "<i4", "q": "<i8", "d": "<f8"}


class Part(IntFlag):
    """Parts of a state, as a set of bits."""

    BUYING = 1
    COMPLAINING = 2
    TALKING = 4
    ANSWERING = 8
    PROMISING = 16
    REFERRING = 32


NOTHING, ALL = Part(0), Part(63)
CLASSES: dict[Part, type[Any]] = {
    Part.BUYING: Buying,
    Part.COMPLAINING: Complaining,
    Part.TALKING: Talking,
    Part.ANSWERING: Answering,
    Part.PROMISING: Promising,
    Part.REFERRING: Referring,
}
NUMBERS = {
    part: tuple(each.name for each in fields(kind) if each.type in _CODES) for part, kind in CLASSES.items()
}


class Kind(NamedTuple):
    """Rows of one kind: whose they are, under which attribute, and how one is written."""

    part: Part
    attribute: str
    row: struct.Struct
    dtype: np.dtype[Any]


def _kind(part: Part, attribute: str, **columns: str) -> Kind:
    row = struct.Struct("<" + "".join(columns.values()))
    return Kind(part, attribute, row, np.dtype([(name, _NUMPY[code]) for name, code in columns.items()]))


ROWS = {
    "buying": _kind(Part.BUYING, "rows", day="i", bought="i", returns="i", net="q"),
    "complaining": _kind(Part.COMPLAINING, "rows", day="i", opened="i", unresolved="i", slow="i"),
    "talking": _kind(Part.TALKING, "rows", day="i", mutual="i", inbound="i", outbound="i"),
    "promising": _kind(Part.PROMISING, "rows", day="i", broken="i"),
    "referring": _kind(Part.REFERRING, "rows", day="i", converted="i"),
}


def column(part: Part, number: str) -> str:
    """The head's column of one number of a part."""
    return f"{CLASSES[part].__name__.lower()}_{number}"


def _head() -> list[tuple[str, str]]:
    head = [("format", "i"), *((f"{name}_rows", "i") for name in ROWS)]
    for part, kind in CLASSES.items():
        head += [(column(part, each.name), _CODES[each.type]) for each in fields(kind) if each.type in _CODES]
    return head


HEAD = struct.Struct("<" + "".join(code for _, code in _head()))
HEAD_COLUMNS: np.dtype[Any] = np.dtype([(name, _NUMPY[code]) for name, code in _head()])
_FORMAT = struct.Struct("<i")


def is_current(document: bytes) -> bool:
    """Whether this code can read the document."""
    return len(document) >= HEAD.size and _FORMAT.unpack_from(document)[0] == FORMAT
