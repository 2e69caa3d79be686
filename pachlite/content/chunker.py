"""Where a stream of bytes is cut into chunks. Pure: the same bytes are always cut the same way.

Up to 4 MiB are one chunk. Longer streams are cut by FastCDC, which looks at content only, so that
an edit changes the chunks around it and no others. The sizes are part of the format of a store.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

KiB: Final = 1024
MiB: Final = 1024 * KiB

MIN_CHUNK_BYTES: Final = 256 * KiB
AVERAGE_CHUNK_BYTES: Final = 1 * MiB
MAX_CHUNK_BYTES: Final = 4 * MiB
_WINDOW_BYTES: Final = 2 * MAX_CHUNK_BYTES

Block = bytes | bytearray | memoryview


class Chunker:
    """Cuts one stream. Memory: one window, whatever the sizes of the blocks.

    The chunks of a call must be used before the next call: the memory behind them is reused.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []  # the stream so far, while it may be a single chunk
        self._window: _Window | None = None
        self.size = 0

    def cut(self, block: Block) -> Iterator[memoryview]:
        """Take a block; yield the chunks that are complete. Must be iterated to its end."""
        self.size += len(block)
        if self._window is None and self.size <= MAX_CHUNK_BYTES:
            self._blocks.append(bytes(block))
            return
        if self._window is None:
            self._window = _Window()
            for earlier in self._blocks:
                yield from self._window.cut(memoryview(earlier))
            self._blocks.clear()
        yield from self._window.cut(memoryview(block))

    def take_single(self) -> bytes | None:
        """Return the whole stream if it is a single chunk or empty, else None."""
        if self._window is not None:
            return None
        return self._blocks[0] if len(self._blocks) == 1 else b"".join(self._blocks)

    def end(self) -> Iterator[memoryview]:
        """Yield the chunks that the end of the stream completes. Must be iterated to its end."""
        if self._window is not None:
            yield from self._window.end()


class _Window:
    """The part of the stream that FastCDC looks at."""

    def __init__(self) -> None:
        # Loading it takes longer than most commands run, and only large files need it.
        from pyfastcdc import FastCDC  # noqa: PLC0415

        self._cdc = FastCDC(
            AVERAGE_CHUNK_BYTES,
            min_size=MIN_CHUNK_BYTES,
            max_size=MAX_CHUNK_BYTES,
            normalized_chunking=1,
            seed=0,
        )
        self._memory = memoryview(bytearray(_WINDOW_BYTES))
        self._begin = 0
        self._end = 0

    def cut(self, block: memoryview) -> Iterator[memoryview]:
        while block:
            taken = block[: _WINDOW_BYTES - self._end]
            block = block[len(taken) :]
            self._memory[self._end : self._end + len(taken)] = taken
            self._end += len(taken)
            if self._end == _WINDOW_BYTES:
                # A cut depends on the next MAX_CHUNK_BYTES only, so it is final with as many.
                yield from self._cut_while(MAX_CHUNK_BYTES)
                self._move_to_front()

    def end(self) -> Iterator[memoryview]:
        yield from self._cut_while(1)

    def _cut_while(self, available: int) -> Iterator[memoryview]:
        while self._end - self._begin >= available:
            rest = self._memory[self._begin : self._end]
            length = next(iter(self._cdc.cut_buf(rest))).length
            self._begin += length
            yield rest[:length]

    def _move_to_front(self) -> None:
        left = self._end - self._begin
        self._memory[:left] = self._memory[self._begin : self._end]
        self._begin, self._end = 0, left
