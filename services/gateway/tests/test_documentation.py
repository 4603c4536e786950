"""The documentation: one valid document, and pages that load nothing from elsewhere."""

import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.documentation.domain import merged, readable
from gateway.documentation.events_page import page
from gateway.documentation.pages import known_files
from shared.contract.asyncapi import described
from shared.events import published

FOREIGN = re.compile(r"^(https?:)?//", re.IGNORECASE)


class Loaded(HTMLParser):
    """Collects what a browser would load for a page, and any script or style written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "link"}:
            address = given.get("src") or given.get("href")
            self.addresses += [address] if address else []
            self.inline += address is None
        self.inline += tag == "style" or any(name.startswith("on") or name == "style" for name in given)


@pytest.mark.parametrize("page", ["/docs", "/redoc", "/events-docs"])
async def test_a_page_loads_only_files_of_our_own(world: Any, page: str) -> None:
    answer = await world.client.get(page)
    loaded = Loaded()
    loaded.feed(answer.text)
    assert len(loaded.addresses) >= 3
    assert loaded.inline == 0
    for address in loaded.addresses:
        assert not FOREIGN.match(address)
        file = await world.client.get(address)
        assert file.status_code == 200, address
        assert file.headers["content-type"].startswith(("text/javascript", "text/css", "image/png"))
        for style in re.findall(r"url\(([^)]*)\)|@import", file.text if address.endswith(".css") else ""):
            assert style.strip("'\"").startswith("data:")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_no_file_names_a_foreign_logo_font_or_validator() -> None:
    static = files("gateway.documentation").joinpath("static")
    assert b"cdn.redoc.ly" not in static.joinpath("redoc", "redoc.standalone.js").read_bytes()
    for own in ("swagger.js", "redoc.js", "page.css", "events.css"):
        assert "http" not in static.joinpath(own).read_text("utf-8")
    assert "validatorUrl: null" in static.joinpath("swagger.js").read_text("utf-8")


def test_the_vendored_files_are_those_that_their_note_names() -> None:
    note = files("gateway.documentation").joinpath("static", "VENDORED.md").read_text("utf-8")
    for name in ("swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css", "redoc/redoc.standalone.js"):
        assert hashlib.sha256(known_files()[name].read_bytes()).hexdigest() in note
    for name in ("swagger-ui/LICENSE", "swagger-ui/NOTICE", "redoc/LICENSE"):
        assert known_files()[name].read_bytes()


async def test_files_are_sent_compressed_and_once(world: Any) -> None:
    path = "/docs/static/swagger-ui/swagger-ui-bundle.js"
    packed = await world.client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await world.client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    again = await world.client.get(path, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["VENDORED.md", "..%2Fpages.py", "swagger-ui/none.js", "%2e%2e/pages.py", "swagger-ui"]
)
async def test_no_other_file_is_served(world: Any, name: str) -> None:
    assert (await world.client.get(f"/docs/static/{name}")).status_code == 404


async def test_the_merged_document_is_valid_and_whole(world: Any) -> None:
    answer = await world.client.get("/openapi.json")
    document = answer.json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/auth/token", "/v1/staff", "/v1/customers/{customer_id}", "/v1/scores/{customer_id}"} <= set(
        document["paths"]
    )
    assert "/auth/check" not in document["paths"]
    assert document["paths"]["/v1/staff"]["post"]["x-scopes"] == ["staff:write"]
    assert "/internal/tokens" not in document["paths"]
    assert "x-asks" not in answer.text
    tags = [tag["name"] for tag in document["tags"]]
    assert tags[0] == "auth"
    assert tags[-1] == "health"
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) for name in names)


async def test_each_service_has_its_own_valid_document(world: Any) -> None:
    for service in ("gateway", "customer-svc", "notify-svc"):
        document = (await world.client.get(f"/openapi/{service}.json")).json()
        OpenAPIV31SpecValidator(document).validate()
    assert (await world.client.get("/openapi/other.json")).status_code == 404


async def test_the_events_are_a_document_and_a_page_of_their_own(world: Any) -> None:
    document = (await world.client.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    answer = await world.client.get("/events-docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    for name, channel in document["channels"].items():
        if channel["bindings"]["amqp"]["is"] == "routingKey":
            assert f'<section id="{name}">' in answer.text
            assert f'href="#{name}"' in answer.text
    for heading in ("事件结构", "传输", "发布与订阅", "全部事件", "Who tells, who hears"):
        assert heading in answer.text


def test_what_the_page_takes_from_the_document_cannot_become_markup() -> None:
    document = described(published(), {"<b>svc": {"customer.registered.v1"}}, version="1")
    document["channels"]["customer.registered.v1"]["description"] = "<script>alert(1)</script>"
    text = page(document).decode()
    assert "<script" not in text
    assert "<b>svc" not in text
    assert "&lt;script&gt;" in text


def test_a_nested_field_is_shown_with_its_path_and_an_event_nobody_hears_says_so() -> None:
    text = page(described(published(), {"notify-svc": ["reminder.due.v1"]}, version="1")).decode()
    assert "<code>customers[].owner_id</code>" in text
    assert "hears 订阅: <b>notify-svc</b>" in text
    assert "nobody yet · 暂无" in text


async def test_every_operation_of_the_gateway_is_described(world: Any) -> None:
    document = (await world.client.get("/openapi/gateway.json")).json()
    own = {path: item for path, item in document["paths"].items() if "/dead-letters" not in path}
    for path, item in own.items():
        for method, operation in item.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("tags"), (method, path)


def service(**schemas: Any) -> dict[str, Any]:
    paths = {
        f"/v1/{name.lower()}": {
            "get": {
                "operationId": "read",
                "tags": ["things"],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
                    }
                },
            }
        }
        for name in schemas
    }
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def test_schemas_are_prefixed_only_when_they_differ() -> None:
    same = {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/Kind"}}}
    one = service(Same={"type": "integer"}, Kind={"enum": ["a"], "title": "Kind"}, User=same)
    two = service(Same={"type": "integer"}, Kind={"enum": ["b"]}, User=same)
    two["paths"] = {f"{path}2": item for path, item in two["paths"].items()}
    document = merged({"customer-svc": one, "notify-svc": two}, version="1")
    schemas = document["components"]["schemas"]
    assert set(schemas) == {"Same", "CustomerKind", "NotifyKind", "CustomerUser", "NotifyUser"}
    assert schemas["NotifyUser"]["properties"]["x"]["$ref"] == "#/components/schemas/NotifyKind"
    assert schemas["CustomerKind"]["title"] == "CustomerKind", "a client has one class of a name"
    answer = document["paths"]["/v1/user2"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"] == "#/components/schemas/NotifyUser"
    OpenAPIV31SpecValidator(_unique(document)).validate()


def _unique(document: dict[str, Any]) -> dict[str, Any]:
    for number, item in enumerate(document["paths"].values()):
        item["get"]["operationId"] += str(number)
    return document


def test_an_event_stream_is_rewritten_for_3_1() -> None:
    document = service(Thing={"type": "object"})
    item = {"$ref": "#/components/schemas/Thing"}
    content = {"text/event-stream": {"itemSchema": item}}
    document["paths"]["/v1/thing"]["get"]["responses"]["200"]["content"] = content
    media = readable("one-svc", document)["paths"]["/v1/thing"]["get"]["responses"]["200"]["content"]
    assert media["text/event-stream"]["schema"] == {"type": "string", "x-item-schema": item}
    assert content == {"text/event-stream": {"itemSchema": item}}


def test_the_same_operation_id_for_two_paths_is_told_apart() -> None:
    one, two = service(A={"type": "object"}), service(B={"type": "object"})
    document = merged({"customer-svc": one, "notify-svc": two}, version="1")
    names = [item["get"]["operationId"] for item in document["paths"].values()]
    assert names == ["customerRead", "notifyRead"]
    assert document["tags"] == [{"name": "things"}]
