"""The published language: what services tell each other, by publishing service; complaints apart."""

from shared.events import audit, complaint, customer, gateway, interaction, notify, scoring
from shared.events.base import (
    MAX_CHUNK,
    Envelope,
    Event,
    Fact,
    UnreadableEventError,
    parse,
    published,
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
    "audit",
    "complaint",
    "customer",
    "gateway",
    "interaction",
    "notify",
    "parse",
    "published",
    "read",
    "registered",
    "scoring",
    "to_cloudevent",
    "to_json",
]
