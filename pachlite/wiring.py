"""From configuration to a file system. The only place where implementations meet."""

from __future__ import annotations

from pachlite.config import StoreConfig
from pachlite.pfs.infos import StoreInfo
from pachlite.store.embedded import MAX_DIRECT_CHANGES, EmbeddedPFS
from pachlite.store.engine import Clock, now_us
from pachlite.store.format import open_directory, open_memory


def open_store(config: StoreConfig) -> EmbeddedPFS:
    """Open the store of a directory, making it if there is none; any number of processes may.

    Raises:
        StoreNotWritable: The directory cannot be made or written.
        NetworkFileSystem: Its locks could not be trusted.
        StoreTooNew: A later release has written it.
    """
    parts = open_directory(config.home, now_us)
    info = StoreInfo(str(config.home), parts.format.store_id)
    return EmbeddedPFS(parts, info, user=config.user, clock=now_us)


def open_memory_store(
    *, max_direct_changes: int = MAX_DIRECT_CHANGES, clock: Clock = now_us
) -> EmbeddedPFS:
    """Make a store that lives as long as it is open, for tests.

    A small `max_direct_changes` makes it stage what is small; `clock` says what time it is.
    """
    parts = open_memory(clock)
    info = StoreInfo("memory", parts.format.store_id)
    return EmbeddedPFS(parts, info, user="", clock=clock, max_direct_changes=max_direct_changes)
