"""How much an identity proves."""

from typing import Literal, get_args

Strength = Literal["strong", "weak"]
STRENGTHS: tuple[str, ...] = get_args(Strength)
