"""What merges look like on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from customer_svc.merges.domain import Choice, Source
from shared.http import Input, ListQuery, Output
from shared.http.types import NO_FLAG, Flag, Moment

_MOST_CHOICES, _HIGHEST = 200, 2**31 - 1
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=120)]
_ID = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"
_OTHER = "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b"
_BY = "0192f0c1-7d10-7a22-9b3c-1d2e3f4a5b6c"


Choices = Annotated[
    dict[FieldName, Choice],
    Field(
        max_length=_MOST_CHOICES,
        description="Whose value survives, by field (`attributes.key`, `preferences.key`); else the kept "
        "customer's, if it has one · 逐字段指定保留哪一方的值",
    ),
]


class MergeWish(Input):
    """Which customer to absorb, and of which fields its value is to survive."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"absorbed_id": _OTHER},
                {"absorbed_id": _OTHER, "fields": {"phone": "absorbed", "attributes.门店数": "absorbed"}},
            ]
        }
    )

    absorbed_id: UUID
    fields: Choices = Field(default_factory=dict)


class MergeCreate(MergeWish):
    """A merge; `confirm_strong_ids` is a person's word that two customers with different proofs are one."""

    absorbed_version: Annotated[int, Field(ge=1, le=_HIGHEST), NO_FLAG] | None = None
    confirm_strong_ids: Flag = False


class DuplicateMerge(Input):
    """Which of a pair is kept; the rest as in a merge."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kept_id": _ID}, {"kept_id": _ID, "fields": {"attributes.门店数": "absorbed"}}]
        }
    )

    kept_id: UUID
    fields: Choices = Field(default_factory=dict)
    confirm_strong_ids: Flag = False

    def absorbing(self, other: UUID) -> MergeCreate:
        """The merge that lets the kept one absorb the other."""
        return MergeCreate(absorbed_id=other, fields=self.fields, confirm_strong_ids=self.confirm_strong_ids)


class SurvivingField(Output):
    """A field in which the two differ, and what is kept of it."""

    field: str
    kept: Any
    absorbed: Any
    result: Any
    source: Source


class Moving(Output):
    """How many records go along in customer-svc; other services move theirs when they hear of it."""

    contacts: int
    identities: int
    orders: int
    contracts: int = 0


class MergePreview(Output):
    """What merging would do; nothing was changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kept_id": _ID,
                    "kept_version": 3,
                    "absorbed_id": _OTHER,
                    "absorbed_version": 1,
                    "fields": [
                        {
                            "field": "phone",
                            "kept": None,
                            "absorbed": "+8613800138000",
                            "result": "+8613800138000",
                            "source": "absorbed",
                        },
                        {
                            "field": "name",
                            "kept": "上海海纳百货有限公司",
                            "absorbed": "海纳百货",
                            "result": "上海海纳百货有限公司",
                            "source": "kept",
                        },
                    ],
                    "contradictions": [],
                    "moving": {"contacts": 2, "identities": 1, "orders": 14, "contracts": 0},
                },
                {
                    "kept_id": _ID,
                    "kept_version": 2,
                    "absorbed_id": _OTHER,
                    "absorbed_version": 5,
                    "fields": [
                        {
                            "field": "email",
                            "kept": "buying@harbourlights.example",
                            "absorbed": "info@harbourlights.example",
                            "result": "buying@harbourlights.example",
                            "source": "kept",
                        }
                    ],
                    "contradictions": ["tax_number"],
                    "moving": {"contacts": 0, "identities": 3, "orders": 2, "contracts": 0},
                },
            ]
        }
    )

    kept_id: UUID
    kept_version: int
    absorbed_id: UUID
    absorbed_version: int
    fields: list[SurvivingField]
    contradictions: list[str] = Field(
        description="Kinds of strong identities that differ: a person must confirm · 相互矛盾的强标识类型"
    )
    moving: Moving


class MergedField(Output):
    """A field of the kept customer that the merge changed."""

    field: str
    old: Any
    new: Any


class MergeRead(Output):
    """A merge: who was absorbed by whom, what it changed, and whether it was undone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-8e20-7b33-8c4d-2e3f4a5b6c7d",
                    "kept_id": _ID,
                    "absorbed_id": _OTHER,
                    "status": "merged",
                    "fields": [{"field": "phone", "old": None, "new": "+8613800138000"}],
                    "moved": {"contacts": 2, "identities": 1, "orders": 14, "contracts": 0},
                    "merged_by": _BY,
                    "merged_at": "2026-03-01T09:30:00Z",
                    "undone_by": None,
                    "undone_at": None,
                },
                {
                    "id": "0192f0c1-8e20-7b33-8c4d-2e3f4a5b6c7e",
                    "kept_id": _ID,
                    "absorbed_id": _OTHER,
                    "status": "undone",
                    "fields": [{"field": "tags", "old": ["重点"], "new": ["重点", "华东"]}],
                    "moved": {"contacts": 0, "identities": 1, "orders": 0, "contracts": 0},
                    "merged_by": _BY,
                    "merged_at": "2026-03-01T09:30:00Z",
                    "undone_by": _BY,
                    "undone_at": "2026-03-02T10:00:00Z",
                },
            ]
        }
    )

    id: UUID
    kept_id: UUID
    absorbed_id: UUID
    status: Literal["merged", "undone"]
    fields: list[MergedField]
    moved: Moving
    merged_by: UUID
    merged_at: Moment
    undone_by: UUID | None
    undone_at: Moment | None


class MergeQuery(ListQuery):
    """Filters of the merges; `customer_id` is either of the two."""

    customer_id: UUID | None = None
    status: Literal["merged", "undone"] | None = None
