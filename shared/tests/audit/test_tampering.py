"""Whatever is done to the audit behind its back, the verifier names the first broken place."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.audit.chain import Head, append, head, lock
from shared.audit.verify import Broken

from .conftest import Audited, entry

EDITED = (
    "action = 'getThing'",
    "actor_id = gen_random_uuid()",
    "at = at + interval '1 microsecond'",
    "subjects = ARRAY[gen_random_uuid()]",
    "status = 403",
    "times = 7",
    "code = 'x'",
    "filters = ARRAY['q']",
    "address = '\\x00'",
    "request_id = 'another'",
    "kind = 'read'",
    "mac = mac || '\\x00'",
    # The same text in all, cut differently.
    "action = 'changeThing' || chr(10) || 'things', resource = 'staff', actor_kind = ''",
)


async def test_an_untouched_audit_holds(audited: Audited) -> None:
    await audited.changes(7)
    verdict = await audited.verdict(await _head(audited))
    assert (verdict.entries, verdict.head.number, verdict.broken) == (7, 7, None)


@pytest.mark.parametrize("change", EDITED)
async def test_an_edited_entry_is_named(audited: Audited, change: str) -> None:
    ids = await audited.changes(7)
    await audited.tamper(f"UPDATE audit_entry SET {change} WHERE id = $1", ids[4])
    assert (await audited.verdict()).broken == Broken(5, "entry_changed", ids[4])


async def test_an_entry_taken_out_is_named(audited: Audited) -> None:
    ids = await audited.changes(7)
    await audited.tamper("DELETE FROM audit_entry WHERE id = $1", ids[2])
    assert (await audited.verdict()).broken == Broken(3, "entry_missing", ids[2])


async def test_an_entry_taken_out_before_it_was_sealed_is_named(audited: Audited) -> None:
    made = await audited.change()
    await audited.tamper("DELETE FROM audit_entry WHERE id = $1", made)
    await audited.journal.flush()
    assert (await audited.verdict()).broken == Broken(1, "entry_missing", made)


async def test_an_entry_edited_before_it_was_sealed_is_named(audited: Audited) -> None:
    made = await audited.change()
    await audited.tamper("UPDATE audit_entry SET action = 'getThing' WHERE id = $1", made)
    await audited.journal.flush()
    assert (await audited.verdict()).broken == Broken(1, "entry_changed", made)


async def test_an_entry_taken_out_with_its_link_is_named(audited: Audited) -> None:
    ids = await audited.changes(7)
    await _unlink(audited, ids[4])
    await audited.tamper("DELETE FROM audit_entry WHERE id = $1", ids[4])
    # The next entry stands where its hash does not fit.
    assert (await audited.verdict()).broken == Broken(5, "link_changed", ids[5])


async def test_links_taken_out_are_named(audited: Audited) -> None:
    await audited.changes(7)
    await audited.tamper("DELETE FROM audit_block WHERE first = 4")
    assert (await audited.verdict()).broken == Broken(4, "link_missing")


async def test_swapped_entries_are_named(audited: Audited) -> None:
    ids = await audited.changes(7)
    aside = uuid4()
    for old, new in ((ids[1], aside), (ids[5], ids[1]), (aside, ids[5])):
        await audited.tamper("UPDATE audit_entry SET id = $2 WHERE id = $1", old, new)
    assert (await audited.verdict()).broken == Broken(2, "entry_changed", ids[1])


async def test_swapped_places_are_named(audited: Audited) -> None:
    ids = await audited.changes(7)
    await audited.tamper(
        "UPDATE audit_block SET ids = ARRAY[ids[1], ids[3], ids[2]] WHERE first = 4",
    )
    assert (await audited.verdict()).broken == Broken(5, "link_changed", ids[5])


async def test_an_entry_put_back_with_other_words_is_named(audited: Audited) -> None:
    ids = await audited.changes(4)
    await audited.tamper(
        """
        WITH gone AS (DELETE FROM audit_entry WHERE id = $1 RETURNING *)
        INSERT INTO audit_entry
        SELECT id, at, kind, action, resource, actor_kind, $2, subjects, records, times, filters, status,
               code, address, request_id, mac FROM gone
        """,
        ids[1],
        ids[0],
    )
    assert (await audited.verdict()).broken == Broken(2, "entry_changed", ids[1])


async def test_an_invented_entry_is_not_sealed_and_named(
    audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = await audited.changes(2)
    invented = UUID(int=ids[0].int - (30 * 60 * 1000 << 80))
    await audited.tamper(
        """
        INSERT INTO audit_entry
        SELECT $1, at - interval '30 minutes', kind, action, resource, actor_kind, actor_id, subjects,
             records, times, filters, status, code, address, request_id, mac
        FROM audit_entry WHERE id = $2
        """,
        invented,
        ids[0],
    )
    assert await audited.journal.sweep() == 0
    assert "audit entries are not ours" in capsys.readouterr().out
    assert (await audited.verdict()).broken == Broken(None, "never_sealed", invented)


async def test_a_link_forged_without_the_key_is_named(audited: Audited) -> None:
    ids = await audited.changes(7)
    await audited.tamper(
        "UPDATE audit_block SET hashes = overlay(hashes PLACING sha256('guess') FROM 33) WHERE first = 4"
    )
    assert (await audited.verdict()).broken == Broken(5, "link_changed", ids[4])


async def test_a_cut_end_is_named_by_an_anchor(audited: Audited) -> None:
    ids = await audited.changes(7)
    anchor = await _head(audited)
    await audited.tamper("DELETE FROM audit_block WHERE first > 3")
    await audited.tamper("DELETE FROM audit_entry WHERE id = ANY($1)", ids[3:])
    assert (await audited.verdict()).broken is None
    assert (await audited.verdict(anchor)).broken == Broken(4, "shorter_than_anchor")


async def test_an_end_that_was_cut_and_has_grown_again_is_named_by_an_anchor(audited: Audited) -> None:
    ids = await audited.changes(7)
    anchor = await _head(audited)
    await audited.tamper("DELETE FROM audit_block WHERE first > 6")
    await audited.tamper("DELETE FROM audit_entry WHERE id = ANY($1)", ids[6:])
    grown = await audited.changes(3)
    assert (await audited.verdict()).broken is None
    assert (await audited.verdict(anchor)).broken == Broken(7, "other_than_anchor", grown[0])


async def test_two_chains_cannot_grow_from_one_head(audited: Audited) -> None:
    await audited.changes(2)
    async with audited.database.begin() as tx:
        await lock(tx)
        with pytest.raises(asyncpg.UniqueViolationError):
            await append(tx, audited.keys, Head(), [audited.keys.mark(entry(tx))])
        await tx.connection.execute("ROLLBACK; BEGIN")
    assert (await _head(audited)).number == 2


async def _head(audited: Audited) -> Head:
    async with audited.database.read() as db:
        return await head(db)


async def _unlink(audited: Audited, entry_id: UUID) -> None:
    """Take an entry out of its block, and the hash that went with it."""
    row = await audited.owner.fetchrow("SELECT * FROM audit_block WHERE $1 = ANY(ids)", entry_id)
    place = row["ids"].index(entry_id)
    hashes = row["hashes"][: place * 32] + row["hashes"][(place + 1) * 32 :]
    ids = [each for each in row["ids"] if each != entry_id]
    await audited.tamper(
        "UPDATE audit_block SET ids = $1, hashes = $2 WHERE first = $3", ids, hashes, row["first"]
    )
