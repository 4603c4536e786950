"""The audit of all services as it is answered."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.audit.domain import State
from shared.audit.schemas import AuditFilters, AuditRead
from shared.http import Output, PageInfo
from shared.http.types import Int64, Moment

Service = Literal["customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway"]
PartState = Literal["ok", "unavailable"]


class AuditSearch(AuditFilters):
    """Filters over all services; all that are named must fit."""

    service: Service | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=2000)] | None = None

    def told(self) -> dict[str, Any]:
        """The filters as each service takes them."""
        return self.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"service", "limit", "cursor"}
        )


class AuditedRead(AuditRead):
    """An entry, and whose audit it stands in."""

    service: Service


class AuditedPage(Output):
    """Entries of the services that answered, newest first; `parts` says which did."""

    data: list[AuditedRead]
    page: PageInfo
    parts: dict[str, PartState] = Field(examples=[{"customer-svc": "ok", "notify-svc": "unavailable"}])


class ChainRead(Output):
    """A service's chain of entries: `doubtful` when a copy of its end, kept elsewhere, does not fit it."""

    service: Service
    state: State
    number: Int64 | None = Field(examples=[81240])
    sealed_at: Moment | None
    copied_number: Int64 | None = Field(description="The newest copy", examples=[81180])
    copied_at: Moment | None
    kept_by: list[str] = Field(examples=[["gateway", "notify-svc"]])


class Chains(Output):
    """The chains of all services."""

    data: list[ChainRead]
