"""What customers say of how they are treated counts: answered surveys, and each complaint once."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from scoring_svc.facts.consumers import satisfaction
from shared.composition import Service
from shared.events.complaint import ComplaintMerged, ComplaintOpened, ComplaintUnmerged
from shared.events.interaction import SurveyAnswered, SurveyRated

from .stories import NOW, registered, tell, until


def answered(customer: UUID, days_ago: float, *values: int, nps: int | None = None) -> SurveyAnswered:
    return SurveyAnswered(
        subject=uuid4(),
        version=1,
        distributor_id=None,
        customer_id=customer,
        invitation_id=uuid4(),
        survey_id=uuid4(),
        complaint_id=None,
        owner_id=None,
        answered_at=NOW - timedelta(days=days_ago),
        ratings=tuple(SurveyRated(indicator="overall", value=value) for value in values),
        nps=nps,
    )


def told_of(kind: Any, complaint: UUID, customer: UUID, version: int, **more: Any) -> Any:
    return kind(
        subject=complaint,
        version=version,
        distributor_id=None,
        customer_id=customer,
        owner_id=None,
        category="quality",
        severity="high",
        opened_at=NOW - timedelta(days=9),
        resolved_at=None,
        closed_at=None,
        **more,
    )


async def features(client: httpx.AsyncClient, customer: UUID, **wanted: float) -> None:
    """Until the customer's score is made of these."""

    async def made() -> bool:
        answer = await client.get(f"/v1/scores/{customer}")
        found = answer.json()["features"] if answer.status_code == 200 else {}
        return all(found.get(name) == value for name, value in wanted.items())

    await until(made)


async def test_answers_count_once_each(scoring: Service, manager: httpx.AsyncClient) -> None:
    customer = uuid4()
    first, last = answered(customer, 40, 5), answered(customer, 2, 2, 3)
    await tell(scoring, registered(customer), last, first)
    await features(manager, customer, surveys=2, satisfaction_last=2.5, satisfaction_drop=2.5)
    await tell(scoring, answered(customer, 1))
    await tell(scoring, answered(customer, 0.5, 4))
    await features(manager, customer, surveys=3, satisfaction_last=4)


async def test_a_merged_complaint_counts_no_more_until_it_is_its_own_again(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer, one, other = uuid4(), uuid4(), uuid4()
    await tell(
        scoring,
        registered(customer),
        told_of(ComplaintOpened, one, customer, 1),
        told_of(ComplaintOpened, other, customer, 1),
    )
    await features(manager, customer, complaints_open=2)
    await tell(scoring, told_of(ComplaintMerged, other, customer, 2, merged_into=one))
    await features(manager, customer, complaints_open=1)
    await tell(scoring, told_of(ComplaintUnmerged, other, customer, 3))
    await features(manager, customer, complaints_open=2)


@pytest.mark.parametrize(
    ("ratings", "nps", "score"),
    [
        ([("overall", 2), ("delivery_speed", 5)], 10, 2),
        ([("delivery_speed", 5), ("product_quality", 4)], None, 4.5),
        ([], 10, 5),
        ([], 0, 1),
        ([], None, None),
    ],
)
def test_the_overall_rating_speaks_for_the_rest(ratings: Any, nps: Any, score: Any) -> None:
    event = answered(uuid4(), 1, nps=nps)
    rated = tuple(SurveyRated(indicator=indicator, value=value) for indicator, value in ratings)
    assert satisfaction(event.model_copy(update={"ratings": rated})) == score
