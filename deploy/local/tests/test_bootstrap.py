"""How a bare machine is set up, as far as it can be told without another machine."""

import os
from pathlib import Path

import pytest
from tools import bootstrap


@pytest.fixture
def pip_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pip's only configuration file in this test."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    file = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    return file


def test_uv_looks_where_pip_is_told_to_look(pip_configuration: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    pip_configuration.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n"
        f"extra-index-url = https://b.example/s file://{tmp_path}/wheels file://{tmp_path}/absent\n"
        f"find-links = {tmp_path}/wheels\ntimeout = 60\n[install]\ntrusted-host = mirror.example\n"
    )
    settings = bootstrap.index_settings({"HOME": str(tmp_path)})
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert settings["UV_INDEX"] == f"https://b.example/s file://{tmp_path}/wheels"
    assert settings["UV_FIND_LINKS"] == f"{tmp_path}/wheels"
    assert settings["UV_INSECURE_HOST"] == "mirror.example"
    assert settings["UV_HTTP_TIMEOUT"] == "60"


def test_pips_environment_wins_over_its_files(
    pip_configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_configuration.write_text("[global]\nindex-url = https://file.example/simple\n")
    monkeypatch.setenv("PIP_INDEX_URL", "https://environment.example/simple")
    settings = bootstrap.index_settings({"HOME": str(tmp_path)})
    assert settings["UV_DEFAULT_INDEX"] == "https://environment.example/simple"


def test_what_is_said_to_uv_itself_is_not_overruled(pip_configuration: Path, tmp_path: Path) -> None:
    pip_configuration.write_text("[global]\nindex-url = https://file.example/simple\n")
    environment = {"HOME": str(tmp_path), "UV_DEFAULT_INDEX": "https://mine.example/simple"}
    assert "UV_DEFAULT_INDEX" not in bootstrap.index_settings(environment)


def test_plain_defaults_name_no_index_and_download_no_python(
    pip_configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # which stands for no configuration at all
    settings = bootstrap.index_settings({"HOME": str(tmp_path)})
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_CACHE"} & settings.keys()
    assert settings["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "/nonexistent"}])
def test_without_a_home_nothing_is_cached(pip_configuration: Path, home: dict[str, str]) -> None:
    assert bootstrap.index_settings(home)["UV_NO_CACHE"] == "1"
