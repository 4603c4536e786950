"""Which events a webhook can have, by which permission, and which patterns choose them."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Literal

from shared.problems import FieldError, Invalid

State = Literal["enabled", "disabled"]
DisabledReason = Literal["by_hand", "gone", "failing", "key_revoked"]

MOST_OF_A_KEY = 20
MOST_OF_THE_COMPANY = 200
OVERLAP_HOURS = 24
MOST_OVERLAP_HOURS = 168
KEPT = timedelta(days=30)
"""For how long what was sent is kept, and what came for a webhook that is disabled."""

TEST = "webhook.test.v1"
"""What is sent to try a webhook out; no event of ours."""

PERMISSION: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "customer.assigned.v1",
            "customer.merged.v1",
            "customer.registered.v1",
            "customer.unmerged.v1",
            "customer.updated.v1",
            "customers.imported.v1",
        ),
        "customers:read",
    ),
    **dict.fromkeys(
        (
            "order.recorded.v1",
            "order.returned.v1",
            "order.voided.v1",
            "orders.imported.v1",
            "orders.voided.v1",
        ),
        "orders:read",
    ),
    "contract.changed.v1": "contracts:read",
    "distributor.changed.v1": "distributors:read",
    "org_unit.changed.v1": "org_units:read",
    **dict.fromkeys(
        (
            "complaint.assigned.v1",
            "complaint.breached.v1",
            "complaint.closed.v1",
            "complaint.escalated.v1",
            "complaint.informed.v1",
            "complaint.merged.v1",
            "complaint.opened.v1",
            "complaint.paused.v1",
            "complaint.reopened.v1",
            "complaint.resolved.v1",
            "complaint.resumed.v1",
            "complaint.unmerged.v1",
            "complaint.warned.v1",
        ),
        "complaints:read",
    ),
    **dict.fromkeys(
        (
            "interaction.logged.v1",
            "interactions.imported.v1",
            "interactions.withdrawn.v1",
            "promise.broken.v1",
            "promise.kept.v1",
            "promise.made.v1",
            "promise.moved.v1",
            "promise.withdrawn.v1",
            "service.rated.v1",
            "service.recorded.v1",
            "survey.answered.v1",
            "survey.invited.v1",
            "visit.cancelled.v1",
            "visit.done.v1",
            "visit.missed.v1",
            "visit.planned.v1",
        ),
        "interactions:read",
    ),
    **dict.fromkeys(
        (
            "churn.cleared.v1",
            "churn.warned.v1",
            "objection.made.v1",
            "objection.withdrawn.v1",
            "score.changed.v1",
            "scoring.completed.v1",
            "stage.changed.v1",
            "tier.changed.v1",
        ),
        "scores:read",
    ),
    **dict.fromkeys(("tier.pinned.v1", "tier.unpinned.v1"), "tier_overrides:read"),
    **dict.fromkeys(("model.drifted.v1", "model.promoted.v1"), "models:read"),
    "policy.published.v1": "policies:read",
    **dict.fromkeys(("key.changed.v1", "key.created.v1", "key.revoked.v1"), "api_keys:read"),
    "staff.changed.v1": "staff:read",
    **dict.fromkeys(("reminder.done.v1", "reminder.due.v1"), "reminders:all"),
    **dict.fromkeys(("playbook.started.v1", "playbook.finished.v1"), "playbook_runs:read"),
    "webhook.disabled.v1": "webhooks:read",
}
"""The permission that an event asks of whoever has it sent: the one by which its record could be read."""

NEVER = frozenset({"audit.anchored.v1"})
"""What services tell only each other."""

CHUNKS: Mapping[str, str] = {
    "customers.imported.v1": "customers",
    "interactions.imported.v1": "interactions",
    "interactions.withdrawn.v1": "interactions",
    "orders.imported.v1": "orders",
    "orders.voided.v1": "orders",
}
"""Events that tell of many records at once, and in which field these stand, each with its distributor."""


def allowed_types(permissions: AbstractSet[str]) -> frozenset[str]:
    """The event types that whoever has these permissions may have sent."""
    return frozenset(kind for kind, needed in PERMISSION.items() if needed in permissions)


def chosen(patterns: Iterable[str], types: AbstractSet[str]) -> frozenset[str]:
    """Those of the types that a pattern names: itself, all of a noun (`order.*`), or all (`*`)."""
    return frozenset(kind for pattern in patterns for kind in types if matches(pattern, kind))


def matches(pattern: str, kind: str) -> bool:
    """Whether a pattern names an event type."""
    return pattern in ("*", kind) or (pattern.endswith(".*") and kind.partition(".")[0] == pattern[:-2])


def checked_patterns(patterns: Sequence[str], permissions: AbstractSet[str]) -> list[str]:
    """The patterns, each once; Invalid for one that names nothing, or nothing that its maker may read."""
    allowed = allowed_types(permissions)
    wrong = [
        _wrong(place, known=bool(chosen([pattern], PERMISSION.keys())))
        for place, pattern in enumerate(patterns)
        if not chosen([pattern], allowed)
    ]
    if wrong:
        raise Invalid(
            wrong[0].code, en="An event type cannot be had.", zh="事件类型不可用。", errors=tuple(wrong)
        )
    return list(dict.fromkeys(patterns))


def _wrong(place: int, *, known: bool) -> FieldError:
    pointer = f"/event_types/{place}"
    if known:
        return FieldError(
            pointer, "event_type_not_allowed", "needs a permission that you lack", "您缺少该事件所需的权限"
        )
    return FieldError(pointer, "unknown_event_type", "names no event", "不存在该事件类型")
