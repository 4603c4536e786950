"""From the cells of one row to a customer or an order, by the very models that the API reads."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from customer_svc.contacts.schemas import ContactCreate
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.identities.schemas import IdentityRef
from customer_svc.orders.schemas import OrderCreate
from customer_svc.transfers.columns import ATTRIBUTES, Plan
from customer_svc.transfers.contact_rows import read_contact
from customer_svc.transfers.distributor_rows import read_distributor
from customer_svc.transfers.domain import Entity, minor_units
from customer_svc.transfers.faults import Fault, Faulty, with_birthday
from customer_svc.transfers.interaction_rows import read_interaction
from shared.http.wording import explain
from shared.problems import Problem
from shared.sheets.reading import Record
from shared.sheets.texts import ValueKind, meant_cell, moment, value_kind, wall_moment

_TAGS = re.compile("[;|；]")
_CONTACT = {f"contact_{name}": name for name in ("name", "post", "phone", "email")}
_LINE = ("sku", "name", "category", "quantity")
_OTHERS = frozenset((*_CONTACT, "external_id", "distributor_code", "tags"))
_FROM_FILE = "import"
_NO_TEXT = {
    "cell_too_long": ("has more than 10000 characters", "超过 10000 个字符"),
    "error_value": ("is an error value such as #N/A", "是错误值（如 #N/A）"),
    "formula_without_value": (
        "is a formula whose value the file does not hold; open and save it once, or paste values",
        "公式没有保存计算结果，请打开并重新保存，或粘贴为数值",
    ),
}
# What `model_validate` calls: a million rows need not pass through its door each.
_read_order: Callable[[dict[str, Any]], OrderCreate] = TypeAdapter(OrderCreate).validator.validate_python


@dataclass(slots=True)
class CustomerRow:
    """A customer as a row tells of it; `ref` is the identity that makes the row known when it comes again."""

    customer: CustomerCreate
    ref: tuple[str, str] | None
    contact: ContactCreate | None
    distributor_code: str | None


@dataclass(slots=True)
class Item:
    """One row on its way: what it says, or what is wrong with it."""

    record: Record
    said: Any = None
    faults: list[Fault] | None = None


class Interpreter:
    """Reads the rows of one file."""

    def __init__(self, entity: Entity, plan: Plan, zone: ZoneInfo, sender: str | None) -> None:
        """`sender` tells apart whose rows are the same, None if no row is known by its content alone.

        `zone` is that of times without an offset.
        """
        self._plan = plan
        self._sender = sender
        self._zone = zone
        self._places = tuple(plan.places.items())
        self._read: Callable[[dict[str, str]], Any] = {
            "customers": self._customer,
            "orders": self._order,
            "contacts": read_contact,
            "distributors": read_distributor,
            "interactions": self._interaction,
        }[entity]

    def item(self, record: Record) -> Item:
        """The row read, or its faults."""
        cells = record.cells
        if cells is None:
            return Item(record, faults=[self._uncut(record)])
        width = self._plan.width
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            fault = self._whole(
                record, "wrong_cell_count", f"does not have {width} cells", f"单元格数量不是 {width}"
            )
            return Item(record, faults=[fault])
        if record.wrong and (faults := self._without_text(record)):
            return Item(record, faults=faults)
        given = {
            field: meant_cell(cell) if cell[0] == "'" else cell
            for field, place in self._places
            if (cell := cells[place].strip())
        }
        try:
            return Item(record, said=self._read(given))
        except Faulty as wrong:
            return Item(record, faults=[self._fault(record, wrong.field, wrong.code, wrong.en, wrong.zh)])
        except ValidationError as error:
            return Item(record, faults=self._explained(record, error))

    def _order(self, given: dict[str, Any]) -> OrderCreate:
        currency = given.pop("currency", "CNY")
        given["amount"] = {"amount_minor": _amount(given, currency), "currency": currency}
        self._read_time(given, "ordered_at")
        if "external_id" in given:
            given["identity"] = {"channel": given.get("channel"), "external_id": given.pop("external_id")}
        line = {name: given.pop(name) for name in _LINE if name in given}
        if "lines" in given:
            given["lines"] = _lines(given["lines"], line)
        elif line:
            given["lines"] = [line]
        return _read_order(given)

    def _interaction(self, given: dict[str, Any]) -> Any:
        self._read_time(given, "occurred_at")
        return read_interaction(given)

    def _read_time(self, given: dict[str, Any], field: str) -> None:
        """Put the time that a cell means in its place; what is none stays for the model to refuse."""
        if field not in given:
            return
        text = given[field]
        try:
            given[field] = moment(text) or wall_moment(text, self._zone) or text
        except ValueError:
            raise Faulty(field, "not_a_time", "is no time of the calendar", "不是有效的时间") from None

    def _customer(self, given: dict[str, Any]) -> CustomerRow:
        given = with_birthday(given)
        said: dict[str, Any] = {
            name: cell
            for name, cell in given.items()
            if name not in _OTHERS and not name.startswith(ATTRIBUTES)
        }
        attributes = {
            name.removeprefix(ATTRIBUTES): cell for name, cell in given.items() if name.startswith(ATTRIBUTES)
        }
        if attributes:
            said["attributes"] = attributes
        if "tags" in given:
            said["tags"] = [tag for tag in (part.strip() for part in _TAGS.split(given["tags"])) if tag]
        contact = {field: given[name] for name, field in _CONTACT.items() if name in given}
        customer = CustomerCreate.model_validate(said)
        return CustomerRow(
            customer,
            _reference(given, customer, self._sender),
            _contact(contact) if contact else None,
            given.get("distributor_code"),
        )

    def problem(self, record: Record, problem: Problem, own_key: Sequence[str]) -> Fault:
        """Why a row was refused by the archive; without a pointer it is its key that is in the way."""
        error = problem.errors[0] if problem.errors else None
        path = error.pointer.strip("/").split("/") if error else []
        field = _field_of(path, self._plan) if path and path[0] else None
        if field is None:
            field = next((name for name in own_key if self._cell(record, name)), None)
        code, en, zh = (error or problem).code, (error or problem).en, (error or problem).zh
        return self._fault(record, field, code, en, zh)

    def _explained(self, record: Record, error: ValidationError) -> list[Fault]:
        return [
            self._fault(
                record,
                self._field(record, list(one["loc"])),
                *explain(one["type"], one.get("ctx"), one["msg"]),
            )
            for one in error.errors(include_url=False, include_input=False)
        ]

    def _field(self, record: Record, path: list[Any]) -> str | None:
        """The field that a finding is about; lines of an order stand in one cell, or its only one in some."""
        in_one_cell = path[:1] == ["lines"] and self._cell(record, "lines")
        return "lines" if in_one_cell else _field_of(path, self._plan)

    def _cell(self, record: Record, field: str | None) -> str:
        place = self._plan.places.get(field or "")
        return record.cells[place] if record.cells and place is not None else ""

    def _fault(self, record: Record, field: str | None, code: str, en: str, zh: str) -> Fault:
        column = self._plan.headers.get(field or "", field)
        kind: ValueKind = value_kind(self._cell(record, field)) if field else "row"
        return Fault(record.line, column, field, code, kind, en, zh)

    def _without_text(self, record: Record) -> list[Fault]:
        """Of the cells that are read those that a workbook has no text for."""
        return [
            self._fault(record, field, code, *_NO_TEXT[code])
            for field, place in self._places
            if (code := record.wrong.get(place)) is not None
        ]

    def _uncut(self, record: Record) -> Fault:
        if record.too_long:
            return self._whole(
                record,
                "cell_too_long",
                "has a cell of more than 10000 characters",
                "有单元格超过 10000 个字符",
            )
        return self._whole(record, "malformed_row", "has quotes that do not fit", "引号不匹配")

    def _whole(self, record: Record, code: str, en: str, zh: str) -> Fault:
        return self._fault(record, None, code, en, zh)


def _amount(given: dict[str, Any], currency: str) -> int | str:
    minor: str | None = given.pop("amount_minor", None)
    if "amount" not in given:
        if minor is None:
            raise Faulty("amount", "required", "is required", "为必填项")
        return minor
    if minor is not None:
        raise Faulty(
            "amount", "amount_twice", "stands beside amount_minor; give one", "不能与 amount_minor 同时填写"
        )
    try:
        return minor_units(given["amount"], currency)
    except ValueError:
        raise Faulty(
            "amount",
            "not_an_amount",
            "must be an amount like 1234.50, not negative, with no more decimals than its currency has",
            "须为形如 1234.50 的非负金额，小数位数不超过币种的规定",
        ) from None


def _lines(cell: str, line: Mapping[str, str]) -> Any:
    """The lines of an order as the API writes them; whether they are any is for the model to say."""
    if line:
        raise Faulty(
            "lines",
            "lines_twice",
            "stands beside cells of a single line; give one",
            "不能与单行商品列同时填写",
        )
    try:
        return from_json(cell)
    except ValueError:
        raise Faulty("lines", "json_invalid", "is not valid JSON", "不是有效的 JSON") from None


def _reference(
    given: Mapping[str, str], customer: CustomerCreate, sender: str | None
) -> tuple[str, str] | None:
    """The identity of the row; one that names none, nor a code, is known again by all that it says."""
    if "external_id" in given:
        if "channel" not in given:
            raise Faulty(
                "channel", "required", "is required beside external_id", "填写 external_id 时为必填项"
            )
        ref = IdentityRef(channel=given["channel"], external_id=given["external_id"])
        return ref.channel, ref.external_id
    if customer.code is not None or sender is None:
        return None
    said = sender + json.dumps(given, sort_keys=True)
    return _FROM_FILE, hashlib.sha256(said.encode()).hexdigest()


def _contact(said: Mapping[str, str]) -> ContactCreate:
    try:
        return ContactCreate.model_validate(said)
    except ValidationError as error:
        one = error.errors(include_url=False, include_input=False)[0]
        code, en, zh = explain(one["type"], one.get("ctx"), one["msg"])
        raise Faulty(f"contact_{one['loc'][0]}", code, en, zh) from None


_BY_PATH = {"distributor_id": "distributor_code", "identity": "external_id", "lines": "quantity"}


def _field_of(path: Sequence[Any], plan: Plan) -> str | None:
    """The field of a file that stands behind a place in the model; None for the row as a whole."""
    if not path:
        return None
    first, last = str(path[0]), str(path[-1])
    if first == "amount":
        return "currency" if last == "currency" else _first_of(plan, ("amount", "amount_minor"))
    if first == "attributes" and f"{ATTRIBUTES}{last}" in plan.places:
        return f"{ATTRIBUTES}{last}"
    if first == "attributes":
        return _first_of(plan, [name for name in plan.places if name.startswith(ATTRIBUTES)])
    part = first in ("lines", "identity") and last in plan.places
    return last if part else _BY_PATH.get(first, first)


def _first_of(plan: Plan, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in plan.places), None)
