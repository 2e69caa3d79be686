"""Content-addressed bytes: how a stream is cut, hashed, stored once and put together again."""
