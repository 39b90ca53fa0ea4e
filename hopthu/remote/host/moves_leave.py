"""Complete the copies of mailboxes that the directory has frozen, then do what the directory says.

Nothing is removed.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from hopthu.remote.host import moves, moves_settle
from hopthu.remote.host.backup import as_owner
from hopthu.remote.host.files import is_folder, make_folder, opened
from hopthu.remote.host.moves_arrive import OWNER
from hopthu.remote.host.moves_copy import Cut, Store, alone, push
from hopthu.remote.host.processes import holding
from hopthu.remote.host.recover_in_place import settle
from hopthu.remote.host.state import FAILURES, Failed, comes, run
from hopthu.remote.host.talk import say

_ASK, _TERMINATE = 3.0, 6.0
"""Seconds after which processes that stay are sent SIGTERM, and SIGKILL."""
_UNDECIDED = 600.0


def leave(
    here: str, mailboxes: Sequence[str], others: Sequence[str], target: Store, seconds: float
) -> None:
    """End the sessions of mailboxes, set these aside, and complete their copies on `target`.

    `others` are people besides the owners who may have them open. The answer is `ready` when all
    copies match their originals, or `failed` and the reason. Before it `cut` means that there was
    no connection, and that it is tried again within `seconds`.
    """
    try:
        with alone():
            _Leaving(here, mailboxes, others, target, seconds).run()
    except FAILURES as error:
        say("failed", str(error))


class _Leaving:
    """Mailboxes that leave."""

    def __init__(
        self,
        here: str,
        mailboxes: Sequence[str],
        others: Sequence[str],
        target: Store,
        seconds: float,
    ) -> None:
        self._here, self._mailboxes, self._target = here, mailboxes, target
        self._people = {*others, *(mailbox.partition("/")[2] for mailbox in mailboxes)}
        self._until = time.monotonic() + seconds

    def run(self) -> None:
        """Have them leave, or stay, as the directory decides."""
        if not comes(self._all_frozen, self._remaining):
            raise Failed("its directory has not frozen these mailboxes")
        # Before they are set aside: a session without its files confirms flags that it cannot
        # store. Once the directory has unfrozen them, new sessions are allowed.
        self._end_sessions(moves.MAIL, while_frozen=True)
        if not self._all_frozen():
            raise Failed("its directory has unfrozen these mailboxes")
        try:
            self._set_aside()
            self._end_sessions(moves.MAIL / "leaving", while_frozen=False)
            self._complete()
            say("ready")
        except FAILURES as error:
            say("failed", str(error))
        if not comes(self._all_decided, _UNDECIDED):
            raise Failed("its directory has not unfrozen these mailboxes")

    @property
    def _remaining(self) -> float:
        return max(self._until - time.monotonic(), 1)

    def _all_frozen(self) -> bool:
        """Return whether the directory here has frozen all: from then on nobody can sign in."""
        known = moves.places(self._mailboxes)
        frozen = {m for m, place in known.items() if place.frozen and place.host == self._here}
        return frozen == {*self._mailboxes}

    def _all_decided(self) -> bool:
        known = moves.places(self._mailboxes)
        moves_settle.settle_leaving(known, self._here)
        return {m for m, place in known.items() if not place.frozen} == {*self._mailboxes}

    def _end_sessions(self, folder: Path, *, while_frozen: bool) -> None:
        """Have nobody signed in and no process with a file of the mailboxes, which are below."""
        began = time.monotonic()

        def ended() -> bool:
            # A session that was being opened when the directory changed is found in the end.
            return (
                not self._signed_in()
                and self._are_closed(folder, time.monotonic() - began)
                and not self._signed_in()
            )

        if not comes(lambda: (while_frozen and not self._all_frozen()) or ended(), self._remaining):
            stay = " ".join(self._signed_in())
            raise Failed(f"somebody still has them open: {stay}"[:250])

    def _signed_in(self) -> list[str]:
        """Return those of the people who are signed in, and end their sessions.

        If Dovecot does not say, nobody is: it may not run, and open files are looked at as well.
        """
        rows = run("doveadm", "-f", "tab", "who", fine=None).stdout.split("\n")[1:]
        found = sorted({row.partition("\t")[0] for row in rows} & self._people)
        for person in found:
            # One at a time: doveadm 2.4.1 crashes if it is given two people that it does not find.
            run("doveadm", "kick", person, fine=None)
        return found

    def _are_closed(self, folder: Path, seconds: float) -> bool:
        """Return whether no process has any of them open; after some time end those that have."""
        holders = open_below(folder, self._mailboxes)
        if holders and seconds >= _ASK:
            for process in holders:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGTERM if seconds < _TERMINATE else signal.SIGKILL)
        return not holders

    def _set_aside(self) -> None:
        """Set them aside, so that what is still in progress finds no mailbox to write to.

        Such as a delivery that was accepted before: the exchange is one step, and the folder in
        place then is owned by root.
        """
        for mailbox in self._mailboxes:
            live, aside = moves.at(mailbox), moves.at(mailbox, "leaving")
            if os.path.lexists(aside):
                raise Failed(f"{aside} is in the way")
            as_owner(partial(settle, [mailbox]))  # a restore that was cut off
            if not is_folder(live):
                make_folder(live, OWNER)
            aside.mkdir(0o500, parents=True)
            moves_settle.expect_placeholders()
            moves.exchange(aside, live)
            moves_settle.expect_placeholders()  # another run may have looked a moment ago

    def _complete(self) -> None:
        """Complete the copies; raise `Failed` if there is any difference left."""
        for mailbox in self._mailboxes:
            _remove_locks(moves.at(mailbox, "leaving"))
        indexes = [
            f"{mailbox}/{name}"
            for mailbox in self._mailboxes
            for name in ("index", "readers", "units")
            if is_folder(moves.at(mailbox, "leaving") / name)
        ]
        self._push(self._mailboxes)
        # Indexes may change without a new size or time, so they are compared by content.
        self._push(indexes, "--checksum")
        if differing := self._push(self._mailboxes, "--dry-run", "--itemize-changes"):
            raise Failed(f"the copy differs from the original: {' '.join(differing[:3])}")

    def _push(self, paths: Sequence[str], *options: str) -> list[str]:
        """Update the copies of paths, again and again while there is no connection, and time."""
        pause = 1.0
        while True:
            try:
                aside = moves.MAIL / "leaving"
                return push(self._target, aside, paths, *options, longest=self._remaining)
            except Cut:
                if time.monotonic() + pause >= self._until:
                    raise
            say("cut")
            time.sleep(pause)
            pause = min(pause * 2, 4)


def _remove_locks(folder: Path) -> None:
    """Remove locks left by killed processes, which would block access for minutes."""
    with opened(moves.MAIL, folder) as top:
        for _, _, names, parent in os.fwalk(dir_fd=top):
            for name in names:
                is_file = stat.S_ISREG(os.lstat(name, dir_fd=parent).st_mode)
                if is_file and name.endswith(".lock"):
                    os.unlink(name, dir_fd=parent)


def open_below(folder: Path, mailboxes: Collection[str]) -> set[int]:
    """Return the processes that have one of these mailboxes open, or a file of it."""
    top = f"{folder}/"

    def is_in_one(path: str) -> bool:
        parts = path.removeprefix(top).split("/")
        return path.startswith(top) and "/".join(parts[:2]) in mailboxes

    return holding(is_in_one) | holding(is_in_one, "cwd")
