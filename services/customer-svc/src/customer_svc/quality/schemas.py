"""What data quality looks like on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from customer_svc.customers.domain import Kind
from customer_svc.quality import domain
from customer_svc.quality.domain import CODES, Dimension
from shared.http import Input, ListQuery, Output
from shared.http.types import Code, Moment

_ID = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"
_MOMENT = "2026-03-01T09:30:00Z"
_FOUND = ("address_missing", "phone_invalid")
_BOTH: list[list[Any]] = [domain.told(_FOUND, "organisation", zh=zh) for zh in (False, True)]
_ENGLISH, _CHINESE = _BOTH
_SCORE = domain.FULL - sum(each["weight"] for each in _ENGLISH)
FindingCode = Literal[CODES]  # type: ignore[valid-type]
Score = Annotated[int, Field(ge=0, le=domain.FULL, description="100: nothing was found")]
_STALE_AT = "From when on it counts as stale, unless somebody changes or confirms it before"


class FindingBase(Output):
    """What is wrong, where, and in words."""

    code: FindingCode
    field: str = Field(description="The field to look at, or `contacts` or `identities`")
    dimension: Dimension
    text: str = Field(description="In the language of `Accept-Language`")


class Finding(FindingBase):
    """Something missing, invalid or stale of one customer; `weight` are the points that it costs."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENGLISH[0], _CHINESE[0]]})

    weight: int


class CustomerQualityRead(Output):
    """How good one customer's data are, as of a moment: staleness comes by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": _ID,
                    "as_of": "2026-05-01T08:00:00Z",
                    "score": _SCORE,
                    "findings": findings,
                    "touched_at": _MOMENT,
                    "stale_at": "2027-03-01T09:30:00Z",
                    "confirmed_at": None,
                }
                for findings in _BOTH
            ]
        }
    )

    customer_id: UUID
    as_of: Moment
    score: Score
    findings: list[Finding]
    touched_at: Moment = Field(description="When somebody last changed or confirmed it")
    stale_at: Moment = Field(description=_STALE_AT)
    confirmed_at: Moment | None


_ITEM: dict[str, Any] = {
    "customer_id": _ID,
    "kind": "organisation",
    "channel": "exhibition",
    "distributor_id": None,
    "owner_id": None,
    "org_unit_id": None,
    "score": _SCORE,
    "stale_at": "2027-03-01T09:30:00Z",
}


class WorklistItemRead(Output):
    """A customer of whom something was found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_ITEM, "code": "C-1024", "name": "上海海纳百货有限公司", "findings": _CHINESE},
                {**_ITEM, "code": None, "name": "Harbour Lights Ltd", "findings": _ENGLISH},
            ]
        }
    )

    customer_id: UUID
    code: str | None
    name: str
    kind: Kind
    channel: str | None
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    score: Score
    findings: list[Finding]
    stale_at: Moment = Field(description=_STALE_AT)


class WorklistQuery(ListQuery):
    """Filters of the worklist."""

    code: FindingCode | None = None
    dimension: Dimension | None = None
    kind: Kind | None = None
    channel: Code | None = None
    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    org_unit_id: UUID | None = None


class FindingShare(FindingBase):
    """How many customers have a finding, and which part of all that is (0 to 1)."""

    customers: int
    share: float


class QualityFigures(Output):
    """How good the data of some customers are together."""

    customers: int
    average_score: float | None = Field(description="0 to 100; null without customers")
    findings: list[FindingShare]


class SourceFigures(QualityFigures):
    """The figures of one source; null is what names none."""

    source: str | None


def _figures(*, zh: bool) -> dict[str, Any]:
    words = domain.worded(domain.BY_CODE["address_missing"], zh=zh)
    shares = [{**words, "customers": 1000, "share": 0.25}]
    return {"customers": 4000, "average_score": 71.5, "findings": shares}


class QualitySources(Output):
    """How good the data are that come from each source, as they were at `computed_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "computed_at": _MOMENT,
                    "all": _figures(zh=zh),
                    "sources": [{"source": "exhibition", **_figures(zh=zh)}],
                }
                for zh in (False, True)
            ]
        }
    )

    computed_at: Moment | None = Field(description="Null until the first time")
    all: QualityFigures
    sources: list[SourceFigures]


class SourceQuery(Input):
    """What counts as a source."""

    by: Literal["channel", "distributor"] = Field(
        "channel", description="A source is a channel (by its code), or a distributor (by its id)"
    )
