"""HTTP habits, the same in every service: doors, problems, lists, versions, idempotent posts."""

from shared.http.dependencies import Caller, Db, ReadDb, Sealing, WriteTx
from shared.http.door import NO_SUCH_RECORD, Router, needs, public
from shared.http.etag import IfMatch, RequiredIfMatch, check_version, set_etag
from shared.http.listing import Listing, visible
from shared.http.models import (
    BatchResult,
    BatchResults,
    Input,
    ListQuery,
    Money,
    Output,
    Page,
    PageInfo,
    Patch,
)

__all__ = [
    "NO_SUCH_RECORD",
    "BatchResult",
    "BatchResults",
    "Caller",
    "Db",
    "IfMatch",
    "Input",
    "ListQuery",
    "Listing",
    "Money",
    "Output",
    "Page",
    "PageInfo",
    "Patch",
    "ReadDb",
    "RequiredIfMatch",
    "Router",
    "Sealing",
    "WriteTx",
    "check_version",
    "needs",
    "public",
    "set_etag",
    "visible",
]
