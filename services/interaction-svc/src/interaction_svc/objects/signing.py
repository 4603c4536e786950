"""AWS Signature Version 4 of one request, as Amazon publishes it ("Signature Version 4 signing process")."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs in the name of an access key, for one region."""

    region: str
    access_key: str
    secret_key: str

    def signed(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], *, at: datetime
    ) -> dict[str, str]:
        """The headers with those that prove who asks; `at` is in UTC.

        `headers` have small names and hold `host` and `x-amz-content-sha256`, the digest of the body in hex.
        """
        moment = f"{at:%Y%m%dT%H%M%SZ}"
        named = {**headers, "x-amz-date": moment}
        scope = f"{at:%Y%m%d}/{self.region}/{_SERVICE}/aws4_request"
        asked = canonical(method, path, query, named)
        to_sign = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
        signature = hmac.digest(self._key(f"{at:%Y%m%d}"), to_sign.encode(), hashlib.sha256).hex()
        named["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key}/{scope}, SignedHeaders={';'.join(sorted(named))}, "
            f"Signature={signature}"
        )
        return named

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, _SERVICE, "aws4_request"):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        return key


def canonical(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The request in the one form that both sides hash."""
    names = sorted(headers)
    return "\n".join(
        (
            method,
            quote(path, safe="/-_.~"),
            asked(query),
            *(f"{name}:{' '.join(headers[name].split())}" for name in names),
            "",
            ";".join(names),
            headers["x-amz-content-sha256"],
        )
    )


def asked(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, percent-encoded."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)
