"""What the tests share: a file system of every kind, and how long a test may look for trouble."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.pfs.permissions import CLUSTER
from pachlite.wiring import open_memory_store, open_store

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("fast", max_examples=50, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("deep", max_examples=3000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("PACHLITE_HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(params=["memory", "disk", "view"])
def pfs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PFS]:
    """An empty store, of every kind there is; one is the view of a user who owns all projects."""
    is_on_disk = request.param == "disk"
    store = open_store(StoreConfig(tmp_path / "store")) if is_on_disk else open_memory_store()
    if request.param == "view":
        store.activate_auth()
        store.set_roles(CLUSTER, "user:tester", ["projectOwner", "projectCreator"])
    yield store.acting_as("user:tester") if request.param == "view" else store
    store.close()
