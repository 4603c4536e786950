"""The generated clients are built, and each tells one story with the running system."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.launcher import Launcher, made, signed_in
from tools import npm
from tools.sdk import python, typescript

HERE = Path(__file__).parent
SCOPES = [f"{what}:{verb}" for what in ("customers", "orders", "complaints") for verb in ("read", "write")]


@pytest.fixture(scope="module")
async def partner(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, str]]:
    """The running system's address, and a key for it."""
    launcher = Launcher(tmp_path_factory.mktemp("sdk") / "state")
    launcher.start()
    await launcher.ready()
    http = await signed_in(launcher)
    distributor = await made(http, "/v1/distributors", {"code": "D-SDK", "name": "Northern Wholesale"})
    asked = {"name": "sdk", "distributor_id": distributor["id"], "scopes": SCOPES}
    key = (await made(http, "/v1/api-keys", asked))["key"]
    await http.aclose()
    yield launcher.base_url, key
    launcher.end()


def told(command: list[str], folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own programs
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_python_client_tells_its_story(partner: tuple[str, str]) -> None:
    package = python.build()
    interpreter = python.ENVIRONMENT.program("python")
    said = told([interpreter, str(HERE / "story.py"), *partner], package)
    assert "永嘉路书店 PY-1" in said


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_typescript_client_is_typed_and_tells_its_story(partner: tuple[str, str]) -> None:
    package = typescript.build()
    shutil.copy(HERE / "story.ts", package / "story.ts")
    checked = npm.run(
        "tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext",
        "story.ts", cwd=package,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    said = told([npm.program("tsc")[0], "--no-warnings", "story.ts", *partner], package)
    assert "Harbour Lights Ltd TS-1" in said
