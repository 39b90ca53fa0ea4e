"""The encoding of folder names in IMAP: modified UTF-7 (RFC 3501 §5.1.3)."""

from __future__ import annotations

import base64
import re


def encode(name: str) -> str:
    """Return `name` encoded for IMAP.

    >>> encode("Đơn vị & phòng")
    '&ARABoQ-n v&Hss- &- ph&API-ng'
    """
    return re.sub(r"[^\x20-\x7e]+", _shifted, name.replace("&", "&-"))


def decode(name: str) -> str:
    """Return the folder name that IMAP encodes as `name`.

    >>> decode("&ARABoQ-n v&Hss- &- ph&API-ng")
    'Đơn vị & phòng'
    """
    return re.sub(r"&([^-]*)-", _unshifted, name)


def _shifted(match: re.Match[str]) -> str:
    raw = base64.b64encode(match.group().encode("utf-16-be")).rstrip(b"=")
    return f"&{raw.replace(b'/', b',').decode()}-"


def _unshifted(match: re.Match[str]) -> str:
    raw = match.group(1).replace(",", "/")
    if not raw:
        return "&"
    return base64.b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-16-be")
