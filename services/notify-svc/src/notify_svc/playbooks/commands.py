"""Every change of playbooks."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from notify_svc.playbooks import domain, queries
from notify_svc.playbooks.clients import KnownSenders
from notify_svc.playbooks.queries import P, V
from notify_svc.templates.domain import FORM_OF
from shared.db import Tx, prepare
from shared.http import check_version

_ADD = prepare(insert(P), *P.c.keys())
_ADD_VERSION = prepare(insert(V), *V.c.keys())
_CHANGING = ("title_zh", "title_en", "state", "published", "latest", "stopping", "updated_at", "version")
_SAVE = prepare(update(P).where(P.c.id == bindparam("b_id", type_=Uuid)), *_CHANGING)
_RENEW = prepare(
    update(P).where(P.c.id == bindparam("b_id", type_=Uuid)), "title_zh", "title_en", "shipped", "updated_at"
)
_of_number = (
    V.c.playbook_id == bindparam("b_id", type_=Uuid),
    V.c.number == bindparam("b_number", type_=Integer),
)
_REWRITE = prepare(update(V).where(*_of_number), "definition", "created_by", "created_at")
_USE = prepare(update(V).where(*_of_number).values(used=True))
_STOPPED = prepare(update(P).where(P.c.id == bindparam("b_id", type_=Uuid)).values(stopping=False))


async def create(
    tx: Tx, given: dict[str, Any], definition: dict[str, Any], *, by: UUID | None, shipped: str | None = None
) -> UUID:
    """A new draft; Conflict if its code is taken."""
    if await queries.code_is_taken(tx, given["code"]):
        raise domain.code_taken()
    playbook_id = tx.new_id()
    row = {
        **given,
        "id": playbook_id,
        "state": "draft",
        "published": None,
        "latest": 1,
        "stopping": False,
        "shipped": shipped,
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await tx.run(_ADD, **row)
    await _add_version(tx, playbook_id, 1, definition, by=by)
    return playbook_id


async def _add_version(
    tx: Tx, playbook_id: UUID, number: int, definition: dict[str, Any], *, by: UUID | None
) -> None:
    await tx.run(
        _ADD_VERSION,
        id=tx.new_id(),
        playbook_id=playbook_id,
        number=number,
        definition=definition,
        used=False,
        created_by=by,
        created_at=tx.now,
    )


async def _save(tx: Tx, before: dict[str, Any], **changes: Any) -> None:
    kept = {name: before[name] for name in _CHANGING}
    values = {**kept, **changes, "updated_at": tx.now, "version": before["version"] + 1}
    await tx.run(_SAVE, b_id=before["id"], **values)


async def change(
    tx: Tx,
    playbook_id: UUID,
    changes: dict[str, Any],
    definition: dict[str, Any] | None,
    *,
    by: UUID,
    expected: int | None,
) -> None:
    """Other titles, another definition; what was published once is kept and gets a version behind it."""
    before = await queries.playbook_for_update(tx, playbook_id)
    check_version(expected, before["version"])
    domain.check_open(before["state"])
    if definition is not None:
        if before["used"]:
            changes["latest"] = before["latest"] + 1
            await _add_version(tx, playbook_id, changes["latest"], definition, by=by)
        else:
            said = {"definition": definition, "created_by": by, "created_at": tx.now}
            await tx.run(_REWRITE, b_id=playbook_id, b_number=before["latest"], **said)
    await _save(tx, before, **changes)


async def renew(
    tx: Tx, playbook_id: UUID, titles: dict[str, str], definition: dict[str, Any], *, shipped: str
) -> None:
    """Bring a shipped draft that nobody has touched up to date."""
    before = await queries.playbook_for_update(tx, playbook_id)
    said = {"definition": definition, "created_by": None, "created_at": tx.now}
    await tx.run(_REWRITE, b_id=playbook_id, b_number=before["latest"], **said)
    await tx.run(_RENEW, b_id=playbook_id, **titles, shipped=shipped, updated_at=tx.now)


async def publish(
    tx: Tx,
    playbook_id: UUID,
    number: int | None,
    *,
    expected: int | None,
    known_senders: KnownSenders,
) -> None:
    """Let a version hold for those who enter from now on; Invalid names all that is wrong with it.

    Runs that are going on stay on theirs. An older version may hold again, and so may an archived playbook.
    """
    before = await queries.playbook_for_update(tx, playbook_id)
    check_version(expected, before["version"])
    chosen = number or before["latest"]
    definition = (await queries.version(tx, playbook_id, chosen))["definition"]
    forms, required = await queries.templates_known(tx, domain.templates_named(definition))
    there = await known_senders(tx, domain.senders_named(definition))
    domain.check_publishable(domain.findings(definition, domain.Known(forms, required, there), FORM_OF))
    await tx.run(_USE, b_id=playbook_id, b_number=chosen)
    await _save(tx, before, published=chosen, state="active", stopping=False)


async def archive(tx: Tx, playbook_id: UUID, *, stop_runs: bool, expected: int | None) -> None:
    """Nobody enters any more; with `stop_runs` those inside are led out, in batches by the runner."""
    before = await queries.playbook_for_update(tx, playbook_id)
    check_version(expected, before["version"])
    await _save(tx, before, state="archived", stopping=stop_runs or before["stopping"])


async def all_stopped(tx: Tx, playbook_id: UUID) -> None:
    """The last run of an archived playbook was led out."""
    await tx.run(_STOPPED, b_id=playbook_id)
