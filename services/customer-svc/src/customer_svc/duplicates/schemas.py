"""What duplicates look like on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from customer_svc.customers.domain import Kind
from customer_svc.customers.domain import Status as CustomerStatus
from customer_svc.duplicates import words
from customer_svc.duplicates.domain import Level, Status
from shared.http import Input, ListQuery, Output
from shared.http.types import Moment

_ID, _OTHER = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e", "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d9f"
_NAMES = (("Harbour Lights Ltd", "The Harbour Lights"), ("上海海纳百货有限公司", "海納百貨"))
_FEATURES: list[Any] = [
    {
        "feature": "phone",
        "agreement": "same",
        "weight": 7.0,
        "text_en": "Phone: the same",
        "text_zh": "电话：相同",
    }
]
_FEATURES_EN: list[Any] = [{**_FEATURES[0], "text_zh": None}]
_CODED: dict[str, Any] = {"code": "C-1024", "owner_id": None, "region": "310000"}
HITS: list[Any] = [
    {
        "id": _ID,
        "name": names[0],
        "status": "active",
        **_CODED,
        "score": 0.98,
        "level": "likely",
        "features": said,
    }
    for names, said in zip(_NAMES, (_FEATURES_EN, _FEATURES), strict=True)
]
_PAIR: dict[str, Any] = {
    "id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "score": 0.98,
    "level": "likely",
    "status": "open",
    "decided_by": None,
    "decided_at": None,
    "review_at": None,
    "found_at": "2026-03-01T09:30:00Z",
    "version": 1,
}
_COMPARED: dict[str, Any] = {
    "kind": "organisation",
    "status": "active",
    "code": None,
    "phone": "+862162881234",
    **dict.fromkeys(("email", "tax_number", "region", "address", "website", "birthday")),
    **dict.fromkeys(("distributor_id", "owner_id", "org_unit_id")),
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}


class FeatureRead(Output):
    """One thing that was compared, and how many bits it speaks for one customer (negative: for two)."""

    feature: str = Field(examples=["phone"])
    agreement: str = Field(examples=["same"])
    weight: float = Field(examples=[7.0])
    text_en: str | None = Field(examples=["Phone: the same"])
    text_zh: str | None = Field(examples=["电话：相同"])

    @classmethod
    def all_of(cls, features: Iterable[Iterable[Any]]) -> list[Self]:
        """Of (feature, agreement, weight), with their words."""
        found = []
        for feature, agreement, weight in features:
            en, zh = words.said(feature, agreement)
            found.append(cls(feature=feature, agreement=agreement, weight=weight, text_en=en, text_zh=zh))
        return found


class DuplicateHit(Output):
    """A customer that may be the one: its id and status, and the fields that the company shows of it."""

    model_config = ConfigDict(json_schema_extra={"examples": HITS})

    id: UUID
    status: CustomerStatus
    code: str | None = None
    name: str | None = None
    kind: Kind | None = None
    phone: str | None = None
    email: str | None = None
    region: str | None = None
    address: str | None = None
    website: str | None = None
    channel: str | None = None
    owner_id: UUID | None = None
    org_unit_id: UUID | None = None
    distributor_id: UUID | None = None
    score: float
    level: Level
    features: list[FeatureRead]


class DuplicateCheck(Output):
    """Who is there that looks like it; `exists` says that one is there whom the caller does not see."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"hits": [hit], "exists": False} for hit in HITS]}
    )

    hits: list[DuplicateHit]
    exists: bool


class SearchStarted(Output):
    """A search of the whole archive that is under way."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d81"}]}
    )

    id: UUID


class Half(Output):
    """One of a pair as a list shows it."""

    id: UUID
    code: str | None
    name: str


class ComparedCustomer(Half):
    """One of a pair with all that is compared."""

    kind: Kind
    status: CustomerStatus
    phone: str | None
    email: str | None
    tax_number: str | None
    region: str | None
    address: str | None
    website: str | None
    birthday: dict[str, Any] | None
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    created_at: Moment
    updated_at: Moment


class _Pair(Output):
    id: UUID
    score: float
    level: Level
    status: Status
    decided_by: UUID | None
    decided_at: Moment | None
    review_at: Moment | None
    found_at: Moment
    version: int


def _examples(beside: dict[str, Any], *features: list[Any]) -> list[Any]:
    return [
        {
            **_PAIR,
            "first": {"id": _ID, "code": None, "name": names[0], **beside},
            "second": {"id": _OTHER, "code": None, "name": names[1], **beside},
            **({"features": said} if said else {}),
        }
        for names, said in zip(_NAMES, features or ([], []), strict=True)
    ]


class DuplicateItemRead(_Pair):
    """Two customers that may be one."""

    model_config = ConfigDict(json_schema_extra={"examples": _examples({})})

    first: Half
    second: Half


class DuplicateRead(_Pair):
    """Two customers that may be one, side by side, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": _examples(_COMPARED, _FEATURES_EN, _FEATURES)})

    first: ComparedCustomer
    second: ComparedCustomer
    features: list[FeatureRead]


class DuplicateQuery(ListQuery):
    """Filters of the list of duplicates; one that was put off counts as open once its time has come."""

    status: Literal["open", "later", "distinct", "merged", "all"] = "open"
    level: Level | None = None
    customer_id: UUID | None = None


class PutOff(Input):
    """When the pair shall come back; in 30 days if it is not said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"review_at": "2099-04-01T09:00:00Z"}]})

    review_at: Annotated[Moment | None, Field()] = None
