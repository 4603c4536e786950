"""What a message is, which states follow which, and when it is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders.domain import Channel
from shared.problems import Conflict

Purpose = Literal["transactional", "service", "care", "marketing", "survey", "internal"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Source = Literal["reminder", "care", "playbook", "test", "api"]
SOURCES: tuple[Source, ...] = get_args(Source)
State = Literal["pending", "sent", "digested", "blocked", "failed", "bounced", "expired", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
LEAVABLE: frozenset[Purpose] = frozenset({"care", "marketing", "survey"})
"""Purposes of which a customer can say by one click that it wants none of it any more."""

_WAITS = (30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0, 43200.0, 86400.0)
_LONGEST_ASKED = 86400.0
_SPREAD = 0.2
REST = (2.0, 10.0, 30.0, 60.0, 300.0)
"""For how many seconds a sender rests after so many failures in a row that are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A message that somebody shall get; `variables` hold ids, codes, numbers, dates: no personal data.

    `channels` are tried in their order: the first by which the recipient has an address. Without a recipient
    it goes into the group of a robot. The same `dedup_key` again is the same message.
    """

    purpose: Purpose
    channels: Sequence[Channel]
    recipient: Ref | None
    template: str
    variables: Mapping[str, Any]
    source: Source
    source_id: UUID
    dedup_key: str
    customer_id: UUID | None = None
    distributor_id: UUID | None = None
    sender_id: UUID | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None


def next_wait(tries: int, asked: float | None, chance: float) -> float | None:
    """Seconds until the next try after so many, spread by a fifth; None: there is none.

    `chance` lies in [0, 1). What the other side asked for counts if it is longer, up to a day.
    """
    if tries > len(_WAITS):
        return None
    wait = _WAITS[tries - 1] * (1 + _SPREAD * (2 * chance - 1))
    return max(wait, min(asked or 0.0, _LONGEST_ASKED))


def rest(failures: int) -> float:
    """Seconds for which a sender is left alone after so many failures of its own in a row."""
    return REST[min(failures, len(REST)) - 1] if failures else 0.0


def address_of(person: Person, channel: str) -> str | None:
    """How somebody is reached by a channel; None if not."""
    if channel == "email":
        return person.email
    if channel == "sms":
        return person.phone
    return person.identities.get(channel)


def following(channels: Sequence[str], channel: str) -> str | None:
    """The channel to try after this one."""
    place = channels.index(channel) + 1
    return channels[place] if place < len(channels) else None


def check_open(state: str) -> None:
    """Conflict for a message that is done with."""
    if state != "pending":
        raise Conflict(
            "message_closed", en="The message is done with.", zh="该消息已处理完毕。", extra={"state": state}
        )


def check_retriable(state: str, source: str) -> None:
    """Conflict for a message that was sent, or waits anyway, or was a test."""
    if source == "test":
        raise Conflict("message_is_test", en="A test is made anew.", zh="测试消息请重新发起。")
    if state not in {"failed", "expired", "cancelled"}:
        raise Conflict(
            "message_not_failed",
            en="Only what failed is sent again.",
            zh="仅失败的消息可以重发。",
            extra={"state": state},
        )
