"""What is counted of states; no labels, so never an id."""

from opentelemetry import metrics

_meter = metrics.get_meter("scoring.states")

built = _meter.create_counter("states.built", description="States that were built anew from the log.")
compared = _meter.create_counter("states.compared", description="States that were compared with the log.")
different = _meter.create_counter(
    "states.different", description="States that said something else than the log: must stay 0."
)
