"""The door to merging customers."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.merges import commands, queries
from customer_svc.merges.schemas import (
    DuplicateMerge,
    MergeCreate,
    MergePreview,
    MergeQuery,
    MergeRead,
    MergeWish,
)
from shared.http import NO_SUCH_RECORD, Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs

router = Router(tags=["merges"])


@router.post(
    "/v1/customers/{customer_id}/merge/preview",
    operation_id="previewMerge",
    summary="See what merging two customers would do",
    response_model=MergePreview,
    responses=NO_SUCH_RECORD,
    **needs("customers:merge"),
)
async def preview_merge(customer_id: UUID, body: MergeWish, tx: WriteTx) -> Any:
    """Field by field: what both have, what would be kept, and from which of the two.

    The customer of the address keeps its values where it has some; `fields` says where it shall be otherwise.
    `contradictions` are kinds of strong identities (tax number, verified phone or e-mail, unionid) of which
    both have some and none in common: then only a person can merge them.
    """
    plan = await commands.plan_merge(tx, customer_id, body)
    return {
        "kept_id": plan.kept["id"],
        "kept_version": plan.kept["version"],
        "absorbed_id": plan.absorbed["id"],
        "absorbed_version": plan.absorbed["version"],
        "fields": [one._asdict() for one in plan.survivors],
        "contradictions": plan.contradictions,
        "moving": plan.moving,
    }


@router.post(
    "/v1/customers/{customer_id}/merge",
    status_code=201,
    operation_id="mergeCustomers",
    summary="Merge another customer into this one",
    response_model=MergeRead,
    responses=NO_SUCH_RECORD,
    **needs("customers:merge"),
)
async def merge_customers(
    *,
    customer_id: UUID,
    body: MergeCreate,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Let this customer absorb another one, as the preview shows it, until the merge is undone.

    Contacts, identities, orders and contracts are this customer's from now on, and in the other services
    interactions, complaints, promises, reminders and what the scores are made of. The old id answers 308 with
    `merged_into`; who records something for it records it for this one.

    409 `strong_ids_differ` if their strong identities contradict each other: `confirm_strong_ids` is a
    person's word that they are one all the same (403 `person_needed` for a key). 409 `distributors_differ`,
    409 `merged_already`. `If-Match` and `absorbed_version` guard against changes since the preview.
    """
    row = await commands.merge_customers(tx, customer_id, body, if_match, caller=caller)
    response.headers["Location"] = f"/v1/merges/{row['id']}"
    return _shown(row)


@router.post(
    "/v1/duplicates/{duplicate_id}/merge",
    status_code=201,
    operation_id="mergeDuplicate",
    summary="Merge the two customers of a duplicate",
    response_model=MergeRead,
    **needs("duplicates:write", "customers:merge"),
)
async def merge_duplicate(
    *,
    duplicate_id: UUID,
    body: DuplicateMerge,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Let `kept_id`, one of the two, absorb the other, as merging customers does.

    The pair is `merged` then, and open again when the merge is undone. 409 as in merging:
    `strong_ids_differ`, 409 `distributors_differ`, 409 `merged_already`.
    """
    row = await commands.merge_duplicate(tx, duplicate_id, body, if_match, caller=caller)
    response.headers["Location"] = f"/v1/merges/{row['id']}"
    return _shown(row)


@router.get(
    "/v1/merges",
    operation_id="listMerges",
    summary="List merges",
    response_model=Page[MergeRead],
    **needs("customers:read"),
)
async def list_merges(query: Annotated[MergeQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Merges whose kept customer is in sight, newest first."""
    page = await queries.merges(db, query, sealer)
    return {**page, "data": [_shown(row) for row in page["data"]]}


@router.get(
    "/v1/merges/{merge_id}",
    operation_id="getMerge",
    summary="Read a merge",
    response_model=MergeRead,
    **needs("customers:read"),
)
async def get_merge(merge_id: UUID, db: ReadDb) -> Any:
    """Who was absorbed by whom, what it changed, and whether it was undone."""
    return _shown(await queries.merge(db, merge_id))


@router.post(
    "/v1/merges/{merge_id}/undo",
    operation_id="undoMerge",
    summary="Undo a merge",
    response_model=MergeRead,
    **needs("customers:merge"),
)
async def undo_merge(merge_id: UUID, tx: WriteTx, caller: Caller) -> Any:
    """Make two customers of them again, each with its own, also with what was recorded or changed since.

    Fields of the kept customer that are still as the merge left them go back; what was changed since stays.
    409 `merge_undone`; 409 `merged_again` with `merge_id` if the kept customer was itself merged since: undo
    that first; 409 `code_taken`, `tax_number_taken`, `identity_taken` or `value_taken` if another customer
    has by now what the absorbed one had.
    """
    return _shown(await commands.undo_merge(tx, merge_id, by=caller.id))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = [
        {"field": field, "old": change["before"], "new": change["after"]}
        for field, change in row["changes"].items()
    ]
    return {**row, "fields": fields}
