"""Parts that fail on demand."""

import errno
import os

from pachlite.objects.disk import Disk


class FailingDisk(Disk):
    """A disk on which things go wrong while they are told to.

    Attributes:
        room_bytes: How much more can be written; None for no limit.
        sync_error: The errno of every sync of data; None for none.
        is_stuttering: Whether each call writes two bytes at most.
    """

    def __init__(self):
        self.room_bytes = None
        self.sync_error = None
        self.is_stuttering = False
        self.syncs = 0

    def write_some(self, descriptor, blocks):
        limits = [2] if self.is_stuttering else []
        if self.room_bytes is not None:
            limits.append(self.room_bytes)
        if not limits:
            return super().write_some(descriptor, blocks)
        written = os.write(descriptor, b"".join(blocks)[: min(limits)])
        if self.room_bytes is not None:
            if not written:
                raise OSError(errno.ENOSPC, "no space left on device")
            self.room_bytes -= written
        return written

    def sync_data(self, descriptor):
        self.syncs += 1
        if self.sync_error is not None:
            raise OSError(self.sync_error, os.strerror(self.sync_error))
        super().sync_data(descriptor)
