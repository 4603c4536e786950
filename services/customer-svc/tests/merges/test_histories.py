"""Merge, then anything, then undo: whatever happened, in the end each customer has its own."""

import asyncio
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest

_FIELDS = ("code", "industry", "size", "email")
_STEPS = 45


@dataclass
class Own:
    """What is one customer's own: its fields, and the numbers of orders that were recorded for it."""

    fields: dict[str, Any]
    tags: set[str]
    attributes: dict[str, int]
    orders: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)


class World:
    """Customers, what is each one's own, and who is merged into whom."""

    def __init__(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        self.client, self.chance, self.new = client, chance, count(1)
        self.own: dict[str, Own] = {}
        self.parents: dict[str, str] = {}
        self.merges: dict[str, tuple[str, str]] = {}

    async def register(self) -> None:
        wanted = {name: self._value(name) for name in _FIELDS if self.chance.random() < 0.5}
        tags = [f"t{next(self.new)}"] if self.chance.random() < 0.5 else []
        attributes = {"层级": next(self.new)} if self.chance.random() < 0.5 else {}
        body = {"name": f"客户{next(self.new)}", "kind": "organisation", **wanted, "tags": tags}
        row = await self._made("/v1/customers", {**body, "attributes": attributes})
        fields = {name: wanted.get(name) for name in _FIELDS}
        self.own[row["id"]] = Own(fields, set(tags), dict(attributes))

    def _value(self, name: str) -> str:
        number = next(self.new)
        return f"u{number}@x.example" if name == "email" else f"v{number}"

    def anybody(self) -> str:
        return self.chance.choice(list(self.own))

    def roots(self) -> list[str]:
        return [one for one in self.own if one not in self.parents]

    async def merge(self) -> None:
        if len(self.roots()) < 2:
            return
        kept, absorbed = self.chance.sample(self.roots(), 2)
        offered = await self._made(f"/v1/customers/{kept}/merge/preview", {"absorbed_id": absorbed}, 200)
        names = [one["field"] for one in offered["fields"] if one["source"] != "both"]
        fields = {
            name: self.chance.choice(("kept", "absorbed")) for name in names if self.chance.random() < 0.5
        }
        merge = await self._made(f"/v1/customers/{kept}/merge", {"absorbed_id": absorbed, "fields": fields})
        self.parents[absorbed] = kept
        self.merges[merge["id"]] = (kept, absorbed)

    async def undo(self) -> None:
        if not self.merges:
            return
        merge = self.chance.choice(list(self.merges))
        kept, absorbed = self.merges[merge]
        answer = await self.client.post(f"/v1/merges/{merge}/undo")
        if kept in self.parents:
            assert answer.json()["code"] == "merged_again"
            return
        assert answer.status_code == 200, answer.text
        del self.parents[absorbed], self.merges[merge]

    async def change(self) -> None:
        one = self.chance.choice(self.roots())
        read = await self.client.get(f"/v1/customers/{one}")
        own, now, name = self.own[one], read.json(), self.chance.choice((*_FIELDS, "tags", "attributes"))
        if name == "tags":
            fresh = f"t{next(self.new)}"
            own.tags.add(fresh)
            body: Any = [*now["tags"], fresh]
        elif name == "attributes":
            own.attributes["层级"] = next(self.new)
            body = {**now["attributes"], **own.attributes}
        else:
            body = own.fields[name] = self._value(name)
        path, matching = f"/v1/customers/{one}", {"If-Match": read.headers["etag"]}
        answer = await self.client.patch(path, json={name: body}, headers=matching)
        assert answer.status_code == 200, answer.text

    async def order(self) -> None:
        one, number = self.anybody(), f"S-{next(self.new)}"
        await self._made("/v1/orders", an_order(number, one))
        self.own[one].orders.add(number)

    async def contact(self) -> None:
        one, name = self.chance.choice(self.roots()), f"联系人{next(self.new)}"
        await self._made(
            f"/v1/customers/{one}/contacts", {"name": name, "is_primary": self.chance.random() < 0.5}
        )
        self.own[one].contacts.add(name)

    async def _made(self, path: str, body: Any, status: int = 201) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


def an_order(number: str, customer_id: str) -> dict[str, Any]:
    return {
        "order_no": number,
        "customer_id": customer_id,
        "ordered_at": "2026-03-01T10:00:00Z",
        "amount": {"amount_minor": 1000, "currency": "CNY"},
        "channel": "online_shop",
        "kind": "sale",
    }


async def _rows(client: httpx.AsyncClient, path: str) -> list[Any]:
    answer = await client.get(path, params={"limit": 200})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("seed", range(8))
async def test_after_every_undo_each_customer_has_its_own(client, seed):
    world = World(client, random.Random(seed))
    for _ in range(5):
        await world.register()
    steps = (world.merge, world.merge, world.undo, world.change, world.change, world.order, world.contact)
    for _ in range(_STEPS):
        await world.chance.choice(steps)()
    while world.merges:
        await world.undo()
    for one, own in world.own.items():
        row = (await client.get(f"/v1/customers/{one}")).json()
        assert {name: row[name] for name in _FIELDS} == own.fields
        assert set(row["tags"]) == own.tags
        assert row["attributes"] == own.attributes
        assert {each["order_no"] for each in await _rows(client, f"/v1/customers/{one}/orders")} == own.orders
        people = await _rows(client, f"/v1/customers/{one}/contacts")
        assert {each["name"] for each in people} == own.contacts
        assert sum(each["is_primary"] for each in people) <= 1


async def test_orders_that_come_while_their_customer_is_merged_are_none_of_them_left_behind(client, customer):
    kept, absorbed = await customer(name="甲"), await customer(name="乙")
    path, body = f"/v1/customers/{kept['id']}/merge", {"absorbed_id": absorbed["id"]}
    merging = client.post(path, json=body)
    orders = [client.post("/v1/orders", json=an_order(f"S-{n}", absorbed["id"])) for n in range(12)]
    answers = await asyncio.gather(*orders[:6], merging, *orders[6:])
    assert {answer.status_code for answer in answers} == {201}
    assert len(await _rows(client, f"/v1/customers/{kept['id']}/orders")) == 12
    merge = answers[6].json()
    assert (await client.post(f"/v1/merges/{merge['id']}/undo")).status_code == 200
    assert len(await _rows(client, f"/v1/customers/{absorbed['id']}/orders")) == 12


async def test_of_merges_that_go_in_circles_one_wins(client, customer):
    ids = [(await customer(name=f"客户{n}"))["id"] for n in range(3)]
    circle = zip(ids, [*ids[1:], ids[0]], strict=True)
    answers = await asyncio.gather(
        *(client.post(f"/v1/customers/{one}/merge", json={"absorbed_id": other}) for one, other in circle)
    )
    assert min(answer.status_code for answer in answers) == 201
    assert {answer.status_code for answer in answers} <= {201, 308, 409}
    left = (await client.get("/v1/customers")).json()["data"]
    assert len(left) == 3 - sum(answer.status_code == 201 for answer in answers)
