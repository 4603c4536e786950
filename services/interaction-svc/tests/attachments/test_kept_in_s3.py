"""With a bucket instead of a folder the service does the same; what cannot work is said at the start."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from interaction_svc.app import build
from interaction_svc.settings import MOST_FILE_BYTES, Settings
from shared.settings import SettingsMissing
from shared.testing import running
from shared.testing.services import settings_for
from shared.testing.talking import eventually
from tonglu_local.postgres import ServiceUrls

from .sending import PDF, fetched, objects, send, sent
from .store import ACCESS, REGION, SECRET, Store, serving

KEYS = {"attachment_bucket_access_key": ACCESS, "attachment_bucket_secret_key": SECRET}


@pytest.fixture
async def kept(
    world: Any, service_database: Callable[[str], ServiceUrls]
) -> AsyncIterator[tuple[Any, Store]]:
    """A service that keeps its files in a bucket, and the bucket."""
    urls, customers = service_database("interaction_s3"), type(world.customers)()
    client = httpx.AsyncClient(transport=httpx.MockTransport(customers.answer))
    async with serving() as store, client:
        settings = {"attachment_bucket_url": store.url, "attachment_bucket_region": REGION, **KEYS}
        async with running(build, Settings, urls, settings=settings, customers=client) as service:
            yield type(world)(service, urls, customers), store


async def test_a_file_is_kept_in_the_bucket_and_goes_from_there(kept: tuple[Any, Store]) -> None:
    world, store = kept
    content = PDF + bytes(range(256)) * 30_000
    customer = await world.customer()
    made = await sent(world, customer, content, name="a.pdf", media="application/pdf")
    assert store.objects == {made["id"]: content}
    assert (await fetched(world, made)).content == content
    async with world.client() as asking:
        assert (await asking.delete(f"/v1/attachments/{made['id']}")).status_code == 204

    async def gone() -> bool:
        return not store.objects and not await objects(world)

    await eventually(gone)


async def test_a_store_that_is_away_is_said_so_and_nothing_half_is_left(kept: tuple[Any, Store]) -> None:
    world, store = kept
    customer = await world.customer()
    store.refusing = {"PUT"}
    answer = await send(world, customer, PDF, name="a.pdf", media="")
    assert (answer.status_code, answer.json()["code"]) == (503, "file_store_away")
    assert int(answer.headers["retry-after"]) > 0
    store.refusing = {"DELETE"}
    made = await sent(world, customer, PDF, name="a.pdf", media="")
    async with world.client() as asking:
        assert (await asking.delete(f"/v1/attachments/{made['id']}")).status_code == 204
    assert set(await objects(world)) == {UUID(made["id"]).hex}
    assert set(store.objects) == {made["id"]}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"attachment_types": "image/png text/html"}, "ATTACHMENT_TYPES"),
        ({"attachment_most_bytes": MOST_FILE_BYTES + 1}, "ATTACHMENT_MOST_BYTES"),
        ({"attachment_bucket_url": "files.example"}, "ATTACHMENT_BUCKET_URL"),
        ({"attachment_bucket_url": "https://files.example/b"}, "ATTACHMENT_BUCKET_SECRET_KEY"),
        ({"attachment_link_seconds": 1}, "ATTACHMENT_LINK_SECONDS"),
    ],
)
def test_settings_that_cannot_work_are_named_at_the_start(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsMissing, match=told):
        settings_for(Settings, ServiceUrlsOfNobody(), **wrong)


def test_without_a_bucket_files_are_in_a_folder() -> None:
    found = settings_for(Settings, ServiceUrlsOfNobody(), attachment_bucket_url="")
    assert (found.attachment_bucket_url, found.attachment_dir) == (None, Path("/var/lib/tonglu/attachments"))


class ServiceUrlsOfNobody:
    app_url = owner_url = "postgresql://nobody@127.0.0.1/none"
