"""Rules of sales history: what may be recorded, and when two reports are the same order."""

from typing import Literal, get_args

Kind = Literal["sale", "return"]
KINDS: tuple[str, ...] = get_args(Kind)
