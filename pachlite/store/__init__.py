"""The embedded file system: the protocols of pfs on rows and packs."""
