"""Templates of service processes: what they consist of."""

from typing import Literal, get_args

Phase = Literal["pre_sale", "in_sale", "after_sale"]
PHASES: tuple[str, ...] = get_args(Phase)
Role = Literal["admin", "manager", "sales", "service", "analyst"]
FieldType = Literal["text", "number", "date", "choice", "boolean"]
