"""Which code a model was learnt by: the release, and a digest of everything that the numerics consist of."""

import hashlib
from importlib import metadata, resources

from scoring_svc.modelling.fingerprint import of_inputs


def _release() -> str:
    try:
        return metadata.version("tonglu-scoring-svc")
    except metadata.PackageNotFoundError:
        return "0"


def _digest() -> str:
    told = hashlib.sha256()
    folder = resources.files("scoring_svc.modelling")
    for module in sorted(folder.iterdir(), key=lambda each: each.name):
        if module.name.endswith(".py"):
            told.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return told.hexdigest()


CODE_VERSION = _release()
CODE_HASH = _digest()
"""SHA-256 of the modules of `scoring_svc.modelling`: other code may say something else of the same facts."""
FEATURE_HASH = of_inputs()
