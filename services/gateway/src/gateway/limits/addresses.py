"""Addresses and key ids as subjects of limits: kept as keyed hashes only."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address
from uuid import UUID


class Subjects:
    """Names what is counted; nobody without the pepper finds an address in the tables."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def address(self, address: str | None) -> UUID:
        """Of an IPv6 address only the network counts: its user has all the rest of it."""
        return self._named("address", _network(address or ""))

    def guessing_address(self, address: str | None) -> UUID:
        """The same address as one that fails to prove who it is."""
        return self._named("guessing address", _network(address or ""))

    def guessed_key(self, key_id: str) -> UUID:
        """A key id whose secret somebody tries to find."""
        return self._named("guessed key", key_id)

    def _named(self, kind: str, value: str) -> UUID:
        digest = hmac.digest(self._pepper, f"{kind}|{value}".encode(), hashlib.sha256)
        return UUID(bytes=digest[:16])


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return found.packed[:8].hex()
