"""Lock this host for one run of `hopthu apply`, which can change it from then on.

Nobody else can change it meanwhile, and if the operator disappears during a change the host rolls
itself back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from hopthu.remote.host import ldap
from hopthu.remote.host.baseline import baseline, merged
from hopthu.remote.host.files import paths_in, write
from hopthu.remote.host.keep import keep
from hopthu.remote.host.preflight import facts
from hopthu.remote.host.processes import holding
from hopthu.remote.host.restore import NoRecord, restore
from hopthu.remote.host.state import FAILURES, Failed, comes, read, state, try_lock
from hopthu.remote.host.talk import requests, say

_UNDONE = re.compile(r"\((16|20|32|68)\)$")
"""Why a change cannot be undone that was not made: there is no such attribute (16) or object (32),
or the value (20) or the entry (68) still exists."""

_LONGEST = 600.0
"""Seconds after which a command of a run that is over, or of a rollback, is stopped."""
_KILLED = 10.0
"""Seconds to wait for the end of killed commands."""

_SHELL = """#!/bin/sh
exec flock -o -s -n -E 75 {0}/busy sh "$@"
"""
"""It is called in place of sh for every command of a run, thus no Python."""


def lease(run: str, patience: float, sets: Sequence[str], holder: str) -> None:
    """Hold the lock until the end of input; the first answer is `ready`, or `held` and the holder.

    Requests and answers are JSON, lists on a line each. Without a line for `patience` seconds the
    run counts as dead, and so at the end of input; during a change the host rolls itself back then.

        beat             heartbeat; no answer
        facts PACKAGE…   tell the facts of this host                  -> facts, and they as JSON
        look PART…       note the present state, to compare it with the final one; no answer
        begin RECORD     the host is changed from now on, by RECORD          -> begun
        keep ID RECORD FILES
                         the change succeeded; record it as ID if the files are those that were
                         meant, facts by path as JSON                        -> kept
        return           it failed: restore the last record                  -> returned, or nothing

    `failed` and the reason can be the answer to each.
    """
    state().mkdir(parents=True, exist_ok=True)
    with (state() / "lock").open("a") as lock:
        if not try_lock(lock):
            say("held", read(state() / "holder"))
            return
        write(state() / "holder", f"{holder}\n")
        _Lease(run, sets).serve(requests(patience))
    # A look that nobody waits for any more may still be going on.
    os._exit(0)


class _Lease:
    """A run that has locked this host."""

    def __init__(self, run: str, sets: Sequence[str]) -> None:
        self._sets = sets
        self._begun = False
        self._parts: Sequence[str] = ()
        self._before: Future[list[str]] | None = None
        self._thread = ThreadPoolExecutor(1)
        # Commands of this run go through this shell: once the lease is over none of them starts any
        # more, and it is possible to wait for those that are running.
        self._here = Path(os.environ.get("HOPTHU_RUN", "/run/hopthu")) / run
        self._here.mkdir(0o700, parents=True)
        (self._here / "busy").touch()
        shell = self._here / "sh"
        shell.write_text(_SHELL.format(self._here))
        shell.chmod(0o700)
        # Left by runs that died: as the lock was free, none is alive.
        for left in (state() / "staging").glob("*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def serve(self, requests: Iterator[list[str]]) -> None:
        """Answer requests until they end, then undo a change that is not recorded."""
        say("ready")
        try:
            for word, *values in requests:
                if word != "beat" and not self._answered(word, values):
                    return
        finally:
            if self._begun:
                with suppress(*FAILURES):
                    self._give_back()
            shutil.rmtree(self._here)

    def _answered(self, word: str, values: Sequence[str]) -> bool:
        """Answer a request; return whether another can follow."""
        try:
            if word == "facts":
                say("facts", json.dumps(facts(values)))
            elif word == "look":
                self._look(values)
            elif word == "begin":
                self._begin(*values)
            elif word == "keep":
                self._keep(*values)
            elif word == "return":
                self._begun = False
                self._give_back()
                say("returned")
        except NoRecord:
            say("nothing")
        except FAILURES as error:
            say("failed", str(error))
        return word in ("facts", "look", "begin", "keep")

    def _look(self, parts: Sequence[str] = ()) -> Future[list[str]]:
        """Note the state of the host before the run, to compare it with the state afterwards.

        This takes CPU time, so it is done only if there is something to record, and only for the
        parts that can change; for the others the last record stays valid, if there is one.
        """
        if self._before is None:
            self._parts = parts if (state() / "deployed" / "baseline").exists() else ()
            self._before = self._thread.submit(baseline, self._parts, state() / "rows")
        return self._before

    def _begin(self, record: str) -> None:
        self._look().result()
        write(state() / "applying", record)
        self._begun = True
        say("begun")

    def _keep(self, record: str, text: str, files: str) -> None:
        self._look().result()
        keep(record, text, self._sets, json.loads(files), self._found)
        (state() / "back.ldif").unlink(missing_ok=True)
        self._begun = False
        say("kept")

    def _found(self) -> list[str]:
        """Return the baseline of the record.

        On a host that the run does not change, changes by others meanwhile must not be adopted. On
        a host that it changes, earlier access to unit mailboxes does not matter, because the run
        decides all of it.
        """
        before = self._look().result()
        after = before
        if self._begun:
            parts = (*self._parts, "access") if self._parts else ()
            after = baseline(parts, state() / "rows")
        old = state() / "deployed" / "baseline"
        return merged(paths_in(old) if old.exists() else None, before, after)

    def _give_back(self) -> None:
        """Restore the last record once the commands of the run have ended, and start no more."""
        (self._here / "sh").rename(self._here / "over")
        with (self._here / "busy").resolve().open("a") as busy:
            if not comes(lambda: try_lock(busy), _LONGEST):
                # What even this does not end is stuck in the kernel, and does nothing any more.
                comes(lambda: _killed(busy), _KILLED)
            restore("", self._sets)
            _take_back()
            (state() / "applying").unlink(missing_ok=True)


def _killed(busy: IO[str]) -> bool:
    """Kill everything that was started under the lock; return whether it is free, and locked."""
    # The holders themselves end, and release the lock, once what they wait for has ended.
    holders = holding(lambda path: path == busy.name) - {os.getpid()}
    # All are stopped before any is killed: a shell whose command is killed goes on to the next.
    stopped: set[int] = set()
    while new := _started_by(holders) - stopped:
        _signal(new, signal.SIGSTOP)
        stopped |= new
    _signal(stopped, signal.SIGKILL)
    return try_lock(busy)


def _signal(processes: Set[int], signal_: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # it has ended
            os.kill(process, signal_)


def _started_by(processes: Set[int]) -> Set[int]:
    """Return the processes that these have started, and those that they have started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {*processes}
    while new := {process for process, parent in parents.items() if parent in found} - found:
        found |= new
    return found - processes


def _take_back() -> None:
    """Undo the changes of the directory, as far as they were made."""
    back = state() / "back.ldif"
    if ldif := read(back):
        code, said, errors = ldap.modify(ldif, go_on=True, longest=_LONGEST)
        refused = [line for line in errors.splitlines() if line.startswith("ldap_")]
        if code and not (refused and all(_UNDONE.search(line) for line in refused)):
            raise Failed(errors.strip() or said.strip() or f"ldapmodify: exit code {code}")
    back.unlink(missing_ok=True)
