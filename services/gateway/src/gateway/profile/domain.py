"""What a profile is made of, and when a destination is left alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "none", "forbidden", "unavailable"]
Value = dict[str, Any] | list[Any] | None

_OVER = frozenset({"resolved", "closed"})
_AHEAD = frozenset({"scheduled", "due"})


@dataclass(frozen=True, slots=True)
class Part:
    """One question to one service; `chosen` picks from a list's rows what belongs into the profile."""

    name: str
    service: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    chosen: Callable[[Mapping[str, Any]], bool] | None = None


def _open(complaint: Mapping[str, Any]) -> bool:
    return complaint.get("status") not in _OVER


def _ahead(reminder: Mapping[str, Any]) -> bool:
    return reminder.get("state") in _AHEAD


PARTS = (
    Part("archive", "customer-svc", "/v1/customers/{id}"),
    Part("contacts", "customer-svc", "/v1/customers/{id}/contacts"),
    Part("order_summary", "customer-svc", "/v1/customers/{id}/orders/summary"),
    Part("orders", "customer-svc", "/v1/customers/{id}/orders", {"limit": "5"}),
    Part("timeline", "interaction-svc", "/v1/customers/{id}/timeline", {"limit": "20"}),
    Part("complaints", "interaction-svc", "/v1/complaints", {"customer_id": "{id}"}, _open),
    Part("promises", "interaction-svc", "/v1/promises", {"customer_id": "{id}", "unsettled": "true"}),
    Part("scoring", "scoring-svc", "/v1/scores/{id}"),
    Part("reminders", "notify-svc", "/v1/reminders", {"customer_id": "{id}"}, _ahead),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one question."""

    state: State
    value: Value = None
    merged_into: str | None = None


def read(part: Part, status: int, body: Any) -> Answer:
    """An HTTP answer as a part of the profile; lists lose their page."""
    if status == 404:  # noqa: PLR2004
        return Answer("none")
    if status == 308 and isinstance(body, dict):  # noqa: PLR2004
        return Answer("none", merged_into=body.get("merged_into"))
    if status in (401, 403):
        return Answer("forbidden")
    if status != 200 or not isinstance(body, dict | list):  # noqa: PLR2004
        return Answer("unavailable")
    rows = body["data"] if isinstance(body, dict) and isinstance(body.get("data"), list) else None
    if rows is None:
        return Answer("ok", body)
    return Answer("ok", [row for row in rows if part.chosen is None or part.chosen(row)])


class Breaker:
    """Leaves a destination alone after some failures in a row, then sends one probe at a time.

    `pause` is in seconds. Whoever was admitted must report `succeeded` or `failed`.
    """

    def __init__(
        self, *, failures: int = 5, pause: float = 5.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._pause = pause
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether ordinary calls are refused."""
        return self._failures >= self._most

    def admits(self) -> bool:
        """Whether a call may go out now."""
        if not self.is_open:
            return True
        if self._probing or self._monotonic() - self._opened_at < self._pause:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The destination answered."""
        self._failures = 0
        self._probing = False

    def failed(self) -> None:
        """It did not answer, or not in time."""
        self._failures += 1
        self._opened_at = self._monotonic()
        self._probing = False
