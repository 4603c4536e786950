"""What customer-svc is told from outside."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.settings import ServiceSettings

SHOWABLE = frozenset(
    (
        *("code", "name", "kind", "phone", "email", "region", "address", "website", "channel"),
        *("owner_id", "org_unit_id", "distributor_id"),
    )
)
"""Fields of a suspected duplicate that can be shown beside its id."""


def _showable(fields: str) -> str:
    unknown = set(shown(fields)) - SHOWABLE
    if unknown:
        raise ValueError(f"no fields to show: {', '.join(sorted(unknown))}")
    return fields


def shown(fields: str) -> tuple[str, ...]:
    """The names in a text with commas between."""
    return tuple(name for name in (part.strip() for part in fields.split(",")) if name)


class Settings(ServiceSettings):
    """The settings of every service, what is told of suspected duplicates, and where others answer.

    `duplicate_fields` are the fields shown of a hit, with commas between. Of customers out of sight somebody
    is told `duplicate_disclosures` times an hour at most. Work in the background asks the gateway for tokens
    that speak for its caller, and interaction-svc with these.
    """

    duplicate_fields: Annotated[str, AfterValidator(_showable)] = "code,name,owner_id,region"
    duplicate_disclosures: Annotated[int, Field(ge=0)] = 30
    gateway_url: str = "http://gateway:8000"
    interaction_url: str = "http://interaction-svc:8000"
