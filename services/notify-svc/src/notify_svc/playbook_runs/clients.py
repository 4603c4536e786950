"""Doors out of runs: messages, and other services that are asked for something; handed in by `app.py`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from shared.auth.tokens import HEADER
from shared.db import Tx
from shared.http.client import fetch_json
from shared.problems import Problem
from shared.usage import INNER

_SECONDS = 5.0
_MOST_ANSWER = 256 * 1024
_OK, _REFUSALS = 200, range(400, 500)
_TRY_AGAIN = frozenset({401, 408, 409, 425, 429})
"""Answers of 4xx that another try can change: a token that ended, a rival request, too many."""


@dataclass(frozen=True, slots=True)
class WantedMessage:
    """A message that a step wants sent: `to_customer`, or to the address of the sender `sender_id`.

    `channels` are tried in their order; `dedup_key` makes a repeated wish the same message.
    """

    dedup_key: str
    source_id: UUID
    template: str
    channels: Sequence[str]
    purpose: str
    customer_id: UUID
    distributor_id: UUID | None
    expires_at: datetime
    to_customer: bool = True
    sender_id: UUID | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


RequestMessages = Callable[[Tx, Sequence[WantedMessage]], Awaitable[Sequence[UUID]]]
"""Have messages sent, in the caller's transaction; their ids in the same order."""


class Asked(NamedTuple):
    """What another service is to be asked for; `key` stays the same however often it is tried."""

    key: str
    kind: str
    customer_id: UUID
    said: Mapping[str, Any]


class Answered(NamedTuple):
    """`done` with the id of what was made, `refused` for good, or `unknown`: to be tried again."""

    result: Literal["done", "refused", "unknown"]
    code: str | None = None
    made_id: UUID | None = None


class Tokens(Protocol):
    """What gives this service tokens of its own."""

    async def token(self, audience: str) -> str:
        """A token for that service; Unavailable if there is none."""
        ...


class Peers(Protocol):
    """Those who do for a run what other services are the authority on."""

    async def ask(self, asked: Asked) -> Answered:
        """Ask once; never raises. Must not be called inside a transaction."""
        ...


class Services:
    """interaction-svc opens complaints, customer-svc keeps tags; both asked with this service's own tokens.

    `interactions` and `customers` are HTTP clients that reach these services at the given addresses.
    """

    def __init__(
        self, tokens: Tokens, *, interactions: Any, interaction_url: str, customers: Any, customer_url: str
    ) -> None:
        self._tokens = tokens
        self._interactions = (interactions, interaction_url.rstrip("/"))
        self._customers = (customers, customer_url.rstrip("/"))

    async def ask(self, asked: Asked) -> Answered:
        """Ask once; a repetition with the same key changes nothing there."""
        if asked.kind == "open_complaint":
            body = {
                "customer_id": str(asked.customer_id),
                "channel": "other",
                **{name: asked.said[name] for name in ("category", "severity", "subject")},
            }
            return await self._post("interaction-svc", self._interactions, "/v1/complaints", asked.key, body)
        change = "add" if asked.kind == "set_tag" else "remove"
        tags = {"customer_id": str(asked.customer_id), change: [asked.said["tag"]]}
        return await self._post("customer-svc", self._customers, "/internal/tags", asked.key, tags)

    async def _post(
        self, service: str, place: tuple[Any, str], path: str, key: str, body: Mapping[str, Any]
    ) -> Answered:
        client, url = place
        try:
            headers = {HEADER: await self._tokens.token(service), INNER: "1", "Idempotency-Key": key}
            status, answer = await fetch_json(
                client, "POST", url + path, seconds=_SECONDS, most=_MOST_ANSWER, headers=headers, json=body
            )
        except (OSError, ValueError, Problem):
            return Answered("unknown", "unreachable")
        return _understood(status, answer)


def _understood(status: int, answer: Any) -> Answered:
    said = answer if isinstance(answer, dict) else {}
    if _OK <= status < _OK + 100:
        return Answered("done", None, _id(said.get("id")))
    code = said.get("code")
    if status in _REFUSALS and status not in _TRY_AGAIN:
        return Answered("refused", code if isinstance(code, str) else f"http_{status}")
    return Answered("unknown", f"http_{status}")


def _id(told: Any) -> UUID | None:
    try:
        return UUID(told)
    except (TypeError, ValueError):
        return None


async def no_messages(_tx: Tx, _wanted: Sequence[WantedMessage]) -> Sequence[UUID]:
    """What requests messages where there is nobody who sends any: the run tries again, then stops."""
    raise Problem("messages_unavailable", en="Nobody sends messages here.", zh="未启用消息发送。")
