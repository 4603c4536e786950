"""What requests about promises look like, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.promises.domain import Status, Verb
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Moment, Text

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_EXAMPLE_ZH: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "content": "三月十日前寄出加厚纸箱的样品。",
    "due_at": "2099-03-10T10:00:00Z",
}
_EXAMPLE_EN: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "content": "Prices for 500 and 2,000 pieces by Friday.",
    "due_at": "2099-03-06T17:00:00Z",
}

Content = Annotated[Text, Field(min_length=1, description="What was promised 承诺内容.")]


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class PromiseCreate(Input):
    """A promise; `promised_by` is the caller unless somebody else is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_EN, _EXAMPLE_ZH]})

    customer_id: UUID
    content: Content
    due_at: Moment = Field(description="Until when; in the future.")
    promised_by: UUID | None = None
    interaction_id: UUID | None = Field(
        None, description="The interaction in which it was made, with the same customer."
    )
    complaint_id: UUID | None = Field(None, description="The complaint in which it was made.")


class PromisePatch(Patch):
    """Changes to an open promise."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"promised_by": "0196f0c0-0000-7000-8000-000000000001"},
                {"content": "寄出加厚纸箱的样品，附报价单。"},
            ]
        }
    )

    content: Content = Field(default_factory=_kept)
    promised_by: UUID = Field(default_factory=_kept)


class PromiseMove(Input):
    """Another deadline, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"due_at": "2099-03-09T17:00:00Z", "reason": "The mill delivers on Monday; agreed by phone."},
                {"due_at": "2099-03-12T10:00:00Z", "reason": "纸箱厂延期两天，已电话征得客户同意。"},
            ]
        }
    )

    due_at: Moment = Field(description="Until when; in the future.")
    reason: Annotated[Text, Field(min_length=1)]


class PromiseSettle(Input):
    """How it ended."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"note": "Sent by courier."}, {"note": "样品已由快递寄出，客户已签收。"}]
        }
    )

    note: Text | None = None


class PromiseRead(Output):
    """A promise; `late` says that its deadline passed before it was kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0196f0c5-22bb-7b3c-8d4e-1f2a3b4c5d6e",
                    **example,
                    "distributor_id": None,
                    "interaction_id": None,
                    "complaint_id": None,
                    "promised_by": "0196f0c0-0000-7000-8000-000000000001",
                    "status": "open",
                    "late": False,
                    "broken_at": None,
                    "settled_at": None,
                    "settled_by": None,
                    "note": None,
                    "created_by": "0196f0c0-0000-7000-8000-000000000001",
                    "version": 1,
                    "created_at": "2026-03-02T09:31:00Z",
                    "updated_at": "2026-03-02T09:31:00Z",
                }
                for example in (_EXAMPLE_EN, _EXAMPLE_ZH)
            ]
        }
    )

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    interaction_id: UUID | None
    complaint_id: UUID | None
    content: str
    promised_by: UUID
    due_at: Moment
    status: Status
    late: bool
    broken_at: Moment | None
    settled_at: Moment | None
    settled_by: UUID | None
    note: str | None
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class PromiseStepRead(Output):
    """One step of the history: how the promise stands after it. `done_by` null: its deadline passed."""

    version: int
    verb: Verb
    status: Status
    due_at: Moment
    promised_by: UUID
    note: str | None
    done_by: UUID | None
    done_at: Moment


class PromiseHistory(Output):
    """Every step of one promise, oldest first."""

    data: list[PromiseStepRead]


class PromiseQuery(ListQuery):
    """Filters of the list; `unsettled` are those that are open or broken."""

    customer_id: UUID | None = None
    interaction_id: UUID | None = None
    complaint_id: UUID | None = None
    promised_by: UUID | None = None
    status: Status | None = None
    unsettled: bool | None = None
    due_at_gte: Moment | None = Field(None, alias="due_at[gte]")
    due_at_lt: Moment | None = Field(None, alias="due_at[lt]")
