"""What is said about keys over HTTP."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from gateway.api_keys.domain import STANDARD_PLAN, Environment, Status, read_network, status
from gateway.api_keys.text import prefix
from shared.auth.permissions import GRANTABLE
from shared.http import Input, ListQuery, Output, Patch
from shared.http.masking import MASKABLE
from shared.http.types import NO_FLAG, Code, Moment, Name

_MOST_OVERLAP = 30 * 24 * 3600
_DISTRIBUTOR = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"
_EXAMPLE_ZH: JsonDict = {
    "name": "海纳商贸 ERP 对接",
    "distributor_id": _DISTRIBUTOR,
    "scopes": ["customers:read", "customers:write", "orders:write", "complaints:write"],
    "networks": ["203.0.113.0/24"],
    "masked_fields": ["birthday"],
}
_EXAMPLE_EN: JsonDict = {
    "name": "Northern Wholesale order feed",
    "distributor_id": _DISTRIBUTOR,
    "scopes": ["orders:write"],
    "expires_at": "2027-03-01T00:00:00Z",
    "networks": ["2001:db8:7::/48", "198.51.100.7"],
}
_READ_ZH: JsonDict = {
    "id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a55",
    "name": "海纳商贸 ERP 对接",
    "prefix": "tl_live_8Zk2mPq4XwVt",
    "environment": "live",
    "status": "active",
    "distributor_id": _DISTRIBUTOR,
    "scopes": ["customers:read", "orders:write"],
    "networks": ["203.0.113.0/24"],
    "masked_fields": ["birthday"],
    "plan": STANDARD_PLAN,
    "expires_at": None,
    "last_used_at": "2026-03-01T09:30:00Z",
    "rotated_at": None,
    "previous_until": None,
    "revoked_at": None,
    "revoked_by": None,
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "granted_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_READ_EN: JsonDict = {
    **_READ_ZH,
    "name": "Northern Wholesale order feed",
    "expires_at": "2027-03-01T00:00:00Z",
}
_KEY: JsonDict = {"key": "tl_live_8Zk2mPq4XwVt_<secret>_5e1f0a9c"}


def _listed(choices: Collection[str]) -> AfterValidator:
    """A text must be one of a closed list."""
    words = ", ".join(sorted(choices))

    def chosen(value: str) -> str:
        if value not in choices:
            raise PydanticCustomError(
                "not_a_choice", f"must be one of {words}", {"zh": f"必须是以下之一：{words}"}
            )
        return value

    return AfterValidator(chosen)


def _network(value: str) -> str:
    try:
        return str(read_network(value))
    except ValueError:
        raise PydanticCustomError(
            "network_invalid",
            "must be an address or a network in CIDR notation, without bits beyond its prefix",
            {"zh": "必须是 IP 地址或 CIDR 网段，且主机位须为零"},
        ) from None


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


_SCOPES: JsonDict = {"enum": [*sorted(GRANTABLE)]}
_FIELDS: JsonDict = {"enum": [*sorted(MASKABLE)]}
Scope = Annotated[str, _listed(GRANTABLE), Field(json_schema_extra=_SCOPES)]
MaskedField = Annotated[str, _listed(MASKABLE), Field(json_schema_extra=_FIELDS)]
Network = Annotated[str, Field(max_length=49), AfterValidator(_network)]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=50), AfterValidator(_once)]
Networks = Annotated[list[Network], Field(max_length=50), AfterValidator(_once)]
MaskedFields = Annotated[list[MaskedField], Field(max_length=50), AfterValidator(_once)]


class ApiKeyCreate(Input):
    """A new key: for which distributor and all below it, what it may, from where, until when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ZH, _EXAMPLE_EN]})

    name: Name
    distributor_id: UUID
    scopes: Scopes
    environment: Environment = "live"
    expires_at: Moment | None = None
    networks: Networks = Field([], description="Where it may come from; empty means from anywhere.")
    masked_fields: MaskedFields = Field([], description="Fields that it never sees whole.")
    plan: Code = Field(STANDARD_PLAN, description="How many requests it may make.")


class ApiKeyPatch(Patch):
    """Changes to a key, which hold within seconds; its distributor and environment stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scopes": ["orders:write"]}, {"networks": [], "expires_at": None}]}
    )

    name: Name = ""
    scopes: Scopes = Field(default_factory=list, validate_default=False)
    expires_at: Moment | None = None
    networks: Networks = Field(default_factory=list)
    masked_fields: MaskedFields = Field(default_factory=list)
    plan: Code = STANDARD_PLAN


class ApiKeyRotate(Input):
    """How long the secret before stays good, in seconds; 0 ends it at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_seconds": 86400}]})

    overlap_seconds: Annotated[int, Field(ge=0, le=_MOST_OVERLAP), NO_FLAG] = 86400


class ApiKeyRead(Output):
    """A key without its secret. `granted_by` answers for its scopes; `previous_until` ends an overlap."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READ_ZH, _READ_EN]})

    id: UUID
    name: str
    prefix: str
    environment: Environment
    status: Status
    distributor_id: UUID
    scopes: list[str]
    networks: list[str]
    masked_fields: list[str]
    plan: str
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")
    rotated_at: Moment | None
    previous_until: Moment | None
    revoked_at: Moment | None
    revoked_by: UUID | None
    created_by: UUID
    granted_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class ApiKeyMade(ApiKeyRead):
    """A key with its secret, shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_READ_ZH, **_KEY}, {**_READ_EN, **_KEY}]})

    key: str = Field(description="Keep it safe: it cannot be shown again.")


class ApiKeyQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
    environment: Environment | None = None
    distributor_id: UUID | None = None
    created_by: UUID | None = None
    granted_by: UUID | None = None


def shown(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A row as it is shown now."""
    until = row["previous_until"]
    return {
        **row,
        "prefix": prefix(row["environment"], row["key_id"]),
        "status": status(row["revoked_at"], row["expires_at"], now),
        "previous_until": until if until is not None and until > now else None,
    }
