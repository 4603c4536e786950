"""Which products are recommended, in which order, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Bought:
    """What a customer bought of one product."""

    sku: str
    category: str | None
    times: int
    last_at: datetime
    returned: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the build, with what goes with it: numbers, weights, and customers who bought both."""

    number: int
    sku: str
    category: str | None
    customers: int
    others: Sequence[int] = ()
    weights: Sequence[float] = ()
    together: Sequence[int] = ()


@dataclass(slots=True)
class Candidate:
    """A product that may be recommended; `why` are (sku, customers) of what it goes with, the best first."""

    number: int
    weight: float = 0.0
    basis: str = "co_purchase"
    why: list[tuple[str, int, float]] = field(default_factory=list)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The products that speak for it most, each with how many customers bought both."""
        best = sorted(self.why, key=lambda each: (-each[2], each[0]))
        return [(sku, customers) for sku, customers, _ in best[:3]]


def along_with(owned: Iterable[Product]) -> list[Candidate]:
    """What goes with these products, the best first: weights of one that goes with several add up."""
    found: dict[int, Candidate] = {}
    for product in owned:
        for other, weight, both in zip(product.others, product.weights, product.together, strict=True):
            candidate = found.setdefault(other, Candidate(other))
            candidate.weight += weight
            candidate.why.append((product.sku, both, weight))
    return sorted(found.values(), key=lambda each: (-each.weight, each.number))


def top(popular: Iterable[Sequence[int]], basis: str = "most_popular") -> list[Candidate]:
    """A list of the most popular as candidates, numbers with their customers given."""
    return [Candidate(number, float(customers), basis) for number, customers in popular]


def again(bought: Iterable[Bought], numbers: Mapping[str, int]) -> list[Candidate]:
    """What the customer bought before, the oftenest and then the newest first."""
    often = sorted(bought, key=lambda each: (-each.times, -each.last_at.timestamp(), each.sku))
    return [
        Candidate(numbers[each.sku], float(each.times), "bought_before")
        for each in often
        if each.sku in numbers
    ]


def kept_from(bought: Iterable[Bought], *, also_bought: bool, since: datetime) -> set[str]:
    """Products that are not to be recommended.

    Returned ones, those bought after `since`, and without `also_bought` all that the customer has.
    """
    return {each.sku for each in bought if each.returned or not also_bought or each.last_at > since}


def segment_of(industry: str | None) -> str:
    """The name of the top list of an industry."""
    return f"industry:{industry}"


def merged(*lists: Iterable[Candidate]) -> list[Candidate]:
    """One list after another, each product where it comes first."""
    found: dict[int, Candidate] = {}
    for candidates in lists:
        for each in candidates:
            found.setdefault(each.number, each)
    return list(found.values())


def figures(card: Mapping[str, Any], task: str) -> list[dict[str, Any]]:
    """The backtest of one task as a list of methods; empty before one was possible."""
    return [{"method": method, **told} for method, told in card.get(task, {}).items()]
