"""What sending counts; labels are reasons, never ids or addresses."""

from opentelemetry import metrics

_meter = metrics.get_meter("notify_svc.webhooks")

attempts = _meter.create_counter("webhooks.attempts", description="Attempts at deliveries, by outcome.")
lost = _meter.create_counter("webhooks.lanes_lost", description="Batches whose worker had lost its lane.")
oldest_waiting = _meter.create_gauge(
    "webhooks.oldest_waiting", unit="s", description="For how long the oldest due delivery has waited."
)
