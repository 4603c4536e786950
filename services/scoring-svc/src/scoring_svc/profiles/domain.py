"""Segments: which of a customer's attributes make it one of a group."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[Any]
UNKNOWN = "unknown"
EVERYBODY = "all"
"""The one segment of those who are not told apart by any attribute."""
MARKET = ("industry", "region")
"""What markets are made of, the coarser first."""
_PROVINCE = 2


@dataclass(frozen=True, slots=True)
class Profiles:
    """What customers are, one place for each of `customers`; "" where nobody said so.

    All are arrays of str objects; `region` holds GB/T 2260 codes of six digits.
    """

    customers: Texts
    kind: Texts
    industry: Texts
    region: Texts
    size: Texts
    channel: Texts

    def __len__(self) -> int:
        return len(self.customers)


ATTRIBUTES = tuple(field.name for field in fields(Profiles) if field.name != "customers")
"""What segments can be made of."""


def segments_of(profiles: Profiles, attributes: Sequence[str]) -> Texts:
    """One label for each customer, like `industry=tea|region=31`, of these attributes in their order.

    A region counts as its province (two digits). Words that differ in case or width alone are one. What is
    not known is `unknown`; without attributes all are `all`.

    Raises:
        ValueError: an attribute is none of `ATTRIBUTES`, or named twice.
    """
    unfit = [name for name in attributes if name not in ATTRIBUTES]
    if unfit or len(set(attributes)) != len(attributes):
        raise ValueError(f"segments are made of {', '.join(ATTRIBUTES)}, each once")
    labels = np.full(len(profiles), "" if attributes else EVERYBODY, dtype=object)
    for place, name in enumerate(attributes):
        values, codes = _coded(getattr(profiles, name))
        told = np.array([f"{'|' if place else ''}{name}={_said(name, each)}" for each in values], object)
        labels = labels + told[codes]
    return labels


def markets_of(profiles: Profiles) -> Texts:
    """The market of each customer, by industry and province as far as they are known.

    As `industry=tea|region=31`, or `industry=tea`; "" where not even the industry is known.
    """
    labels = segments_of(profiles, MARKET)
    values, codes = _coded(labels)
    return np.array([_known(label) for label in values] or [""], dtype=str)[codes]


def _known(label: str) -> str:
    parts = label.split("|")
    told = [part.rpartition("=")[2] != UNKNOWN for part in parts]
    return "|".join(parts[: told.index(False) if False in told else None])


def _coded(values: Texts) -> tuple[list[str], NDArray[np.int64]]:
    """The different values, and for each place which of them it holds."""
    codes: dict[str, int] = {}
    places = np.fromiter((codes.setdefault(each, len(codes)) for each in values), np.int64, len(values))
    return list(codes), places


def _said(name: str, value: str) -> str:
    if name == "region":
        value = value[:_PROVINCE]
    plain = unicodedata.normalize("NFKC", value).casefold().strip()
    return plain.replace("|", "/") or UNKNOWN
