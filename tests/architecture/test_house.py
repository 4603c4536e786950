"""The house keeps its promises: documents say what the code does, no table or operation is left out."""

import re
import subprocess
from pathlib import Path

import asyncpg
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.profile.domain import PARTS
from shared.auth.permissions import EVERY_PERMISSION
from shared.composition import Service
from shared.events import registered
from shared.settings import ServiceSettings

from .conftest import MEMBERS, MODULES, ROOT, documented

METHODS = ("get", "post", "put", "patch", "delete")


def _operations(service: Service) -> list[tuple[str, dict[str, object]]]:
    paths = service.app.openapi()["paths"]
    return [(f"{m.upper()} {path}", item[m]) for path, item in paths.items() for m in METHODS if m in item]


def test_every_operation_is_named_described_and_guarded(services: dict[str, Service]) -> None:
    names = {service.name for service in services.values()}
    for service in services.values():
        for name, operation in _operations(service):
            assert re.fullmatch(r"[a-z][A-Za-z0-9]+", str(operation["operationId"])), name
            assert operation["summary"], name
            assert operation["tags"], name
            assert set(operation["x-scopes"]) <= EVERY_PERMISSION, name
            assert set(operation.get("x-asks", ())) <= names - {service.name}, name


def test_operation_ids_are_unique_in_a_service(services: dict[str, Service]) -> None:
    for service in services.values():
        names = [operation["operationId"] for _, operation in _operations(service)]
        assert len(names) == len(set(names))


def test_every_document_is_valid_openapi(services: dict[str, Service]) -> None:
    for service in services.values():
        OpenAPIV31SpecValidator(service.app.openapi()).validate()


def test_the_profile_asks_only_for_paths_that_are_published(services: dict[str, Service]) -> None:
    published = {path for service in services.values() for path in service.app.openapi()["paths"]}
    shapes = {re.sub(r"\{[^}]*\}", "{}", path) for path in published}
    for part in PARTS:
        path = re.sub(r"\{[^}]*\}", "{}", part.path.split("?")[0])
        assert path in shapes, path


async def test_the_role_that_serves_owns_nothing_and_bypasses_nothing(service_database, owner_urls) -> None:
    for name in owner_urls:
        connection = await asyncpg.connect(service_database(name).app_url)
        role = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        owned = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        await connection.close()
        assert (role["rolsuper"], role["rolbypassrls"], owned) == (False, False, 0), name


def test_the_documents_list_every_event_with_who_tells_and_who_hears(services: dict[str, Service]) -> None:
    told = {
        kind: event for kind, event in registered().items() if event.__module__.startswith("shared.events.")
    }
    heard: dict[str, set[str]] = {kind: set() for kind in told}
    for service in services.values():
        for kind in service.consumed:
            heard[kind].add(service.name)
    expected = [
        [f"`{kind}`", event.publisher, ", ".join(sorted(heard[kind])) or "nobody yet"]
        for kind, event in sorted(told.items(), key=lambda entry: (entry[1].publisher, entry[0]))
    ]
    assert documented("Events") == expected


def test_the_documents_list_every_setting() -> None:
    named = {cell for row in documented("Settings") for cell in re.findall(r"`([A-Z_<>]+)`", row[0])}
    settings = {field.upper() for _, module in MODULES.values() for field in module.Settings.model_fields}
    launcher = set(
        re.findall(r'"(TONGLU_[A-Z_]+)"', (ROOT / "deploy/local/src/tonglu_local/options.py").read_text())
    )
    assert ServiceSettings.model_fields.keys() <= {name.lower() for name in settings}
    assert named - {"DATABASE_URL_<SERVICE>", "PG_BINDIR", "TONGLU_STATE_DIR"} == (settings | launcher) - {
        "TONGLU_STATE_DIR"
    }


def test_documents_point_at_files_that_are_there() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_rooms_named_in_the_documents_exist() -> None:
    places = [cell for row in documented("Find the room") for cell in re.findall(r"`([a-z_/.]+)`", row[1])]
    roots = [ROOT / member / "src" for member in MEMBERS]
    for place in places:
        assert (
            (ROOT / place).exists() or any((root / place).exists() for root in roots) or "/" not in place
        ), place


def test_modules_and_functions_stay_readable() -> None:
    long = [
        f"{path.relative_to(ROOT)} {count}"
        for path in _sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    ]
    assert long == []


def test_nothing_names_this_machine_or_an_index() -> None:
    listing = ["git", "ls-files"]
    tracked = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603
    locks = [name for name in tracked if name.endswith(".lock")]
    assert locks
    assert not [name for name in tracked if Path(name).name in {"uv.lock", "pylock.toml"}]
    for name in locks:
        assert not re.search(r"https?://|--index", (ROOT / name).read_text()), name


def _sources() -> list[Path]:
    return [
        path
        for member in MEMBERS
        for path in (ROOT / member / "src").rglob("*.py")
        if "versions" not in path.parts
    ]


@pytest.mark.parametrize("word", ["service", "utils", "helpers", "manager"])
def test_no_module_has_a_name_that_excludes_nothing(word: str) -> None:
    found = [path for path in _sources() if path.stem == word]
    assert found == []
