"""The OpenAPI document of a service, completed with what every operation asks and can answer."""

import json
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Any

from fastapi import FastAPI

from shared.contract import access, answers
from shared.contract.examples import Examples
from shared.contract.tidying import tidy
from shared.contract.words import of_parameter, of_tag
from shared.http.etag import DEMANDED

Part = dict[str, Any]

CONSUMES = "x-consumes"
"""Where a service's document names the types of the events that it hears."""
_METHODS = ("get", "post", "put", "patch", "delete")
_UNSAID = "Successful Response"
_GOOD = {
    "200": "Done · 成功",
    "201": "Created; `Location` names it · 已创建，地址见 `Location`",
    "202": "Accepted; the work goes on · 已受理，后台继续",
    "204": "Done; there is nothing to say · 成功，无内容",
    "207": "One result for each item, in their order · 按顺序逐条给出结果",
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Send the same key again to get the first answer again (kept 24 hours). "
    "· 重复发送同一键可得到首次的应答",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_BODILESS = "get"
_OF_A_CUSTOMER = "{customer_id}"


def install(app: FastAPI, consumes: Iterable[str] = ()) -> None:
    """Make `app.openapi()` give the completed document, with the event types that the service hears.

    Making it takes a second, so it may be asked for in a thread: others wait, and see it whole.
    """
    original: Callable[[], Part] = app.openapi
    whole, making = dict[str, Any](), Lock()

    def completed() -> Part:
        with making:
            if not whole:
                whole.update(complete(original()), **{CONSUMES: sorted(consumes)})
            return whole

    app.openapi = completed  # type: ignore[method-assign]


def complete(document: Part) -> Part:
    """Add problems, examples, headers, security, limits; drop what only OpenAPI 3.2 knows."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for kind, parts in answers.components().items():
        components.setdefault(kind, {}).update(parts)
    components["securitySchemes"] = access.schemes()
    tidy(document)
    examples = Examples(schemas)
    examples.complete()
    for path, method, operation in _operations(document):
        _complete_operation(operation, method, examples, path)
    used = dict.fromkeys(tag for *_, operation in _operations(document) for tag in operation["tags"])
    document["tags"] = [of_tag(tag) for tag in used]
    return document


def _operations(document: Part) -> Iterator[tuple[str, str, Part]]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _complete_operation(operation: Part, method: str, examples: Examples, path: str) -> None:
    guarded = operation.get("security") != []
    if guarded:
        operation["security"] = access.requirements(operation.get("x-scopes", ()))
    if method == "post" and guarded:
        operation.setdefault("parameters", []).append(dict(_IDEMPOTENCY))
    for parameter in operation.get("parameters", ()):
        _demand(parameter)
    operation["tags"] = list(dict.fromkeys(operation.get("tags", ())))
    operation["x-rate-limit"] = access.RATE if guarded else access.RATE_PUBLIC
    _show_request(operation, examples)
    responses = operation.setdefault("responses", {})
    declared = [status for status in responses if status in answers.PROBLEMS]
    for status in [*declared, *_statuses(operation, method, path, guarded=guarded)]:
        responses[status] = answers.refusal(status, operation.get("description", ""))
    for status in [status for status in responses if status not in answers.PROBLEMS]:
        _complete_answer(responses[status], status, operation, method, examples)
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(operation: Part, method: str, path: str, *, guarded: bool) -> list[str]:
    wanted = ["400", "414", "422", "429", "500", "503"]
    wanted += ["401", "403"] if guarded else []
    wanted += ["404"] if "{" in path else []
    wanted += ["308"] if _OF_A_CUSTOMER in path else []
    wanted += ["409", "413"] if method != _BODILESS else []
    tags = [each for each in operation.get("parameters", ()) if each.get("name") == "If-Match"]
    wanted += ["412"] if tags else []
    wanted += ["428"] if any(each["required"] for each in tags) else []
    return sorted(wanted)


def _demand(parameter: Part) -> None:
    """Say that a parameter is required whose absence is refused in words of its own."""
    schema = parameter.get("schema", {})
    if schema.pop(DEMANDED, False):
        parameter["required"] = True


def _show_request(operation: Part, examples: Examples) -> None:
    name = operation.get("operationId", "")
    for parameter in operation.get("parameters", ()):
        parameter.setdefault("description", of_parameter(parameter["name"], parameter["in"]))
        if parameter["in"] == "path":
            parameter["example"] = examples.value(parameter["schema"], "en", parameter["name"])
    for media in operation.get("requestBody", {}).get("content", {}).values():
        _show(media, examples, name)


def _complete_answer(answer: Part, status: str, operation: Part, method: str, examples: Examples) -> None:
    if answer.get("description", _UNSAID) == _UNSAID:
        answer["description"] = _GOOD.get(status, _GOOD["200"])
    for media in answer.get("content", {}).values():
        _as_text(media, examples)
        _show(media, examples, operation.get("operationId", ""))
    named = answers.headers(*_own_headers(answer, status, operation, method, examples))
    answer["headers"] = {**named, **answer.get("headers", {})}


def _show(media: Part, examples: Examples, name: str) -> None:
    if "schema" in media and not media.keys() & {"example", "examples"}:
        media["examples"] = examples.both(media["schema"], name)


def _own_headers(
    answer: Part, status: str, operation: Part, method: str, examples: Examples
) -> Iterator[str]:
    if status in ("201", "202"):
        yield "Location"
    media = answer.get("content", {}).get("application/json", {})
    if "version" in examples.fields(media.get("schema", {})) and operation.get("security") != []:
        yield "ETag"
    if method == "post" and operation.get("security") != []:
        yield "Idempotent-Replayed"


def _as_text(media: Part, examples: Examples) -> None:
    """A stream of events is a text here (`itemSchema` is OpenAPI 3.2); `x-event` tells of what."""
    if media.pop("itemSchema", None) is None:
        return
    media["schema"] = {"type": "string", "description": "Server-sent events · 服务器推送事件"}
    event = media.get("x-event")
    if event is not None:
        media["examples"] = {
            key: {**example, "value": _event(event["event"], example["value"])}
            for key, example in examples.both(event["data"]).items()
        }


def _event(name: str, data: Any) -> str:
    return f"event: {name}\nid: 7\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
