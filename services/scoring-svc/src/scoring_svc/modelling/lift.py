"""How much likelier than average those are to leave whom the model fears for most, by tenths."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats

TENTHS = 10


def deciles(chance: Floats, happened: Bools) -> list[dict[str, Any]]:
    """Tenths of the cases, the highest chance first; none below ten cases.

    Each with its `cases`, mean `chance`, `frequency`, `lift` (frequency over that of all; null when nothing
    happened) and `captured`, the share of all that happened in this tenth and those before it. Equal chances
    stand in the order of the cases.
    """
    if len(chance) < TENTHS:
        return []
    order = np.argsort(-chance, kind="stable")
    total, overall = int(happened.sum()), float(happened.mean())
    found, captured = [], 0
    for tenth, part in enumerate(np.array_split(order, TENTHS), start=1):
        here = int(happened[part].sum())
        captured += here
        frequency = here / len(part)
        found.append(
            {
                "decile": tenth,
                "cases": len(part),
                "chance": float(chance[part].mean()),
                "frequency": frequency,
                "lift": frequency / overall if total else None,
                "captured": captured / total if total else None,
            }
        )
    return found
