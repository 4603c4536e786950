"""Orders made up for some customers, and what the reports must say of them, counted one by one."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring_svc.facts.tables import OrderLineRow, OrderRow
from scoring_svc.profiles.tables import CustomerProfile
from shared.clock import new_id
from shared.references.tables import CustomerReference

UNTIL = datetime(2026, 3, 15, 8, 30, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=200)
CHANNELS = ["shop", "online_shop", "wechat", None]
CATEGORIES = ["茶叶", "cups", "pots", None]
INDUSTRIES = ["retail", "hotel", None]
DISTRIBUTORS = [new_id(), new_id(), None]
OWNERS = [new_id(), new_id(), None]
UNITS = [new_id(), None]
Keep = Callable[[dict[str, Any]], bool]


class Past:
    """Customers, some of whom are merged, and their orders with lines."""

    def __init__(self, seed: int, customers: int = 12, orders: int = 80) -> None:
        self.chance = random.Random(seed)
        self.customers = [self._customer() for _ in range(customers)]
        for absorbed in self.customers[customers - 2 :]:
            kept = self.customers[0]
            home = {name: kept[name] for name in ("distributor_id", "owner_id", "org_unit_id")}
            absorbed.update(home, merged_into=kept["id"], status="merged")
        self.lines: list[dict[str, Any]] = []
        self.orders = [self._order() for _ in range(orders)] if customers else []

    def _customer(self) -> dict[str, Any]:
        pick = self.chance.choice
        return {
            "id": new_id(), "distributor_id": pick(DISTRIBUTORS),
            "owner_id": pick(OWNERS), "org_unit_id": pick(UNITS),
            "status": "active", "channel": None, "merged_into": None, "version": 1, "updated_at": UNTIL,
            "industry": pick(INDUSTRIES), "region": pick(["310000", "310115", "110100", None]),
        }  # fmt: skip

    def _order(self) -> dict[str, Any]:
        pick, order_id = self.chance.choice, new_id()
        customer = pick(self.customers)["id"]
        at = UNTIL - timedelta(minutes=self.chance.randrange(500 * 1440))
        for position in range(1, 1 + self.chance.randrange(4)):
            self.lines.append(
                {
                    "order_id": order_id, "position": position, "customer_id": customer,
                    "sku": f"P{self.chance.randrange(6)}", "category": pick(CATEGORIES),
                    "quantity": float(self.chance.randrange(1, 9)),
                    "amount_minor": pick([None, 0, 500, 1200]),
                }
            )  # fmt: skip
        return {
            "order_id": order_id, "customer_id": customer, "ordered_at": pick([at] * 7 + [UNTIL, SINCE]),
            "amount_minor": self.chance.randrange(0, 90_000), "currency": pick(["CNY"] * 9 + ["USD"]),
            "is_return": self.chance.random() < 0.15, "voided": self.chance.random() < 0.1,
            "channel": pick(CHANNELS),
        }  # fmt: skip

    async def write(self, world: Any) -> None:
        reference = [
            {name: value for name, value in each.items() if name not in {"industry", "region"}}
            for each in sorted(self.customers, key=lambda each: each["merged_into"] is not None)
        ]
        await world.write(CustomerReference, reference)
        profiles = [
            {"customer_id": each["id"], "industry": each["industry"], "region": each["region"], "version": 1}
            for each in self.customers
        ]
        await world.write(CustomerProfile, profiles)
        await world.write(OrderRow, self.orders)
        await world.write(OrderLineRow, self.lines)

    def keeper(self, customer: UUID) -> dict[str, Any]:
        found = next(each for each in self.customers if each["id"] == customer)
        return found if found["merged_into"] is None else self.keeper(found["merged_into"])

    def told(self, keep: Keep = lambda _: True, *, since: datetime | None = SINCE) -> list[dict[str, Any]]:
        """The orders that count, each with its keeper, local time and sign; `keep` sees keeper and order."""
        found = []
        for order in self.orders:
            keeper = self.keeper(order["customer_id"])
            inside = order["ordered_at"] < UNTIL and (since is None or order["ordered_at"] >= since)
            lines = [line for line in self.lines if line["order_id"] == order["order_id"]]
            row = {
                **keeper,
                **order,
                "order_channel": order["channel"],
                "keeper": keeper["id"],
                "lines": lines,
            }
            if inside and not order["voided"] and order["currency"] == "CNY" and keep(row):
                found.append(row)
        return found


def sales(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["is_return"]]


def net(rows: list[dict[str, Any]]) -> int:
    return sum(-row["amount_minor"] if row["is_return"] else row["amount_minor"] for row in rows)


def local(row: dict[str, Any], zone: str) -> datetime:
    moment: datetime = row["ordered_at"].astimezone(ZoneInfo(zone))
    return moment


def by(rows: list[dict[str, Any]], key: Callable[[dict[str, Any]], Any]) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
