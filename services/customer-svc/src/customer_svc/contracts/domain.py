"""What kinds of contracts there are, which states follow which, and what may change in which state."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args

from shared.problems import Conflict, Invalid

Kind = Literal["sales", "service", "confidentiality"]
KINDS: tuple[str, ...] = get_args(Kind)
Status = Literal["draft", "active", "ended", "terminated"]
STATUSES: tuple[str, ...] = get_args(Status)
Deed = Literal["change", "activate", "end", "terminate", "discard"]

_NEXT: Mapping[tuple[str, Deed], Status] = {
    ("draft", "change"): "draft",
    ("draft", "activate"): "active",
    ("draft", "discard"): "draft",
    ("active", "change"): "active",
    ("active", "end"): "ended",
    ("active", "terminate"): "terminated",
}


def next_status(status: str, deed: Deed) -> Status:
    """The status after a deed; Conflict `contract_status` where it may not follow."""
    following = _NEXT.get((status, deed))
    if following is None:
        raise Conflict(
            "contract_status",
            en="The contract's status does not allow this.",
            zh="合同当前状态不允许此操作。",
            extra={"status": status},
        )
    return following


def check_term(contract: Mapping[str, Any]) -> None:
    """Invalid for a contract that ends before it starts, or that is in force without a start."""
    starts, ends = contract["starts_on"], contract["ends_on"]
    if ends is not None and starts is not None and ends < starts:
        raise Invalid.at("/ends_on", "before_start", en="lies before the start", zh="早于开始日期")
    if contract["status"] == "active" and starts is None:
        raise Invalid.at("/starts_on", "required", en="is required in force", zh="生效合同必须填写开始日期")


def over(ends_on: date | None, today: date) -> bool:
    """Whether its last day has passed; a contract without an end goes on."""
    return ends_on is not None and ends_on < today
