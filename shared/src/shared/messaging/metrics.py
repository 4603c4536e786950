"""What messaging counts, per service; labels are names of services, event types and reasons, never ids."""

from opentelemetry import metrics

_meter = metrics.get_meter("shared.messaging")

published = _meter.create_counter("events.published", description="Events that the bus has safely.")
unpublished_failures = _meter.create_counter(
    "events.publish_failures", description="Events that the bus refused or could not take; they stay."
)
unrouted = _meter.create_counter("events.unrouted", description="Events that no service ever subscribed to.")
consumed = _meter.create_counter("events.consumed", description="Events whose effects are committed.")
duplicates = _meter.create_counter("events.duplicates", description="Events that had been handled before.")
retried = _meter.create_counter("events.retried", description="Failed attempts that will be repeated.")
parked = _meter.create_counter("events.parked", description="Events given up into dead_letter.")
oldest_unpublished = _meter.create_gauge(
    "outbox.oldest_unpublished", unit="s", description="Age of the oldest event that is not published."
)
