"""What the tests share: a file system of every kind, and how long a test may look for trouble."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.wiring import open_memory_store, open_store

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("fast", max_examples=50, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("deep", max_examples=3000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("PACHLITE_HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(params=["memory", "disk"])
def pfs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PFS]:
    """An empty store, of every kind there is."""
    store = (
        open_memory_store()
        if request.param == "memory"
        else open_store(StoreConfig(tmp_path / "store"))
    )
    yield store
    store.close()
