"""The page about events, written out of the AsyncAPI document; it needs no script."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

Part = Mapping[str, Any]

_CHINESE_LINE_END = re.compile(r"(?<=[^\x00-\xff])\n|\n(?=[^\x00-\xff])")
_MESSAGES = "#/components/messages/"
_SCHEMAS = "#/components/schemas/"
_OWN = ("source", "type")
_DEEDS = {"send": ("tells", "发布"), "receive": ("hears", "订阅")}


def page(document: Part) -> bytes:
    """The whole page; everything that comes from the document is escaped."""
    reader = _Reader(document)
    title = escape(document["info"]["title"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="/docs/static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="/docs/static/page.css">
<link rel="stylesheet" href="/docs/static/events.css">
</head>
<body>
<nav class="services"><a href="/docs">Swagger UI</a><a href="/redoc">Redoc</a>
<a href="/asyncapi.json">asyncapi.json</a></nav>
<div class="reading">
<aside><p class="legend">Contents · 目录</p>{reader.contents()}</aside>
<main>
<h1>{title}</h1>
{_paragraphs(document["info"]["description"])}
<h2 id="form">The form of an event <span>事件结构</span></h2>
<p>CloudEvents 1.0 as structured JSON (<code>{escape(document["defaultContentType"])}</code>).
The attributes are the same for every event; what happened is in <code>data</code>.</p>
{reader.envelope()}
<h2 id="way">The way it takes <span>传输</span></h2>
{reader.way()}
<h2 id="who">Who tells, who hears <span>发布与订阅</span></h2>
{reader.matrix()}
<h2 id="events">The events <span>全部事件</span></h2>
{reader.events()}
</main>
</div>
</body>
</html>
""".encode()


class _Reader:
    """What the page says, read from the document."""

    def __init__(self, document: Part) -> None:
        self._document = document
        self._schemas: Part = document["components"]["schemas"]
        self._types = [name for name, channel in document["channels"].items() if _is_event(channel)]
        self._deeds: dict[tuple[str, str], str] = {}
        for operation in document["operations"].values():
            where = operation["channel"]["$ref"].rpartition("/")[2]
            self._deeds[where, operation["tags"][0]["name"]] = operation["action"]
        self._services = sorted({service for _, service in self._deeds})

    def contents(self) -> str:
        """Links to every event, by who tells it."""
        parts = []
        for service in self._services:
            told = [name for name in self._types if self._deeds.get((name, service)) == "send"]
            links = "".join(f'<li><a href="#{escape(name)}">{escape(name)}</a></li>' for name in told)
            parts.append(f"<p>{escape(service)}</p><ul>{links}</ul>" if told else "")
        return "".join(parts)

    def envelope(self) -> str:
        """The attributes around `data`."""
        schema = self._payload(self._types[0])
        own = {name: part for name, part in schema["properties"].items() if name != "data"}
        return self._table(
            {**schema, "properties": {name: _general(name, part) for name, part in own.items()}}
        )

    def way(self) -> str:
        """Exchange and queues."""
        exchange = self._channel(self._types[0])["bindings"]["amqp"]["exchange"]
        queues = [channel for channel in self._document["channels"].values() if not _is_event(channel)]
        arguments = queues[0]["x-arguments"] if queues else {}
        rows = [
            ("exchange · 交换机", f"{exchange['name']} ({exchange['type']}, durable)"),
            ("routing key · 路由键", "the event's type · 事件类型"),
            ("queues · 队列", ", ".join(channel["address"] for channel in queues)),
            *((name, str(value)) for name, value in arguments.items()),
        ]
        return _rows((escape(name), f"<code>{escape(value)}</code>") for name, value in rows)

    def matrix(self) -> str:
        """Events down, services across."""
        head = "".join(f"<th>{escape(service)}</th>" for service in self._services)
        lines = []
        for name in self._types:
            marks = (_mark(self._deeds.get((name, service))) for service in self._services)
            cells = "".join(f"<td>{mark}</td>" for mark in marks)
            lines.append(f'<tr><th><a href="#{escape(name)}">{escape(name)}</a></th>{cells}</tr>')
        return f'<div class="wide"><table class="who"><tr><th></th>{head}</tr>{"".join(lines)}</table></div>'

    def events(self) -> str:
        """Every event with its fields and its example."""
        return "".join(map(self._event, self._types))

    def _event(self, name: str) -> str:
        channel = self._channel(name)
        english, _, chinese = channel["title"].partition(" · ")
        example = self._message(name)["examples"][0]["payload"]
        data = self._schema(self._payload(name)["properties"]["data"])
        return f"""<section id="{escape(name)}">
<h3><code>{escape(name)}</code></h3>
<p class="title">{escape(english)} <span>{escape(chinese)}</span></p>
<p>{escape(channel["description"])}</p>
<p class="who">{self._said(name, "send")} {self._said(name, "receive")}</p>
<h4>Fields of <code>data</code> <span>字段</span></h4>
{self._table(data)}
<h4>Example <span>示例</span></h4>
<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>
</section>
"""

    def _said(self, name: str, action: str) -> str:
        who = [service for service in self._services if self._deeds.get((name, service)) == action]
        english, chinese = _DEEDS[action]
        marks = " ".join(f"<b>{escape(service)}</b>" for service in who) or "nobody yet · 暂无"
        return f'<span class="{action}">{english} {chinese}: {marks}</span>'

    def _table(self, schema: Part) -> str:
        rows = (
            (
                f"<code>{escape(field)}</code>",
                escape(self._kind(part)) + ("" if needed else " <i>optional · 可省略</i>"),
                _both(part.get("description", "")),
            )
            for field, part, needed in self._fields(schema)
        )
        return _rows(rows, ("field · 字段", "type · 类型", "meaning · 含义"))

    def _fields(self, schema: Part, before: str = "") -> Iterator[tuple[str, Part, bool]]:
        needed = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            field = f"{before}{name}"
            yield field, part, name in needed
            inner = self._schema(part.get("items", part))
            if "properties" in inner:
                yield from self._fields(inner, f"{field}[]." if "items" in part else f"{field}.")

    def _kind(self, schema: Part) -> str:
        found = self._schema(schema)
        if "anyOf" in found:
            return " or ".join(self._kind(each) for each in found["anyOf"])
        if "const" in found:
            return json.dumps(found["const"])
        if "enum" in found:
            return " | ".join(map(str, found["enum"]))
        if found.get("type") == "array":
            return f"list of {self._kind(found['items'])}" + (
                f", at most {found['maxItems']}" if "maxItems" in found else ""
            )
        limits = [f"{found[name]}" for name in ("minimum", "maximum") if name in found]
        kind = str(found.get("format", found.get("pattern", found.get("type", "any"))))
        return f"{kind}, {' to '.join(limits)}" if found.get("type") == "number" and limits else kind

    def _channel(self, name: str) -> Part:
        found: Part = self._document["channels"][name]
        return found

    def _message(self, name: str) -> Part:
        reference = next(iter(self._channel(name)["messages"].values()))["$ref"]
        found: Part = self._document["components"]["messages"][reference.removeprefix(_MESSAGES)]
        return found

    def _payload(self, name: str) -> Part:
        return self._schema(self._message(name)["payload"])

    def _schema(self, schema: Part) -> Part:
        if "$ref" not in schema:
            return schema
        found: Part = self._schemas[schema["$ref"].removeprefix(_SCHEMAS)]
        return found


def _is_event(channel: Part) -> bool:
    return bool(channel["bindings"]["amqp"]["is"] == "routingKey")


def _general(name: str, schema: Part) -> Part:
    """An attribute as it is for every event: the constants of this one are no one else's."""
    return {key: value for key, value in schema.items() if key != "const" or name not in _OWN}


def _mark(action: str | None) -> str:
    if action is None:
        return ""
    english, chinese = _DEEDS[action]
    return f'<span class="{action}" title="{english} {chinese}">{english}</span>'


def _both(text: str) -> str:
    """English, and Chinese below it."""
    english, _, chinese = text.partition(" · ")
    return _coded(escape(english)) + (f"<br><span>{_coded(escape(chinese))}</span>" if chinese else "")


def _paragraphs(text: str) -> str:
    parts = (_CHINESE_LINE_END.sub("", part) for part in text.split("\n\n"))
    return "".join(f"<p>{_coded(escape(part))}</p>" for part in parts)


def _coded(text: str) -> str:
    """Backticks become code."""
    pieces = text.split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))


def _rows(rows: Iterable[Iterable[str]], head: Iterable[str] = ()) -> str:
    first = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table>{f"<tr>{first}</tr>" if first else ""}{body}</table></div>'
