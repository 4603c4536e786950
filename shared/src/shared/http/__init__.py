"""HTTP habits, the same in every service: doors, problems, lists, versions, idempotent posts."""

from shared.http.dependencies import Caller, Db, ReadDb, Sealing, Witnessed, WriteTx
from shared.http.door import NO_SUCH_RECORD, Router, needs, public, streams
from shared.http.etag import IfMatch, RequiredIfMatch, check_version, set_etag
from shared.http.listing import Listing
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
    "Witnessed",
    "WriteTx",
    "check_version",
    "needs",
    "public",
    "set_etag",
    "streams",
]
