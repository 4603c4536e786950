"""The Python client: openapi-python-client in an environment of its own, in which the client runs, too."""

from pathlib import Path

from tools.building import built
from tools.environment import Environment, run
from tools.sdk.places import BUILT, DOCUMENT, HERE

ENVIRONMENT = Environment(HERE, BUILT / "python-env")
_CONFIG = HERE / "python.yaml"


def build() -> Path:
    """`build/sdk/python`, an installable package; its environment has what the client needs to run."""
    ENVIRONMENT.made()
    return built(BUILT / "python", [DOCUMENT, ENVIRONMENT.lock, _CONFIG], _generate)


def _generate(folder: Path) -> None:
    where = ["--path", str(DOCUMENT), "--output-path", str(folder), "--overwrite", "--config", str(_CONFIG)]
    run([ENVIRONMENT.program("openapi-python-client"), "generate", *where, "--fail-on-warning"])
