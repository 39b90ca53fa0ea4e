"""What timers of this host do with copies: make them, and try whether they restore."""

from __future__ import annotations

import json
import os
import sys

from hopthu.remote.host.backup import Result, directory, mail, result
from hopthu.remote.host.drill import drill
from hopthu.remote.host.files import write
from hopthu.remote.host.state import FAILURES

_WORK = {"mail": mail, "directory": directory, "drill": drill}


def main() -> None:
    """Do what the argument names, and keep how it ended."""
    os.umask(0o077)
    kind = sys.argv[1]
    try:
        ended = _WORK[kind]()
    except FAILURES as error:
        ended = Result(snapshot="", failed=[str(error)], full=[])
    write(result(kind), json.dumps(ended))
    sys.exit("; ".join(ended["failed"]) or 0)
