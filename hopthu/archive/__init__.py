"""Closed mailboxes in the archive: what is due for it, and what is read back from it."""
