"""The server's side of a connection, with an end to its patience: slow or endless requests are closed."""

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""So long may a client take to say what it wants, from connecting or from the first byte on."""

SILENT_SECONDS = 10.0
"""So long may it be silent within a body."""

MOST_HEAD_BYTES = 64 * 1024
"""More than any head that is let in; what is smaller and still too large is refused with all due words."""


class Patient(HttpToolsProtocol):
    """uvicorn's protocol sets no limit to the time and size of what is not complete yet.

    A request that comes in one piece costs nothing here: a timer starts only for one that does not.
    """

    head_seconds = HEAD_SECONDS
    silent_seconds = SILENT_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._head = True
        self._body = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, and wait for the rest if there must be one."""
        super().data_received(data)
        if self._body:
            self._rest()
            self._timer = self.loop.call_later(self.silent_seconds, self._give_up)
        elif self._head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse_head()
            elif self._timer is None:
                self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._rest()
        self._head, self._body = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._rest()
        self._body = False
        super().on_message_complete()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._body and self.flow.read_paused:  # the client may not go on before we have read
            self._timer = self.loop.call_later(self.silent_seconds, self._give_up)
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse_head(self) -> None:
        problem = {
            "type": "urn:tonglu:problem:headers_too_large",
            "title": "Headers too large",
            "status": 431,
            "code": "headers_too_large",
        }
        body = json.dumps(problem).encode()
        self._rest()
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
            b"connection: close\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
        self.transport.close()
