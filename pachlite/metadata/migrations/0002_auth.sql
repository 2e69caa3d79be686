-- Whether callers are asked who they are. One row, read with every request.

CREATE TABLE auth (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    is_active  INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,  -- grows whenever what somebody may do may have changed
    server_key BLOB NOT NULL DEFAULT x''    -- the secrets of S3 keys are derived from it
) STRICT;
INSERT INTO auth (id) VALUES (1);
CREATE INDEX s3_key_subject ON s3_key (subject);
