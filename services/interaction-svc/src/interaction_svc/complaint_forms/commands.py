"""Every change of a form, links to it, and taking in what customers send."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from interaction_svc.complaint_forms import domain, queries
from interaction_svc.complaint_forms.domain import Sheet
from interaction_svc.complaint_forms.schemas import ComplaintFormCreate, ComplaintFormPatch, FormLinkCreate
from interaction_svc.complaint_forms.tables import ComplaintForm, ComplaintFormEntry, ComplaintFormLink
from interaction_svc.complaints.schemas import ComplaintCreate
from interaction_svc.intake.commands import take_in
from interaction_svc.web_pages.domain import TRAP, Language, Sent
from interaction_svc.web_pages.tokens import hash_of, new_token
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

_F: Any = ComplaintForm.__table__  # type: ignore[attr-defined]
_L: Any = ComplaintFormLink.__table__  # type: ignore[attr-defined]
_E: Any = ComplaintFormEntry.__table__  # type: ignore[attr-defined]
_INSERT = prepare(insert(_F), *_F.c.keys())
_CHANGE = prepare(
    update(_F).where(
        _F.c.id == bindparam("b_id", type_=Uuid), _F.c.version == bindparam("b_version", type_=Integer)
    ),
    *(column.key for column in _F.c if column.key not in {"id", "created_at"}),
)
_LINK = prepare(insert(_L).returning(_L.c.customer_id), *_L.c.keys())
_NOTE = prepare(insert(_E), *_E.c.keys())


async def create_form(tx: Tx, body: ComplaintFormCreate, *, by: UUID) -> dict[str, Any]:
    """A new form, open at once."""
    row = {
        **body.model_dump(),
        "id": tx.new_id(),
        "status": "open",
        "changed_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await tx.run(_INSERT, **row)
    return row


async def change_form(
    tx: Tx, form_id: UUID, patch: ComplaintFormPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent. NotFound, Stale."""
    before = await queries.form_to_change(tx, form_id)
    check_version(expected, before["version"])
    after = {
        **before,
        **patch.changes(),
        "changed_by": by,
        "version": before["version"] + 1,
        "updated_at": tx.now,
    }
    await tx.run(_CHANGE, b_id=form_id, b_version=before["version"], **after)
    return after


async def make_link(
    tx: Tx, form_id: UUID, body: FormLinkCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """One customer's way to the form, with its `token`, which is not kept. NotFound, Conflict when closed."""
    form = await queries.form_held(tx, form_id)
    if form["status"] != "open":
        raise Conflict("form_closed", en="The form is closed.", zh="该表单已关闭。")
    token = new_token()
    row = {
        "id": tx.new_id(),
        "form_id": form_id,
        "customer_id": body.customer_id,
        "origin_id": None,
        "distributor_id": distributor_id,
        "language": body.language,
        "token_hash": hash_of(token),
        "expires_at": tx.now + timedelta(days=body.valid_days),
        "created_by": by,
        "created_at": tx.now,
    }
    keeper = await tx.value(_LINK, **row)
    return {**row, "customer_id": keeper, "token": token}


async def send(tx: Tx, token: str, sent: Sent, language: Language) -> Sheet | None:
    """Take in what a customer filled in, once for each sheet; None: it is taken in.

    The sheet back is to be shown again, in another language. Raises NotFound and Gone as `led_to`,
    Unfinished for what is missing or wrong, Conflict `link_used_up`.
    """
    await queries.hold_link(tx, token)
    found = await queries.led_to(tx, token, now=tx.now)
    sheet = domain.sheet_of(sent, found, tx.new_id())
    if sent.one("do") != "send":
        return Sheet(sheet.id, sheet.values)
    before = await queries.sent_by(tx, found["id"])
    if sent.one(TRAP) or sheet.id in {str(entry["sheet"]) for entry in before}:
        return None
    if sheet.wrong:
        raise domain.unfinished(found, sheet, language)
    if len(before) >= domain.MOST_COMPLAINTS:
        raise Conflict(
            "link_used_up", en="This link takes no more complaints.", zh="该链接的投诉次数已达上限。"
        )
    await _take_in(tx, found, sheet)
    return None


async def _take_in(tx: Tx, link: dict[str, Any], sheet: Sheet) -> None:
    body = ComplaintCreate(
        customer_id=link["origin_id"] or link["customer_id"],
        channel="other",
        severity=link["severity"],
        **{name: value for name, value in sheet.values.items() if value},
    )
    made = await take_in(tx, body, distributor_id=link["distributor_id"], by=link["changed_by"])
    await tx.run(_NOTE, link_id=link["id"], sheet=UUID(sheet.id), complaint_id=made["id"])
