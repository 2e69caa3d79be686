"""Lines: what every path holds at every commit, kept as intervals. They know no reference.

A line is an append-only run of commits. `(line, seq)` is a `Snapshot`: what is visible there never
changes once the commit is finished. `ent` has the row of each path at the tip of a line, `hist` the
rows that held during [seq, to_seq). A line made on top of a snapshot of another shows the rows of
that one wherever it has none of its own, through `(parent, fork)`. Its history goes on at
`(vparent, vfork)`, also when flattening has copied rows down and taken the line to another parent.

All SQL over `ent`, `hist` and `hidden` is in the modules `line_*`; they are used through this one.
"""

from pachlite.store.line_check import check_line
from pachlite.store.line_flatten import flatten, flatten_plan
from pachlite.store.line_hidden import hide, is_hidden
from pachlite.store.line_kept import kept_commit, version_commit
from pachlite.store.line_reads import (
    ancestry,
    changed,
    find,
    get,
    just_after,
    read_chain,
    scan,
    scan_columns,
    seek,
)
from pachlite.store.line_restore import delete_version
from pachlite.store.line_skim import Span, skim
from pachlite.store.line_stages import (
    FIRST_SEQ,
    count_stage,
    discard_stage,
    publish_stage,
    stage,
    stage_many,
)
from pachlite.store.line_upkeep import erase, last_kept, prune, undo
from pachlite.store.line_values import (
    DELETED,
    FILE,
    LIVE,
    NOWHERE,
    STAGING,
    Row,
    Snapshot,
    Value,
    VersionRow,
)
from pachlite.store.line_versions import find_version, versions
from pachlite.store.line_writes import Line, create_line, load_line, write

__all__ = [
    "DELETED",
    "FILE",
    "FIRST_SEQ",
    "LIVE",
    "NOWHERE",
    "STAGING",
    "Line",
    "Row",
    "Snapshot",
    "Span",
    "Value",
    "VersionRow",
    "ancestry",
    "changed",
    "check_line",
    "count_stage",
    "create_line",
    "delete_version",
    "discard_stage",
    "erase",
    "find",
    "find_version",
    "flatten",
    "flatten_plan",
    "get",
    "hide",
    "is_hidden",
    "just_after",
    "kept_commit",
    "last_kept",
    "load_line",
    "prune",
    "publish_stage",
    "read_chain",
    "scan",
    "scan_columns",
    "seek",
    "skim",
    "stage",
    "stage_many",
    "undo",
    "version_commit",
    "versions",
    "write",
]
