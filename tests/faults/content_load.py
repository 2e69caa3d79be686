"""A program that stores content in many threads and says what has been acknowledged.

Run as `python -m tests.faults.content_load HOME SEED`. It says `ready`, writes until it is killed,
and prints `NUMBER` on a line of its own when the file of that number is durable.
"""

import random
import sys
import threading
from pathlib import Path

from tests.content_store import ContentStore

THREADS = 6
SIZES = [0, 1, 200, 5_000, 16_384, 16_385, 60_000, 300_000, 4_300_000]
WEIGHTS = [1, 2, 9, 9, 4, 4, 4, 2, 0.3]
TABLE = (
    "CREATE TABLE IF NOT EXISTS file (number INTEGER PRIMARY KEY, content INTEGER, size INTEGER)"
)


def content_of(number):
    """Return what belongs under a number; some have content in common."""
    rng = random.Random(number // 2)
    return rng.randbytes(rng.choices(SIZES, WEIGHTS)[0])


def load(home, seed):
    store = ContentStore(home)
    store.run(lambda tx: tx.execute(TABLE))
    printing = threading.Lock()

    def work(worker):
        for number in range(seed * 1_000_000 + worker, (seed + 1) * 1_000_000, THREADS):
            blob = store.take(content_of(number), block=random.Random(number).randint(1_000, 10**6))

            def put(tx, number=number, blob=blob):
                row = (number, store.blobs.attach(tx, blob), blob.size)
                tx.execute("INSERT INTO file VALUES (?, ?, ?)", *row)

            store.run(put)
            with printing:
                print(number, flush=True)

    print("ready", flush=True)
    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    load(Path(sys.argv[1]), int(sys.argv[2]))
