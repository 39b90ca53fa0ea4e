"""What timers of this host do with copies: make them, and try whether they restore."""

from __future__ import annotations

import os
import sys

from hopthu.remote.host.backup import directory, mail
from hopthu.remote.host.drill import drill
from hopthu.remote.host.state import FAILURES

_WORK = {"mail": mail, "directory": directory, "drill": drill}


def main() -> None:
    """Do what the argument names."""
    os.umask(0o077)
    try:
        _WORK[sys.argv[1]]()
    except FAILURES as error:
        sys.exit(str(error))
