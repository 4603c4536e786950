"""What the rule is while nobody has set one: no tier asks for anybody senior."""

from typing import Literal

Role = Literal["admin", "manager", "sales", "service", "analyst"]
SENIOR: tuple[Role, ...] = ("manager",)
EVERY_DAYS = 90
MOST_DAYS = 1096
