"""What the launcher is told from outside."""

from pathlib import Path

import pytest

from tonglu_local.options import OptionError, Options


@pytest.mark.parametrize(("given", "accepted"), [(None, True), ("", True), ("TRUE", True), ("false", False)])
def test_keys_for_trying_out_are_accepted_unless_told_otherwise(
    given: str | None, accepted: bool, tmp_path: Path
) -> None:
    told = {} if given is None else {"TONGLU_ALLOW_TEST_KEYS": given}
    assert Options.of({"TONGLU_STATE_DIR": str(tmp_path), **told}).allow_test_keys is accepted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TONGLU_ALLOW_TEST_KEYS", "maybe"),
        ("TONGLU_PORT", "0"),
        ("TONGLU_PORT", "many"),
        ("TONGLU_METRICS_PORT", "65536"),
        ("TONGLU_LOG_LEVEL", "LOUD"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=name):
        Options.of({"TONGLU_STATE_DIR": str(tmp_path), name: value})


def test_no_mail_server_is_taken_from_what_others_set(tmp_path: Path) -> None:
    told = {"TONGLU_STATE_DIR": str(tmp_path), "SMTP_URL": "smtp://somewhere:25"}
    assert Options.of(told).smtp_url == ""
    assert Options.of({**told, "TONGLU_SMTP_URL": "smtp://mine:25"}).smtp_url == "smtp://mine:25"
