"""Makes the secrets that `docker-compose.yml` reads; what exists is kept.

    python3 tools/make_secrets.py        writes deploy/secrets/

Standard library only, so that it runs where nothing is set up.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "deploy" / "secrets"
RIGHTS = ("configure", "write", "read")
SERVICES = ("customer", "interaction", "scoring", "notify", "gateway")


def main() -> None:
    make(FOLDER)
    print(f"secrets are in {FOLDER.relative_to(ROOT)}, with the first password of admin in admin_password")


def make(folder: Path) -> None:
    """Every file that is not there yet. The folder is closed; inside, a container's account must read."""
    folder.mkdir(mode=0o700, exist_ok=True)
    _keep(folder / "postgres_password", secrets.token_hex(32))
    _keep(folder / "admin_password", secrets.token_urlsafe(18))
    _keep(folder / "usage_secret", secrets.token_hex(32))
    _keep(folder / "service_secret", secrets.token_hex(32))
    _keep(folder / "oidc_client_secret", "")  # the provider makes it; empty means that there is none
    for name in ("access_key", "secret_key"):  # whoever runs the store makes them
        _keep(folder / f"attachment_bucket_{name}", "")
    for service in SERVICES:
        database = f"@postgres:5432/{service}"
        _keep(
            folder / f"{service}_database_url",
            f"postgresql://tonglu_{service}:{secrets.token_hex(32)}{database}",
        )
        _keep(
            folder / f"{service}_owner_url",
            f"postgresql://tonglu_{service}_owner:{secrets.token_hex(32)}{database}",
        )
        _keep(folder / f"{service}_data_key", base64.b64encode(secrets.token_bytes(32)).decode())
        _keep(
            folder / f"{service}_amqp_url", f"amqp://{service}:{secrets.token_hex(32)}@rabbitmq:5672/tonglu"
        )
    _keep(folder / "rabbitmq_definitions", json.dumps(definitions(folder), indent=2))


def definitions(folder: Path) -> dict[str, list[dict[str, str]]]:
    """RabbitMQ's users: one for each service, allowed the exchanges of events and its own queue."""
    users, permissions = [], []
    for service in SERVICES:
        password = urlsplit((folder / f"{service}_amqp_url").read_text()).password or ""
        users.append({"name": service, "password_hash": password_hash(password), "tags": ""})
        queue = service if service == "gateway" else f"{service}-svc"
        names = rf"^tonglu\.(events|dead|{queue})$"
        permissions.append({"user": service, "vhost": "tonglu", **dict.fromkeys(RIGHTS, names)})
    return {
        "vhosts": [{"name": "tonglu"}],
        "users": users,
        "permissions": permissions,
    }


def password_hash(password: str, salt: bytes | None = None) -> str:
    """As RabbitMQ stores it: base64 of a four-byte salt and SHA-256 over salt and password."""
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text)
        path.chmod(0o644)


if __name__ == "__main__":
    main()
