"""Start programs by posix_spawn(3) under gevent, which by itself uses fork(2).

fork(2) copies the page tables: 15 ms with the data of 60,000 people in memory, and an apply starts
forty programs. posix_spawn(3) shares them until the program starts, as Python's own subprocess
does: 1 ms.
"""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Mapping
from typing import Any

from gevent.os import fork_and_watch
from gevent.subprocess import Popen

_fork = Popen._execute_child
_parameters = inspect.signature(_fork)

# Anything else that a caller passes, by names that gevent has today or later, is started by fork.
_PLAIN: Mapping[str, object] = {
    "executable": None, "preexec_fn": None, "close_fds": True, "pass_fds": (), "cwd": None,
    "startupinfo": None, "creationflags": 0, "shell": False, "restore_signals": True,
    "gid": None, "gids": None, "uid": None, "umask": -1, "process_group": None,
}  # fmt: skip
_ENDS = (("p2cread", "p2cwrite"), ("c2pwrite", "c2pread"), ("errwrite", "errread"))
_FREE = {"self", "args", "env", "universal_newlines", "start_new_session"}
_KNOWN = {*_PLAIN, *_FREE, *(name for pair in _ENDS for name in pair)}
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores although other programs do not expect it."""


def install() -> None:
    """Make `subprocess` use posix_spawn(3) in this process."""
    Popen._execute_child = _execute_child


def _execute_child(process: Popen, *args: Any, **kwargs: Any) -> None:
    given = _parameters.bind(process, *args, **kwargs).arguments
    if not _is_plain(given):
        _fork(process, *args, **kwargs)
        return
    argv, env = given["args"], os.environ if given["env"] is None else given["env"]
    # Files opened by Python are closed when a program starts (PEP 446), except those listed here.
    actions = [
        (os.POSIX_SPAWN_DUP2, given[theirs], place)
        for place, (theirs, _) in enumerate(_ENDS)
        if given[theirs] != -1
    ]

    def spawn() -> int:
        return os.posix_spawnp(
            argv[0],
            argv,
            env,
            file_actions=actions,
            setsid=given["start_new_session"],
            setsigdef=_RESTORED,
        )

    process._loop.install_sigchld()
    process.pid = fork_and_watch(process._on_child, process._loop, True, spawn)
    process._child_created = True
    # Ends of pipes; an open file that was passed to the program is closed by its owner.
    pipes = {given[theirs] for theirs, ours in _ENDS if given[ours] != -1}
    for end in pipes | {getattr(process, "_devnull", -1)} - {-1}:
        os.close(end)
    process._closed_child_pipe_fds = True


def _is_plain(given: Mapping[str, Any]) -> bool:
    return (
        given.keys() == _KNOWN
        and all(given[name] == value for name, value in _PLAIN.items())
        and isinstance(given["args"], list)
        # posix_spawn(3) searches the PATH of this process.
        and (given["env"] or os.environ).get("PATH") == os.environ.get("PATH")
        and all(given[end] == -1 or given[end] > 2 for pair in _ENDS for end in pair)
    )
