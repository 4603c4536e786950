"""The invented company around the sample: its people, its distributors and its channels."""

from dataclasses import dataclass
from random import Random

CHANNEL = "webshop"
TAG = "invented-name"
_DIRECT_AT_HOME = 0.4
_HOME = "United Kingdom"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here."""

    username: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Distributor:
    """Somebody through whom customers of these countries are reached."""

    code: str
    name: str
    level: str
    countries: frozenset[str]


MANAGER = Person("lin.yue", "林悦 Lin Yue", "manager")
SALES = (
    Person("wang.lei", "王磊 Wang Lei", "sales"),
    Person("emma.clarke", "Emma Clarke 艾玛", "sales"),
    Person("zhao.min", "赵敏 Zhao Min", "sales"),
    Person("tom.harris", "Tom Harris 汤姆", "sales"),
)
SERVICE = (
    Person("chen.jing", "陈静 Chen Jing", "service"),
    Person("grace.patel", "Grace Patel 格蕾丝", "service"),
)
STAFF = (MANAGER, *SALES, *SERVICE)

DISTRIBUTORS = (
    Distributor("D-UK-NORTH", "Pennine Wholesale Ltd 北英批发", "A", frozenset({_HOME})),
    Distributor("D-UK-MID", "Severn Trade Partners 中英商贸", "A", frozenset({_HOME})),
    Distributor("D-UK-SOUTH", "Channel Coast Supplies 南英供货", "B", frozenset({_HOME})),
    Distributor(
        "D-DACH", "Alpenhandel GmbH 德语区总代理", "A", frozenset({"Germany", "Austria", "Switzerland"})
    ),
    Distributor(
        "D-FR-BNL", "Comptoir du Nord 法荷比代理", "A", frozenset({"France", "Belgium", "Netherlands"})
    ),
    Distributor(
        "D-MED",
        "Mediterranea Home 地中海代理",
        "B",
        frozenset({"Spain", "Portugal", "Italy", "Greece", "Malta", "Cyprus"}),
    ),
    Distributor(
        "D-NORDIC",
        "Nordisk Gaver 北欧代理",
        "B",
        frozenset({"Finland", "Sweden", "Norway", "Denmark", "Iceland", "Poland", "Lithuania"}),
    ),
    Distributor("D-APAC", "Pacific Harbour 亚太代理", "B", frozenset({"Japan", "Singapore", "Australia"})),
)
CHANNELS = (
    (CHANNEL, "网上商城 Web shop", "online_shop"),
    ("distributors", "经销商 Distributors", "distributor"),
    ("sales-team", "销售团队 Sales team", "sales_team"),
)


def distributor_of(country: str, chance: Random) -> str | None:
    """The code of the distributor behind which a customer stands; None for the company's own."""
    if country == _HOME and chance.random() < _DIRECT_AT_HOME:
        return None
    fitting = [each.code for each in DISTRIBUTORS if country in each.countries]
    return chance.choice(fitting) if fitting else None


def seller_of(country: str, distributor: str | None, chance: Random) -> Person:
    """Who looks after the customer: two for the home market, one for distributors at home, one abroad."""
    if country != _HOME:
        return SALES[3]
    return SALES[2] if distributor and chance.random() < 0.6 else SALES[chance.randrange(2)]  # noqa: PLR2004
