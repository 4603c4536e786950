"""The snapshots: what is stale is said, and what broke stops them unless it is named."""

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.contract.test_breaks import document, told
from tools.contract import keeping

Documents = dict[str, dict[str, Any]]


@pytest.fixture
def documents() -> Documents:
    return {"openapi": document(), "asyncapi": told()}


def broken(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    del changed["openapi"]["paths"]["/v1/things/{thing_id}"]["post"]["responses"]["404"]
    return changed


def committed(root: Path) -> None:
    name = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*name, "commit", "-qm", "snapshot"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S603, S607


def test_a_fresh_snapshot_is_in_order(tmp_path: Path, documents: Documents) -> None:
    assert keeping.check(documents, tmp_path) == 1
    assert keeping.snapshot(documents, tmp_path) == 0
    assert keeping.check(documents, tmp_path) == 0
    assert (tmp_path / "docs/api/openapi.json").read_text().endswith("}\n")


def test_what_is_missing_in_the_snapshot_is_named(
    tmp_path: Path, documents: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    keeping.snapshot(documents, tmp_path)
    documents["openapi"]["paths"]["/v1/more"] = documents["openapi"]["paths"]["/v1/things/{thing_id}"]
    assert keeping.check(documents, tmp_path) == 1
    said = capsys.readouterr().err
    assert "docs/api/openapi.json is not what the code makes: run make snapshot" in said
    assert "missing in the snapshot: POST /v1/more" in said
    assert keeping.snapshot(documents, tmp_path) == 0


def test_a_break_stops_the_snapshot_until_it_is_named(
    tmp_path: Path, documents: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    keeping.snapshot(documents, tmp_path)
    before = (tmp_path / "docs/api/openapi.json").read_bytes()
    assert keeping.snapshot(broken(documents), tmp_path) == 1
    assert (tmp_path / "docs/api/openapi.json").read_bytes() == before
    line = "| `POST /v1/things/{thing_id}: 404 is gone` | why |"
    assert line in capsys.readouterr().err
    (tmp_path / "docs/api/breaks.md").write_text(f"| what | why |\n|---|---|\n{line}\n")
    assert keeping.snapshot(broken(documents), tmp_path) == 0
    assert keeping.check(broken(documents), tmp_path) == 0


def test_a_break_is_not_hidden_by_a_snapshot_that_was_written_by_hand(
    tmp_path: Path, documents: Documents
) -> None:
    keeping.snapshot(documents, tmp_path)
    committed(tmp_path)
    for name, changed in broken(documents).items():
        (tmp_path / f"docs/api/{name}.json").write_text(keeping.text(changed))
    assert keeping.check(broken(documents), tmp_path) == 1


def test_another_version_may_break_what_it_likes(tmp_path: Path, documents: Documents) -> None:
    keeping.snapshot(documents, tmp_path)
    committed(tmp_path)
    changed = broken(documents)
    for each in changed.values():
        each["info"] = {"version": "2"}
    assert keeping.snapshot(changed, tmp_path) == 0
    assert keeping.check(changed, tmp_path) == 0


def test_a_snapshot_with_the_marks_of_a_merge_is_written_anew(tmp_path: Path, documents: Documents) -> None:
    keeping.snapshot(documents, tmp_path)
    committed(tmp_path)
    (tmp_path / "docs/api/openapi.json").write_text("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n")
    assert keeping.check(documents, tmp_path) == 1
    assert keeping.snapshot(broken(documents), tmp_path) == 1
    assert keeping.snapshot(documents, tmp_path) == 0
    assert keeping.check(documents, tmp_path) == 0


def test_an_entry_can_stand_for_many_breaks() -> None:
    meant = keeping.deliberate(
        "| what | why |\n|---|---|\n| `GET /v1/x/{id}: 200 *[].a is gone` | never shown |\n"
    )
    assert keeping.unnamed(
        ["GET /v1/x/{id}: 200 data[].a is gone", "GET /v1/x/{id}: 200 b is gone"], meant
    ) == ["GET /v1/x/{id}: 200 b is gone"]
