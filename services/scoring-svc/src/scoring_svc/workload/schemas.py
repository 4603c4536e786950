"""The rule as it is sent and answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from shared.http import Input, Output
from shared.http.types import NO_FLAG, Moment

_OWNER = "0196f0c0-0000-7000-8000-000000000003"
_EXAMPLE: dict[str, Any] = {"most": 20, "owners": [{"owner_id": _OWNER, "most": 40}]}
Most = Annotated[int, Field(ge=0, le=10_000, examples=[20]), NO_FLAG]


class OwnerCapacity(Input):
    """One owner's own number; null: any number."""

    owner_id: UUID
    most: Most | None


class CapacitySet(Input):
    """How many warnings each owner may have at a time; null: any number. Some owners can differ."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    most: Most | None
    owners: Annotated[list[OwnerCapacity], Field(default_factory=list, max_length=500)]

    @field_validator("owners")
    @classmethod
    def _each_once(cls, owners: list[OwnerCapacity]) -> list[OwnerCapacity]:
        if len({each.owner_id for each in owners}) < len(owners):
            raise PydanticCustomError("owner_twice", "names an owner twice", {"zh": "负责人重复"})
        return owners


class CapacityRead(Output):
    """The rule; version 0 while nobody has set one: owners have any number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "version": 1,
                    "updated_at": "2026-03-02T09:31:00Z",
                    "updated_by": "0196f0c0-0000-7000-8000-000000000001",
                }
            ]
        }
    )

    most: int | None
    owners: list[OwnerCapacity]
    version: int
    updated_at: Moment | None
    updated_by: UUID | None
