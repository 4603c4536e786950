"""What can be exported, and how a text is kept from running as a formula where PostgreSQL writes the file."""

from collections.abc import Mapping
from typing import Literal, get_args

from customer_svc.transfers.columns import FIELDS

Entity = Literal["customers", "orders", "contacts", "distributors", "interactions"]
Format = Literal["csv", "xlsx"]
Encoding = Literal["utf-8-bom", "gb18030"]
ENTITIES: tuple[str, ...] = get_args(Entity)
FORMATS: tuple[str, ...] = get_args(Format)
ENCODINGS: tuple[str, ...] = get_args(Encoding)

ELSEWHERE: Entity = "interactions"
"""What another service keeps, and is asked for."""

MOST_BYTES = 4 * 1024 * 1024 * 1024
MOST_BOOK_ROWS = 1_000_000
MOST_ATTRIBUTES = 50
KEPT_DAYS = 7

ATTRIBUTES = "attributes"
USUAL: Mapping[str, tuple[str, ...]] = {
    "customers": (*(name for name in FIELDS["customers"] if not name.startswith("contact_")), ATTRIBUTES),
    "orders": (
        "order_no",
        "channel",
        "ordered_at",
        "amount",
        "currency",
        "kind",
        "return_of",
        "customer_id",
        "sku",
        "name",
        "category",
        "quantity",
        "lines",
    ),
    "contacts": (
        "customer_id",
        "name",
        "post",
        "phone",
        "email",
        "role",
        "relation_strength",
        "birthday",
    ),
    "distributors": FIELDS["distributors"],
    "interactions": (
        "customer_id",
        "channel",
        "direction",
        "occurred_at",
        "participants",
        "summary",
        "agreement",
        "attachments",
    ),
}
"""The columns of an export that names none: those that an import reads."""
MORE: Mapping[str, tuple[str, ...]] = {
    "customers": ("id", "status", "created_at", "updated_at"),
    "orders": ("id", "status", "customer_code", "customer_name", "distributor_code", "created_at"),
    "contacts": ("id", "is_primary", "customer_code", "customer_name", "created_at", "updated_at"),
    "distributors": ("id", "onboarding_stage", "created_at", "updated_at"),
    "interactions": (
        "id",
        "customer_code",
        "customer_name",
        "distributor_code",
        "created_by",
        "created_at",
        "updated_at",
    ),
}
"""Columns that can be had beside them."""

# What Python's `\s` is, for the database's own `\s` depends on its locale.
BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace() and code)
RISKY = f"=+-@\uff1d\uff0b\uff0d\uff20'{BLANKS}"
"""How a text begins that may have to be kept from running."""
FORMULA = f"^'*[{BLANKS}]*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
"""A regular expression for what `shared.sheets.texts.safe_cell` puts an apostrophe before."""
