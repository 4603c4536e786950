"""Whether two customers may be one: an explained score, and what follows from it."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, get_args

from customer_svc.customers.profiles import Profile
from customer_svc.duplicates.comparing import Agreement, agreements

Level = Literal["likely", "possible"]
Status = Literal["open", "later", "distinct", "merged"]
LEVELS: tuple[str, ...] = get_args(Level)
STATUSES: tuple[str, ...] = get_args(Status)

_LIKELY, _POSSIBLE_FIRMS, _POSSIBLE_PERSONS = 0.0, -1.0, -2.0
"""Bits in all from which on a pair is of a level."""
_PRIOR_OF_FIRMS, _PRIOR_OF_PERSONS = -3.0, -5.0
"""Bits before anything is compared: of pairs that share a key one in 9, or in 33, would be one."""
_FIRMS: Mapping[Agreement, float] = {
    ("name", "same"): 3.0,
    ("name", "same_short"): 1.5,
    ("name", "sound"): 1.5,
    ("name", "sound_short"): 0.0,
    ("name", "near"): 2.0,
    ("name", "part"): 2.5,
    ("name", "alike"): -2.0,
    ("name", "apart"): -10.5,
    ("namesakes", "two"): 3.5,
    ("namesakes", "few"): 2.5,
    ("namesakes", "some"): -1.0,
    ("namesakes", "many"): -1.5,
    ("kind", "differs"): -9.5,
    ("branch", "same"): 0.5,
    ("branch", "one_only"): -4.5,
    ("branch", "differs"): -6.0,
    ("phone", "same"): 7.0,
    ("phone", "near"): 3.0,
    ("phone", "differs"): -3.0,
    ("email", "same"): 7.0,
    ("email", "near"): 2.0,
    ("email", "domain"): 2.5,
    ("email", "differs"): -2.5,
    ("tax_number", "same"): 14.0,
    ("tax_number", "differs"): -10.0,
    ("region", "same"): 1.5,
    ("region", "near"): 1.0,
    ("region", "differs"): -3.5,
    ("home", "differs"): -4.0,
    ("street", "same"): 4.0,
    ("street", "near"): 4.0,
    ("street", "differs"): -4.0,
    ("host", "same"): 2.0,
    ("host", "differs"): -4.0,
    ("birthday", "same"): 2.0,
    ("birthday", "differs"): -2.0,
    ("identity", "same"): 10.0,
    ("identity", "differs"): -10.0,
}
_PERSONS: Mapping[Agreement, float] = {
    **_FIRMS,
    ("name", "same"): 1.5,
    ("name", "same_short"): 2.0,
    ("name", "sound_short"): 1.0,
    ("name", "near"): 1.5,
    ("name", "part"): 1.5,
    ("name", "apart"): -13.0,
    ("namesakes", "two"): 3.0,
    ("namesakes", "some"): 1.0,
    ("namesakes", "many"): 0.0,
    ("phone", "near"): 4.5,
    ("phone", "differs"): -3.5,
    ("email", "same"): 6.0,
    ("email", "near"): 0.0,
    ("email", "domain"): 0.0,
    ("email", "differs"): -5.0,
    ("region", "same"): 3.5,
    ("region", "near"): 1.5,
    ("street", "same"): 3.0,
    ("street", "near"): 3.0,
    ("street", "differs"): -3.5,
    ("birthday", "same"): 8.5,
    ("birthday", "differs"): -3.5,
}
_FITTING = frozenset(("same", "same_short", "sound", "sound_short", "near", "part"))
_EQUAL = frozenset(("same", "sound"))
_PROOF = frozenset(
    (("phone", "same"), ("email", "same"), ("tax_number", "same"), ("birthday", "same"), ("identity", "same"))
)
_STREETS = frozenset((("street", "same"), ("street", "near")))
_PLACES = frozenset((("region", "same"), *_STREETS))
_CONTRADICTIONS = frozenset((("tax_number", "differs"), ("identity", "differs"), ("branch", "differs")))


class Feature(NamedTuple):
    """How far one feature agrees, and how many bits that speaks for one customer (or, negative, for two)."""

    feature: str
    agreement: str
    weight: float


class Verdict(NamedTuple):
    """What speaks for a pair being one customer: `score` from 0 to 1, and what it is made of.

    `proven` is what a new customer is refused for: beside the score something that two hardly share.
    """

    score: float
    level: Level | None
    proven: bool
    features: tuple[Feature, ...]


def judge(one: Profile, other: Profile, namesakes: int) -> Verdict:
    """The verdict on two customers.

    `namesakes` is how many customers have a name that sounds as theirs, if theirs do sound alike.

    Fellegi & Sunter, A Theory for Record Linkage, JASA 64 (1969), 1183–1210: each level of agreement of a
    feature weighs log2(m/u), m and u being how frequent it is among pairs of one and of two customers; a rare
    name weighs more than a frequent one. The weights were estimated together (`tools.data.weights`, a
    logistic regression of invented pairs), since features are not independent, and rounded. With the prior
    they add up to the log-odds, which `score` says as a probability among pairs that share a key.
    """
    return _verdict(tuple(agreements(one, other, namesakes)), persons=one.kind == other.kind == "person")


def judge_anew(features: Iterable[Feature], more: Agreement, *, persons: bool) -> Verdict:
    """The verdict once more, when something else is known that the records do not hold."""
    return _verdict((*((each.feature, each.agreement) for each in features), more), persons=persons)


def _verdict(found: tuple[Agreement, ...], *, persons: bool) -> Verdict:
    table, bits = (_PERSONS, _PRIOR_OF_PERSONS) if persons else (_FIRMS, _PRIOR_OF_FIRMS)
    bits += sum(table[each] for each in found)
    score = round(1 / (1 + math.exp2(-max(min(bits, 60.0), -60.0))), 4)
    level = _level(bits, found, persons=persons)
    proven = level == "likely" and _proven(found, persons=persons)
    return Verdict(score, level, proven, tuple(Feature(*each, table[each]) for each in found))


def _level(bits: float, found: tuple[Agreement, ...], *, persons: bool) -> Level | None:
    """Likely only if nothing contradicts that belongs to one alone; families share all but names."""
    if bits < (_POSSIBLE_PERSONS if persons else _POSSIBLE_FIRMS):
        return None
    family = persons and ("name", "apart") in found and ("birthday", "same") not in found
    return "likely" if bits >= _LIKELY and not family and _CONTRADICTIONS.isdisjoint(found) else "possible"


def _proven(found: tuple[Agreement, ...], *, persons: bool) -> bool:
    """Whether they share a number or an address of their own, or, as firms of one name, their town.

    An equal name alone proves nothing, nor does a number that differs in one digit: firms count theirs on.
    """
    name = found[0][1]
    if not _PROOF.isdisjoint(found):
        return name in _FITTING
    places = _STREETS if persons else _PLACES
    return name in _EQUAL and not places.isdisjoint(found) and ("phone", "near") not in found
