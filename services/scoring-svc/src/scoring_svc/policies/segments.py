"""Which segment each customer is in, by the attributes that a policy names, and which market."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.segments import Labels
from scoring_svc.profiles.domain import markets_of, segments_of
from scoring_svc.profiles.queries import profiles_of
from shared.db import Reader

WHOLE = ""
"""The one segment of a policy that names no attributes."""


async def labels(reader: Reader, customers: Sequence[UUID], attributes: Sequence[str]) -> list[str]:
    """One label a customer, in their order, as `industry=tea|region=31`."""
    if not attributes:
        return [WHOLE] * len(customers)
    found = segments_of(await profiles_of(reader, customers), attributes)
    return [str(label) for label in found]


async def segments(reader: Reader, customers: Sequence[UUID], attributes: Sequence[str]) -> Segments | None:
    """The segments that these customers are ranked in; None when the policy ranks all together."""
    if not attributes or not customers:
        return None
    return Segments.of(np.array(await labels(reader, customers, attributes)))


async def markets(reader: Reader, customers: Sequence[UUID]) -> Labels:
    """The market of each of these customers: which of a model's voices speaks for it."""
    return markets_of(await profiles_of(reader, customers))
