"""The published language: what services tell each other, one module per publishing service."""

from shared.events import customer, gateway, interaction, notify, scoring
from shared.events.base import (
    MAX_CHUNK,
    Envelope,
    Event,
    Fact,
    UnreadableEventError,
    parse,
    read,
    registered,
    to_cloudevent,
    to_json,
)

__all__ = [
    "MAX_CHUNK",
    "Envelope",
    "Event",
    "Fact",
    "UnreadableEventError",
    "customer",
    "gateway",
    "interaction",
    "notify",
    "parse",
    "read",
    "registered",
    "scoring",
    "to_cloudevent",
    "to_json",
]
