"""Inside Schemathesis: every connection comes from a loopback address of its own.

It proves for each operation that a wrong credential is refused, and the gateway soon stops listening to an
address that sends so many of them.
"""

from ipaddress import ip_network
from socket import socket

from urllib3.connection import HTTPConnection

_ADDRESSES = map(str, ip_network("127.64.0.0/10").hosts())
_connected = HTTPConnection._new_conn


def _from_elsewhere(self: HTTPConnection) -> socket:
    self.source_address = (next(_ADDRESSES), 0)
    return _connected(self)


HTTPConnection._new_conn = _from_elsewhere
