"""What timers of this host do with copies: make, try or remove them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping

from hopthu.remote.host.backup import Result, directory, ended, last, mail, records, result
from hopthu.remote.host.drill import drill, rebuild
from hopthu.remote.host.files import write
from hopthu.remote.host.prune import prune
from hopthu.remote.host.state import FAILURES

_WORK: Mapping[str, Callable[..., Result]] = {
    "mail": mail, "directory": directory, "records": records, "drill": drill, "rebuild": rebuild,
    "prune": prune,
}  # fmt: skip


def main() -> None:
    """Do what the first argument names with the others, and keep how it ended."""
    os.umask(0o077)
    # Who ends a run that takes too long must not keep what it has unpacked.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    kind = sys.argv[1]
    good = last(kind)["good"]
    try:
        done = _WORK[kind](*sys.argv[2:])
    except (*FAILURES, SystemExit) as error:
        done = ended({}, [str(error)])
    done["good"] = good if done["failed"] else time.time()
    write(result(kind), json.dumps(done))
    sys.exit("; ".join(done["failed"]) or 0)
