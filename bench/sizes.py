"""How much is measured: enough to tell something, or just enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

KiB: Final = 1024
MiB: Final = 1024 * KiB
GiB: Final = 1024 * MiB


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a run works through.

    Attributes:
        pairs: How often pachlite and its peer are measured in turn.
        long_pairs: The same for what takes many seconds.
        commits: Commits per client and measurement; a single client does it as often.
        requests: Requests per measurement.
        moved_bytes: What HTTP carries in a measurement of large bodies.
        few_files, many_files: The repos that are compared.
    """

    pairs: int = 7
    long_pairs: int = 3
    start_pairs: int = 15
    tree_files: int = 20_000
    tree_file_bytes: int = 4 * KiB
    large_file_bytes: int = 2 * GiB
    commits: int = 100
    requests: int = 2000
    object_bytes: int = 64 * MiB
    moved_bytes: int = 256 * MiB
    listed_keys: int = 10_000
    few_files: int = 1000
    many_files: int = 1_000_000
    memory_bytes: int = GiB
    forwarded_bytes: int = GiB


FULL: Final = Sizes()
QUICK: Final = replace(
    FULL,
    pairs=3,
    long_pairs=2,
    start_pairs=5,
    tree_files=1000,
    large_file_bytes=64 * MiB,
    commits=20,
    requests=200,
    listed_keys=3000,
    moved_bytes=64 * MiB,
    many_files=20_000,
    memory_bytes=64 * MiB,
    forwarded_bytes=256 * MiB,
)
