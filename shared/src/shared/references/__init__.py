"""Customers as the other services know them: ids and codes, fed by events, asked for once when missing."""

from shared.references.clients import MERGED_FROM, References
from shared.references.commands import apply
from shared.references.consumers import CUSTOMER_EVENTS
from shared.references.domain import CustomerRef
from shared.references.queries import check_unmerged, kept_by, recorded_for, root
from shared.references.tables import through_customer

__all__ = [
    "CUSTOMER_EVENTS",
    "MERGED_FROM",
    "CustomerRef",
    "References",
    "apply",
    "check_unmerged",
    "kept_by",
    "recorded_for",
    "root",
    "through_customer",
]
