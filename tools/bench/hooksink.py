"""Who receives webhooks while sending is measured: verifies every signature with the public library."""

import asyncio
import os
import sys
from typing import Any

import uvloop
from standardwebhooks import Webhook, WebhookVerificationError

_END = b"\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class _Sink(asyncio.Protocol):
    """One connection; `counts` are shared by all: what verified, and what did not."""

    def __init__(self, judge: Webhook, counts: dict[str, int]) -> None:
        self._judge = judge
        self._counts = counts
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep where answers go."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(_END)) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            whole = end + len(_END) + int(headers.get("content-length", "0"))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + len(_END) : whole], self._buffer[whole:]
            self._transport.write(self._answer(first, headers, body))

    def _answer(self, first: str, headers: dict[str, str], body: bytes) -> bytes:
        if first.startswith("GET"):
            said = f"{self._counts['verified']} {self._counts['refused']}"
            return f"HTTP/1.1 200 OK\r\ncontent-length: {len(said)}\r\n\r\n{said}".encode()
        try:
            self._judge.verify(body, headers)
        except WebhookVerificationError:
            self._counts["refused"] += 1
            return _OK.replace(b"200 OK", b"400 No")
        self._counts["verified"] += 1
        return _OK


async def _serve(port: int, secret: str) -> None:
    judge, counts = Webhook(secret), {"verified": 0, "refused": 0}
    server = await asyncio.get_running_loop().create_server(lambda: _Sink(judge, counts), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), os.environ["SINK_SECRET"]))
