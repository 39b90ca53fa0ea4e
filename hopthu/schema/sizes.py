"""The formats of sizes in the policy, such as `2 GiB`."""

from __future__ import annotations

import re

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message

_SIZE = re.compile(r"([1-9][0-9]{0,6}) (KiB|MiB|GiB|TiB)\Z")
_QUOTA = ("10 MiB", "10 TiB")
# Scanners cannot handle larger messages once they are unpacked; smaller limits allow no letter.
_MESSAGE = ("1 MiB", "200 MiB")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def size(text: str) -> int:
    """Return the bytes of a valid size such as `2 GiB`."""
    number, unit = text.split(" ")
    return int(number) * _UNITS[unit]


def _size_text(text: str, least: str, most: str) -> Fault:
    """Check a number with a binary unit, between two sizes."""
    if not _SIZE.match(text):
        return Message("{text} is not a size", text=shown(text)), Message(
            "write it as in: 2 GiB (or KiB, MiB, TiB)"
        )
    if size(least) <= size(text) <= size(most):
        return None
    return Message("{text} is out of range", text=shown(text)), Message(
        "write a size from {least} to {most}", least=least, most=most
    )


def quota(text: str) -> Fault:
    """Check the quota of a mailbox."""
    return _size_text(text, *_QUOTA)


def message_size(text: str) -> Fault:
    """Check the size of a message, or of a part of one."""
    return _size_text(text, *_MESSAGE)
