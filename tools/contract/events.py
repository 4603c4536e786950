"""What of an AsyncAPI document's change breaks those who hear, or events that are still on their way."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.contract.schemas import Comparison, Side

Document = Mapping[str, Any]


def breaks(old: Document, new: Document) -> list[str]:
    """One line for each break: the event, then what is different."""
    found = [*_of_channels(old, new), *_of_publishers(old, new)]
    after = _payloads(new)
    sides = [Side(each["components"]["schemas"]) for each in (old, new)]
    for name, payload in _payloads(old).items():
        if name not in after:
            found.append(f"event {name}: is gone")
            continue
        heard = Comparison(sides[0], sides[1]).breaks(payload, after[name], "answered")
        waiting = Comparison(sides[0], sides[1]).breaks(payload, after[name], "sent")
        found += [f"event {name}: {each}" for each in heard]
        found += [
            f"event {name}: cannot be read while it waits: {each}" for each in waiting if "required" in each
        ]
    return list(dict.fromkeys(found))


def _of_channels(old: Document, new: Document) -> Iterator[str]:
    for name, channel in old["channels"].items():
        after = new["channels"].get(name)
        binding = channel["bindings"]["amqp"]
        if after is None:
            yield from [f"channel {name}: is gone"] if binding["is"] == "routingKey" else []
        elif after["address"] != channel["address"]:
            yield f"channel {name}: address was {channel['address']}, is {after['address']}"
        elif after["bindings"]["amqp"].get("exchange") != binding.get("exchange"):
            yield f"channel {name}: another exchange"


def _of_publishers(old: Document, new: Document) -> Iterator[str]:
    sent = {name for name, operation in new["operations"].items() if operation["action"] == "send"}
    for name, operation in old["operations"].items():
        if operation["action"] == "send" and name not in sent:
            yield f"operation {name}: is gone"


def _payloads(document: Document) -> dict[str, Any]:
    return {message["name"]: message["payload"] for message in document["components"]["messages"].values()}
