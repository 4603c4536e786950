"""What the undoing of an import looks like on the wire."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from customer_svc.undos.domain import Code
from shared.http import ListQuery, Output

Kind = Literal["customer", "identity", "contact", "distributor", "order", "interaction"]
_IMPORT = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d81"
_KEPT: dict[str, Any] = {
    "line": 17,
    "kind": "customer",
    "record_id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
}


class UndoStarted(Output):
    """An undoing that is under way; `id` names its operation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "0192f0c2-77aa-7b1c-8e21-0a1b2c3d4e51", "import_id": _IMPORT, "status": "queued"}
            ]
        }
    )

    id: UUID
    import_id: UUID
    status: Literal["queued"]


class KeptRead(Output):
    """A record that stays though its import is undone, or one `field` of it, and why; never its value."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_KEPT, "field": None, "code": "in_use", "reason": "others refer to it: orders"},
                {**_KEPT, "field": "phone", "code": "changed_since", "reason": "导入后已被修改"},
            ]
        }
    )

    line: int = Field(description="The first line of the file that tells of it")
    kind: Kind
    record_id: UUID
    field: str | None
    code: Code
    reason: str


class KeptQuery(ListQuery):
    """Filters of what stays."""

    code: Code | None = None
    kind: Kind | None = None
