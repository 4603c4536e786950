"""When a warning opens and when it ends by itself."""

from typing import Literal

Step = Literal["open", "clear", "lost"]

_WORTH_A_CALL = 60.0


def next_step(*, warned: bool, stage: str, level: str, contribution: float) -> Step | None:
    """What the newest score asks for: open a warning, end it, or nothing.

    A customer is warned about while something can still be done: at risk, and either a broken rhythm says so
    (high), or it has brought enough to be worth a call on weaker evidence (medium; `contribution` is a
    percentile). One who bought once, brought little and did not come back is at risk, too, but nobody is sent
    after them. Who is lost is past warning.
    """
    if not warned:
        worth_it = level == "high" or (level == "medium" and contribution >= _WORTH_A_CALL)
        return "open" if stage == "at_risk" and worth_it else None
    if stage == "lost":
        return "lost"
    return "clear" if stage != "at_risk" and level != "high" else None
