"""Which addresses outside may be asked on somebody else's word: rules against requests forged by URLs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import quote, urlsplit

Refusal = Literal[
    "url_invalid",
    "not_https",
    "userinfo_not_allowed",
    "port_not_allowed",
    "host_invalid",
    "address_not_public",
]
PORTS = frozenset({443, 8443})
MOST_URL = 2000

_IPv4_ODD = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_IPv6_UNICAST = IPv6Network("2000::/3")
_IPv6_ODD = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
_HIGHEST_V4 = 0xFFFFFFFF
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HERE = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
_ODD = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`#]|%(?![0-9A-Fa-f]{2})")


class Refused(Exception):
    """An address that is not asked; `reason` is a stable code."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart; `trusted` says that a setting names its host and port."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    trusted: bool


Trusted = frozenset[tuple[str, int]]


def trusted_of(entries: Iterable[str]) -> Trusted:
    """The hosts and ports of a setting (`sink.corp:8080`, `[::1]:9000`); ValueError for anything else."""
    found = set()
    for entry in entries:
        host, colon, port = entry.strip().lower().rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise ValueError("not host:port")
        found.add((host.removeprefix("[").removesuffix("]"), int(port)))
    return frozenset(found)


def target_of(url: str, trusted: Trusted = frozenset()) -> Target:
    """What a URL asks of whom; raises Refused for what no resolver needs to be asked about.

    The answer's `url` is written in ASCII. A host that a setting names may be asked by `http`, on its port,
    wherever it lies.
    """
    if len(url) > MOST_URL or _ODD.search(url):
        raise Refused("url_invalid")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("url_invalid") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Refused("not_https" if host else "url_invalid")
    if "@" in parts.netloc:
        raise Refused("userinfo_not_allowed")
    host = _in_ascii(host)
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    known = (host, port) in trusted
    if not known:
        _refuse_strange(parts.scheme, host, port)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    path += f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?-._')}" if parts.query else ""
    shown = f"[{host}]" if ":" in host else host
    standard = {"https": 443, "http": 80}[parts.scheme] == port
    where = shown if standard else f"{shown}:{port}"
    return Target(f"{parts.scheme}://{where}{path}", parts.scheme, host, port, path, known)


def _in_ascii(host: str) -> str:
    try:
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
        return plain.lower().removesuffix(".")
    except UnicodeError:
        raise Refused("host_invalid") from None


def _refuse_strange(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise Refused("not_https")
    if port not in PORTS:
        raise Refused("port_not_allowed")
    literal = _literal(host)
    if literal is not None:
        if not is_public(literal):
            raise Refused("address_not_public")
        return
    # A last label that is a number makes resolvers read the whole as an address: 127.1, 0x7f000001.
    if not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise Refused("host_invalid")
    if host.endswith(_HERE):
        raise Refused("address_not_public")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether an address is global unicast, and so is what it carries inside.

    That is an IPv4 address that is mapped, or in NAT64, 6to4, Teredo or ISATAP. A text that is no address is
    not public.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _IPv4_ODD)
    if found.scope_id is not None:
        return False
    inner = _within(found)
    if inner:
        return all(map(is_public, inner))
    if (int(found) >> 32) & _HIGHEST_V4 in _ISATAP and not is_public(IPv4Address(int(found) & _HIGHEST_V4)):
        return False
    return found in _IPv6_UNICAST and not any(found in network for network in _IPv6_ODD)


def _within(address: IPv6Address) -> Sequence[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & _HIGHEST_V4)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    return []


def all_public(addresses: Sequence[str]) -> bool:
    """Whether there are addresses and every one of them is public."""
    return bool(addresses) and all(map(is_public, addresses))
