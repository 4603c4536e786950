"""The rows of an export as one statement whose columns are texts, as an import reads them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, String, case, cast, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from customer_svc.contacts import queries as contacts
from customer_svc.contacts.tables import Contact
from customer_svc.customers import queries as customers
from customer_svc.customers.tables import Customer
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.tables import Distributor
from customer_svc.exports.domain import ATTRIBUTES, FORMULA, MOST_ATTRIBUTES, RISKY
from customer_svc.identities.tables import Identity
from customer_svc.orders import queries as orders
from customer_svc.orders.tables import Order, OrderLine
from customer_svc.transfers.domain import NO_DECIMALS, THREE_DECIMALS
from shared.db import Reader, visible
from shared.http import ListQuery
from shared.sealing import Sealer

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_d: Any = Distributor.__table__  # type: ignore[attr-defined]
_p: Any = Contact.__table__  # type: ignore[attr-defined]
_o: Any = Order.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]
_l: Any = OrderLine.__table__  # type: ignore[attr-defined]
_above = _d.alias("above")
_only, _second = _l.alias("only_line"), _l.alias("second_line")
_known = (
    select(_i.c.external_id)
    .where(_i.c.customer_id == _c.c.id, _i.c.channel == _c.c.channel)
    .order_by(_i.c.created_at, _i.c.id)
    .limit(1)
    .lateral("known")
)
Expression = Any


def _literal(text: str) -> Expression:
    """A text in the statement itself: as a parameter it would be looked at for each cell."""
    return literal_column("'" + text.replace("'", "''") + "'")


_MOMENT: Expression = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
_RISKY, _FORMULA, _QUOTE = _literal(RISKY), _literal(FORMULA), _literal("'")


def safe(text: Expression) -> Expression:
    """As `shared.sheets.texts.safe_cell` writes it; looked at closely only if it begins in a risky way."""
    begins = func.strpos(_RISKY, func.left(text, 1)) > 0
    return case((begins & (text != "") & text.op("~")(_FORMULA), _QUOTE.concat(text)), else_=text)


def _moment(column: Expression) -> Expression:
    return func.to_char(func.timezone("UTC", column), _MOMENT)


def _list(column: Expression) -> Expression:
    return func.array_to_string(cast(column, ARRAY(String)), ";")


def _decimal(minor: Expression, currency: Expression) -> Expression:
    """Minor units as units of the currency, with all its decimals."""
    whole = "FM9999999999999999990"
    return case(
        (currency.in_(NO_DECIMALS), cast(minor, String)),
        (currency.in_(THREE_DECIMALS), func.to_char(minor / literal_column("1000.0"), f"{whole}.000")),
        else_=func.to_char(minor / literal_column("100.0"), f"{whole}.00"),
    )


def _birthday(column: Expression) -> Expression:
    """As `transfers.domain.birthday` reads it."""
    part = {name: column.op("->>")(_literal(name)) for name in ("calendar", "year", "month", "day", "leap")}
    dash, nought = _literal("-"), _literal("0")
    two: Expression = literal_column("2")
    return (
        case((part["calendar"] == _literal("lunar"), _literal("lunar ")), else_=_literal(""))
        .concat(func.coalesce(part["year"].concat(dash), _literal("")))
        .concat(func.lpad(part["month"], two, nought))
        .concat(dash)
        .concat(func.lpad(part["day"], two, nought))
        .concat(case((part["leap"] == _literal("true"), _literal(" leap")), else_=_literal("")))
    )


_plain_line = _second.c.order_id.is_(None) & _only.c.amount_minor.is_(None)


def _of_one_line(column: Expression) -> Expression:
    """Of an order with a single line that has no amount of its own: it has columns."""
    return case((_plain_line, column))


def _lines() -> Expression:
    """The lines of any other order, as the API writes them."""
    amount = func.json_build_object(
        _literal("amount_minor"), _l.c.amount_minor, _literal("currency"), _o.c.currency
    )
    said = {
        **{name: _l.c[name] for name in ("sku", "name", "category")},
        "quantity": func.trim_scale(_l.c.quantity),
        "amount": case((_l.c.amount_minor.is_not(None), amount)),
    }
    parts = (part for name, value in said.items() for part in (_literal(name), value))
    line = func.json_strip_nulls(func.json_build_object(*parts))
    lines = cast(func.json_agg(aggregate_order_by(line, _l.c.position)), String)
    all_of_them = select(lines).where(_l.c.order_id == _o.c.id)
    return case((_only.c.order_id.is_not(None) & ~_plain_line, all_of_them.scalar_subquery()))


class _Source(NamedTuple):
    """Where the rows of an entity come from, what is asked of the caller's sight, and its columns."""

    table: Any
    joined: Any
    sight: Any
    chosen: Callable[[Reader, Any, Sealer], Awaitable[Sequence[Expression]]]
    columns: Mapping[str, Expression]
    plain: frozenset[str] = frozenset()


def _columns(table: Any, *names: str) -> dict[str, Expression]:
    return {name: table.c[name] for name in names}


_SOURCES: Mapping[str, _Source] = {
    "customers": _Source(
        _c,
        _c.outerjoin(_d, _d.c.id == _c.c.distributor_id).outerjoin(_known, true()),
        customers.SIGHT,
        customers.chosen,
        {
            **_columns(_c, "code", "name", "kind", "phone", "email", "industry", "size", "region", "address"),
            **_columns(_c, "tax_number", "business_scope", "website", "channel", "status"),
            "external_id": _known.c.external_id,
            "distributor_code": _d.c.code,
            "owner_id": cast(_c.c.owner_id, String),
            "referred_by": cast(_c.c.referred_by, String),
            "birthday": _birthday(_c.c.birthday),
            "tags": _list(_c.c.tags),
            "id": cast(_c.c.id, String),
            "created_at": _moment(_c.c.created_at),
            "updated_at": _moment(_c.c.updated_at),
        },
        frozenset(
            (
                "kind",
                "channel",
                "status",
                "owner_id",
                "referred_by",
                "birthday",
                "id",
                "created_at",
                "updated_at",
            )
        ),
    ),
    "orders": _Source(
        _o,
        _o.outerjoin(_c, _c.c.id == _o.c.customer_id)
        .outerjoin(_d, _d.c.id == _o.c.distributor_id)
        .outerjoin(_only, (_only.c.order_id == _o.c.id) & (_only.c.position == 1))
        .outerjoin(_second, (_second.c.order_id == _o.c.id) & (_second.c.position == 2)),  # noqa: PLR2004
        orders.SIGHT,
        orders.chosen,
        {
            **_columns(_o, "order_no", "channel", "currency", "kind", "return_of"),
            "ordered_at": _moment(_o.c.ordered_at),
            "amount": _decimal(_o.c.amount_minor, _o.c.currency),
            "customer_id": cast(_o.c.customer_id, String),
            **{name: _of_one_line(_only.c[name]) for name in ("sku", "name", "category")},
            "quantity": _of_one_line(cast(func.trim_scale(_only.c.quantity), String)),
            "lines": _lines(),
            "id": cast(_o.c.id, String),
            "status": orders.STATUS,
            "customer_code": _c.c.code,
            "customer_name": _c.c.name,
            "distributor_code": _d.c.code,
            "created_at": _moment(_o.c.created_at),
        },
        frozenset(
            (
                "channel",
                "currency",
                "kind",
                "ordered_at",
                "amount",
                "customer_id",
                "quantity",
                "lines",
                "id",
                "status",
                "created_at",
            )
        ),
    ),
    "contacts": _Source(
        _p,
        _p.outerjoin(_c, _c.c.id == _p.c.customer_id),
        customers.through_customer(_p),
        contacts.chosen,
        {
            "customer_id": cast(_p.c.customer_id, String),
            **_columns(_p, "name", "post", "phone", "email", "role"),
            "relation_strength": cast(_p.c.relation_strength, String),
            "birthday": _birthday(_p.c.birthday),
            "is_primary": cast(_p.c.is_primary, String),
            "id": cast(_p.c.id, String),
            "customer_code": _c.c.code,
            "customer_name": _c.c.name,
            "created_at": _moment(_p.c.created_at),
            "updated_at": _moment(_p.c.updated_at),
        },
        frozenset(
            (
                "customer_id",
                "role",
                "relation_strength",
                "birthday",
                "is_primary",
                "id",
                "created_at",
                "updated_at",
            )
        ),
    ),
    "distributors": _Source(
        _d,
        _d.outerjoin(_above, _above.c.id == _d.c.parent_id),
        distributors.SIGHT,
        distributors.chosen,
        {
            **_columns(_d, "code", "name", "status", "classification", "level", "region", "contact_name"),
            **_columns(_d, "contact_phone", "contact_email", "address", "onboarding_stage"),
            "territory": _list(_d.c.territory),
            "product_lines": _list(_d.c.product_lines),
            "parent_code": _above.c.code,
            "id": cast(_d.c.id, String),
            "created_at": _moment(_d.c.created_at),
            "updated_at": _moment(_d.c.updated_at),
        },
        frozenset(("status", "onboarding_stage", "territory", "id", "created_at", "updated_at")),
    ),
}


async def sought(db: Reader, entity: str, query: ListQuery, sealer: Sealer) -> list[Expression]:
    """What is asked of the rows: by the filters of a list, and in whose sight."""
    source = _SOURCES[entity]
    return [*await source.chosen(db, query, sealer), *visible(db.scope, source.sight)]


def attribute_names(conditions: Sequence[Expression]) -> Select[Any]:
    """The names of the attributes that these customers have, the first ones by the alphabet."""
    name = func.jsonb_object_keys(_c.c.attributes).label("name")
    return select(name).where(*conditions).distinct().order_by(name).limit(MOST_ATTRIBUTES)


def header(columns: Sequence[str], attributes: Sequence[str]) -> list[str]:
    """How the columns are called in the file; in place of `attributes` stand those of these names."""
    named = [f"{ATTRIBUTES}.{each}" for each in attributes]
    return [name for column in columns for name in (named if column == ATTRIBUTES else [column])]


def rows(
    entity: str,
    columns: Sequence[str],
    attributes: Sequence[str],
    conditions: Sequence[Expression],
    *,
    as_csv: bool,
) -> Select[Any]:
    """The statement, with a column for each of `header`; `as_csv` keeps texts from running as formulas."""
    source = _SOURCES[entity]
    texts: list[tuple[Expression, bool]] = []
    for name in columns:
        if name == ATTRIBUTES:
            texts += [(_c.c.attributes.op("->>")(each), True) for each in attributes]
        else:
            texts.append((source.columns[name], name not in source.plain))
    shown = [_shown(text, risky=as_csv and risky) for text, risky in texts]
    return (
        select(*(text.label(f"c{place}") for place, text in enumerate(shown)))
        .select_from(source.joined)
        .where(*conditions)
        .order_by(source.table.c.id)
    )


def _shown(expression: Expression, *, risky: bool) -> Expression:
    text = cast(expression, String)
    return safe(text) if risky else text
