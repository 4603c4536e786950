"""Who receives mail while sending is measured: takes everything, at once, and counts it by its recipient."""

import asyncio
import sys
from typing import Any

import uvloop

_HELLO = b"220 sink\r\n"
_OK = b"250 OK\r\n"
_ANSWERS = {
    b"EHLO": b"250 sink\r\n",
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_READY = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"


class _Sink(asyncio.Protocol):
    """One conversation; `taken` are all recipients so far. A GET is answered with how many there are."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._buffer = b""
        self._inside = False
        self._transport: Any = None
        self._to = b""

    def connection_made(self, transport: Any) -> None:
        """Say hello."""
        self._transport = transport
        transport.write(_HELLO)

    def data_received(self, data: bytes) -> None:
        """Answer each line, or a message that is complete."""
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._inside else b"\r\n"
            line, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            self._answer(line)

    def _answer(self, line: bytes) -> None:
        if self._inside:
            self._taken.append(self._to)
            self._inside = False
            self._transport.write(b"250 queued\r\n")
            return
        word = line[:4].upper()
        if word == b"RCPT":
            self._to = line
        self._inside = word == b"DATA"
        self._transport.write(_ANSWERS.get(word, _OK))
        if word == b"QUIT":
            self._transport.close()


class _Counts(asyncio.Protocol):
    """Answers whatever is asked with how many mails came, and to how many recipients."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep where answers go."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once, and end."""
        del data
        self._transport.write(_READY + f"{len(self._taken)} {len(set(self._taken))}".encode())
        self._transport.close()


async def _serve(port: int, mail_port: int) -> None:
    taken: list[bytes] = []
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: _Sink(taken), "127.0.0.1", mail_port)
    server = await loop.create_server(lambda: _Counts(taken), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
