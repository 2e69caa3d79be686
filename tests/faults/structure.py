"""What must hold of the rows of a store, whatever happened to it."""

from pachlite.pfs.api import PFS
from pachlite.store import lines
from pachlite.store.embedded import EmbeddedPFS


def check_structure(pfs: PFS) -> None:
    """Fail unless the database is sound, intervals tile, and every reference leads somewhere."""
    assert isinstance(pfs, EmbeddedPFS)
    q = pfs._engine.reader
    assert q.one("PRAGMA quick_check") == ("ok",)
    for (line,) in q.all("SELECT id FROM line"):
        assert lines.check_line(q, line) == []
    live = "SELECT cid FROM commits WHERE deleted IS NULL"
    inline = "SELECT chunk FROM inline_data"
    dangling = {
        "head": f"SELECT name FROM branch WHERE head NOT IN ({live})",
        "line": "SELECT cid FROM commits WHERE line NOT IN (SELECT id FROM line)",
        "chunk": "SELECT path FROM ent WHERE content > 0 AND content NOT IN (SELECT id FROM chunk)",
        "recipe": "SELECT path FROM ent WHERE content < 0 AND -content NOT IN "
        "(SELECT id FROM recipe)",
        "inline": f"SELECT id FROM chunk WHERE pack = 0 AND id NOT IN ({inline})",
        "pack": "SELECT id FROM chunk WHERE pack > 0 AND pack NOT IN (SELECT id FROM pack)",
    }
    for what, query in dangling.items():
        assert q.all(query) == [], what
