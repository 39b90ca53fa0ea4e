"""Answer one call: the function, its arguments, and its result are JSON."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys

from hopthu.remote.host.state import FAILURES


def main() -> None:
    """Read a line `[MODULE, FUNCTION, ARGUMENTS, OPTIONS]` from stdin and print the result.

    A failure is one reason on stderr and exit code 1. What stdin has behind the line is the
    function's own.
    """
    os.umask(0o077)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what was started is finished
    try:
        module, name, arguments, options = json.loads(sys.stdin.buffer.readline())
        function = getattr(importlib.import_module(f"hopthu.remote.host.{module}"), name)
        result = json.dumps(function(*arguments, **options))
    except FAILURES as error:
        sys.exit(str(error))
    except Exception as error:
        raise SystemExit(" ".join(f"{type(error).__name__}: {error}".split())) from error
    sys.stdout.write(f"{result}\n")
