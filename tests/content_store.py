"""A store of content alone, for tests: put bytes, get them back."""

import itertools

from pachlite.content.blobs import Blobs
from pachlite.metadata.migrate import migrate
from pachlite.metadata.sqlite import SqliteDatabase
from pachlite.objects.local import LocalObjects
from pachlite.objects.memory import MemoryObjects
from pachlite.pfs.infos import EtagKind
from pachlite.store.writer import GroupWriter


class ContentStore:
    """Database, packs, blobs and writer, in a directory or, without one, in memory."""

    def __init__(self, home=None, **local_options):
        self.database = SqliteDatabase.open(home) if home else SqliteDatabase.in_memory()
        migrate(self.database, where="here")
        self.objects = LocalObjects(home / "packs", **local_options) if home else MemoryObjects()
        ticks = itertools.count(1)
        self.blobs = Blobs(self.database, self.objects, self.run, lambda: next(ticks))
        self.writer = GroupWriter(self.database, self.blobs)

    def run(self, mutation):
        return self.writer.run(mutation)

    def take(self, data, *, block=1 << 20, kind=EtagKind.MD5):
        writer = self.blobs.open_writer(kind)
        try:
            for at in range(0, len(data), block):
                writer.write(data[at : at + block])
            return writer.finish()
        finally:
            writer.abort()

    def attach(self, blob):
        return self.run(lambda tx: self.blobs.attach(tx, blob))

    def put(self, data, **options):
        return self.attach(self.take(data, **options))

    def blocks(self, content, offset, length):
        return list(self.blobs.read(self.database.reader, content, offset, length))

    def get(self, content, length, offset=0):
        return b"".join(self.blocks(content, offset, length))

    def count(self, table):
        return self.database.reader.one(f"SELECT count(*) FROM {table}")[0]

    def stored_bytes(self):
        return sum(self.objects.size(key) for key in self.objects.keys())  # noqa: SIM118

    def close(self):
        self.writer.close()
        self.blobs.close()
        self.objects.close()
        self.database.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
