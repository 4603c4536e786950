"""Files as somebody sends them, and where their bytes end up."""

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from interaction_svc.attachments.commands import TIDYING
from shared.auth import Principal
from shared.jobs import enqueue
from shared.testing.talking import eventually

PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 40
JPEG = bytes.fromhex("ffd8ffe000104a46494600") + b"\x01" * 300
NOTE = "三月二日会议纪要\n".encode()


def office(folder: str) -> bytes:
    """A file as Word, Excel and PowerPoint write them."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>" * 50)
        package.writestr("_rels/.rels", "<Relationships/>")
        package.writestr(f"{folder}/main.xml", "<x/>" * 100)
    return whole.getvalue()


async def send(
    world: Any,
    customer: str,
    content: bytes = JPEG,
    *,
    name: str = "包装照片.jpg",
    media: str = "image/jpeg",
    who: Principal | None = None,
    **headers: str,
) -> httpx.Response:
    """One upload, as a browser makes it."""
    async with world.client(who) as client:
        form = {"customer_id": customer}
        answer: httpx.Response = await client.post(
            "/v1/attachments", data=form, files={"file": (name, content, media)}, headers=headers
        )
        return answer


async def sent(world: Any, customer: str, content: bytes = JPEG, **given: Any) -> dict[str, Any]:
    """A file that was taken in."""
    answer = await send(world, customer, content, **given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def fetched(world: Any, attachment: dict[str, Any]) -> httpx.Response:
    """The file by a fresh link, asked for by nobody in particular."""
    link = await world.post(f"/v1/attachments/{attachment['id']}/link")
    assert link.status_code == 200, link.text
    return await by_link(world, link.json()["url"])


async def by_link(world: Any, url: str) -> httpx.Response:
    """What a browser gets there."""
    async with world.client() as client:
        client.headers.clear()
        answer: httpx.Response = await client.get(url)
        return answer


def on_disk(world: Any) -> set[str]:
    """The files in the service's folder, unfinished ones too."""
    root: Path = world.service.settings.attachment_dir
    return {path.name for path in root.rglob("*") if path.is_file()}


async def objects(world: Any) -> dict[str, str]:
    """What the service notes of objects: their state by id."""
    return {row["id"].hex: row["state"] for row in await world.sql("SELECT id, state FROM stored_object")}


async def aged(world: Any, attachment: dict[str, Any], *, hours: int) -> None:
    """Have the file lie about for so long."""
    await world.sql(
        "UPDATE attachment SET unused_since = unused_since - make_interval(hours => $2) WHERE id = $1",
        UUID(attachment["id"]),
        hours,
    )


async def tidied(world: Any) -> None:
    """Until the worker has tidied up."""
    async with world.database.begin() as tx:
        await enqueue(tx, TIDYING, {})

    async def done() -> bool:
        return not await world.sql(
            "SELECT FROM job WHERE kind = $1 AND every_seconds IS NULL AND state NOT IN ('done', 'failed')",
            TIDYING,
        )

    await eventually(done)
