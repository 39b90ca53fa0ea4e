"""Answer one call: the function, its arguments, and its result are JSON."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hopthu.remote.host.state import FAILURES

REFUSED = 1
"""The exit code of a call that failed, as `sys.exit` has it for a text."""


def answers(questions: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the results of several calls; each is a list like the line that `main` reads."""
    return [_answer(*each) for each in questions]


def _answer(
    module: str, name: str, arguments: Sequence[object], options: Mapping[str, object]
) -> object:
    function = getattr(importlib.import_module(f"hopthu.remote.host.{module}"), name)
    return function(*arguments, **options)


def main() -> None:
    """Read a line `[MODULE, FUNCTION, ARGUMENTS, OPTIONS]` from stdin and print the result.

    An iterator of bytes is printed as it is. A failure is one reason on stderr and exit code
    `REFUSED`. What stdin has behind the line is the function's own.
    """
    os.umask(0o077)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what was started is finished
    try:
        answer = _answer(*json.loads(sys.stdin.buffer.readline()))
        if isinstance(answer, Iterator):
            sys.stdout.buffer.writelines(answer)
            return
        result = json.dumps(answer)
    except FAILURES as error:
        sys.exit(str(error))
    except Exception as error:
        raise SystemExit(" ".join(f"{type(error).__name__}: {error}".split())) from error
    sys.stdout.write(f"{result}\n")
