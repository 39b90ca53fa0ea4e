"""The processes of a host, by the files that they have open."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from contextlib import suppress


def holding(is_meant: Callable[[str], bool], kinds: str = "fd/*") -> set[int]:
    """Return the processes with an open file whose path `is_meant`; `cwd` are their folders."""
    found = set()
    for link in glob.glob(f"/proc/[0-9]*/{kinds}"):  # noqa: PTH207
        with suppress(OSError):  # it has ended
            if is_meant(os.readlink(link)):  # noqa: PTH115
                found.add(int(link.split("/")[2]))
    return found
