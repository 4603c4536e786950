"""How records name attachments, and how that is stored: alike for every kind of record."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from interaction_svc.attachments.queries import Asked
from interaction_svc.attachments.schemas import PATH, Attachment, WithFiles
from shared.problems import Invalid

Files = Mapping[Asked, str]
"""What attachments are called, each with the customer whose it is said to be."""


def attached(items: Iterable[WithFiles]) -> dict[Asked, int]:
    """The attachments kept here that these items name, and at which place."""
    return {
        (one.attachment_id, item.customer): place
        for item in items
        for place, one in enumerate(item.attachments)
        if one.attachment_id is not None
    }


def stored(attachments: Iterable[Attachment], customer_id: UUID, files: Files) -> list[dict[str, str]]:
    """What a record of this customer keeps of them: ids as text, those that are kept here by their names."""
    return [_stored(one, customer_id, files) for one in attachments]


def _stored(one: Attachment, customer_id: UUID, files: Files) -> dict[str, str]:
    found = one.attachment_id
    if found is None:
        return one.model_dump(include={"name", "url"})
    return {"attachment_id": str(found), "name": files[found, customer_id], "url": f"{PATH}{found}"}


def kept_here(attachments: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """By their ids what those attachments are called that are kept here, as they are stored."""
    return {UUID(one["attachment_id"]): one["name"] for one in attachments if "attachment_id" in one}


def unknown(place: int) -> Invalid:
    """The refusal of an attachment that is not there, out of sight, or another customer's."""
    return Invalid.at(
        f"/attachments/{place}/attachment_id",
        "attachment_unknown",
        en="is no attachment of this customer",
        zh="不是该客户的附件",
    )
