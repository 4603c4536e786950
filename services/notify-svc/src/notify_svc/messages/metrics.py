"""What sending counts: codes, never ids or addresses."""

from opentelemetry import metrics

from notify_svc.messages.settling import Fate

_meter = metrics.get_meter("notify_svc.messages")
_settled = _meter.create_counter(
    "messages.settled", description="Messages by what became of them: sent, or blocked and by which rule."
)


def count(fate: Fate) -> None:
    """Count what became of a message."""
    _settled.add(1, {"state": fate.state, "channel": fate.channel, "reason": fate.reason or ""})
