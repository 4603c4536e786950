"""When a warning opens and when it ends by itself."""

from typing import Literal

Step = Literal["open", "clear", "lost"]
OUTCOMES = ("retained", "lost", "not_at_risk", "unreachable")


def next_step(*, warned: bool, stage: str, level: str) -> Step | None:
    """What the newest score asks for: open a warning, end it, or nothing.

    A customer is warned about while something can still be done: at risk, with a verdict that says so. One
    that is lost already is past warning.
    """
    if not warned:
        return "open" if stage == "at_risk" and level in {"medium", "high"} else None
    if stage == "lost":
        return "lost"
    return "clear" if stage != "at_risk" and level != "high" else None
