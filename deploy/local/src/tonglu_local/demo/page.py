"""The page that the demo prints."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from tonglu_local.demo import cast
from tonglu_local.demo.summary import AtRisk, Summary
from tonglu_local.telling import console, line

_TIERS = {"core": "core 核心", "important": "important 重要", "ordinary": "ordinary 普通"}
_STAGES = {
    "prospect": "prospect 潜在",
    "new": "new 新客",
    "first_purchase": "first order 首购",
    "active": "active 活跃",
    "loyal": "loyal 忠诚",
    "at_risk": "at risk 预警",
    "lost": "lost 流失",
    "won_back": "won back 挽回",
}
_SOURCES = {"churn": "call a customer at risk 流失预警", "complaint": "settle a complaint 投诉处理", "": ""}
_REASONS = 2
_TOKEN = r"""sed 's/.*"access_token":"\([^"]*\)".*/\1/'"""  # noqa: S105 - a command, not a secret


def introduce(weeks: int) -> None:
    """What is about to be loaded, whose it is, and what about it is not true."""
    line(
        "Sample: UCI Online Retail, Chen, D. (2015), UCI Machine Learning Repository, CC BY 4.0; "
        f"every date is moved by {weeks} weeks, so that the log ends this week."
    )
    line(
        "Invented 虚构: names, owners, distributors, contacts, interactions and complaints "
        f"(customers carry the tag {cast.TAG})."
    )


def show(facts: Summary, *, base: str, password_file: Path) -> None:
    """The whole page."""
    console.print()
    _spread(facts)
    _at_risk(facts.at_risk)
    _reminders(facts)
    _addresses(base, password_file)
    _curls(facts, base=base, password_file=password_file)


def _spread(facts: Summary) -> None:
    total = sum(facts.spread.values())
    stages = [stage for stage in _STAGES if any(place[1] == stage for place in facts.spread)]
    title = f"{total:,} customers, {facts.orders:,} orders and returns 客户等级与阶段"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE, padding=(0, 1))
    table.add_column("tier\n等级", no_wrap=True)
    for stage in stages:
        table.add_column(_STAGES[stage].replace(" ", "\n", 1), justify="right", no_wrap=True)
    table.add_column("all\n合计", justify="right")
    for tier, label in _TIERS.items():
        counts = [facts.spread.get((tier, stage), 0) for stage in stages]
        table.add_row(label, *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    console.print(table)


def _at_risk(customers: Sequence[AtRisk]) -> None:
    line(f"The {len(customers)} most valuable customers at risk 最有价值的流失预警客户", style="bold")
    for place, one in enumerate(customers, start=1):
        line(
            f"{place:>3}. {one.name} · {one.tier} · brought in 52 weeks 一年贡献 {_money(one.brought)} · "
            f"expected in 13 weeks 预期 {_money(one.value)} · churn {one.level} {one.probability:.0%} · "
            f"{one.owner}"
        )
        for english, chinese in one.reasons[:_REASONS]:
            line(f"       {english} {chinese}")


def _reminders(facts: Summary) -> None:
    high, medium = facts.warnings["high"], facts.warnings["medium"]
    total = sum(count for _, _, count in facts.reminders)
    line(
        f"{total:,} reminders 跟进提醒, from {high:,} warnings of level high and {medium:,} of level medium",
        style="bold",
    )
    for name, source, count in facts.reminders:
        line(f"  {count:>5,}  {name}  {_SOURCES[source]}")
    for one in facts.first_reminders:
        line(f"         {one['due_at'][:16]}  {one['who']}: {one['subject']} · {one['customer']}")


def _addresses(base: str, password_file: Path) -> None:
    console.print()
    line(f"API {base}/v1   documentation {base}/docs   OpenAPI {base}/openapi.json")
    names = ", ".join(f"{person.username} ({person.role})" for person in cast.STAFF)
    line(f"Accounts: {names}; their password is in {password_file}")


def _curls(facts: Summary, *, base: str, password_file: Path) -> None:
    password = shlex.quote(f"password@{password_file}")
    sign_in = f"curl -s {base}/v1/auth/token -d username={cast.MANAGER.username} --data-urlencode {password}"
    line("Sign in, then try these 登录后试试:")
    line(f"TOKEN=$({sign_in} | {_TOKEN})", style="cyan")
    for path in _paths(facts):
        line(f"""curl -s -H "Authorization: Bearer $TOKEN" '{base}{path}'""", style="cyan")


def _paths(facts: Summary) -> list[str]:
    paths = ["/v1/churn-warnings?status=open&limit=3", "/v1/reminders?source=churn&limit=3"]
    if facts.at_risk:
        return [f"/v1/customers/{facts.at_risk[0].customer_id}/profile", *paths]
    return ["/v1/insights/tiers", *paths]


def _money(value: Mapping[str, Any]) -> str:
    return f"{value['currency']} {value['amount_minor'] / 100:,.0f}"
