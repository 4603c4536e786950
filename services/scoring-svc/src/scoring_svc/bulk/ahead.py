"""Features found while a model is learnt: the one needs DuckDB, the other numpy, and neither waits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from scoring_svc.bulk.base import Base
from scoring_svc.bulk.chunks import Engine


@contextmanager
def features_ahead(base: Base, engine: Engine) -> Iterator[None]:
    """Have the engine find and keep the features of all buckets meanwhile; nobody else may use the base."""
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(_find, base, engine)
        yield
        found.result()


def _find(base: Base, engine: Engine) -> None:
    for bucket in range(base.buckets):
        engine.features(base, bucket)
