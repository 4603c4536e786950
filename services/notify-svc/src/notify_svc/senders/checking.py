"""A sender's configuration judged by its kind, and where it may lead."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from pydantic import ValidationError

from notify_svc.senders.domain import Kind
from notify_svc.senders.schemas import CONFIG
from shared.http.errors import invalid_input
from shared.http.guard import Refused, Trusted, target_of
from shared.problems import FieldError, Invalid

_OWN = ("localhost", "localhost.localdomain", "metadata.google.internal")
_WORDS: Mapping[str, tuple[str, str]] = {
    "not_https": ("must be https", "必须使用 https"),
    "port_not_allowed": ("has a port that is not allowed", "端口不被允许"),
    "userinfo_not_allowed": ("must hold no user name or password", "不得包含用户名或密码"),
    "host_invalid": ("has no host that can be asked", "主机名无效"),
    "address_not_public": ("leads to an address that is not public", "指向非公网地址"),
    "endpoint_not_allowed": (
        "is neither the vendor's own nor allowed by a setting",
        "既不是服务商地址，也未在配置中允许",
    ),
    "url_invalid": ("is no URL that can be asked", "不是有效的 URL"),
}


def checked(kind: Kind, config: Mapping[str, Any], trusted: Trusted) -> dict[str, Any]:
    """The configuration as it is kept; Invalid with the pointer of what is wrong."""
    try:
        found = CONFIG[kind].model_validate(config).model_dump(mode="json")
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise invalid_input([{**one, "loc": ("body", "config", *one["loc"])} for one in wrong]) from None
    if kind == "smtp":
        _check_host(found["host"], found["port"], trusted)
    elif kind == "webhook":
        _check_url("/config/url", found["url"], trusted)
    elif found.get("endpoint"):
        _check_endpoint(found["endpoint"], trusted)
    return found


def _check_url(pointer: str, url: str, trusted: Trusted) -> None:
    try:
        target_of(url, trusted)
    except Refused as refused:
        raise _wrong(pointer, refused.reason) from None


def _check_endpoint(url: str, trusted: Trusted) -> None:
    """Secrets go there, so it is the vendor's own or one that whoever runs this has named."""
    try:
        known = target_of(url, trusted).trusted
    except Refused as refused:
        raise _wrong("/config/endpoint", refused.reason) from None
    if not known:
        raise _wrong("/config/endpoint", "endpoint_not_allowed")


def _check_host(host: str, port: int, trusted: Trusted) -> None:
    """A mail server may stand inside the company, but is not this machine or a cloud's metadata."""
    if (host.lower(), port) not in trusted and is_own(host):
        raise _wrong("/config/host", "address_not_public")


def is_own(host: str) -> bool:
    """Whether a host, by name or address, is this machine, the link, or nobody's."""
    name = host.lower().rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name in _OWN or name.endswith(".localhost")
    return address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast


def _wrong(pointer: str, code: str) -> Invalid:
    en, zh = _WORDS.get(code, ("cannot be used", "无法使用"))
    return Invalid(
        code,
        en="The sender cannot be used.",
        zh="发送渠道无效。",
        errors=(FieldError(pointer, code, en, zh),),
    )
