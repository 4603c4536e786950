"""Every change to links and spent journeys."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from gateway.oidc import queries
from gateway.oidc.domain import JOURNEY_SECONDS, Identity, Provider
from gateway.oidc.tables import OidcLink, OidcSpent
from gateway.staff import commands as staff
from gateway.staff import domain as staff_domain
from gateway.staff import queries as staff_queries
from gateway.staff.passwords import Passwords, generated
from gateway.staff.schemas import DisplayName, Email, StaffCreate, Username
from shared.db import Scope, Tx, prepare
from shared.problems import Conflict

_link = OidcLink.__table__  # type: ignore[attr-defined]
_spent = OidcSpent.__table__  # type: ignore[attr-defined]

_SPEND = prepare(insert(_spent).on_conflict_do_nothing(), "id", "spent_at")
_FORGET = prepare(delete(_spent).where(_spent.c.spent_at < bindparam("before")))
_LINK = prepare(insert(_link).on_conflict_do_nothing(), "issuer", "subject", "staff_id", "created_at")
_UNLINK = prepare(
    delete(_link).where(_link.c.staff_id == bindparam("staff_id"), _link.c.issuer == bindparam("issuer"))
)


async def spend(tx: Tx, journey_id: UUID) -> bool:
    """Use a journey or a handover up; False if it was used before."""
    await tx.run(_FORGET, before=tx.now - timedelta(seconds=2 * JOURNEY_SECONDS))
    return await tx.run(_SPEND, id=journey_id, spent_at=tx.now) == 1


async def account_of(tx: Tx, passwords: Passwords, provider: Provider, who: Identity) -> UUID | None:
    """The account that this identity leads to, linked or opened now if the provider's terms allow it."""
    known = await queries.linked(tx, provider.issuer, who.subject)
    if known is not None:
        return known
    found = None
    if provider.link == "email" and who.email is not None:
        found = await queries.only_account_with(tx, who.email)
    if found is None and provider.create:
        found = await _opened(tx, passwords, provider, who)
    if found is None:
        return None
    await _keep_link(tx, provider.issuer, who.subject, found)
    return await queries.linked(tx, provider.issuer, who.subject)


async def link(tx: Tx, issuer: str, staff_id: UUID, subject: str, *, limit: Scope) -> None:
    """Let a person sign in by this name at the provider, and by no other; idempotent.

    Raises NotFound, Conflict when the name is somebody else's, and Forbidden for an account that sees more
    than `limit`.
    """
    staff_domain.keep_below(limit.holders, await staff_queries.staff_for_change(tx, staff_id))
    if await queries.linked(tx, issuer, subject) == staff_id:
        return
    await tx.run(_UNLINK, staff_id=staff_id, issuer=issuer)
    if not await _keep_link(tx, issuer, subject, staff_id):
        raise Conflict(
            "oidc_subject_taken",
            en="Somebody else here goes by this account.",
            zh="该外部账号已关联其他员工。",
        )


async def unlink(tx: Tx, issuer: str, staff_id: UUID, *, limit: Scope) -> None:
    """Take a person's account at the provider away; idempotent. Raises NotFound, and Forbidden as `link`."""
    staff_domain.keep_below(limit.holders, await staff_queries.staff_for_change(tx, staff_id))
    await tx.run(_UNLINK, staff_id=staff_id, issuer=issuer)


async def _keep_link(tx: Tx, issuer: str, subject: str, staff_id: UUID) -> bool:
    kept = await tx.run(_LINK, issuer=issuer, subject=subject, staff_id=staff_id, created_at=tx.now)
    return kept == 1


async def _opened(tx: Tx, passwords: Passwords, provider: Provider, who: Identity) -> UUID | None:
    """A new account, whose password nobody knows; None if its user name is taken."""
    username = _fitting(Username, who.username) or _fitting(Username, who.email) or f"oidc-{tx.new_id().hex}"
    new = StaffCreate(
        username=username,
        display_name=_fitting(DisplayName, who.name) or username,
        password=generated(),
        email=_fitting(Email, who.email),
        roles=list(provider.roles),
        data_scope="own",
    )
    try:
        return await staff.create_staff(tx, passwords, new)
    except Conflict:
        return None


def _fitting(kind: Any, value: str | None) -> str | None:
    """The value as a field of this kind, None if it cannot be one."""
    try:
        return None if value is None else str(TypeAdapter(kind).validate_python(value))
    except ValidationError:
        return None
