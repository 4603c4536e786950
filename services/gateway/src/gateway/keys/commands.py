"""Making signing keys and retiring the ones they follow."""

import json

from joserfc.jwk import OKPKey
from sqlalchemy import bindparam, insert, update

from gateway.keys import domain, queries
from gateway.keys.tables import SigningKey
from shared.db import Tx, prepare
from shared.sealing import Sealer

SEALED_AS = "signing-key"
_table = SigningKey.__table__  # type: ignore[attr-defined]
_k = _table.c

_ADD = prepare(insert(_table), "kid", "purpose", "public_key", "private_key", "created_at")
_RETIRE = prepare(
    update(_table).where(_k.purpose == bindparam("b_purpose"), _k.retires_at.is_(None)), "retires_at"
)


async def ensure_keys(tx: Tx, sealer: Sealer) -> None:
    """Make the keys that are due; the ones before them stay believed for a day. Idempotent."""
    await queries.keep_others_out(tx)
    ages = [domain.KeyAge(row["purpose"], row["created_at"]) for row in await queries.live_keys(tx, tx.now)]
    for purpose in domain.due(ages, tx.now):
        await tx.run(_RETIRE, b_purpose=purpose, retires_at=tx.now + domain.OVERLAP)
        key = OKPKey.generate_key("Ed25519", auto_kid=True)
        private = json.dumps(key.as_dict(private=True)).encode()
        await tx.run(
            _ADD,
            kid=key.kid,
            purpose=purpose,
            public_key=key.as_dict(private=False),
            private_key=sealer.seal(SEALED_AS, private, str(key.kid).encode()),
            created_at=tx.now,
        )
