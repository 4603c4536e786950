"""What leads to a questionnaire: the token of a link, and what hinders an invitation."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from shared.problems import Conflict

Occasion = Literal["staff", "segment", "complaint.closed"]
OCCASIONS: tuple[str, ...] = get_args(Occasion)
FRESH = timedelta(days=7)
"""What ended longer ago, in another system perhaps, is no reason to ask the customer by itself."""


def link(public_url: str, token: str) -> str:
    """Where the customer answers."""
    return f"{public_url.rstrip('/')}/s/{token}"


def closed_to_all(survey: Mapping[str, Any]) -> Conflict | None:
    """Why nobody can be asked."""
    if survey["status"] == "open" and survey["current_version"] is not None:
        return None
    return Conflict(
        "survey_not_open",
        en="The survey is closed, or no version of it is published.",
        zh="问卷已关闭，或尚无已发布的版本。",
    )


def opted_out() -> Conflict:
    """Why this customer is not asked, however important it seems."""
    return Conflict(
        "customer_opted_out",
        en="This customer does not want to be asked.",
        zh="该客户已拒收满意度问卷。",
    )


def asked_lately(last: datetime) -> Conflict:
    """Why this customer is not asked now; the answer says when they were."""
    return Conflict(
        "invited_recently",
        en="This customer was invited to a survey not long ago.",
        zh="该客户近期已收到过问卷邀请。",
        extra={"last_invited_at": last.isoformat().replace("+00:00", "Z")},
    )


def over(invitation: Mapping[str, Any], now: datetime) -> Conflict | None:
    """Why there is no link to this invitation any more."""
    if invitation["answered_at"] is not None:
        return Conflict("invitation_answered", en="It is answered already.", zh="客户已作答。")
    if invitation["expires_at"] <= now:
        return Conflict("invitation_expired", en="The invitation has expired.", zh="邀请已过期。")
    return None
