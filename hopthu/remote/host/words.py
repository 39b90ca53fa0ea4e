"""Words of a baseline: any bytes as printable ASCII without a space."""

from __future__ import annotations

import hashlib
import os
import re

_UNUSUAL = re.compile(rb"[^!-\[\]-~]")


def word(text: str) -> str:
    """Return a text as one word, its other bytes as a backslash and three octal digits."""
    raw = os.fsencode(text)
    return _UNUSUAL.sub(lambda found: b"\\%03o" % found[0][0], raw).decode("ascii")


def digest(line: str) -> str:
    """Return the SHA-256 of a line, its end included."""
    return hashlib.sha256(os.fsencode(f"{line}\n")).hexdigest()
