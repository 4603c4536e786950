"""The sample's customers with everything that the log lacks: names, owners, distributors, contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tonglu_local.demo import cast, names
from tonglu_local.demo.histories import History

_INDUSTRIES = (
    ("礼品零售", "gift retail"),
    ("家居用品", "homeware"),
    ("百货批发", "wholesale"),
    ("餐饮", "hospitality"),
)
_POSTS = (("采购经理", "Buyer"), ("店长", "Shop manager"), ("总经理", "Managing director"))
_LARGE, _MEDIUM = Decimal(5000), Decimal(1000)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the log, its name and surroundings invented. `code` is how the log's number is kept."""

    history: History
    code: str
    name: str
    kind: str
    zh: bool
    contact: str | None
    post: str | None
    industry: str
    size: str
    distributor: str | None
    seller: cast.Person

    @property
    def email(self) -> str:
        """In a domain that nobody can own."""
        return f"buying@{self.code.lower()}.example"


def invented(histories: Sequence[History]) -> list[Customer]:
    """The customers of these histories; the same history always gets the same customer."""
    return [_customer(history) for history in histories]


def _customer(history: History) -> Customer:
    chance = Random(f"customer {history.customer}")  # noqa: S311 - stories, not secrets
    zh = chance.random() < 0.5  # noqa: PLR2004
    private = len(history.sales) <= 2 and history.spent < 400 and chance.random() < 0.5  # noqa: PLR2004
    distributor = cast.distributor_of(history.country, chance)
    post = _POSTS[chance.randrange(len(_POSTS))]
    return Customer(
        history=history,
        code=f"OR-{history.customer}",
        name=names.person(chance, zh=zh) if private else names.company(int(history.customer), zh=zh),
        kind="person" if private else "organisation",
        zh=zh,
        contact=None if private else names.person(chance, zh=zh),
        post=None if private else post[0 if zh else 1],
        industry=_INDUSTRIES[chance.randrange(len(_INDUSTRIES))][0 if zh else 1],
        size=_size(history.spent),
        distributor=distributor,
        seller=cast.seller_of(history.country, distributor, chance),
    )


def _size(spent: Decimal) -> str:
    if spent >= _LARGE:
        return "large"
    return "medium" if spent >= _MEDIUM else "small"
