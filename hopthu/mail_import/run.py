"""Fill several mailboxes at once; each by a program on its store, which ends with this one."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hopthu.answers import told
from hopthu.errors import HostFailed
from hopthu.inventory.loader import Inventory
from hopthu.mail_import.chosen import Chosen
from hopthu.mail_import.outcome import Outcome, broken_off, of_answer
from hopthu.mail_import.source import LASTING, Source, command, question
from hopthu.migration.session import RemoteSession
from hopthu.remote.copy_run import Result
from hopthu.remote.mail_messages import Failure
from hopthu.ssh import Ssh, Target

Progress = Callable[[int, int, int], None]
"""Receives how many mailboxes are done, of how many, and how many messages were copied or known."""

_SAYS: Mapping[str, Any] = {"done": int, "copied": Result, "failed": Failure}
"""What a program on a store says, and what it means."""


@dataclass
class Run:
    """One run: fills mailboxes from `source`; `copy` is false to count only."""

    ssh: Ssh
    inventory: Inventory
    source: Source
    copy: bool
    progress: Progress
    _sessions: dict[str, RemoteSession] = field(default_factory=dict)
    _messages: dict[str, int] = field(default_factory=dict)
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: bool = False

    def all(self, chosen: Sequence[Chosen], jobs: int) -> tuple[Outcome, ...]:
        """Fill the mailboxes, so many at once; return what became of each, in the same order.

        An interruption ends the programs on the stores before it goes on.
        """
        pool = ThreadPoolExecutor(jobs)
        try:
            under_way = [pool.submit(self._one, each, len(chosen)) for each in chosen]
            wait(under_way)
            return tuple(each.result() for each in under_way)
        finally:
            with self._lock:
                self._over = True
                for session in self._sessions.values():
                    session.end()
            pool.shutdown(cancel_futures=True)

    def _one(self, chosen: Chosen, total: int) -> Outcome:
        try:
            outcome = self._ask(chosen, total)
        except HostFailed as error:
            outcome = Outcome(chosen, reason=error.what, fix=error.fix)
        with self._lock:
            self._done += 1
            self._messages[chosen.mailbox.id] = outcome.here
        self._tell(total)
        return outcome

    def _ask(self, chosen: Chosen, total: int) -> Outcome:
        """Run the program on the store of a mailbox; raise `HostFailed` if it is unreachable."""
        key, store = chosen.mailbox.id, chosen.store.name
        argv = self.ssh.argv(Target.of(store, self.inventory.data[store]), shlex.join(command(key)))
        with RemoteSession(store, argv, LASTING) as session:
            with self._lock:
                if self._over:
                    return broken_off(chosen, "")
                self._sessions[key] = session
            try:
                asked = question(
                    self.source, chosen.account, key, chosen.mailbox.kind, copy=self.copy
                )
                with suppress(HostFailed):  # it says why itself
                    session.write(asked.encode())
                return self._heard(session, chosen, total)
            finally:
                with self._lock:
                    del self._sessions[key]

    def _heard(self, session: RemoteSession, chosen: Chosen, total: int) -> Outcome:
        """Return what a program says of its end, and pass on how far it is until then."""
        while words := session.answer(LASTING):
            word, text = words[0], "".join(words[1:])
            if word in _SAYS:
                said = told(chosen.store.name, text, _SAYS[word], word)
                if word != "done":
                    return of_answer(chosen, said, self.source)
                self._messages[chosen.mailbox.id] = said
                self._tell(total)
        return broken_off(chosen, session.reason[:200])

    def _tell(self, total: int) -> None:
        with self._lock:
            self.progress(self._done, total, sum(self._messages.values()))
