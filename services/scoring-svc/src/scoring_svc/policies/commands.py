"""Policies drafted, changed and put on record."""

from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.policies import domain, queries
from scoring_svc.policies.document import PolicyDocument, shown
from scoring_svc.policies.queries import GRIDS, Row, T
from scoring_svc.policies.schemas import TierPolicyCreate, TierPolicyPatch
from shared.db import Record, Tx, prepare
from shared.http import check_version
from shared.http.errors import invalid_input
from shared.problems import Conflict, Invalid, not_found

_FIRST = prepare(upsert(T).on_conflict_do_nothing(), *T.c.keys())
_ADD = prepare(insert(T).returning(T), *T.c.keys())
_CHANGE = prepare(
    update(T)
    .where(T.c.version == bindparam("b_version"))
    .values(status="draft", approved_by=None, simulation_id=None, tolerance=None, refusal=None)
    .returning(T),
    *("document", "digest", "note", "effective_from", "revision"),
)
_REMOVE = prepare(delete(T).where(T.c.version == bindparam("b_version")))
_grids = upsert(GRIDS)
_KEEP = prepare(
    _grids.on_conflict_do_update(
        index_elements=["model_id", "policy_version"], set_={"grids": _grids.excluded.grids}
    ),
    *GRIDS.c.keys(),
)
_UNSET: dict[str, Any] = dict.fromkeys(T.c.keys())


async def publish_default(tx: Tx) -> None:
    """Have the default policy on record as version 1, so that what it decided can be looked up."""
    policy = Policy()
    if await queries.newest(tx) == 0:
        stands = dict.fromkeys(("created_at", "published_at", "effective_from", "applied_at"), tx.now)
        await tx.run(_FIRST, **{**_row(tx, policy), **stands, "status": "published"})


async def draft(tx: Tx, body: TierPolicyCreate, *, author: UUID) -> Row:
    """Put a draft on record; Invalid, with a pointer to each, for rules that contradict each other."""
    await queries.take_turns(tx)
    await publish_default(tx)
    _check(body.document)
    policy = body.document.policy(await queries.newest(tx) + 1)
    said = {"note": body.note, "effective_from": body.effective_from, "author": author}
    return _there(await tx.row(_ADD, **{**_row(tx, policy), **said}))


async def copy(tx: Tx, source: Row, *, author: UUID, note: str, simulation_id: UUID) -> Row:
    """A draft of what an earlier version says, to be current again; that it was published proves it."""
    await queries.take_turns(tx)
    version = await queries.newest(tx) + 1
    policy = Policy.from_document({**source["document"], "version": version})
    said = {
        "note": note,
        "author": author,
        "copy_of": source["version"],
        "simulation_id": simulation_id,
    }
    return _there(await tx.row(_ADD, **{**_row(tx, policy), **said}))


async def change(tx: Tx, version: int, body: TierPolicyPatch, *, expected: int | None) -> Row:
    """Change a draft; what was simulated of it before is of another document then.

    One that waits for its day is a draft again by that: who published it had seen something else.
    """
    row = await changeable(tx, version, expected, waiting=True)
    sent = body.changes()
    merged = _merged(shown(row["document"]), sent.get("document", {}))
    policy = _read(merged).policy(version)
    return _there(
        await tx.row(
            _CHANGE,
            b_version=version,
            document=policy.to_document(),
            digest=policy.digest(),
            note=sent.get("note", row["note"]),
            effective_from=sent.get("effective_from", row["effective_from"]),
            revision=row["revision"] + 1,
        )
    )


async def remove(tx: Tx, version: int, *, expected: int | None) -> None:
    """Forget a draft, or one that waits for its day."""
    await changeable(tx, version, expected, waiting=True)
    await tx.run(_REMOVE, b_version=version)


async def changeable(tx: Tx, version: int, expected: int | None = None, *, waiting: bool = False) -> Row:
    """A draft (with `waiting` a scheduled one, too), locked; NotFound, Stale, or Conflict."""
    row = await queries.for_update(tx, version)
    if row is None:
        raise not_found("tier policy", "分级策略")
    check_version(expected, row["revision"])
    if row["status"] != "draft" and not (waiting and row["status"] == "scheduled"):
        raise Conflict(
            "policy_not_draft",
            en="Only a draft can be changed or published; make a new one of it.",
            zh="只有草稿可以修改或发布，请另建草稿。",
        )
    return row


async def keep_grids(tx: Tx, grids: Percentiles, *, model_id: UUID, policy_version: int) -> None:
    """Put on record what this model's customers are ranked against under this version."""
    await tx.run(
        _KEEP,
        model_id=model_id,
        policy_version=policy_version,
        grids=grids.to_document(),
        created_at=tx.now,
    )


def _row(tx: Tx, policy: Policy) -> dict[str, Any]:
    return {
        **_UNSET,
        "version": policy.version,
        "id": tx.new_id(),
        "status": "draft",
        "document": policy.to_document(),
        "digest": policy.digest(),
        "created_at": tx.now,
        "revision": 1,
    }


def _read(document: dict[str, Any]) -> PolicyDocument:
    try:
        found = PolicyDocument.model_validate(document)
    except ValidationError as error:
        places = [{**each, "loc": ("body", "document", *each["loc"])} for each in error.errors()]
        raise invalid_input(places) from None
    _check(found)
    return found


def _check(document: PolicyDocument) -> None:
    if errors := domain.faults(document.model_dump(mode="json")):
        raise Invalid(
            "policy_invalid",
            en="The rules of this policy contradict each other.",
            zh="该策略的规则相互矛盾。",
            errors=tuple(errors),
        )


def _merged(stored: Any, patch: Any) -> Any:
    """RFC 7396: entry by entry; null takes one away."""
    if not isinstance(patch, dict) or not isinstance(stored, dict):
        return patch
    kept = {name: value for name, value in stored.items() if name not in patch}
    changed = {name: _merged(stored.get(name), value) for name, value in patch.items() if value is not None}
    return {**kept, **changed}


def _there(row: Record | None) -> Row:
    if row is None:
        raise LookupError("the policy was not written")
    return dict(row)
