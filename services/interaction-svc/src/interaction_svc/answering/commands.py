"""What a customer does on the page: answer leaf by leaf, go back, want no more surveys."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Uuid, bindparam, insert, update

from interaction_svc.answering import complaining, queries
from interaction_svc.answering.domain import Sheet, read_answers, unfinished
from interaction_svc.answering.tables import SurveyRating, SurveyResponse
from interaction_svc.invitations import wishes
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.surveys import domain
from interaction_svc.surveys.commands import freeze
from interaction_svc.surveys.domain import Rated
from interaction_svc.web_pages.domain import LANGUAGES, TRAP, Language, Sent
from shared.db import Tx, prepare
from shared.events.interaction import SurveyAnswered, SurveyRated
from shared.messaging import outbox
from shared.references import recorded_for

_R: Any = SurveyResponse.__table__  # type: ignore[attr-defined]
_N: Any = SurveyRating.__table__  # type: ignore[attr-defined]
_I: Any = SurveyInvitation.__table__  # type: ignore[attr-defined]
_BEGIN = prepare(insert(_R), *_R.c.keys())
_GO_ON = prepare(
    update(_R).where(_R.c.id == bindparam("b_id", type_=Uuid)), "leaf", "answers", "language", "updated_at"
)
_FINISH = prepare(
    update(_R).where(_R.c.id == bindparam("b_id", type_=Uuid)),
    *("leaf", "answers", "language", "updated_at"),
    *("ratings", "remarks", "opened_complaint_id", "answered_at"),
)
_RATE = prepare(insert(_N), *_N.c.keys())
_this = _I.c.id == bindparam("b_id", type_=Uuid)
_ANSWERED = prepare(update(_I).where(_this), "answered_at")
_DECLINED = prepare(update(_I).where(_this), "declined_at")

Do = Literal["next", "back", "stop", "resume", "zh", "en"]


@dataclass(frozen=True, slots=True)
class _Answering:
    """One visit of the page by who was invited."""

    tx: Tx
    found: dict[str, Any]
    language: Language


async def answer(tx: Tx, token: str, sent: Sent, language: Language) -> Language:
    """Take what was sent; the language to go on in. What was answered once stays.

    Raises NotFound, Gone, and Unfinished when something on the sheet is missing or wrong.
    """
    found = await queries.led_to_locked(tx, token)
    do = sent.one("do")
    chosen: Language = do if do in LANGUAGES else language  # type: ignore[assignment]
    if found["answered_at"] is not None or sent.one(TRAP):
        return chosen
    queries.check_open(found, tx.now)
    here = _Answering(tx, found, chosen)
    if do in ("stop", "resume"):
        await _decline(here, wanted=do == "resume")
        return chosen
    if found["response_id"] is None and _sheet_sent(found, sent) is not None:
        await freeze(tx, found["survey_id"], found["number"])
        here = replace(here, found=await queries.led_to(tx, token))  # as it stays from now on
    sheet = _sheet_sent(here.found, sent)
    if sheet is not None:
        await _take(here, sheet, sent, do)
    return chosen


def _sheet_sent(found: dict[str, Any], sent: Sent) -> Sheet | None:
    """The sheet that was filled in; None when it is none of these (any more), so that it is shown anew."""
    leaf = sent.one("place").rpartition("-")[2]
    if not (leaf.isascii() and leaf.isdecimal()) or len(leaf) > len("60"):
        return None
    now = queries.sheet_of(found)
    sheet = queries.sheet_of(found, leaf=int(leaf))
    return sheet if sheet.place == sent.one("place") and sheet.leaf <= now.leaf else None


async def _take(here: _Answering, sheet: Sheet, sent: Sent, do: str) -> None:
    strictly = do not in ("back", *LANGUAGES)
    given, wrong = read_answers(sheet.questions, sent, strictly=strictly)
    asked = {question["code"] for question in sheet.questions}
    answers = {code: value for code, value in sheet.answers.items() if code not in asked} | given
    if wrong and strictly:
        raise unfinished(replace(sheet, answers=answers, wrong=wrong), here.language)
    answers = domain.pruned(sheet.document, answers)
    after = _after(sheet, answers, do)
    response_id = await _begun(here)
    if after is None:
        await _finish(here, sheet, response_id, answers)
    else:
        await here.tx.run(_GO_ON, b_id=response_id, **_state(here, after, answers))


def _after(sheet: Sheet, answers: dict[str, Any], do: str) -> int | None:
    """The leaf that follows; None when all is answered."""
    if do in LANGUAGES:
        return sheet.leaf
    if do == "back":
        before = domain.leaf_before(sheet.leaves, sheet.leaf, answers)
        return sheet.leaf if before is None else before
    following = domain.next_leaf(sheet.leaves, sheet.leaf, answers)
    return domain.unanswered(sheet.leaves, answers) if following is None else following


def _state(here: _Answering, leaf: int, answers: dict[str, Any]) -> dict[str, Any]:
    kept = [{"question": code, "value": value} for code, value in answers.items()]
    return {"leaf": leaf, "answers": kept, "language": here.language, "updated_at": here.tx.now}


async def _begun(here: _Answering) -> UUID:
    """The response, begun now if it was not before; its version stays as it is from now on."""
    found, tx = here.found, here.tx
    if found["response_id"] is not None:
        known: UUID = found["response_id"]
        return known
    row = {
        "id": tx.new_id(),
        "invitation_id": found["id"],
        "survey_version": found["number"],
        "ratings": [],
        "started_at": tx.now,
        **{name: found[name] for name in _TAKEN_OVER},
        **dict.fromkeys(("remarks", "opened_complaint_id", "answered_at")),
        **_state(here, 0, {}),
    }
    await tx.run(_BEGIN, **row)
    made: UUID = row["id"]
    return made


_TAKEN_OVER = (
    *("survey_id", "customer_id", "distributor_id", "owner_id", "tier", "channel"),
    *("complaint_id", "interaction_id"),
)


async def _finish(here: _Answering, sheet: Sheet, response_id: UUID, answers: dict[str, Any]) -> None:
    found, tx = here.found, here.tx
    rated = domain.rated(sheet.document, answers)
    opened = await complaining.open_if_bad(
        tx, found, complaining.Said(response_id, sheet.document, answers, rated)
    )
    await tx.run(
        _FINISH,
        b_id=response_id,
        **_state(here, sheet.leaf, answers),
        ratings=[asdict(each) for each in rated],
        remarks=domain.remarks(sheet.document, answers),
        opened_complaint_id=opened,
        answered_at=tx.now,
    )
    await tx.run(_ANSWERED, b_id=found["id"], answered_at=tx.now)
    await _rate(here, response_id, rated)
    _tell(here, response_id, rated)


async def _rate(here: _Answering, response_id: UUID, rated: Sequence[Rated]) -> None:
    found, tx = here.found, here.tx
    names = ("survey_id", "customer_id", "distributor_id", "owner_id", "tier", "channel")
    shared = {name: found[name] for name in names}
    rows = [
        {
            **shared,
            **asdict(each),
            "id": tx.new_id(),
            "response_id": response_id,
            "survey_version": found["number"],
            "answered_at": tx.now,
        }
        for each in rated
    ]
    await tx.run_many(_RATE, rows)


def _tell(here: _Answering, response_id: UUID, rated: Sequence[Rated]) -> None:
    found = here.found
    outbox.record(
        here.tx,
        SurveyAnswered(
            subject=response_id,
            version=1,
            distributor_id=found["distributor_id"],
            customer_id=recorded_for(found),
            invitation_id=found["id"],
            survey_id=found["survey_id"],
            complaint_id=found["complaint_id"],
            owner_id=found["owner_id"],
            answered_at=here.tx.now,
            ratings=tuple(
                SurveyRated(indicator=each.indicator, value=each.value)  # checked
                for each in rated
                if each.kind == "rating"
            ),
            nps=next((each.value for each in rated if each.kind == "nps"), None),
        ),
    )


async def _decline(here: _Answering, *, wanted: bool) -> None:
    """Note, at the customer and here, that they want no more surveys, or that they do after all."""
    found, tx = here.found, here.tx
    if wanted:
        await wishes.take_back(tx, found["customer_id"])
    else:
        await wishes.want_none(tx, found["customer_id"], said_by="customer")
    await tx.run(_DECLINED, b_id=found["id"], declined_at=None if wanted else tx.now)
