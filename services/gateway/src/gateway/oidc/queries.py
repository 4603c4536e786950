"""Reading links and the accounts that they may lead to."""

from uuid import UUID

from sqlalchemy import bindparam, func, select

from gateway.oidc.tables import OidcLink
from gateway.staff.tables import Staff
from shared.db import Reader, Record, prepare
from shared.problems import not_found

_l = OidcLink.__table__.c  # type: ignore[attr-defined]
_s = Staff.__table__.c  # type: ignore[attr-defined]

_LINKED = prepare(
    select(_l.staff_id).where(_l.issuer == bindparam("issuer"), _l.subject == bindparam("subject"))
)
_LINK_OF = prepare(
    select(_l.issuer, _l.subject, _l.created_at).where(
        _l.staff_id == bindparam("staff_id"), _l.issuer == bindparam("issuer")
    )
)
_BY_EMAIL = prepare(
    select(_s.id).where(func.lower(_s.email) == bindparam("email"), _s.status == "active").limit(2)
)


async def linked(reader: Reader, issuer: str, subject: str) -> UUID | None:
    """The person who goes by this name at the provider."""
    found: UUID | None = await reader.value(_LINKED, issuer=issuer, subject=subject)
    return found


async def link_of(reader: Reader, issuer: str, staff_id: UUID) -> Record:
    """A person's account at the provider; raises NotFound."""
    row = await reader.row(_LINK_OF, issuer=issuer, staff_id=staff_id)
    if row is None:
        raise not_found("link", "关联")
    return row


async def only_account_with(reader: Reader, email: str) -> UUID | None:
    """The one active account with this e-mail address; None if there is none, or more than one."""
    rows = await reader.rows(_BY_EMAIL, email=email.lower())
    return rows[0]["id"] if len(rows) == 1 else None
