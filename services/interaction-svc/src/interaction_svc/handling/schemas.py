"""What the verbs of a complaint's course take."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.complaints.schemas import OrderNo
from interaction_svc.sla.domain import Severity
from shared.http import Input
from shared.http.types import Code, Line, Name, Text

_OWNER = "0196f0c0-0000-7000-8000-000000000001"
_OTHER = "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e70"

Answer = Annotated[Text, Field(min_length=1)]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class Noted(Input):
    note: Line | None = Field(None, description="For the history; not told to the customer.")


class ComplaintClassify(Noted):
    model_config = _examples(
        {"category": "delivery", "severity": "high", "cause": "Carrier lost the first consignment"},
        {"category": "quality", "severity": "normal", "cause": "出厂检验漏检"},
    )

    category: Code | None = None
    severity: Severity | None = None
    cause: Line | None = None
    product: Name | None = None
    order_no: OrderNo | None = None

    def found(self) -> dict[str, str]:
        """What was said of it; what was not sent or null stays as it is."""
        return self.model_dump(
            include={"category", "severity", "cause", "product", "order_no"}, exclude_none=True
        )


class ComplaintAssign(Noted):
    model_config = _examples({"owner_id": _OWNER}, {"owner_id": _OWNER, "note": "熟悉该客户"})

    owner_id: UUID


class ComplaintAnswer(Input):
    model_config = _examples(
        {"text": "We found your consignment; it reaches you tomorrow."},
        {"text": "已收到照片，今天安排补发。"},
    )

    text: Answer = Field(description="What the customer was told.")


class ComplaintHear(Input):
    model_config = _examples(
        {"text": "Two shops are still empty. When will it come?"}, {"text": "什么时候能补发？"}
    )

    text: Answer = Field(description="What the customer said.")


class ComplaintStart(Noted):
    model_config = _examples({"step": "investigating"}, {"step": "resolving", "note": "已查明原因"})

    step: Literal["investigating", "resolving"] | None = Field(
        None, description="The step that is meant to begin; another one answers 409."
    )


class ComplaintResolve(Noted):
    model_config = _examples(
        {"result": "Freight refunded; the next order leaves two days earlier."},
        {"result": "更换三件，并补寄两件备用。"},
    )

    result: Answer


class ComplaintInform(Noted):
    model_config = _examples({"text": "We refunded the freight today."}, {"text": "换货已寄出，请注意查收。"})

    text: Answer | None = Field(None, description="What the customer was told; default: the result.")


class ComplaintWait(Noted):
    model_config = _examples({"note": "Asked for photos of the damage"}, {"note": "请客户补拍破损照片"})


class ComplaintResume(Noted):
    model_config = _examples({"note": "Photos arrived"}, {"note": "照片已收到"})


class ComplaintEscalate(Input):
    model_config = _examples(
        {"reason": "The carrier does not answer; the contract is at stake"}, {"reason": "客户威胁终止合作"}
    )

    reason: Annotated[Line, Field(min_length=1)]


class ComplaintMediate(Input):
    model_config = _examples(
        {"reason": "The customer wants the whole consignment replaced"}, {"reason": "客户不接受部分赔偿"}
    )

    reason: Annotated[Line, Field(min_length=1)]


class ComplaintClose(Input):
    model_config = _examples({}, {"reason": "客户已停业，无法告知"})

    reason: Line | None = Field(None, description="Needed when the customer was not informed.")


class ComplaintMerge(Input):
    model_config = _examples(
        {"into_id": _OTHER, "reason": "Same consignment, reported by the shop and by the customer"},
        {"into_id": _OTHER, "reason": "同一批货，门店与客户各报一次"},
    )

    into_id: UUID = Field(description="The complaint that goes on.")
    reason: Line | None = None


class ComplaintUnmerge(Input):
    model_config = _examples({"reason": "Two different consignments"}, {"reason": "两批不同的货"})

    reason: Annotated[Line, Field(min_length=1)]


class ComplaintReopen(Input):
    model_config = _examples({"reason": "The replacement arrived damaged, too"}, {"reason": "换货后仍有裂纹"})

    reason: Annotated[Line, Field(min_length=1)]
