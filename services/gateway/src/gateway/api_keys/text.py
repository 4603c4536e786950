"""The text of a key, `tl_live_<keyid>_<secret>_<crc32>`: a mistyped one is known without asking anybody."""

import re
import secrets
import string
import zlib
from dataclasses import dataclass

from gateway.api_keys.domain import Environment

MARK = "tl_"
_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 12
_SECRET_LENGTH = 43
"""So many of 62 letters and digits hold a little more than 32 random bytes."""

_FORM = re.compile(
    rf"(?P<body>tl_(?P<environment>live|test)_(?P<key_id>[0-9A-Za-z]{{{_ID_LENGTH}}})"
    rf"_[0-9A-Za-z]{{{_SECRET_LENGTH}}})_(?P<checksum>[0-9a-f]{{8}})"
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A well-formed key taken apart; `body` is all but the checksum, and what the kept hash is made of."""

    environment: str
    key_id: str
    body: str


def new_key_id() -> str:
    """The public part by which a key is looked up."""
    return _random(_ID_LENGTH)


def prefix(environment: str, key_id: str) -> str:
    """What may be shown of a key: enough to tell it from others, no help in guessing it."""
    return f"{MARK}{environment}_{key_id}"


def new_key(environment: Environment, key_id: str) -> str:
    """A whole key with a new secret."""
    body = f"{prefix(environment, key_id)}_{_random(_SECRET_LENGTH)}"
    return f"{body}_{_checksum(body)}"


def read(text: str) -> KeyText | None:
    """Take a key apart; None for what was never one, or was not copied whole."""
    found = _FORM.fullmatch(text)
    if found is None or found["checksum"] != _checksum(found["body"]):
        return None
    return KeyText(found["environment"], found["key_id"], found["body"])


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
