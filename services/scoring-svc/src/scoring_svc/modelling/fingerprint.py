"""What a model was learnt from and by, as digests: the same facts and the same inputs have the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from scoring_svc.modelling.care import Care
from scoring_svc.modelling.facts import Facts, Ints, Log
from scoring_svc.modelling.inputs import INPUTS
from scoring_svc.modelling.rhythm import Rhythm

_LOGS = ("orders", "complaints", "contacts", "surveys", "promises", "referrals")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 of the rows in hexadecimal, and how many there are of each kind."""

    digest: str
    rows: dict[str, int]


def of_facts(facts: Facts, as_of: np.datetime64) -> Fingerprint:
    """Of everything known at `as_of`, whatever order the customers and the rows came in.

    Rows after `as_of` count for nothing, and what was settled later counts as open.
    """
    known = facts.as_of(as_of)
    order = np.argsort(known.customers, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    told = hashlib.sha256(_bytes(known.customers[order]))
    for name in _LOGS:
        told.update(name.encode())
        _tell(told, getattr(known, name), rank)
    counts = {name: len(getattr(known, name).ts) for name in _LOGS}
    return Fingerprint(told.hexdigest(), {"customers": len(known), **counts})


def of_inputs() -> str:
    """SHA-256 of the names of all features and of the inputs with their topics and signs."""
    parts = [column.name for part in (Rhythm, Care) for column in fields(part)]
    parts += [f"{entry.name}:{entry.topic}:{entry.sign}" for entry in INPUTS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _tell(told: Any, log: Log, rank: Ints) -> None:
    """The columns by the customers' order; the rows of one customer are in the canonical order already."""
    who = rank[log.customer]
    order = np.argsort(who, kind="stable")
    told.update(_bytes(who[order]))
    for column in fields(log):
        if column.name != "customer":
            told.update(_bytes(getattr(log, column.name)[order]))


def _bytes(values: Any) -> bytes:
    """Of texts without their padding: an array is as wide as its longest one."""
    if values.dtype.kind in "US":
        return "\n".join(values.tolist()).encode()
    return bytes(np.ascontiguousarray(values).tobytes())
