"""What the numerics' own tests invent."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring_svc.modelling.facts import Facts

_MODELLING = Path(__file__).parents[1] / "modelling" / "conftest.py"


@pytest.fixture(scope="session")
def invent() -> Callable[[int, int], Facts]:
    """As in the tests of `modelling`."""
    spec = importlib.util.spec_from_file_location("modelling_worlds", _MODELLING)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._invent
