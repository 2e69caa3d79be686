"""The schema, as numbered SQL files, applied in order; each is immutable once released."""
