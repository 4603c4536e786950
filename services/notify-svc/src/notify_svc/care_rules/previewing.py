"""Whom a rule would concern on a day, and which days a year has: looked at before a rule is switched on."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from notify_svc.care.names import FEAST_NAMES
from notify_svc.care_rules import queries
from notify_svc.care_rules.clock import pages
from notify_svc.care_rules.domain import Occurring, code_of, falls, fits, name_of
from notify_svc.recipients.clients import Recipients
from notify_svc.recipients.domain import Known
from notify_svc.standing.queries import standing_of
from shared.db import Reader, Record

_MOST_PAGES = 5
_MOST_SHOWN = 100
_DAYS_AHEAD = 1100
_UPCOMING = 3


class Looked:
    """People as pages brought them, and whether that was everybody."""

    def __init__(self) -> None:
        self.people: list[Known] = []
        self.complete = True


def upcoming(rule: Record | Mapping[str, Any], today: date) -> list[date]:
    """The next days of its occasion."""
    found = falls(rule["occasion"], today, today + timedelta(days=_DAYS_AHEAD))
    days: list[date] = []
    for each in found:
        if each.on not in days:
            days.append(each.on)
        if len(days) == _UPCOMING:
            break
    return days


def on_day(rule: Record | Mapping[str, Any], on: date) -> list[Occurring]:
    """The rule's occasion on this day; nothing if it falls on another."""
    return list(falls(rule["occasion"], on, on + timedelta(days=1)))


async def look(recipients: Recipients, rule: Record, occurring: Sequence[Occurring]) -> Looked:
    """Everybody with that occasion, asked outside of a transaction; Unavailable if it cannot be."""
    looked = Looked()
    for kind in rule["audience"] if occurring else ():
        count = 0
        async for page in pages(recipients, kind, occurring):
            if count == _MOST_PAGES:
                looked.complete = False
                break
            looked.people += page
            count += 1
    return looked


async def shown(
    reader: Reader, rule: Record, looked: Looked, occurring: Sequence[Occurring]
) -> list[dict[str, Any]]:
    """Those whom the rule is about and the caller may see, with what was done for them already."""
    customers = [each.customer_id for each in looked.people]
    seen = await queries.seen(reader, customers)
    standings = await standing_of(reader, sorted(seen))
    years = {each.key: each.year for each in occurring}
    people = [
        each
        for each in looked.people
        if each.customer_id in seen and fits(rule["only_if"], standings[each.customer_id])
    ]
    states = await queries.states(
        reader, [each.ref.id for each in people], code_of(rule["occasion"]), sorted(set(years.values()))
    )
    return [
        {
            "kind": each.ref.kind,
            "id": each.ref.id,
            "customer_id": each.customer_id,
            "year": years[each.key],
            "message": states.get(each.ref.id, {}).get("message"),
            "reminder": states.get(each.ref.id, {}).get("reminder"),
        }
        for each in people
    ]


def preview(
    rule: Record, on: date | None, days: list[date], people: list[dict[str, Any]], *, complete: bool
) -> dict[str, Any]:
    """The answer, with the first hundred people."""
    return {
        "on": on,
        "act_on": None if on is None else on - timedelta(days=rule["days_before"]),
        "upcoming": days,
        "count": len(people),
        "complete": complete,
        "people": people[:_MOST_SHOWN],
    }


def calendar(year: int, rules: Sequence[Record]) -> list[dict[str, Any]]:
    """All feasts of a year and the company's own days, each with the active rules about it."""
    occasions: dict[str, Mapping[str, Any]] = {
        feast: {"kind": "feast", "feast": feast} for feast in FEAST_NAMES
    }
    about: dict[str, list[Any]] = {}
    for rule in rules:
        code = code_of(rule["occasion"])
        about.setdefault(code, []).append(rule["id"])
        if rule["occasion"]["kind"] == "company_day":
            occasions[code] = rule["occasion"]
    days = [
        {
            "on": each.on,
            "occasion": code,
            "name_zh": name_of(occasion).zh,
            "name_en": name_of(occasion).en,
            "rule_ids": about.get(code, []),
        }
        for code, occasion in occasions.items()
        for each in falls(occasion, date(year, 1, 1), date(year + 1, 1, 1))
    ]
    return sorted(days, key=lambda day: (day["on"], day["occasion"]))
