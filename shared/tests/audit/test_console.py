"""The operator's command tells in one line, and by its exit code, whether the audit holds."""

import base64
from typing import Any

import pytest

from shared.audit import console
from shared.audit.chain import head
from shared.run import _parser
from shared.settings import ServiceSettings
from tonglu_local.postgres import ServiceUrls

from .conftest import Audited

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def command(audited_urls: ServiceUrls, capsys: pytest.CaptureFixture[str]) -> Any:
    async def run(*arguments: str, owner: bool = True) -> tuple[int, str]:
        owner_url = audited_urls.owner_url if owner else None
        settings = ServiceSettings.load(
            database_url=audited_urls.app_url, database_owner_url=owner_url, data_key=KEY
        )
        code = await console.run("customer-svc", settings, _parser().parse_args(arguments))
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


async def test_an_audit_that_holds(audited: Audited, command: Any) -> None:
    assert await command("audit-verify") == (
        0,
        "customer-svc: the audit holds, 0 entries, nothing is sealed yet\n",
    )
    await audited.changes(4)
    async with audited.database.read() as db:
        end = (await head(db)).hash.hex()
    said = f"customer-svc: the audit holds, 4 entries, up to number 4 ({end})\n"
    assert await command("audit-verify", "--anchor", f"4:{end}") == (0, said)


async def test_an_audit_that_is_broken(audited: Audited, command: Any) -> None:
    ids = await audited.changes(4)
    await audited.tamper("UPDATE audit_entry SET status = 200, code = 'x' WHERE id = $1", ids[1])
    said = f"customer-svc: the audit is broken at number 2, entry {ids[1]}: entry_changed\n"
    assert await command("audit-verify") == (1, said)
    assert (await command("audit-retire", "--before", "2999-01-01"))[0] == 1


async def test_an_anchor_that_is_not_reached(audited: Audited, command: Any) -> None:
    await audited.changes(1)
    said = "customer-svc: the audit is broken at number 2: shorter_than_anchor\n"
    assert await command("audit-verify", "--anchor", f"7:{'0' * 64}") == (1, said)


async def test_retiring_is_the_owners_work(audited: Audited, command: Any) -> None:
    await audited.changes(4)
    said = "customer-svc: only the owner may do this: DATABASE_OWNER_URL is missing\n"
    assert await command("audit-retire", "--before", "2999-01-01", owner=False) == (2, said)
    done = await command("audit-retire", "--before", "2999-01-01")
    assert done == (0, "customer-svc: 4 entries were taken out\n")


@pytest.mark.parametrize("words", [("--anchor", "7"), ("--anchor", "7:xyz"), ("--before", "now")])
def test_what_cannot_be_read_is_refused(words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    part = "audit-retire" if words[0] == "--before" else "audit-verify"
    with pytest.raises(SystemExit) as refused:
        _parser().parse_args([part, *words])
    assert refused.value.code == 2
    assert words[1] not in ("", capsys.readouterr().out)
