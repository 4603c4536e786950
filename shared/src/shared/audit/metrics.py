"""What the audit counts, per service."""

from opentelemetry import metrics

_meter = metrics.get_meter("shared.audit")

sealed = _meter.create_counter("audit.sealed", description="Entries that got their place in the chain.")
waiting = _meter.create_gauge("audit.waiting", description="Reads and refusals that are not yet written.")
cut = _meter.create_counter(
    "audit.cut", description="How often the chain was found shorter than, or other than, it had been."
)
broken = _meter.create_counter("audit.broken", description="Verifications that found a broken place.")
forged = _meter.create_counter("audit.forged", description="Unsealed entries that were not written by us.")
