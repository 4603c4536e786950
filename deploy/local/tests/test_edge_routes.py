"""nginx's routing table agrees with what the services publish, path by path."""

import re
from base64 import b64encode
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from shared.testing import jwks

ROUTES = Path(__file__).parents[2] / "nginx" / "routes.conf"
PACKAGES = {
    "customer": "customer_svc",
    "interaction": "interaction_svc",
    "scoring": "scoring_svc",
    "notify": "notify_svc",
    "gateway": "gateway",
}
OWN_TO_EACH = {"/livez", "/readyz", "/version"}
LOCATION = re.compile(r"^location (~|=) (\S+)\s+\{(.*?)\}", re.MULTILINE | re.DOTALL)


@cache
def published(service: str) -> dict[str, str]:
    """The path templates of a service's OpenAPI document, each with its operations as text."""
    package = PACKAGES[service]
    settings = import_module(f"{package}.settings").Settings(
        database_url="postgresql://nobody@127.0.0.1/none",
        data_key=b64encode(bytes(32)).decode(),
        internal_jwks=jwks(),
    )
    built = import_module(f"{package}.app").build(settings)
    paths = built.app.openapi()["paths"]
    return {path: str(operations) for path, operations in paths.items() if path not in OWN_TO_EACH}


def routed(path: str) -> str:
    """Where nginx sends this path: an exact location first, then the first expression that fits."""
    text = re.sub(r"^\s*#.*$", "", ROUTES.read_text(), flags=re.MULTILINE)
    locations = [(kind, rule, service_of(body)) for kind, rule, body in LOCATION.findall(text)]
    for kind, rule, service in locations:
        if kind == "=" and rule == path:
            return service
    for kind, rule, service in locations:
        if kind == "~" and re.search(rule, path):
            return service
    return "gateway"


def service_of(body: str) -> str:
    found = re.search(r"set \$service (\w+);", body)
    assert found
    return found.group(1)


@pytest.mark.parametrize("service", PACKAGES)
def test_every_published_path_is_routed_to_its_service(service: str) -> None:
    digit = str(list(PACKAGES).index(service) + 1)
    identity = f"0198c5c0-0000-7000-8000-00000000000{digit}"
    for template in published(service):
        path = re.sub(r"\{[^}]+\}", identity, template)
        assert routed(path) == service, template


@pytest.mark.parametrize("service", PACKAGES)
def test_every_stream_is_routed_without_buffering(service: str) -> None:
    text = ROUTES.read_text()
    digit = str(list(PACKAGES).index(service) + 1)
    for template, operations in published(service).items():
        if "text/event-stream" in operations:
            path = re.sub(r"\{[^}]+\}", f"0{digit}", template)
            fitting = [body for kind, rule, body in LOCATION.findall(text) if fits(kind, rule, path)]
            assert "stream.conf" in fitting[0], template


def fits(kind: str, rule: str, path: str) -> bool:
    return rule == path if kind == "=" else re.search(rule, path) is not None
