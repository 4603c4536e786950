"""How sure a share is that was counted on few: Wilson's interval."""

import math

_Z = 1.959963984540054  # of 95 %


def wilson(hits: int, total: int) -> tuple[float, float] | None:
    """The 95 % interval of a share of `hits` in `total` (Wilson 1927); None of nothing."""
    if total == 0:
        return None
    share, spread = hits / total, _Z * _Z / total
    middle = share + spread / 2.0
    width = _Z * math.sqrt(share * (1.0 - share) / total + spread / (4.0 * total))
    return max((middle - width) / (1.0 + spread), 0.0), min((middle + width) / (1.0 + spread), 1.0)
