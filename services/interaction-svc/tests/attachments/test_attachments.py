"""A file is sent, told of, fetched by a link, and deleted; whatever goes wrong leaves nothing behind."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.types import Message

from interaction_svc.attachments.links import Links
from interaction_svc.attachments.schemas import PATH
from shared.auth.tokens import HEADER
from shared.sealing import Sealer
from shared.testing.clients import as_principal
from shared.testing.talking import eventually

from .sending import JPEG, NOTE, PDF, by_link, fetched, objects, office, on_disk, send, sent

MIB = 1024 * 1024


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_file_that_was_sent_can_be_read_of_and_fetched(world: Any) -> None:
    customer = await world.customer()
    made = await sent(world, customer)
    assert made == {
        "id": made["id"],
        "customer_id": customer,
        "name": "包装照片.jpg",
        "media_type": "image/jpeg",
        "size": len(JPEG),
        "sha256": hashlib.sha256(JPEG).hexdigest(),
        "created_by": str(world.lin.id),
        "created_at": made["created_at"],
    }
    assert (await world.get(f"/v1/attachments/{made['id']}")).json() == made
    file = await fetched(world, made)
    assert (file.status_code, file.content) == (200, JPEG)
    assert file.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('包装照片.jpg')}"
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["content-length"] == str(len(JPEG))
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["cache-control"] == "private, no-store"


async def test_a_large_file_comes_back_as_it_was(world: Any) -> None:
    content = PDF + bytes(range(256)) * (3 * 4096)
    made = await sent(world, await world.customer(), content, name="a.pdf", media="application/pdf")
    assert (await fetched(world, made)).content == content


async def test_the_location_names_it_and_a_repeated_key_stores_it_once(world: Any) -> None:
    customer, key = await world.customer(), str(uuid4())
    first = await send(world, customer, **{"Idempotency-Key": key})
    again = await send(world, customer, **{"Idempotency-Key": key})
    assert first.headers["location"] == PATH + first.json()["id"] == again.headers["location"]
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await send(world, customer, PDF, name="a.pdf", media="", **{"Idempotency-Key": key})
    assert refused(other) == (422, "idempotency_key_reused")
    assert on_disk(world) >= {UUID(first.json()["id"]).hex}
    assert await objects(world) == {UUID(first.json()["id"]).hex: "there"}


@pytest.mark.parametrize(
    ("content", "name", "media", "code"),
    [
        (b"", "a.pdf", "application/pdf", "file_empty"),
        (PDF, "..", "application/pdf", "name_missing"),
        (b"MZ\x90\0\x03" + bytes(90), "a.pdf", "application/pdf", "type_not_allowed"),
        (b"<html><script>alert(1)</script>", "a.txt", "text/plain", "type_not_allowed"),
        (b"<svg onload='x'>", "a.svg", "image/svg+xml", "type_not_allowed"),
        (PDF, "a.jpg", "image/jpeg", "type_mismatch"),
        (PDF, "a.pdf", "image/jpeg", "type_mismatch"),
    ],
)
async def test_a_file_that_is_not_taken_in_is_not_stored(
    world: Any, content: bytes, name: str, media: str, code: str
) -> None:
    before = on_disk(world)
    answer = await send(world, await world.customer(), content, name=name, media=media)
    assert refused(answer) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == "/file"
    assert (on_disk(world), await objects(world)) == (before, {})


async def test_a_form_says_one_file_and_whose_it_is(world: Any) -> None:
    customer = await world.customer()
    async with world.client() as client:

        async def told(**form: Any) -> tuple[int, str]:
            return refused(await client.post("/v1/attachments", **form))

        file = {"file": ("a.jpg", JPEG, "image/jpeg")}
        boundary = {"content-type": "multipart/form-data; boundary=x"}
        nothing = b'--x\r\nContent-Disposition: form-data; name="customer_id"\r\n\r\n1\r\n--x--\r\n'
        assert await told(content=nothing, headers=boundary) == (422, "required")
        assert await told(files=file) == (422, "invalid_input")
        assert await told(files=file, data={"customer_id": "x"}) == (422, "invalid_input")
        assert await told(files=file, data={"customer_id": customer, "colour": "red"}) == (
            422,
            "invalid_input",
        )
        assert await told(files=file, data={"customer_id": str(uuid4())}) == (404, "not_found")
        assert await told(json={"customer_id": customer}) == (415, "multipart_expected")
        assert await told(content=b"--x\r\n", headers=boundary) == (400, "multipart_invalid")
        assert await told(files=[("file", file["file"]), ("file", file["file"])]) == (422, "repeated")
    await eventually(lambda: _nothing_is_left(world))


async def _nothing_is_left(world: Any) -> bool:
    return not await objects(world)


async def test_a_name_from_elsewhere_leads_nowhere(world: Any) -> None:
    root = world.service.settings.attachment_dir
    before = {path.name for path in root.parent.iterdir()}
    for name in ("../../../tmp/evil.jpg", "..\\..\\evil.jpg", "/etc/evil.jpg"):
        assert (await sent(world, await world.customer(), name=name))["name"] == "evil.jpg"
    assert {path.name for path in root.parent.iterdir()} == before
    assert all(len(name) == 32 for name in on_disk(world))


async def test_more_bytes_than_allowed_are_refused_while_they_come(world: Any) -> None:
    """Fifty MiB of which only what fits is ever asked for: the sender is stopped on the way."""
    customer = await world.customer()
    before, given = on_disk(world), 0
    head = (
        f'--x\r\nContent-Disposition: form-data; name="customer_id"\r\n\r\n{customer}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    ).encode() + PDF

    async def body() -> AsyncIterator[bytes]:
        nonlocal given
        yield head
        for _ in range(50):
            given += MIB
            yield bytes(MIB)

    status, code = await told_by_stream(world, body())
    assert (status, code) == (413, "file_too_large")
    assert given <= 6 * MIB
    assert (on_disk(world), await objects(world)) == (before, {})


async def told_by_stream(world: Any, body: AsyncIterator[bytes]) -> tuple[int, str]:
    """Ask as a server does whose client sends piece by piece; status and what was answered."""
    sending: list[Message] = []

    async def receive() -> Message:
        chunk = await anext(body, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Message) -> None:
        sending.append(message)

    identity = as_principal(world.lin, "interaction-svc")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/v1/attachments",
        "raw_path": b"/v1/attachments",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"t"),
            (b"content-type", b"multipart/form-data; boundary=x"),
            (HEADER.lower().encode(), identity[HEADER].encode()),
        ],
        "client": ("10.0.0.1", 1),
        "server": ("t", 80),
    }
    await world.service.asgi(scope, receive, send)
    content = b"".join(each.get("body", b"") for each in sending)
    return (sending[0]["status"], json.loads(content)["code"]) if sending else (0, "")


async def test_what_says_beforehand_that_it_is_too_large_is_refused_unread(world: Any) -> None:
    async with world.client() as client:
        answer = await client.post(
            "/v1/attachments",
            content=b"--x\r\n",
            headers={"content-type": "multipart/form-data; boundary=x", "content-length": str(50 * MIB)},
        )
    assert refused(answer) == (413, "file_too_large")


@pytest.mark.parametrize("kept", [0, 1, 3])
async def test_an_upload_that_breaks_off_leaves_nothing(world: Any, kept: int) -> None:
    customer, before = await world.customer(), on_disk(world)
    head = (
        f'--x\r\nContent-Disposition: form-data; name="customer_id"\r\n\r\n{customer}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    ).encode() + PDF

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(kept):
            yield bytes(MIB)

    assert (await told_by_stream(world, body()))[0] != 201
    assert (on_disk(world), await objects(world)) == (before, {})


async def test_twenty_at_once_are_kept_apart(world: Any) -> None:
    customer = await world.customer()
    contents = [PDF + f"{number}".encode() * 90_000 for number in range(20)]
    made = await asyncio.gather(
        *(
            sent(world, customer, content, name=f"{number}.pdf", media="application/pdf")
            for number, content in enumerate(contents)
        )
    )
    files = await asyncio.gather(*(fetched(world, each) for each in made))
    assert [file.content for file in files] == contents
    assert set((await objects(world)).values()) == {"there"}


async def test_a_link_is_over_after_its_time_and_cannot_be_made_up(world: Any) -> None:
    made, other = [await sent(world, await world.customer(), NOTE, name="a.txt", media="") for _ in range(2)]
    link = (await world.post(f"/v1/attachments/{made['id']}/link")).json()
    assert link["expires_at"][:19] <= world.when(seconds=-300)[:19]
    url = link["url"]
    assert (await by_link(world, url)).status_code == 200
    expires = int(url.partition("expires=")[2].partition("&")[0])
    forged = [
        url.replace(f"expires={expires}", f"expires={expires + 9999}"),
        url.replace(made["id"], other["id"]),
        url.replace(made["id"], str(uuid4())),
        url[:-3] + ("AAA" if url[-3:] != "AAA" else "BBB"),
        url.partition("&signature")[0] + "&signature=",
        url.partition("&signature")[0] + "&signature=%E9%80%9A",
    ]
    for each in forged:
        assert refused(await by_link(world, each)) == (403, "link_invalid"), each
    assert (await by_link(world, url.partition("&signature")[0])).status_code == 422
    assert refused(await by_link(world, an_hour_old(world, url))) == (403, "link_expired")


def an_hour_old(world: Any, url: str) -> str:
    """The link as it would have been made an hour ago."""
    attachment = UUID(url.split("/")[3])
    ago = world.database.now() - timedelta(hours=1)
    return Links(world.service.sealer, seconds=300).made(attachment, now=ago)[0]


async def test_a_link_of_another_service_or_key_is_none(world: Any) -> None:
    made = await sent(world, await world.customer())
    other = Links(Sealer(base64.b64encode(bytes(32)).decode()), seconds=300)
    url, _ = other.made(UUID(made["id"]), now=world.database.now())
    assert refused(await by_link(world, url)) == (403, "link_invalid")


async def test_a_link_ends_with_its_file(world: Any) -> None:
    made = await sent(world, await world.customer())
    url = (await world.post(f"/v1/attachments/{made['id']}/link")).json()["url"]
    async with world.client() as client:
        assert (await client.delete(f"/v1/attachments/{made['id']}")).status_code == 204
        assert (await client.delete(f"/v1/attachments/{made['id']}")).status_code == 404
    assert (await by_link(world, url)).status_code == 404
    assert (await world.get(f"/v1/attachments/{made['id']}")).status_code == 404

    async def gone() -> bool:
        return not await objects(world) and UUID(made["id"]).hex not in on_disk(world)

    await eventually(gone)


async def test_a_file_that_the_store_lost_is_said_to_be_away(world: Any) -> None:
    made = await sent(world, await world.customer())
    (path,) = world.service.settings.attachment_dir.rglob(UUID(made["id"]).hex)
    path.unlink()
    assert refused(await fetched(world, made)) == (503, "file_store_away")


async def test_a_file_is_in_sight_with_its_customer_only(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    customer = await world.customer(ours)
    made = await sent(world, customer, who=world.partner(ours))
    stranger = world.partner(theirs)
    assert (await world.get(f"/v1/attachments/{made['id']}", world.partner(ours))).status_code == 200
    assert (await world.get(f"/v1/attachments/{made['id']}", stranger)).status_code == 404
    assert (await world.post(f"/v1/attachments/{made['id']}/link", who=stranger)).status_code == 404
    async with world.client(stranger) as client:
        assert (await client.delete(f"/v1/attachments/{made['id']}")).status_code == 404
    assert (await send(world, customer, who=stranger)).status_code == 404
    assert (await send(world, customer, who=world.analyst)).status_code == 403


async def test_a_key_with_hidden_fields_gets_no_link(world: Any) -> None:
    ours = uuid4()
    made = await sent(world, await world.customer(ours))
    key = replace(world.partner(ours), masked=frozenset({"phone"}))
    answer = await world.post(f"/v1/attachments/{made['id']}/link", who=key)
    assert refused(answer) == (403, "answer_not_maskable")


async def test_office_files_are_told_apart(world: Any) -> None:
    made = await sent(world, await world.customer(), office("xl"), name="价格", media="")
    assert made["name"] == "价格.xlsx"
    assert made["media_type"].endswith("spreadsheetml.sheet")
