"""The client for addresses that others name, against real servers on this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpcore
import pytest

from shared.http.dialling import Unreached
from shared.http.guard import Refused, target_of, trusted_of
from shared.http.outward import MOST_KEPT, Answered, Outward
from shared.testing.sink import Posted, Sink, answer, sink
from shared.testing.tls import tls_for

PUBLIC = "93.184.216.34"
NAME = "hooks.example.com"


class Elsewhere(httpcore.AnyIOBackend):
    """The network with a public address that lies on this machine; every address that is dialled is noted."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.dialled: list[str] = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.dialled.append(f"{host}:{port}")
        return await super().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server of this name, and for a client that believes it."""
    return tls_for(NAME, tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def outward(**options: object) -> AsyncIterator[Outward]:
    made = Outward(**options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


async def posted(client: Outward, there: Sink, path: str = "/", *, seconds: float = 5.0) -> Answered:
    """Posted to a sink that a setting trusts."""
    target = target_of(there.url + path, trusted_of([there.place]))
    return await client.post(target, b'{"a":1}', [("content-type", "application/json")], seconds=seconds)


def saying(*answers: Sequence[str]) -> tuple[Callable[[str, int], object], list[str]]:
    """A resolver that says one thing after another, and what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


async def test_a_body_arrives_as_it_is_and_its_connection_serves_the_next() -> None:
    async with sink() as there, outward() as client:
        for _ in range(3):
            assert (await posted(client, there, "/in?x=1")).status == 200
    first = there.seen[0]
    assert (first.target, first.body) == ("/in?x=1", b'{"a":1}')
    assert first.headers["host"] == there.place
    assert first.headers["accept-encoding"] == "identity"
    assert there.connections == 1


async def test_a_kept_connection_that_the_other_side_closed_costs_nobody_an_attempt() -> None:
    async def once(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(answer())
        await writer.drain()
        writer.close()

    async with sink(once) as there, outward() as client:
        assert [(await posted(client, there)).status for _ in range(3)] == [200, 200, 200]
    assert there.connections == 3


async def test_one_that_is_closed_in_the_very_moment_is_asked_once_more_and_a_fresh_one_is_not() -> None:
    async def one_each(posted: Posted, writer: asyncio.StreamWriter) -> None:
        if [each.connection for each in there.seen].count(posted.connection) > 1:
            writer.close()
        else:
            writer.write(answer())

    async def none(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with sink(one_each) as there, outward() as client:
        assert [(await posted(client, there)).status for _ in range(2)] == [200, 200]
    assert [each.connection for each in there.seen] == [1, 1, 2]
    async with sink(none) as there, outward() as client:
        with pytest.raises(Unreached):
            await posted(client, there)
    assert len(there.seen) == 1


async def test_the_name_is_spoken_to_under_its_name_at_the_address_that_was_looked_up(certificate) -> None:
    resolve, asked = saying([PUBLIC])
    async with sink(tls=certificate[0]) as there:
        dial = Elsewhere(there.port)
        async with outward(resolve=resolve, tls=certificate[1], inner=dial) as client:
            target = target_of(f"https://{NAME}/in")
            assert (await client.post(target, b"{}", [], seconds=5)).status == 200
            assert (await client.post(target, b"{}", [], seconds=5)).status == 200
    assert there.seen[0].headers["host"] == NAME
    assert (dial.dialled, asked) == ([f"{PUBLIC}:443"], [NAME])


async def test_a_name_with_another_certificate_is_not_spoken_to(certificate) -> None:
    resolve, _ = saying([PUBLIC])
    async with (
        sink(tls=certificate[0]) as there,
        outward(resolve=resolve, tls=certificate[1], inner=Elsewhere(there.port)) as client,
    ):
        with pytest.raises(Unreached) as failed:
            await client.post(target_of("https://other.example.com/"), b"{}", [], seconds=5)
    assert failed.value.reason == "tls_failed"
    assert there.seen == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        [PUBLIC, "10.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::a00:1"],
    ],
)
async def test_a_name_that_leads_inside_is_not_dialled(addresses: Sequence[str], certificate) -> None:
    resolve, _ = saying(addresses)
    dial = Elsewhere(1)
    async with outward(resolve=resolve, tls=certificate[1], inner=dial) as client:
        with pytest.raises(Refused) as refused:
            await client.post(target_of(f"https://{NAME}/"), b"{}", [], seconds=5)
    assert (refused.value.reason, dial.dialled) == ("address_not_public", [])


async def test_a_name_that_changes_its_address_is_judged_at_each_connection(certificate) -> None:
    resolve, asked = saying([PUBLIC], ["127.0.0.1"])

    async def closing(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(connection="close"))
        await writer.drain()
        writer.close()

    async with sink(closing, tls=certificate[0]) as there:
        dial = Elsewhere(there.port)
        async with outward(resolve=resolve, tls=certificate[1], inner=dial) as client:
            target = target_of(f"https://{NAME}/")
            assert (await client.post(target, b"{}", [], seconds=5)).status == 200
            with pytest.raises(Refused):
                await client.post(target, b"{}", [], seconds=5)
    assert dial.dialled == [f"{PUBLIC}:443"], (
        "what was looked up once is dialled, and nothing is looked up twice for it"
    )
    assert len(asked) == 2


async def test_the_systems_own_resolver_leads_no_name_inside(certificate) -> None:
    async with outward(tls=certificate[1]) as client:
        target = target_of("https://it.example.com/")
        inside = type(target)(target.url, "https", "localhost", 443, "/", trusted=False)
        with pytest.raises(Refused):
            await client.post(inside, b"{}", [], seconds=5)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with sink() as inside:

        async def away(_: Posted, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(307, location=f"{inside.url}/secret"))

        async with sink(away) as there, outward() as client:
            assert (await posted(client, there)).status == 307
        assert inside.seen == []


async def test_a_dripping_body_does_not_hold_beyond_the_deadline() -> None:
    async def drip(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with sink(drip) as there, outward() as client:
        with pytest.raises(Unreached) as failed:
            await posted(client, there, seconds=0.5)
    assert failed.value.reason == "timeout"


async def test_dripping_headers_do_not_hold_either() -> None:
    async def drip(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\n")
        for place in range(1000):
            writer.write(f"x-{place}: 1\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.05)

    async with sink(drip) as there, outward() as client:
        with pytest.raises(Unreached) as failed:
            await posted(client, there, seconds=0.3)
    assert failed.value.reason == "timeout"


async def test_of_a_huge_body_no_more_than_its_share_is_read() -> None:
    written = 0

    async def huge(_: Posted, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 100000000\r\n\r\n")
        while written < 100_000_000:
            writer.write(b"x" * 65536)
            await writer.drain()
            written += 65536

    async with sink(huge) as there, outward() as client:
        found = await posted(client, there)
    assert (found.status, len(found.beginning)) == (200, MOST_KEPT)
    assert written < 20_000_000


@pytest.mark.parametrize(
    "line", [b"x-long: " + b"y" * 200_000, b"\r\n".join(b"x-%d: yyyyyyyyy" % n for n in range(9000))]
)
async def test_headers_without_end_are_given_up(line: bytes) -> None:
    async def long(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\n" + line + b"\r\n\r\n")

    async with sink(long) as there, outward() as client:
        with pytest.raises(Unreached) as failed:
            await posted(client, there)
    assert failed.value.reason in ("answer_too_long", "answer_unreadable")


async def test_a_packed_body_is_neither_unpacked_nor_kept() -> None:
    async def bomb(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"\x1f\x8b" + b"\x00" * 5000, content_encoding="gzip"))

    async with sink(bomb) as there, outward() as client:
        assert await posted(client, there) == Answered(200, None, b"")


async def test_who_does_not_speak_http_or_says_nothing_has_a_reason() -> None:
    async def noise(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(b"no http at all\r\n\r\n")

    async def silence(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with outward() as client:
        async with sink(noise) as there:
            with pytest.raises(Unreached) as failed:
                await posted(client, there)
            assert failed.value.reason == "answer_unreadable"
        async with sink(silence) as there:
            with pytest.raises(Unreached) as failed:
                await posted(client, there)
            assert failed.value.reason in ("answer_unreadable", "connection_lost")
        with pytest.raises(Unreached) as failed:
            await posted(client, there)
        assert failed.value.reason == "connect_failed"


async def test_a_name_that_is_not_there_and_one_that_hangs_have_reasons() -> None:
    async def hang(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    resolve, _ = saying([])
    target = target_of(f"https://{NAME}/")
    async with outward(resolve=resolve) as client:
        with pytest.raises(Unreached) as failed:
            await client.post(target, b"", [], seconds=1)
        assert failed.value.reason == "name_not_found"
    async with outward(resolve=hang) as client:
        with pytest.raises(Unreached) as failed:
            await client.post(target, b"", [], seconds=0.2)
        assert failed.value.reason == "timeout"


async def test_no_proxy_of_the_environment_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sink() as there, sink() as proxy, outward() as client:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await posted(client, there)).status == 200
    assert (len(there.seen), proxy.seen) == (1, [])


async def test_who_is_cut_off_while_asking_leaves_no_connection_behind() -> None:
    async def never(_: Posted, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with sink(never) as there, outward() as client:
        tasks = [asyncio.create_task(posted(client, there, seconds=30)) for _ in range(20)]
        async with asyncio.timeout(10):
            while there.inside < 20:  # noqa: ASYNC110 - the sink is another task
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(10):
            there.reply = None
            assert (await posted(client, there)).status == 200
