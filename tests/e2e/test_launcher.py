"""Starting and stopping as a person does it, and the one sentence when it cannot be done."""

import asyncio
import os
import re
import signal
import socket
import stat
from pathlib import Path

import pytest
from tests.e2e.launcher import Launcher, signed_in


def refusal(launcher: Launcher) -> str:
    """What a launcher says that does not start; it must be one sentence and exit code 2."""
    launcher.start()
    assert launcher.process.wait(60) == 2, launcher.said
    said = launcher.said.strip()
    assert said.startswith("tonglu: ")
    assert "\n" not in said
    return said


async def gone(server: int) -> None:
    """The kernel ends a server whose launcher has died; it needs a moment to write everything down."""
    for _ in range(100):
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the database server is still there")


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_until_it_is_told_to_stop(launcher: Launcher, sign: signal.Signals) -> None:
    launcher.start(password=None)
    await launcher.ready()
    shown = re.search(r"account admin, password (\S+)", launcher.said)
    assert shown, launcher.said
    await (await signed_in(launcher, password=shown[1])).aclose()
    server = int((launcher.state_dir / "postgres/data/postmaster.pid").read_text().splitlines()[0])
    launcher.process.send_signal(sign)
    assert launcher.process.wait(30) in {0, 130}
    assert "Traceback" not in launcher.said
    await gone(server)


@pytest.mark.slow
async def test_a_made_password_is_shown_once_and_stays_valid(launcher: Launcher) -> None:
    launcher.start(password=None)
    await launcher.ready()
    shown = re.findall(r"account admin, password (\S+)", launcher.said)
    assert launcher.interrupt() in {0, 130}
    launcher.start(password=None)
    await launcher.ready()
    assert launcher.said.count("account admin, password") == 1
    await (await signed_in(launcher, password=shown[0])).aclose()


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True])
async def test_an_interrupt_while_it_still_starts_leaves_nothing_behind(
    launcher: Launcher, behind: bool
) -> None:
    launcher.start(behind=behind)
    pid_file = launcher.state_dir / "postgres/data/postmaster.pid"
    while not pid_file.exists() or not pid_file.read_text().endswith("\n"):
        assert launcher.process.poll() is None, launcher.said
    server = int(pid_file.read_text().splitlines()[0])
    assert launcher.interrupt() in {0, 130}
    assert "Traceback" not in launcher.said
    await gone(server)


@pytest.mark.slow
def test_a_port_in_use_is_said_in_one_sentence(launcher: Launcher) -> None:
    with socket.create_server(("127.0.0.1", launcher.port)):
        said = refusal(launcher)
    assert str(launcher.port) in said
    assert "TONGLU_PORT" in said
    assert not launcher.state_dir.exists()


@pytest.mark.slow
async def test_a_second_launcher_on_the_same_folder_is_said_in_one_sentence(launcher: Launcher) -> None:
    launcher.start()
    await launcher.ready()
    second = Launcher(launcher.state_dir)
    second.log = launcher.state_dir.with_suffix(".second.log")
    assert "TONGLU_STATE_DIR" in refusal(second)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    launcher = Launcher(tmp_path / "taken" / "state")
    launcher.log = tmp_path / "launcher.log"
    assert str(launcher.state_dir) in refusal(launcher)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"), [("TONGLU_PORT", "eighty"), ("TONGLU_PORT", "0"), ("TONGLU_LOG_LEVEL", "loud")]
)
def test_a_wrong_setting_is_said_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    assert name in refusal(Launcher(tmp_path / "state", {name: value}))


@pytest.mark.slow
async def test_what_is_kept_secret_is_for_this_account_only(launcher: Launcher) -> None:
    launcher.start()
    await launcher.ready()
    for name in ("keys.json", "postgres/password"):
        assert stat.S_IMODE((launcher.state_dir / name).stat().st_mode) == 0o600
