"""The snapshots before two linters; their rules stand in `tools/node`, each exception with its reason."""

import sys
from concurrent.futures import ThreadPoolExecutor

from tools import npm
from tools.bootstrap import ROOT
from tools.contract.keeping import FOLDER

_FILES = [str(ROOT / FOLDER / f"{name}.json") for name in ("openapi", "asyncapi")]
_LINTERS = {
    "spectral": ["lint", "--ruleset", "spectral.yaml", "--fail-severity", "warn", "--quiet"],
    "redocly": ["lint", "--config", "redocly.yaml", "--format", "stylish"],
}


def lint() -> int:
    """Run both; say what they found. 0 when neither found anything."""
    npm.install()
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda name: npm.run(name, *_LINTERS[name], *_FILES, cwd=npm.FOLDER), _LINTERS)
    failed = [answer for answer in answers if answer.returncode != 0]
    for answer in failed:
        print(answer.stdout, answer.stderr, sep="\n", file=sys.stderr)
    return int(bool(failed))
