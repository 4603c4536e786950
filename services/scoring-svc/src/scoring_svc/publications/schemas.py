"""Publishing as the API takes it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.http import Input, Output
from shared.http.types import NO_FLAG, Line, Moment

_SIMULATION = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_EN: dict[str, Any] = {"note": "The bar was too high for small distributors"}
_ZH: dict[str, Any] = {"note": "门槛对小型经销商过高"}


class PublishInput(Input):
    """By which simulation, and which share of customers may have changed since.

    Without a `tolerance` it is .01; of a policy that holds from later on .1, and counts customers whose tier
    would be another one then.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"simulation_id": _SIMULATION}]})

    simulation_id: UUID
    tolerance: Annotated[float, Field(ge=0, le=1), NO_FLAG] | None = Field(None, examples=[0.01])


class RollbackInput(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EN, _ZH]})

    note: Line | None = None


class PublicationStarted(Output):
    """`id` is an operation to watch; null when the policy waits for its `effective_from`."""

    id: UUID | None
    version: int = Field(examples=[2])
    effective_from: Moment


class RollbackStarted(Output):
    """Work that goes on; watch it at `/v1/operations/{id}`."""

    id: UUID
