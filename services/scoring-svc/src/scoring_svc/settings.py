"""What scoring-svc is told from outside."""

from typing import Annotated, Literal

from pydantic import Field

from shared.settings import ServiceSettings

NUMBER = 3
"""The last hex digit of this service's operations."""


class Settings(ServiceSettings):
    """Besides the common ones.

    `model_approval` says who lets a new model speak: the `gate`, or a `person` after it. Records of automatic
    decisions are kept for `decision_days`.
    """

    model_approval: Literal["gate", "person"] = "gate"
    decision_days: Annotated[int, Field(ge=30, le=3650)] = 730
