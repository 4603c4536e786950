"""What the settings of signing in elsewhere must be like; a wrong one is named at the start."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from shared.settings import SettingsMissing

GOOD = {
    "oidc_issuer": "https://id.example.com/realms/us",
    "oidc_client_id": "tonglu",
    "oidc_redirect_url": "https://crm.example.com/v1/auth/oidc/callback",
}


def loaded(**given: Any) -> Settings:
    found: Settings = Settings.load(database_url="postgresql://u@h/x", data_key="k", **given)
    return found


def test_without_an_issuer_nothing_is_needed() -> None:
    assert loaded().oidc_issuer is None
    assert (
        loaded(oidc_issuer="", oidc_client_id="", oidc_client_secret="", oidc_redirect_url="").oidc_issuer
        is None
    )


def test_an_issuer_and_what_it_knows_us_by_are_enough() -> None:
    settings = loaded(**GOOD, oidc_algorithms=" ES256  RS256 ", oidc_roles="sales service")
    assert settings.oidc_algorithms == "ES256 RS256"
    assert (settings.oidc_link, settings.oidc_create) == ("subject", False)


def test_a_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    secret = loaded(**GOOD).oidc_client_secret
    assert secret is not None
    assert secret.get_secret_value() == "hush"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"oidc_client_id": None}, "OIDC_CLIENT_ID"),
        ({"oidc_redirect_url": ""}, "OIDC_REDIRECT_URL"),
        ({"oidc_issuer": "http://id.example.com"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "id.example.com"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "https://user:secret@id.example.com"}, "OIDC_ISSUER"),
        ({"oidc_redirect_url": "http://crm.example.com/"}, "OIDC_REDIRECT_URL"),
        ({"oidc_redirect_url": "https://crm.example.com/#x"}, "OIDC_REDIRECT_URL"),
        ({"oidc_scopes": "email"}, "OIDC_SCOPES"),
        ({"oidc_algorithms": "RS256 HS256"}, "OIDC_ALGORITHMS"),
        ({"oidc_algorithms": "none"}, "OIDC_ALGORITHMS"),
        ({"oidc_algorithms": ""}, "OIDC_ALGORITHMS"),
        ({"oidc_link": "name"}, "OIDC_LINK"),
        ({"oidc_roles": "admin"}, "OIDC_ROLES"),
        ({"oidc_roles": "king"}, "OIDC_ROLES"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(change: dict[str, Any], name: str) -> None:
    with pytest.raises(SettingsMissing) as refused:
        loaded(**{**GOOD, **change})
    lines = str(refused.value).splitlines()[1:]
    assert [line.strip().partition(":")[0] for line in lines] == [name]
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_http_will_do(host: str) -> None:
    assert loaded(**{**GOOD, "oidc_issuer": f"http://{host}:8080"}).oidc_issuer
