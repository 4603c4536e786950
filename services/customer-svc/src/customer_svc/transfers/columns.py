"""Which column of a file goes into which field, and which files cannot be read at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customer_svc.transfers.domain import Entity
from shared.problems import FieldError, Invalid
from shared.sheets.texts import MOST_COLUMNS

ATTRIBUTES = "attributes."
REASONS = ("import_errors", "导入错误")
"""How the column of reasons of a file of refused rows is called; when the file comes again it is not read."""
_MOST_NAMED = 20
_MOST_NAME = 100

FIELDS: dict[str, tuple[str, ...]] = {
    "customers": (
        "code",
        "name",
        "kind",
        "phone",
        "email",
        "tax_number",
        "industry",
        "business_scope",
        "size",
        "region",
        "address",
        "website",
        "channel",
        "external_id",
        "distributor_code",
        "owner_id",
        "referred_by",
        "birthday",
        "tags",
        "contact_name",
        "contact_post",
        "contact_phone",
        "contact_email",
    ),
    "orders": (
        "order_no",
        "channel",
        "ordered_at",
        "amount",
        "amount_minor",
        "currency",
        "kind",
        "external_id",
        "customer_code",
        "customer_id",
        "return_of",
        "sku",
        "name",
        "category",
        "quantity",
        "lines",
    ),
    "contacts": (
        "customer_id",
        "customer_code",
        "channel",
        "external_id",
        "name",
        "post",
        "phone",
        "email",
        "role",
        "relation_strength",
        "birthday",
    ),
    "distributors": (
        "code",
        "name",
        "status",
        "classification",
        "level",
        "region",
        "territory",
        "product_lines",
        "parent_code",
        "contact_name",
        "contact_phone",
        "contact_email",
        "address",
    ),
    "interactions": (
        "customer_id",
        "customer_code",
        "identity_channel",
        "external_id",
        "channel",
        "direction",
        "occurred_at",
        "participants",
        "summary",
        "agreement",
        "attachments",
    ),
}
# Of each group one column must be there.
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "customers": (("name",), ("kind",)),
    "orders": (
        ("order_no",),
        ("channel",),
        ("ordered_at",),
        ("amount", "amount_minor"),
        ("customer_id", "customer_code", "external_id"),
    ),
    "contacts": (("name",), ("customer_id", "customer_code", "external_id")),
    "distributors": (("code",), ("name",)),
    "interactions": (
        ("customer_id", "customer_code", "external_id"),
        ("channel",),
        ("direction",),
        ("occurred_at",),
        ("summary",),
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each field stands: `places` by field, `headers` as the file names them, `width` of a row."""

    places: Mapping[str, int]
    headers: Mapping[str, str]
    width: int


def known_field(entity: Entity, name: str) -> bool:
    """Whether a file of this kind may fill the field."""
    attribute = entity == "customers" and name.startswith(ATTRIBUTES) and len(name) > len(ATTRIBUTES)
    return attribute or name in FIELDS[entity]


def plain_field(name: str) -> str:
    """The field that a header names by itself."""
    return name if name.startswith(ATTRIBUTES) else name.casefold().replace(" ", "_")


def plan(entity: Entity, header: Sequence[str], mapping: Mapping[str, str] | None) -> Plan:
    """The fields of a file with this header; Invalid names every column that is wrong.

    Without a mapping every column must be a known field; with one only the mapped columns are read.
    """
    header = _trimmed(header)
    errors = _repeated(header) if mapping is None else []
    places = _own(entity, header, errors) if mapping is None else _mapped(header, mapping, errors)
    errors += [
        _error(
            f"/file/columns/{' | '.join(group)}", "column_missing", "is a column that is missing", "缺少该列"
        )
        for group in NEEDED[entity]
        if not any(name in places or name in (mapping or ()) for name in group)
    ]
    if errors:
        raise Invalid(
            "columns_wrong",
            en="The columns of the file do not fit.",
            zh="文件的列不符合要求。",
            errors=tuple(errors[:_MOST_NAMED]),
        )
    return Plan(places, {field: header[place] for field, place in places.items()}, len(header))


def _trimmed(header: Sequence[str]) -> list[str]:
    """Without the empty columns that spreadsheets leave on the right."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Invalid.at(
            "/file", "too_many_columns", en="The file has more than 100 columns.", zh="文件超过 100 列。"
        )
    return names


def _own(entity: Entity, header: Sequence[str], errors: list[FieldError]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        if not name or name in REASONS:  # merged header cells leave columns without a name behind
            continue
        field = plain_field(name)
        if known_field(entity, field):
            places.setdefault(field, place)
        else:
            errors.append(_column(name, "unknown_column", "is not a known column", "是未知的列"))
    return places


def _mapped(header: Sequence[str], mapping: Mapping[str, str], errors: list[FieldError]) -> dict[str, int]:
    places: dict[str, int] = {}
    for field, name in mapping.items():
        found = header.count(name.strip())
        if found == 1:
            places[field] = header.index(name.strip())
        elif found:
            errors.append(
                _error(f"/mapping/{field}", "column_repeated", "names two columns", "对应多个同名列")
            )
        else:
            errors.append(_error(f"/mapping/{field}", "column_missing", "names no column", "对应的列不存在"))
    return places


def _repeated(header: Sequence[str]) -> list[FieldError]:
    twice = {name for name in header if name and header.count(name) > 1}
    return [_column(name, "column_repeated", "is there more than once", "重复出现") for name in sorted(twice)]


def _column(name: str, code: str, en: str, zh: str) -> FieldError:
    readable = name.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")
    return _error(f"/file/columns/{readable[:_MOST_NAME]}", code, en, zh)


def _error(pointer: str, code: str, en: str, zh: str) -> FieldError:
    return FieldError(pointer, code, en, zh)
