"""The lock files keep their promises, and a broken one is noticed."""

from pathlib import Path

import pytest
from tools import locks
from tools.bootstrap import ROOT

GOOD = "fastapi==0.1.0 \\\n    --hash=sha256:00\n"
PACKAGE = '{"devDependencies": {"one": "1.0.0"}}'
NODE = (
    '{"packages": {"": {"devDependencies": {"one": "1.0.0"}},'
    ' "node_modules/one": {"version": "1.0.0", "integrity": "sha512-AA=="}}}'
)
PYPROJECT = '[project]\nname = "tonglu-x"\ndependencies = ["fastapi>=0.1"]\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of one service with good locks."""
    for folder in (tmp_path, tmp_path / "services" / "x"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").write_text(PYPROJECT.replace("tonglu-x", f"tonglu-{folder.name}"))
        (folder / "requirements.lock").write_text(GOOD)
    (tmp_path / locks.BUILD).parent.mkdir()
    (tmp_path / locks.BUILD).write_text(GOOD)
    for tool in locks.OF_TOOLS:
        (tmp_path / tool).parent.mkdir(parents=True)
        (tmp_path / tool).write_text(GOOD)
    (tmp_path / locks.NODE).parent.mkdir(parents=True)
    (tmp_path / locks.NODE).write_text(NODE)
    (tmp_path / locks.NODE).with_name("package.json").write_text(PACKAGE)
    return tmp_path


def test_our_own_locks_are_in_order() -> None:
    assert list(locks.problems(ROOT)) == []


def test_a_good_workspace_has_no_problems(workspace: Path) -> None:
    assert list(locks.problems(workspace)) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("--index-url somewhere\n" + GOOD, "address of a package index"),
        (GOOD.replace("==0.1.0", " @ https://example.org/fastapi.whl"), "address of a package index"),
        (GOOD.replace("==", ">="), "not pinned"),
        (GOOD + "httpx==1.0\n", "no hash: httpx==1.0"),
        (GOOD.replace("0.1.0", "0.0.9"), "needs fastapi>=0.1"),
        (GOOD.replace("fastapi", "httpx"), "lacks fastapi>=0.1"),
    ],
)
def test_a_broken_promise_is_named(workspace: Path, content: str, fault: str) -> None:
    (workspace / "services" / "x" / "requirements.lock").write_text(content)
    found = list(locks.problems(workspace))
    assert any(each.startswith("services/x/requirements.lock: ") and fault in each for each in found)


def test_a_missing_lock_is_named(workspace: Path) -> None:
    (workspace / "services" / "x" / "requirements.lock").unlink()
    (workspace / locks.BUILD).unlink()
    (workspace / locks.NODE).unlink()
    found = "\n".join(locks.problems(workspace))
    assert "services/x/requirements.lock: missing" in found
    assert f"{locks.BUILD}: missing" in found
    assert f"{locks.NODE}: missing" in found


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            NODE.replace('"version"', '"resolved": "https://example.org/one.tgz", "version"'),
            "names an address",
        ),
        (NODE.replace('"integrity": "sha512-AA=="', '"dev": true'), "no hash: node_modules/one"),
        (NODE.replace('"1.0.0"}}', '"1.0.1"}}'), "does not fit package.json"),
        (NODE.replace('"version": "1.0.0"', '"version": "1.0.1"'), "not pinned: one 1.0.0"),
    ],
)
def test_a_broken_promise_of_the_node_lock_is_named(workspace: Path, content: str, fault: str) -> None:
    (workspace / locks.NODE).write_text(content)
    found = list(locks.problems(workspace))
    assert any(each.startswith(f"{locks.NODE}: ") and fault in each for each in found)


def test_the_environment_of_tests_has_exactly_the_locked_versions() -> None:
    from importlib.metadata import version  # noqa: PLC0415 -- only this test looks at the installation

    for pin in locks.requirements(ROOT / "requirements.lock"):
        if pin.marker is None or pin.marker.evaluate():
            assert pin.specifier.contains(version(pin.name), prereleases=True), pin
