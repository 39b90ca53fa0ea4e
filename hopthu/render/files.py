"""A file as it will be on a server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """Content, mode and owner of one file; `secret` content is never printed or diffed."""

    content: bytes
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    secret: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal, as `sha256sum` prints it."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def text(cls, content: str, mode: int = 0o644, group: str = "root") -> File:
        """Return a file of UTF-8 text."""
        return cls(content.encode(), mode=mode, group=group)


Files = Mapping[str, File]
