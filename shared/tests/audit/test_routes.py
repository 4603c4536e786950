"""The auditors' door to one service."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.audit.jobs import handlers
from shared.audit.readings import Reading
from shared.audit.routes import audit_router
from shared.auth import Principal
from shared.auth.tokens import TokenVerifier
from shared.clock import utc_now
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.operations.routes import operations_router
from shared.testing import as_principal, carried, jwks, partner, staff

from .conftest import Audited, entry

PATH = "/v1/audited/audit"


def client_of(audited: Audited, principal: Principal | None) -> httpx.AsyncClient:
    routers = [audit_router("audited"), operations_router()]
    app = create_app(title="Audited", description="Audited", version="1", routers=routers)
    given = {**carried("audited", audited.database), "journal": audited.journal, "service_number": 1}
    frame = Frame(
        app,
        service="audited",
        carried=given,
        verifier=TokenVerifier("audited", jwks=jwks()),
        max_in_flight=9,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=frame),
        base_url="http://audited",
        headers=as_principal(principal, "audited") if principal else {},
    )


@pytest.fixture
async def auditor(audited: Audited) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(audited, staff("admin")) as client:
        yield client


async def test_an_entry_tells_who_did_what_to_what_from_where(
    audited: Audited, auditor: httpx.AsyncClient
) -> None:
    actor, subject = uuid4(), uuid4()
    async with audited.database.begin() as tx:
        told = entry(
            tx,
            actor_id=actor,
            subjects=(str(subject),),
            records=1,
            address=audited.journal.address("2001:db8::9"),
            request_id="request-1",
        )
        audited.journal.change(tx, told)
    (found,) = (await auditor.get(PATH, params={"actor_id": str(actor)})).json()["data"]
    assert found == {
        "id": str(told.id),
        "at": found["at"],
        "kind": "change",
        "action": "changeThing",
        "resource_type": "things",
        "actor_kind": "staff",
        "actor_id": str(actor),
        "subject_ids": [str(subject)],
        "records": 1,
        "times": 1,
        "filters": [],
        "status": 200,
        "code": None,
        "address": "2001:db8::9",
        "request_id": "request-1",
    }


async def _many(audited: Audited) -> dict[str, Any]:
    """Entries that differ in what can be asked for; the values that choose one of them."""
    actor, subject = uuid4(), uuid4()
    early, late = utc_now() - timedelta(days=2), utc_now() - timedelta(days=1)
    address = audited.journal.address
    given = [
        {"kind": "use"},
        {"actor_id": actor},
        {"action": "special"},
        {"resource": "others"},
        {"subjects": (str(uuid4()), str(subject)), "records": 2},
        {"status": 403},
        {"address": address("203.0.113.9")},
    ]
    async with audited.database.begin() as tx:
        for told in given:
            audited.journal.change(tx, entry(tx, **told))
    for at in (early, late):
        audited.journal.read(Reading(at, "read", "things", "staff", None, (), 200, b"", "", ()))
        await audited.journal.flush()
    return {
        "kind": "use",
        "actor_id": actor,
        "action": "special",
        "resource_type": "others",
        "subject_id": subject,
        "result": "refused",
        "address": "203.0.113.9",
        "at[lt]": late.isoformat(),
    }


async def test_each_filter_finds_what_it_says(audited: Audited, auditor: httpx.AsyncClient) -> None:
    wanted = await _many(audited)
    everything = (await auditor.get(PATH)).json()["data"]
    assert len(everything) == 9
    assert [each["at"] for each in everything] == sorted((each["at"] for each in everything), reverse=True)
    for name, value in wanted.items():
        found = (await auditor.get(PATH, params={name: str(value)})).json()["data"]
        assert len(found) == 1, name
    since = {"at[gte]": wanted["at[lt]"], "result": "done", "kind": "read"}
    found = (await auditor.get(PATH, params=since)).json()["data"]
    assert [each["action"] for each in found if each["action"] == "read"] == ["read"]
    both = {"action": "special", "kind": "use"}
    assert (await auditor.get(PATH, params=both)).json()["data"] == []


async def test_pages_follow_each_other(audited: Audited, auditor: httpx.AsyncClient) -> None:
    ids = await audited.changes(5)
    asked: dict[str, Any] = {"limit": 2, "kind": "change"}
    seen: list[str] = []
    while True:
        page = (await auditor.get(PATH, params=asked)).json()
        seen += [each["id"] for each in page["data"]]
        if not page["page"]["has_more"]:
            break
        asked["cursor"] = page["page"]["next_cursor"]
    assert seen == [str(each) for each in sorted(ids, reverse=True)]
    older = await auditor.get(PATH, params={"before_id": seen[2], "kind": "change"})
    assert [each["id"] for each in older.json()["data"]] == seen[3:]


@pytest.mark.parametrize("address", ["203.0.113", "localhost", "1" * 46])
async def test_a_filter_that_is_no_address_is_refused(auditor: httpx.AsyncClient, address: str) -> None:
    assert (await auditor.get(PATH, params={"address": address})).status_code == 422


async def test_who_reads_the_audit_is_in_the_audit(audited: Audited, auditor: httpx.AsyncClient) -> None:
    await auditor.get(PATH, params={"result": "done"})
    await audited.journal.flush()
    (found,) = (await auditor.get(PATH, params={"kind": "read"})).json()["data"]
    assert (found["action"], found["filters"]) == ("listAuditOfAudited", ["result"])


@pytest.mark.parametrize("path", [PATH, f"{PATH}/head", f"{PATH}/links/1"])
async def test_nobody_else_reads_it(audited: Audited, path: str) -> None:
    others = [staff("manager"), staff("sales", "service", "analyst"), partner(uuid4(), "customers:read")]
    for principal in others:
        async with client_of(audited, principal) as client:
            assert (await client.get(path)).status_code == 403
    async with client_of(audited, None) as client:
        assert (await client.get(path)).status_code == 401


async def test_the_end_of_the_chain_and_each_link_can_be_compared(
    audited: Audited, auditor: httpx.AsyncClient
) -> None:
    await audited.changes(4)
    end = (await auditor.get(f"{PATH}/head")).json()
    assert (end["number"], end["anchors"]) == (4, [])
    assert (await auditor.get(f"{PATH}/links/4")).json() == {"number": 4, "hash": end["hash"]}
    assert (await auditor.get(f"{PATH}/links/3")).json()["hash"] != end["hash"]
    for behind_the_end in (5, 1_700_000_000, 2**63 - 1):
        answer = await auditor.get(f"{PATH}/links/{behind_the_end}")
        assert answer.status_code == 404


async def test_a_verification_is_work_that_can_be_watched(
    audited: Audited, auditor: httpx.AsyncClient
) -> None:
    ids = await audited.changes(4)
    await audited.tamper("DELETE FROM audit_entry WHERE id = $1", ids[2])
    started = await auditor.post(f"{PATH}/verifications")
    assert started.status_code == 202
    await audited.perform(handlers("audited", audited.keys))
    done = (await auditor.get(started.headers["location"])).json()
    assert done["status"] == "succeeded"
    broken = {"number": 3, "reason": "entry_missing", "entry_id": str(ids[2])}
    assert (done["result"]["entries"], done["result"]["broken"]) == (2, broken)
    assert UUID(started.json()["id"]) == UUID(done["id"])
