"""May this be sent to this customer now? The rules, as pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.wall_clock import instant

Purpose = Literal["transactional", "service", "care", "marketing", "survey"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Channel = Literal["email", "sms", "wecom", "dingtalk", "feishu", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
ConsentState = Literal["granted", "withdrawn"]
Rule = Literal[
    "do_not_contact",
    "consent_withdrawn",
    "consent_missing",
    "quiet_hours",
    "send_window",
    "frequency_cap",
]
MOST_DAYS = 92
"""The longest time over which a cap counts."""
_STEPS = 8


class Window(NamedTuple):
    """From one wall-clock time to another; one that ends before it begins goes over midnight."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Whether it is inside: the start is, the end is not."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


class Cap(NamedTuple):
    """At most so many messages in so many days, of a purpose and a channel (None: of any)."""

    most: int
    days: int
    purpose: str | None = None
    channel: str | None = None

    def counts(self, purpose: str, channel: str) -> bool:
        """Whether it is about such a message."""
        return self.purpose in {None, purpose} and self.channel in {None, channel}


class Contact(NamedTuple):
    """A message that left."""

    at: datetime
    purpose: str
    channel: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The company's rules. `needs_consent` are (purpose, channel); `windows` by channel; times are local."""

    needs_consent: frozenset[tuple[str, str]]
    quiet: Window | None
    windows: Mapping[str, Window]
    caps: Sequence[Cap]
    always: frozenset[str]
    timezone: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known of one customer, all its records together: the stricter counts.

    `silent` is for how long it wants nothing by a channel (`*`: by any); None: for good.
    """

    consents: Mapping[tuple[str, str], ConsentState] = field(default_factory=dict)
    silent: Mapping[str, datetime | None] = field(default_factory=dict)
    quiet: Window | None = None
    timezone: str | None = None
    caps: Sequence[Cap] = ()


class Sending(NamedTuple):
    """A message about to leave; the same id again is the same message."""

    message_id: UUID
    customer_id: UUID
    purpose: str
    channel: str
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it may leave now; if not, by which rule, and from when on (None: never)."""

    allowed: bool
    rule: Rule | None = None
    not_before: datetime | None = None


ALLOWED = Verdict(allowed=True)


def judge(
    sending: Sending, policy: Policy, wishes: Wishes, contacts: Iterable[Contact], now: datetime
) -> Verdict:
    """The verdict on one message; a later moment that it names is the first at which nothing else forbids.

    `contacts` are what left to this customer before, without this message itself.
    """
    forbidden = _forbidden(sending, policy, wishes, now)
    if forbidden is not None:
        return forbidden
    contacts = list(contacts)
    moment, rule = now, None
    for _ in range(_STEPS):
        later = _next_obstacle(sending, policy, wishes, contacts, moment)
        if later is None:
            return ALLOWED if rule is None else Verdict(allowed=False, rule=rule, not_before=moment)
        rule = rule or later[0]
        moment = later[1]
    return Verdict(allowed=False, rule=rule, not_before=moment)


def _forbidden(sending: Sending, policy: Policy, wishes: Wishes, now: datetime) -> Verdict | None:
    for channel in ("*", sending.channel):
        if channel in wishes.silent:
            until = wishes.silent[channel]
            if until is None or until > now:
                return Verdict(allowed=False, rule="do_not_contact", not_before=until)
    consent = wishes.consents.get((sending.purpose, sending.channel))
    if consent == "withdrawn":
        return Verdict(allowed=False, rule="consent_withdrawn")
    if consent is None and (sending.purpose, sending.channel) in policy.needs_consent:
        return Verdict(allowed=False, rule="consent_missing")
    return None


def _next_obstacle(
    sending: Sending, policy: Policy, wishes: Wishes, contacts: Sequence[Contact], moment: datetime
) -> tuple[Rule, datetime] | None:
    if sending.purpose not in policy.always:
        zone = ZoneInfo(wishes.timezone or sending.timezone or policy.timezone)
        quiet = wishes.quiet or policy.quiet
        if quiet is not None and quiet.holds(_local(moment, zone)):
            return "quiet_hours", _when(quiet.end, moment, zone)
        window = policy.windows.get(sending.channel)
        if window is not None and not window.holds(_local(moment, zone)):
            return "send_window", _when(window.start, moment, zone)
    for cap in (*policy.caps, *wishes.caps):
        if cap.counts(sending.purpose, sending.channel):
            free = _free_at(cap, contacts, moment)
            if free > moment:
                return "frequency_cap", free
    return None


def _local(moment: datetime, zone: ZoneInfo) -> time:
    return moment.astimezone(zone).time().replace(tzinfo=None)


def _when(wall: time, after: datetime, zone: ZoneInfo) -> datetime:
    """The first moment behind `after` at which clocks in the zone show this time, or a later one."""
    day = after.astimezone(zone).date()
    found = (instant(datetime.combine(day + timedelta(days=days), wall), zone) for days in range(3))
    return next(moment for moment in found if moment > after)


def _free_at(cap: Cap, contacts: Sequence[Contact], moment: datetime) -> datetime:
    """When one more is within the cap."""
    span = timedelta(days=cap.days)
    counted = sorted(
        each.at for each in contacts if cap.counts(each.purpose, each.channel) and each.at > moment - span
    )
    if len(counted) < cap.most:
        return moment
    return counted[len(counted) - cap.most] + span


def together(wishes: Sequence[Wishes]) -> Wishes:
    """The records of customers that were merged: what any of them refused is refused."""
    if len(wishes) == 1:
        return wishes[0]
    consents: dict[tuple[str, str], ConsentState] = {}
    silent: dict[str, datetime | None] = {}
    for each in wishes:
        for about, state in each.consents.items():
            consents[about] = "withdrawn" if "withdrawn" in (state, consents.get(about)) else state
        for channel, until in each.silent.items():
            known = silent.get(channel, until)
            silent[channel] = None if until is None or known is None else max(until, known)
    first = next((each for each in wishes if each.quiet), None)
    zone = next((each.timezone for each in wishes if each.timezone), None)
    caps = tuple(cap for each in wishes for cap in each.caps)
    return Wishes(consents, silent, first.quiet if first else None, zone, caps)


def wishes_of(row: Mapping[str, Any]) -> Wishes:
    """A stored record as wishes."""
    quiet = row["quiet_hours"]
    return Wishes(
        consents={(each["purpose"], each["channel"]): each["state"] for each in row["consents"]},
        silent={
            each["channel"]: datetime.fromisoformat(each["until"]) if each.get("until") else None
            for each in row["do_not_contact"]
        },
        quiet=window_of(quiet),
        timezone=row["timezone"],
        caps=tuple(cap_of(each) for each in row["caps"]),
    )


def policy_of(row: Mapping[str, Any]) -> Policy:
    """The stored policy."""
    return Policy(
        needs_consent=frozenset(
            (purpose, channel) for purpose, channels in row["needs_consent"].items() for channel in channels
        ),
        quiet=window_of(row["quiet_hours"]),
        windows={
            channel: found
            for channel, each in row["send_windows"].items()
            if (found := window_of(each)) is not None
        },
        caps=tuple(cap_of(each) for each in row["caps"]),
        always=frozenset(row["always"]),
        timezone=row["timezone"],
    )


def window_of(told: Mapping[str, str] | None) -> Window | None:
    """A stored window."""
    if told is None:
        return None
    return Window(time.fromisoformat(told["start"]), time.fromisoformat(told["end"]))


def cap_of(told: Mapping[str, Any]) -> Cap:
    """A stored cap."""
    return Cap(told["most"], told["days"], told.get("purpose"), told.get("channel"))
