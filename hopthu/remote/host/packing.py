"""Long texts in the answers of hosts: 60,000 entries are 40 MB, and 2 MB compressed."""

from __future__ import annotations

import base64
import gzip


def packed(text: str) -> str:
    """Return a text compressed, in ASCII."""
    raw = gzip.compress(text.encode("utf-8", "surrogateescape"), 1, mtime=0)
    return base64.b64encode(raw).decode()


def unpacked(text: str) -> str:
    """Return the text that was packed."""
    return gzip.decompress(base64.b64decode(text)).decode("utf-8", "surrogateescape")
