"""Asking customer-svc and the gateway how people can be reached, with this service's own tokens (ADR 42)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from notify_svc.recipients.domain import BirthdayKey, Kind, Known, Language, Person, Ref
from shared.auth.speaking import ServiceTokens
from shared.auth.tokens import HEADER
from shared.http.client import fetch_json
from shared.problems import Unavailable
from shared.usage import INNER

MOST_KNOWN = 1000
_MOST_ASKED = 200
_MOST_ANSWER = 1024 * 1024
_SECONDS = 2.0
_OK = 200
_LANGUAGES: Mapping[str, Language] = {"zh": "zh", "en": "en", "zh-CN": "zh", "zh-Hans": "zh"}
_log = structlog.get_logger()


class Recipients:
    """People as those who keep them know them now.

    `customers` and `gateway` are HTTP clients that reach these services at the given addresses.
    """

    def __init__(
        self, tokens: ServiceTokens, *, customers: Any, customer_url: str, gateway: Any, gateway_url: str
    ) -> None:
        self._tokens = tokens
        self._places = {
            "customer-svc": (customers, customer_url.rstrip("/")),
            "gateway": (gateway, gateway_url.rstrip("/")),
        }

    async def find(self, refs: Iterable[Ref]) -> dict[Ref, Person]:
        """Who these are now, by what was asked; who is not there any more, or disabled, is missing.

        Unavailable when it cannot be asked within two seconds a service. Never inside a transaction.
        """
        by_kind: dict[Kind, list[str]] = {"customer": [], "contact": [], "staff": []}
        for ref in dict.fromkeys(refs):
            by_kind[ref.kind].append(str(ref.id))
        found: dict[Ref, Person] = {}
        for part in _parts(by_kind["customer"], by_kind["contact"]):
            answer = await self._asked("customer-svc", "/internal/recipients", part)
            found.update(map(_person, answer["recipients"]))
        for staff, _ in _pairs(by_kind["staff"], []):
            answer = await self._asked("gateway", "/internal/recipients", {"staff": staff})
            found.update(map(_staff, answer["recipients"]))
        return found

    async def birthdays(
        self, kind: Kind, keys: Sequence[BirthdayKey], *, after: UUID | None, limit: int = MOST_KNOWN
    ) -> list[Known]:
        """The customers or contacts whose birthday is on one of these days, in the order of their ids.

        With as many as the limit there may be more behind the last. Unavailable as `find`.
        """
        answer = await self._page(
            "birthdays", {"kind": kind, "keys": [key._asdict() for key in keys]}, after=after, limit=limit
        )
        return [_known(kind, each, keys[each["key"]]) for each in answer]

    async def people(self, kind: Kind, *, after: UUID | None, limit: int = MOST_KNOWN) -> list[Known]:
        """All customers or contacts, as `birthdays` those of some."""
        return [
            _known(kind, each)
            for each in await self._page("people", {"kind": kind}, after=after, limit=limit)
        ]

    async def timezones(self) -> frozenset[str]:
        """In which time zones customers are known to live, as it was told; Unavailable as `find`."""
        answer = await self._asked("customer-svc", "/internal/timezones", {})
        return frozenset(answer["timezones"])

    async def _page(
        self, what: str, body: Mapping[str, Any], *, after: UUID | None, limit: int
    ) -> list[Mapping[str, Any]]:
        place = {"after": None if after is None else str(after), "limit": limit}
        answer = await self._asked("customer-svc", f"/internal/{what}", {**body, **place})
        found: list[Mapping[str, Any]] = answer["persons"]
        return found

    async def _asked(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        client, url = self._places[service]
        headers = {HEADER: await self._tokens.token(service), INNER: "1"}
        try:
            status, answer = await fetch_json(
                client, "POST", url + path, seconds=_SECONDS, most=_MOST_ANSWER, headers=headers, json=body
            )
        except (OSError, ValueError) as error:
            _log.warning("recipients_unknown", service=service, error=type(error).__name__)
            raise _unavailable() from error
        if status != _OK:
            _log.warning("recipients_unknown", service=service, status=status)
            raise _unavailable()
        return answer


def _pairs(one: list[str], other: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    for start in range(0, max(len(one), len(other)), _MOST_ASKED):
        yield one[start : start + _MOST_ASKED], other[start : start + _MOST_ASKED]


def _parts(customers: list[str], contacts: list[str]) -> Iterator[dict[str, list[str]]]:
    for one, other in _pairs(customers, contacts):
        yield {"customers": one, "contacts": other}


def _person(told: Mapping[str, Any]) -> tuple[Ref, Person]:
    person = Person(
        id=UUID(told["id"]),
        kind=told["kind"],
        customer_id=UUID(told["customer_id"]),
        name=told["name"],
        email=told["email"],
        phone=told["phone"],
        language=_LANGUAGES.get(told["language"] or ""),
        timezone=told["timezone"],
        owner_id=_id(told["owner_id"]),
        distributor_id=_id(told["distributor_id"]),
        identities=told["identities"],
    )
    return Ref(told["kind"], UUID(told["asked"])), person


def _staff(told: Mapping[str, Any]) -> tuple[Ref, Person]:
    ref = Ref("staff", UUID(told["id"]))
    return ref, Person(
        id=ref.id, kind="staff", customer_id=None, name=told["name"], email=told["email"], phone=None
    )


def _known(kind: Kind, told: Mapping[str, Any], key: BirthdayKey | None = None) -> Known:
    return Known(
        ref=Ref(kind, UUID(told["id"])),
        customer_id=UUID(told["customer_id"]),
        owner_id=_id(told["owner_id"]),
        distributor_id=_id(told["distributor_id"]),
        timezone=told["timezone"],
        key=key,
    )


def _id(told: str | None) -> UUID | None:
    return None if told is None else UUID(told)


def _unavailable() -> Unavailable:
    return Unavailable(
        "recipients_unavailable",
        en="It cannot be told now how they can be reached.",
        zh="暂时无法获取收件人信息。",
    )
