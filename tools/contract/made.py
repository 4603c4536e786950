"""The documents made from the code; nothing is started and no database is asked."""

import base64
from typing import Any

import customer_svc.app
import customer_svc.settings
import gateway.app
import gateway.settings
import interaction_svc.app
import interaction_svc.settings
import notify_svc.app
import notify_svc.settings
import scoring_svc.app
import scoring_svc.settings
from gateway.documentation.bookshelf import events_of
from gateway.documentation.domain import merged
from shared.composition import Service, release
from shared.messaging.local import LocalBus

Document = dict[str, Any]

_PARTS: tuple[tuple[Any, Any], ...] = (
    (customer_svc.app, customer_svc.settings),
    (interaction_svc.app, interaction_svc.settings),
    (scoring_svc.app, scoring_svc.settings),
    (notify_svc.app, notify_svc.settings),
    (gateway.app, gateway.settings),
)


def services() -> list[Service]:
    """All services put together, not started."""
    bus, key = LocalBus(), base64.b64encode(bytes(32)).decode()
    return [
        app.build(settings.Settings(database_url="postgresql://nowhere/x", data_key=key), bus)
        for app, settings in _PARTS
    ]


def documents() -> dict[str, Document]:
    """`openapi` and `asyncapi`, as the gateway shows them."""
    described = {service.name: service.app.openapi() for service in services()}
    return {
        "openapi": merged(described, version=release()),
        "asyncapi": events_of(described, version=release()),
    }
