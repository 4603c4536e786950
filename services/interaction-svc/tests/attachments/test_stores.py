"""Whatever keeps objects keeps the same promises: whole or not at all, and gone when deleted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interaction_svc.objects import ObjectStore
from interaction_svc.objects.folder import Folder
from interaction_svc.objects.s3 import PART_BYTES, S3, Bucket
from interaction_svc.objects.signing import Signer
from shared.clock import new_id, utc_now
from shared.http.client import make_client

from .store import ACCESS, REGION, SECRET, Store, serving

MIB = 1024 * 1024
AWAY = "No such file|it is not there|no answer|it broke off"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
async def bucket() -> AsyncIterator[Store]:
    async with serving() as store:
        yield store


def reaching(store: Store, client: Any, *, secret: str = SECRET, ago: timedelta = timedelta(0)) -> S3:
    return S3(Bucket(store.url, Signer(REGION, ACCESS, secret), client, lambda: utc_now() - ago))


@pytest.fixture(params=["folder", "s3"])
async def objects(request: Any, tmp_path: Path, bucket: Store) -> AsyncIterator[ObjectStore]:
    if request.param == "folder":
        yield Folder(tmp_path / "not yet" / "there")
        return
    async with make_client() as client:
        yield reaching(bucket, client)


async def pieces(*sizes: int, fails: bool = False) -> AsyncIterator[bytes]:
    for number, size in enumerate(sizes):
        yield bytes([number + 1]) * size
    if fails:
        raise RuntimeError("the sender broke off")


def whole(*sizes: int) -> bytes:
    return b"".join(bytes([number + 1]) * size for number, size in enumerate(sizes))


async def read(objects: ObjectStore, key: Any) -> bytes:
    return b"".join([chunk async for chunk in objects.read(key)])


@pytest.mark.parametrize(
    "sizes",
    [
        (1,),
        (PART_BYTES,),
        (PART_BYTES, 1),
        (300_000, 700_000),
        (MIB,) * 12,
        (2 * PART_BYTES + 3, 7),
        (PART_BYTES + 1, PART_BYTES - 1),
    ],
)
async def test_what_is_put_is_read(objects: ObjectStore, sizes: tuple[int, ...]) -> None:
    key, other = new_id(), new_id()
    await objects.put(key, pieces(*sizes))
    await objects.put(other, pieces(3))
    assert await read(objects, key) == whole(*sizes)
    assert await read(objects, other) == whole(3)


async def test_what_is_not_there_cannot_be_read(objects: ObjectStore) -> None:
    with pytest.raises(OSError, match=AWAY):
        await anext(objects.read(new_id()))


async def test_what_is_deleted_is_gone_and_can_be_deleted_again(objects: ObjectStore) -> None:
    key, kept = new_id(), new_id()
    for each in (key, kept):
        await objects.put(each, pieces(10))
    for _ in range(2):
        await objects.delete(key)
    with pytest.raises(OSError, match=AWAY):
        await read(objects, key)
    assert await read(objects, kept) == whole(10)
    await objects.delete(new_id())


@pytest.mark.parametrize("sizes", [(10,), (MIB,) * 12])
async def test_what_breaks_off_leaves_nothing(
    objects: ObjectStore, sizes: tuple[int, ...], tmp_path: Path, bucket: Store
) -> None:
    key = new_id()
    with pytest.raises(RuntimeError, match="broke off"):
        await objects.put(key, pieces(*sizes, fails=True))
    with pytest.raises(OSError, match=AWAY):
        await read(objects, key)
    assert files_in(tmp_path) == []
    assert (bucket.objects, bucket.uploads) == ({}, {})


@pytest.mark.parametrize("sizes", [(10,), (MIB,) * 7])
async def test_what_is_cancelled_leaves_nothing(
    objects: ObjectStore, sizes: tuple[int, ...], tmp_path: Path, bucket: Store
) -> None:
    stuck = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        async for each in pieces(*sizes):
            yield each
        stuck.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(objects.put(new_id(), endless()))
    await stuck.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert files_in(tmp_path) == []
    assert (bucket.objects, bucket.uploads) == ({}, {})


async def test_many_at_once_do_not_mix(objects: ObjectStore) -> None:
    keys = [new_id() for _ in range(20)]
    await asyncio.gather(*(objects.put(key, pieces(number + 1)) for number, key in enumerate(keys)))
    assert [len(await read(objects, key)) for key in keys] == list(range(1, 21))


async def test_files_are_the_services_own_and_their_paths_are_ids(tmp_path: Path) -> None:
    key = new_id()
    await Folder(tmp_path / "files").put(key, pieces(5))
    (path,) = files_in(tmp_path)
    assert path.relative_to(tmp_path / "files").parts == (key.hex[-2:], key.hex[-4:-2], key.hex)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.stat().st_mode & 0o777 for each in path.parents[:3]} == {0o700}


async def test_a_killed_upload_is_deleted_with_its_key(tmp_path: Path) -> None:
    folder, key = Folder(tmp_path), new_id()
    await folder.put(key, pieces(5))
    (path,) = files_in(tmp_path)
    path.rename(path.with_name(f"{key.hex}.part"))
    await folder.delete(key)
    assert files_in(tmp_path) == []


async def test_parts_of_a_killed_upload_are_deleted_with_its_key(bucket: Store) -> None:
    async with make_client() as client:
        objects, key, other = reaching(bucket, client), new_id(), new_id()
        for each in (key, other):
            told = await objects._bucket.ask("POST", str(each), {"uploads": ""})
            assert told.status == 200
        await objects.delete(key)
        assert [upload.key for upload in bucket.uploads.values()] == [str(other)]


async def test_no_more_than_a_part_is_held_and_small_objects_are_one_request(bucket: Store) -> None:
    async with make_client() as client:
        await reaching(bucket, client).put(new_id(), pieces(*(MIB,) * 16))
        assert bucket.most_at_once == PART_BYTES
        bucket.refusing = {"POST"}
        await reaching(bucket, client).put(new_id(), pieces(1000))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"secret": "another"}, "SignatureDoesNotMatch"),
        ({"ago": timedelta(hours=1)}, "RequestTimeTooSkewed"),
    ],
)
async def test_the_store_believes_no_other_signature(bucket: Store, given: Any, fault: str) -> None:
    """That the store of these tests tells a good signature from a bad one."""
    async with make_client() as client:
        with pytest.raises(OSError, match="403"):
            await reaching(bucket, client, **given).put(new_id(), pieces(10))
    assert set(bucket.refused) == {fault}
    assert bucket.objects == {}


@pytest.mark.parametrize("refusing", ["PUT", "POST"])
async def test_a_store_that_refuses_is_away(bucket: Store, refusing: str) -> None:
    bucket.refusing = {refusing}
    async with make_client() as client:
        with pytest.raises(OSError, match="503"):
            await reaching(bucket, client).put(new_id(), pieces(*(MIB,) * 7))
    assert bucket.objects == {}


async def test_a_store_that_cannot_be_reached_is_away(bucket: Store) -> None:
    nowhere = Store(url="http://127.0.0.1:9/files")
    async with make_client() as client:
        objects = reaching(nowhere, client)
        for asking in (objects.put(new_id(), pieces(1)), objects.delete(new_id()), read(objects, new_id())):
            with pytest.raises(OSError, match=AWAY):
                await asking
