"""What a distributor looks like on the wire."""

from uuid import UUID

from pydantic import ConfigDict

from customer_svc.distributors.domain import Status
from customer_svc.fields import EmailAddress, PhoneNumber, Short, kept
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Line, Moment, Name


class DistributorCreate(Input):
    """A distributor as it is entered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "D-EAST-01",
                    "name": "华东海纳商贸有限公司",
                    "classification": "批发",
                    "level": "A",
                    "region": "310000",
                    "contact_name": "李雷",
                    "contact_phone": "021-62881234",
                },
                {"code": "D-UK-01", "name": "Northern Wholesale Ltd", "status": "onboarding"},
            ]
        }
    )

    code: Code
    name: Name
    status: Status = "active"
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    parent_id: UUID | None = None
    contact_name: Short | None = None
    contact_phone: PhoneNumber | None = None
    contact_email: EmailAddress | None = None
    address: Line | None = None


class DistributorPatch(Patch):
    """The fields to change; null clears one that may be empty. The code stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"level": "B"}, {"name": "海纳商贸", "parent_id": None}]}
    )

    name: Name = kept("")
    status: Status = kept("active")
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    parent_id: UUID | None = None
    contact_name: Short | None = None
    contact_phone: PhoneNumber | None = None
    contact_email: EmailAddress | None = None
    address: Line | None = None


class DistributorRead(Output):
    """A distributor; its `version` is also its ETag."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
                    "code": "D-EAST-01",
                    "name": "华东海纳商贸有限公司",
                    "status": "active",
                    "classification": "批发",
                    "level": "A",
                    "region": "310000",
                    "parent_id": None,
                    "contact_name": "李雷",
                    "contact_phone": "+862162881234",
                    "contact_email": None,
                    "address": None,
                    "version": 1,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-01T09:30:00Z",
                }
            ]
        }
    )

    id: UUID
    code: str
    name: str
    status: Status
    classification: str | None
    level: str | None
    region: str | None
    parent_id: UUID | None
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    address: str | None
    version: int
    created_at: Moment
    updated_at: Moment


class DistributorQuery(ListQuery):
    """Filters of the archive."""

    code: Code | None = None
    status: Status | None = None
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    parent_id: UUID | None = None
