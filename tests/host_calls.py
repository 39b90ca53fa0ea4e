"""Calls of what runs on hosts: on this machine, the way a host is called over SSH."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hopthu.remote import CALL, call


@dataclass(frozen=True)
class Answer:
    """The exit code of a call, its result, and its errors."""

    code: int
    result: Any
    errors: str


def answer(
    function: Callable[..., object], *arguments: object, env: dict[str, str], **options: object
) -> Answer:
    """Call a function; `env` is what its environment has besides that of the tests."""
    done = subprocess.run(
        ["sh", "-c", CALL],
        input=call(function, *arguments, **options),
        env={**os.environ, **env},
        capture_output=True,
        check=False,
    )
    return Answer(
        done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()
    )


def asked(stdin: bytes) -> Any:
    """Return module, function, arguments and options of a call, from what a host is sent."""
    size, _, rest = stdin.partition(b"\n")
    return json.loads(rest[int(size) :])
