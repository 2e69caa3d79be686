-- The whole schema of a store. What the tables mean, and which rules hold between their rows, is in
-- docs/design.md. Times are microseconds since 1970 UTC. Ids of commits and uploads are what users see.

CREATE TABLE format (              -- store id, format version, chunker parameters; see store/format.py
    k TEXT PRIMARY KEY,
    v TEXT NOT NULL
) STRICT;

-- Nouns ---------------------------------------------------------------------------------------

CREATE TABLE project (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    creator     TEXT NOT NULL DEFAULT '',
    created     INTEGER NOT NULL
) STRICT;

CREATE TABLE repo (
    id          INTEGER PRIMARY KEY,
    project     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL DEFAULT 'user',
    description TEXT NOT NULL DEFAULT '',
    creator     TEXT NOT NULL DEFAULT '',
    created     INTEGER NOT NULL,
    deleted     INTEGER            -- when; the rows go 30 days later
) STRICT;
CREATE UNIQUE INDEX repo_name ON repo (project, name, type) WHERE deleted IS NULL;

CREATE TABLE branch (
    id      INTEGER PRIMARY KEY,
    repo    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    head    INTEGER NOT NULL,      -- commits.cid; an open commit is the head too
    alias   TEXT NOT NULL DEFAULT '',
    creator TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    UNIQUE (repo, name)
) STRICT;
CREATE INDEX branch_head ON branch (head);

CREATE TABLE branch_provenance (
    branch   INTEGER NOT NULL,
    upstream INTEGER NOT NULL,
    PRIMARY KEY (branch, upstream)
) STRICT, WITHOUT ROWID;
CREATE INDEX branch_provenance_upstream ON branch_provenance (upstream);

CREATE TABLE commit_provenance (
    cid      INTEGER NOT NULL,
    upstream INTEGER NOT NULL,
    PRIMARY KEY (cid, upstream)
) STRICT, WITHOUT ROWID;
CREATE INDEX commit_provenance_upstream ON commit_provenance (upstream);

CREATE TABLE branch_trigger (
    branch  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,         -- branch name in the same repo
    is_all  INTEGER NOT NULL DEFAULT 0,
    size    TEXT NOT NULL DEFAULT '',
    commits INTEGER NOT NULL DEFAULT 0,
    cron    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE tag (
    repo    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    cid     INTEGER NOT NULL,
    creator TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    PRIMARY KEY (repo, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE line (                -- an append-only run of commits; (line, seq) is a snapshot
    id       INTEGER PRIMARY KEY,
    repo     INTEGER NOT NULL,
    parent   INTEGER,              -- reads continue at (parent, fork); NULL for a root or flattened line
    fork     INTEGER,
    vparent  INTEGER,              -- ancestry and version listing continue at (vparent, vfork)
    vfork    INTEGER,
    tip      INTEGER NOT NULL,     -- the newest seq in use
    next_seq INTEGER NOT NULL,     -- never goes back
    state    INTEGER NOT NULL DEFAULT 0,  -- 0 live, 1 staging
    flatten  TEXT,                 -- how far a flatten has come: the last path done
    created  INTEGER NOT NULL
) STRICT;
CREATE INDEX line_vparent ON line (vparent, vfork);
CREATE INDEX line_parent ON line (parent, fork);
CREATE INDEX line_repo ON line (repo);

CREATE TABLE commits (
    cid         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL,     -- 16 bytes; shared by all commits of a set
    repo        INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    branch      TEXT NOT NULL,     -- the branch it was made on
    origin      INTEGER NOT NULL,  -- 0 USER, 1 AUTO, 2 FSCK
    creator     TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    started     INTEGER NOT NULL,
    finished    INTEGER,           -- NULL while open
    error       TEXT NOT NULL DEFAULT '',
    files       INTEGER,           -- totals of the snapshot; NULL: not yet computed
    size        INTEGER,
    merged_from INTEGER,
    digest      BLOB,
    deleted     INTEGER            -- when squashed or dropped; the row goes 30 days later
) STRICT;
CREATE UNIQUE INDEX commits_id ON commits (id, repo);
CREATE UNIQUE INDEX commits_ls ON commits (line, seq);
CREATE UNIQUE INDEX commits_open ON commits (line) WHERE finished IS NULL AND deleted IS NULL;
CREATE INDEX commits_untotalled ON commits (line, seq) WHERE files IS NULL;
CREATE INDEX commits_deleted ON commits (deleted) WHERE deleted IS NOT NULL;
CREATE INDEX commits_time ON commits (repo, started);

-- Files ---------------------------------------------------------------------------------------
-- ent is what holds at the tip of a line, hist what held during [seq, to_seq). The columns from kind
-- on are the value; pachlite/store/lines.py is the only code that writes either table.

CREATE TABLE ent (
    line    INTEGER NOT NULL,
    path    TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    kind    INTEGER NOT NULL,      -- 0 deleted, 1 file
    size    INTEGER NOT NULL DEFAULT 0,
    mtime   INTEGER NOT NULL DEFAULT 0,
    etag    BLOB,                  -- 16 bytes of MD5
    nparts  INTEGER NOT NULL DEFAULT 0,   -- above 0: the ETag is shown with -N
    chash   BLOB,                  -- equal means equal content
    content INTEGER NOT NULL DEFAULT 0,   -- 0 empty, above 0 a chunk, below 0 a recipe
    meta    INTEGER NOT NULL DEFAULT 0,   -- 0 none
    vline   INTEGER,               -- where the version was made, when that is not (line, seq);
    vseq    INTEGER,               --   vline 0: nowhere, the path is as if it had never been
    sums    TEXT,                  -- verified checksums, JSON
    parts   BLOB,                  -- sizes and checksums of parts, JSON
    PRIMARY KEY (line, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX ent_delta ON ent (line, seq);

CREATE TABLE hist (
    line    INTEGER NOT NULL,
    path    TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    to_seq  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    size    INTEGER NOT NULL DEFAULT 0,
    mtime   INTEGER NOT NULL DEFAULT 0,
    etag    BLOB,
    nparts  INTEGER NOT NULL DEFAULT 0,
    chash   BLOB,
    content INTEGER NOT NULL DEFAULT 0,
    meta    INTEGER NOT NULL DEFAULT 0,
    vline   INTEGER,
    vseq    INTEGER,
    sums    TEXT,
    parts   BLOB,
    PRIMARY KEY (line, path, seq DESC)
) STRICT, WITHOUT ROWID;
CREATE INDEX hist_delta ON hist (line, seq);

CREATE TABLE hidden (              -- versions that were deleted by their id
    line  INTEGER NOT NULL,        -- hidden on this line and what continues it,
    path  TEXT NOT NULL,
    vline INTEGER NOT NULL,        -- the version made here
    vseq  INTEGER NOT NULL,
    since INTEGER NOT NULL,        -- from this seq on
    PRIMARY KEY (line, path, vline, vseq)
) STRICT, WITHOUT ROWID;

CREATE TABLE object_tag (          -- S3 object tags: they may change although the version cannot
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    seq  INTEGER NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (line, path, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (                -- content type, user headers, ...; interned
    id   INTEGER PRIMARY KEY,
    json TEXT NOT NULL UNIQUE
) STRICT;

-- Content -------------------------------------------------------------------------------------

CREATE TABLE chunk (
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL,           -- BLAKE3-256 of the plain bytes
    pack  INTEGER NOT NULL,        -- 0: the bytes are in inline_data
    off   INTEGER NOT NULL,        -- of the payload in the pack
    clen  INTEGER NOT NULL,        -- stored length
    ulen  INTEGER NOT NULL,        -- plain length
    codec INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL DEFAULT 0,  -- 0 live, 1 condemned
    epoch INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX chunk_pack ON chunk (pack, off);

CREATE TABLE inline_data (
    chunk INTEGER PRIMARY KEY,
    data  BLOB NOT NULL
) STRICT;

CREATE TABLE dd (                  -- finds a chunk by the first 8 bytes of its hash
    h64   INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (h64, chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipe (              -- up to 4096 pairs (content, length), signed 64-bit little-endian
    id    INTEGER PRIMARY KEY,
    ulen  INTEGER NOT NULL,
    data  BLOB NOT NULL
) STRICT;

CREATE TABLE pack (
    id       INTEGER PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE,
    state    INTEGER NOT NULL DEFAULT 0,  -- 0 being written, 1 sealed, 2 trash
    bytes    INTEGER NOT NULL DEFAULT 0,
    live     INTEGER NOT NULL DEFAULT 0,
    created  INTEGER NOT NULL,
    verified INTEGER,
    trash_at INTEGER
) STRICT;

-- Uploads -------------------------------------------------------------------------------------

CREATE TABLE upload (
    id            TEXT PRIMARY KEY,
    repo          INTEGER NOT NULL,
    branch        TEXT NOT NULL,
    path          TEXT NOT NULL,
    meta          INTEGER NOT NULL DEFAULT 0,
    tags          TEXT,
    sum_algorithm TEXT NOT NULL DEFAULT '',
    sum_type      TEXT NOT NULL DEFAULT '',
    owner         TEXT NOT NULL DEFAULT '',
    created       INTEGER NOT NULL,
    completed     INTEGER,         -- when; the result is kept for a day
    request       TEXT,            -- which parts were named, to recognise a repeated completion
    result        TEXT
) STRICT;
CREATE INDEX upload_path ON upload (repo, branch, path, created);

CREATE TABLE upload_part (
    upload  TEXT NOT NULL,
    n       INTEGER NOT NULL,
    etag    BLOB NOT NULL,
    size    INTEGER NOT NULL,
    content INTEGER NOT NULL,
    chash   BLOB,
    sums    TEXT,
    created INTEGER NOT NULL,
    PRIMARY KEY (upload, n)
) STRICT, WITHOUT ROWID;

-- Everything else -----------------------------------------------------------------------------

CREATE TABLE operation (           -- results by operation id, so that a retry answers the same
    id     TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    result TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_at ON operation (at);

CREATE TABLE reflog (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    repo   INTEGER NOT NULL,
    branch TEXT NOT NULL,
    old    INTEGER,
    new    INTEGER,
    op     TEXT NOT NULL,
    actor  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX reflog_branch ON reflog (repo, branch, id);

CREATE TABLE hold (                -- backups and readers that garbage collection must respect
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    cid     INTEGER,
    expires INTEGER
) STRICT;

CREATE TABLE txn (                 -- transactions of the command line: queued requests
    id       TEXT PRIMARY KEY,
    started  INTEGER NOT NULL,
    requests TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE annotation (          -- key-value metadata of nouns
    kind   TEXT NOT NULL,          -- cluster, project, repo, branch, commit
    target INTEGER NOT NULL,
    k      TEXT NOT NULL,
    v      TEXT NOT NULL,
    PRIMARY KEY (kind, target, k)
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket_config (       -- CORS rules, bucket tags: S3 documents kept per branch
    branch INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (branch, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    digest  BLOB PRIMARY KEY,      -- SHA-256; the token itself is not stored
    subject TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX token_subject ON token (subject);

CREATE TABLE s3_key (              -- the secret is derived from the server key, never stored
    access_key TEXT PRIMARY KEY,
    subject    TEXT NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
    kind    TEXT NOT NULL,         -- cluster, project, repo
    target  INTEGER NOT NULL,
    subject TEXT NOT NULL,
    role    TEXT NOT NULL,
    PRIMARY KEY (kind, target, subject, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    subject TEXT NOT NULL,
    op      TEXT NOT NULL,
    target  TEXT NOT NULL,
    detail  TEXT NOT NULL DEFAULT ''
) STRICT;
