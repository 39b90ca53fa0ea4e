"""Keep this process out of core dumps, and its memory from other programs of the same user."""

from __future__ import annotations

import ctypes
import os
import resource

from hopthu.errors import HopthuError
from hopthu.i18n.message import Message

_PR_SET_DUMPABLE = 4


def conceal() -> None:
    """Forbid core dumps, and reading the memory of this process (prctl(2), setrlimit(2)).

    Raises `HopthuError` if the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise HopthuError(
            Message("cannot keep passwords out of a core dump: {reason}", reason=reason)
        )
