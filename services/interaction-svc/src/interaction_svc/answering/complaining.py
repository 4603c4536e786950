"""An answer that is bad enough opens a complaint, once, in the transaction that keeps the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from interaction_svc.complaints.schemas import ComplaintCreate
from interaction_svc.intake.commands import take_in
from interaction_svc.surveys import domain
from interaction_svc.surveys.domain import Rated
from interaction_svc.web_pages.domain import said as in_language
from shared.db import Tx

_MOST_SUBJECT = 200
_MOST_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer answered."""

    response_id: UUID
    document: Mapping[str, Any]
    answers: Mapping[str, Any]
    rated: Sequence[Rated]


async def open_if_bad(tx: Tx, invitation: Mapping[str, Any], said: Said) -> UUID | None:
    """Open a complaint if the questionnaire's rule says so; in the name of who last changed the rule."""
    rule = invitation["open_complaint"]
    if rule is None or not rule["on"] or not domain.is_bad(said.rated, rule):
        return None
    body = ComplaintCreate(
        customer_id=invitation["origin_id"] or invitation["customer_id"],
        channel="other",
        category=rule["category"],
        severity=rule["severity"],
        subject=f"问卷低分 Low score: {invitation['survey_name']}"[:_MOST_SUBJECT].rstrip(),
        description=_description(invitation, said)[:_MOST_DESCRIPTION].rstrip(),
    )
    made = await take_in(tx, body, distributor_id=invitation["distributor_id"], by=invitation["changed_by"])
    opened: UUID = made["id"]
    return opened


def _description(invitation: Mapping[str, Any], said: Said) -> str:
    """The numbers, the customer's own words, and where all of it can be read."""
    texts = {
        question["code"]: in_language(question["text"], "zh")
        for question in domain.questions_of(said.document)
    }
    lines = [f"{texts[each.question]} {each.value}" for each in said.rated]
    remarks = domain.remarks(said.document, said.answers)
    lines += [remarks] if remarks else []
    if invitation["complaint_id"] is not None:
        lines.append(f"/v1/complaints/{invitation['complaint_id']}")
    lines.append(f"/v1/survey-responses/{said.response_id}")
    return "\n".join(lines)
