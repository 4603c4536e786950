"""The AsyncAPI 3 document of the events between services, made from the registry of events."""

import re
from collections.abc import Iterable, Mapping
from inspect import getdoc
from typing import Any

from shared.contract import event_words, words
from shared.contract.examples import Examples, known_id
from shared.contract.tidying import tidy
from shared.events import Event
from shared.messaging.rabbit.topology import QUEUE_ARGUMENTS, Topology

Part = dict[str, Any]

MEDIA_TYPE = "application/cloudevents+json"
ENVELOPE: dict[str, tuple[str, str, Part]] = {
    "specversion": ("CloudEvents 1.0", "CloudEvents 版本", {"type": "string", "const": "1.0"}),
    "id": (
        "The event; one that comes again has the same",
        "事件编号，重复投递时不变",
        {"type": "string", "format": "uuid"},
    ),
    "source": ("Who tells it", "发布者", {"type": "string"}),
    "type": (
        "What happened, with its version; the routing key",
        "事件类型及版本，即路由键",
        {"type": "string"},
    ),
    "subject": ("The aggregate that it is about", "所涉聚合的编号", {"type": "string", "format": "uuid"}),
    "time": ("When it happened", "发生时间", {"type": "string", "format": "date-time"}),
    "datacontenttype": ("Of `data`", "`data` 的类型", {"type": "string", "const": "application/json"}),
    "aggregateversion": (
        "The aggregate's version after it: compare it instead of trusting the order of arrival",
        "聚合变更后的版本：以此判断先后，而非到达顺序",
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": 2**31 - 1},
    ),
    "distributorid": (
        "Whose customer data it is about; absent for the company's own",
        "所属渠道商，公司直属时省略",
        {"type": "string", "format": "uuid"},
    ),
    "traceparent": ("W3C trace context", "W3C 追踪上下文", {"type": "string", "maxLength": 200}),
}
"""The attributes around `data`: in English, in Chinese, and their schemas."""
_DEEDS = {"send": "{} tells · 发布", "receive": "{} hears · 订阅"}
_OPTIONAL = {"distributorid", "traceparent"}
_BINDING = {"bindingVersion": "0.3.0"}
_REF = "#/components/schemas/"
_DESCRIPTION = """\
What the services tell each other. An event is delivered at least once, and in order per aggregate unless
something fails: keep the `id` of what was handled, and compare `aggregateversion`. Ignore fields that you do
not know: a version gains fields, and what would break a reader is a new version beside the old one. No event
holds personal data: names, phones and texts are fetched.

服务之间的事件。每个事件至少投递一次，同一聚合按序到达（故障时除外）：请记录已处理的 `id` 并比较
`aggregateversion`。请忽略未知字段：同一版本只会增加字段，不兼容的变更以新版本并行发布。事件不含个人信息，
姓名、电话与文字须另行读取。
"""


def described(events: Iterable[type[Event]], heard: Mapping[str, Iterable[str]], *, version: str) -> Part:
    """AsyncAPI 3.0 of these events; `heard` are the types that each service consumes."""
    told = sorted(events, key=lambda event: event.type)
    schemas: Part = {}
    messages = {event.__name__: _message(event, schemas) for event in told}
    document = {
        "asyncapi": "3.0.0",
        "id": "urn:tonglu:events",
        "info": {
            "title": "Tonglu 通路 · events 事件",
            "version": version,
            "description": _DESCRIPTION,
            "contact": words.CONTACT,
            "license": {"name": words.LICENCE["name"]},
            "tags": [_tag(service) for service in sorted({event.publisher for event in told})],
        },
        "defaultContentType": MEDIA_TYPE,
        "servers": {"rabbitmq": _server()},
        "channels": {event.type: _channel(event) for event in told} | _queues(told, heard),
        "operations": _operations(told, heard),
        "components": {"messages": messages, "schemas": schemas},
    }
    tidy(document)
    return document


def _server() -> Part:
    return {
        "host": "{host}:5672",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "Inside of the system; a single process needs none. · 系统内部，单进程部署时不需要",
        "variables": {"host": {"default": "rabbitmq", "description": "The broker's name · 消息代理主机名"}},
    }


def _tag(service: str) -> Part:
    return {"name": service, "description": f"What {service} tells or hears · {service} 发布或订阅"}


def _said(event: type[Event]) -> str:
    return getdoc(event) or ""


def title(event: type[Event]) -> str:
    """`CustomerRegistered` as words."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", event.__name__).capitalize()


def _channel(event: type[Event]) -> Part:
    exchange = {
        "name": Topology().events,
        "type": "topic",
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    return {
        "address": event.type,
        "title": f"{title(event)} · {_chinese(event)}",
        "description": _said(event),
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, **_BINDING}},
    }


def _queues(events: Iterable[type[Event]], heard: Mapping[str, Iterable[str]]) -> Part:
    by_type = {event.type: event for event in events}
    return {
        f"queue.{service}": _queue(service, [by_type[each] for each in sorted(types) if each in by_type])
        for service, types in sorted(heard.items())
        if types
    }


def _queue(service: str, events: Iterable[type[Event]]) -> Part:
    name = Topology().queue_of(service)
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False, "vhost": "/"}
    return {
        "address": name,
        "title": f"What {service} hears · {service} 订阅的事件",
        "description": "A quorum queue, bound by the types that it hears. · 仲裁队列，按类型绑定",
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "messages": {each.__name__: {"$ref": f"#/components/messages/{each.__name__}"} for each in events},
        "bindings": {"amqp": {"is": "queue", "queue": queue, **_BINDING}},
        "x-arguments": {**QUEUE_ARGUMENTS, "x-dead-letter-exchange": Topology().dead},
    }


def _operations(events: Iterable[type[Event]], heard: Mapping[str, Iterable[str]]) -> Part:
    found: Part = {}
    for event in events:
        persistent = {"deliveryMode": 2, "mandatory": True, "timestamp": True, **_BINDING}
        found[f"{event.publisher}.sends.{event.type}"] = _operation(
            event, "send", event.publisher, persistent
        )
        for service in sorted(service for service, types in heard.items() if event.type in types):
            taken = {"ack": True, **_BINDING}
            found[f"{service}.receives.{event.type}"] = _operation(event, "receive", service, taken)
    return found


def _operation(event: type[Event], action: str, service: str, binding: Part) -> Part:
    channel = f"#/channels/{event.type}"
    return {
        "action": action,
        "title": f"{service} {action}s {event.type}",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"}],
        "description": f"{_DEEDS[action].format(service)}: {_said(event)}",
        "tags": [_tag(service)],
        "bindings": {"amqp": binding},
    }


def _message(event: type[Event], schemas: Part) -> Part:
    schemas[event.__name__] = _envelope(event)
    schemas[f"{event.__name__}Data"] = _data(event, schemas)
    return {
        "name": event.type,
        "title": f"{title(event)} · {_chinese(event)}",
        "summary": _said(event),
        "contentType": MEDIA_TYPE,
        "payload": {"$ref": f"{_REF}{event.__name__}"},
        "tags": [_tag(event.publisher)],
        "examples": [{"name": event.__name__, "summary": event.type, "payload": _example(event, schemas)}],
        "bindings": {"amqp": {"contentEncoding": "utf-8", "messageType": event.type, **_BINDING}},
    }


def _envelope(event: type[Event]) -> Part:
    own = {"source": f"/{event.publisher}", "type": event.type}
    attributes = {
        name: {**schema, "description": f"{en} · {zh}", **({"const": own[name]} if name in own else {})}
        for name, (en, zh, schema) in ENVELOPE.items()
    }
    return {
        "title": event.__name__,
        "type": "object",
        "description": _said(event),
        "required": [*(name for name in attributes if name not in _OPTIONAL), "data"],
        "properties": {**attributes, "data": {"$ref": f"{_REF}{event.__name__}Data"}},
    }


def _data(event: type[Event], schemas: Part) -> Part:
    """The schema of `data`; what it refers to goes into the schemas."""
    schema = event.model_json_schema(mode="serialization", ref_template=_REF + "{model}")
    for name, part in schema.pop("$defs", {}).items():
        schemas[name] = _worded(part)
    for name in ("subject", "version", "distributor_id"):
        schema["properties"].pop(name)
        schema["required"].remove(name)
    schema["title"] = f"{event.__name__}Data"
    schema["description"] = "What happened, beside the attributes · 事件内容"
    return _worded(schema)


def _worded(schema: Part) -> Part:
    """With the words of its fields; open for fields that come later."""
    schema.pop("additionalProperties", None)
    for name, part in schema.get("properties", {}).items():
        en, zh, example = event_words.FIELDS.get(name, (name, name, event_words.MADE))
        part.pop("title", None)
        part.setdefault("description", f"{en} · {zh}")
        if example is not event_words.MADE:
            part.setdefault("examples", [example])
    return schema


def _example(event: type[Event], schemas: Part) -> Part:
    data = Examples(schemas).value(schemas[f"{event.__name__}Data"], "en", event.__name__)
    wire = {
        "specversion": "1.0",
        "id": known_id(f"{event.type}.event_id"),
        "source": f"/{event.publisher}",
        "type": event.type,
        "subject": known_id(f"{event.__name__}.id"),
        "time": "2026-03-01T09:30:00Z",
        "datacontenttype": "application/json",
        "aggregateversion": 3,
        "distributorid": known_id("distributor_id"),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return {**wire, "data": {**data, **event_words.MORE.get(event.type, {})}}


def _chinese(event: type[Event]) -> str:
    return event_words.TITLES.get(event.type, event.type)
