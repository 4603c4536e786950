"""The composed system as a file: hardened everywhere, secrets from files, the promises of its parts kept."""

import hashlib
import json
import os
import re
import subprocess
from base64 import b64decode
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from tools import make_secrets

from tonglu_local.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_do_as_little_as_possible(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]
    assert container["mem_limit"]
    assert container["pids_limit"]
    assert "privileged" not in container


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_secret_stands_in_the_environment(name: str) -> None:
    for key, value in CONTAINERS[name].get("environment", {}).items():
        secret = re.search("PASSWORD|KEY|SECRET|DATABASE_URL|AMQP_URL|OWNER_URL", key)
        assert not secret or (key.endswith("_FILE") and value.startswith("/run/secrets/"))


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_given_every_secret_it_reads_and_no_other(name: str) -> None:
    container = CONTAINERS[name]
    read = {
        Path(value).name
        for value in container.get("environment", {}).values()
        if str(value).startswith("/run/secrets/")
    }
    given = set(container.get("secrets", []))
    assert read <= given <= set(COMPOSE["secrets"])
    assert name in {"postgres", "rabbitmq"} or read == given


@pytest.mark.parametrize("service", OURS)
def test_a_service_has_an_api_and_a_worker_after_its_migration(service: str) -> None:
    for part, command in ((service, ["api"]), (f"{service}-worker", ["worker"])):
        container = CONTAINERS[part]
        assert container["command"] == command
        assert container["depends_on"] == {
            f"{service}-migrate": {"condition": "service_completed_successfully"}
        }
        assert container["healthcheck"]["test"][0] == "CMD"
        assert "DATABASE_OWNER_URL_FILE" not in container["environment"]
    assert "DATABASE_OWNER_URL_FILE" in CONTAINERS[f"{service}-migrate"]["environment"]


def test_every_variable_is_a_setting_that_some_service_reads() -> None:
    read = {
        field.upper()
        for service in OURS
        for field in import_module(f"{service.replace('-', '_')}.settings").Settings.model_fields
    }
    given = {key.removesuffix("_FILE") for service in OURS for key in CONTAINERS[service]["environment"]}
    assert given <= read


@pytest.mark.parametrize("service", OURS)
def test_an_image_is_built_from_a_service_that_exists(service: str) -> None:
    arguments = CONTAINERS[service]["build"]["args"]
    folder = ROOT / "services" / arguments["SERVICE"]
    assert (folder / "src" / arguments["MODULE"] / "__init__.py").is_file()
    assert (folder / "requirements.lock").is_file()


def test_the_image_is_made_from_hashes_and_runs_without_root() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    installs = re.findall(r"pip [^&|]*?install[^&|]*", text.replace("\\\n", ""))
    assert installs
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    assert re.search(r"^ENTRYPOINT \[", text, re.MULTILINE)
    assert "# syntax=" not in text


def test_the_databases_and_the_broker_cannot_be_reached_from_outside() -> None:
    assert COMPOSE["networks"]["data"]["internal"] is True
    for name in ("postgres", "rabbitmq"):
        assert CONTAINERS[name]["networks"] == ["data"]
        assert "ports" not in CONTAINERS[name]


def test_every_secret_that_is_asked_for_is_made_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets.make(folder)
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(b64decode(made["customer_data_key"])) == 32
    make_secrets.make(folder)
    assert made == {path.name: path.read_text() for path in folder.iterdir()}


def test_the_broker_knows_each_service_by_the_password_in_its_address(tmp_path: Path) -> None:
    make_secrets.make(tmp_path / "secrets")
    users = json.loads((tmp_path / "secrets" / "rabbitmq_definitions").read_text())["users"]
    for user in users:
        address = (tmp_path / "secrets" / f"{user['name']}_amqp_url").read_text()
        password = address.split(":")[2].split("@")[0]
        stored = b64decode(user["password_hash"])
        assert stored[4:] == hashlib.sha256(stored[:4] + password.encode()).digest()
        assert "administrator" not in user["tags"]


async def test_the_database_script_gives_each_service_what_the_embedded_server_gives(
    tmp_path: Path,
) -> None:
    make_secrets.make(tmp_path / "secrets")
    with EmbeddedPostgres(tmp_path / "state", durable=False) as server:
        for _ in range(2):
            run_database_script(tmp_path, server)
        address = server.admin_url.split("@")[1].split("/")[0]
        secret = (tmp_path / "secrets" / "customer_database_url").read_text()
        owner_secret = (tmp_path / "secrets" / "customer_owner_url").read_text()
        owner = await asyncpg.connect(owner_secret.replace("postgres:5432", address))
        await owner.execute("CREATE TABLE made (n serial)")
        app = await asyncpg.connect(secret.replace("postgres:5432", address))
        await app.execute("INSERT INTO made DEFAULT VALUES")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE mine ()")
        assert await rights(app) == {"super": False, "bypass": False}
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(secret.replace("postgres:5432", address).replace("/customer", "/scoring"))
        await app.close()
        await owner.close()


async def rights(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, bool]:
    row = await connection.fetchrow(
        'SELECT rolsuper AS super, rolbypassrls AS "bypass" FROM pg_roles WHERE rolname = current_user'
    )
    assert row
    return dict(row)


def run_database_script(folder: Path, server: EmbeddedPostgres) -> None:
    """As the PostgreSQL image does: the script beside `tonglu/service.sql`, psql on the path."""
    source = ROOT / "deploy" / "postgres"
    (folder / "tonglu").mkdir(exist_ok=True)
    (folder / "tonglu" / "service.sql").write_text((source / "service.sql").read_text())
    (folder / "init.sh").write_text((source / "init.sh").read_text())
    admin = server._running
    subprocess.run(  # noqa: S603 -- the script under test
        ["/bin/sh", folder / "init.sh"],
        check=True,
        env={
            "PATH": f"{admin.binaries.folder}:{os.environ['PATH']}",
            "SECRETS": str(folder / "secrets"),
            "POSTGRES_USER": "tonglu_admin",
            "PGPASSWORD": admin.password,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(admin.port),
        },
    )
