"""Documents of churn models that were learnt before a topic was known, read as today's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scoring_svc.modelling.inputs import INPUTS, NAMES, Topic
from scoring_svc.modelling.judgement import TREATMENTS, judged_on

Document = dict[str, Any]
LATER = frozenset({"complaint_burden", "satisfaction_short", "contact_overdue"})


def of_today(document: Document) -> Document:
    """The document with a place for each of today's inputs, found by its name.

    It says what it said of the inputs that it was learnt on. On a topic that it has never heard of judgement
    speaks, as on one that the log said too little of, until a model is learnt anew. Inputs that joined a
    topic later (`LATER`) move nothing in it.

    Raises:
        ValueError: it was learnt on an input that is gone, or on a part of a topic, or does not know how
            people buy: nobody can say what such a model means.
    """
    names: list[str] = document["inputs"]
    if names == list(NAMES):
        return document
    unheard = _unheard(names)
    judged = judged_on(unheard)
    places = [NAMES.index(name) for name in names]
    new = [place for place, entry in enumerate(INPUTS) if entry.topic in unheard]
    judgement = _logit(document["judgement"], places)
    for place in new:
        judgement["weights"][place] = judged.weights[place]
        judgement["centres"][place] = judged.centres[place]
    return {
        **document,
        "inputs": list(NAMES),
        "logit": _logit(document["logit"], places),
        "stumps": _stumps(document["stumps"], places),
        "fill": _spread(document["fill"], places, judged.centres),
        "judgement": judgement,
    }


def _unheard(names: Sequence[str]) -> list[Topic]:
    """The topics of which no input tells; ValueError when these are not all inputs of the others."""
    heard = {entry.topic for entry in INPUTS if entry.name in names}
    known = [entry.name for entry in INPUTS if entry.topic in heard]
    lacking = LATER.difference(names)
    unheard = [topic for topic in TREATMENTS if topic not in heard]
    complete = heard.union(unheard) == {entry.topic for entry in INPUTS}
    if not complete or sorted(names) != sorted(name for name in known if name not in lacking):
        raise ValueError("the model was learnt on other inputs")
    return unheard


def _logit(document: Document, places: Sequence[int]) -> Document:
    nothing = (0.0,) * len(NAMES)
    return {
        **document,
        "weights": _spread(document["weights"], places, nothing),
        "centres": _spread(document["centres"], places, nothing),
    }


def _stumps(document: Document, places: Sequence[int]) -> Document:
    tables = {str(places[int(column)]): table for column, table in document["tables"].items()}
    return {**document, "tables": tables}


def _spread(values: Sequence[float], places: Sequence[int], rest: Sequence[float]) -> list[float]:
    """`values` at their `places`, and elsewhere `rest`; ValueError when there are not as many as places."""
    spread = list(rest)
    for place, value in zip(places, values, strict=True):
        spread[place] = value
    return spread
