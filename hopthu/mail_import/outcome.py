"""What became of one mailbox: counts of messages, or why it failed and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.mail_import.chosen import Chosen
from hopthu.mail_import.source import Source
from hopthu.model.policy import MIB
from hopthu.remote.copy_run import Result
from hopthu.remote.mail_messages import Code, Failure

_AGAIN = Message("run it again: it goes on where it stopped")


@dataclass(frozen=True, slots=True)
class Missing:
    """A message that was not copied, by its UID there, or a whole folder, with `uid` 0."""

    folder: str
    uid: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the mailbox of `chosen`; `reason` is empty if its copy ran to the end.

    `there` is the number of messages on the old server; of these, `known` were copied by earlier
    runs, `copied` by this one, and `moved` followed there. `marked` got flags that were changed
    there. `doubled` are here more than once. `bytes` is the size of all there, `left_out` names
    folders that show messages of others.
    """

    chosen: Chosen
    there: int = 0
    known: int = 0
    copied: int = 0
    moved: int = 0
    marked: int = 0
    doubled: int = 0
    bytes: int = 0
    folders: int = 0
    left_out: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    reason: Message | None = None
    fix: Message | None = None

    @property
    def here(self) -> int:
        """Return how many messages of the old server have been copied, by this run or before."""
        return self.known + self.copied + self.moved

    @property
    def failed(self) -> bool:
        """Tell whether anything could not be copied."""
        return bool(self.reason or self.missing)


def of_answer(chosen: Chosen, answer: Result | Failure, source: Source) -> Outcome:
    """Return what the last line of the program on the store means."""
    if isinstance(answer, Failure):
        reason, fix = _failure(answer, chosen, source)
        return Outcome(chosen, reason=reason, fix=fix)
    return Outcome(
        chosen,
        there=answer.there,
        known=answer.known,
        copied=answer.copied,
        moved=answer.moved,
        marked=answer.marked,
        doubled=answer.doubled,
        bytes=answer.bytes,
        folders=answer.folders,
        left_out=tuple(answer.views),
        missing=tuple(Missing(*each) for each in answer.wrong),
    )


def broken_off(chosen: Chosen, detail: str) -> Outcome:
    """Return what it means that the program has not said how it ended."""
    reason = Message("the copy ended early: {detail}", detail=detail or Message("no output"))
    return Outcome(chosen, reason=reason, fix=_AGAIN)


_FAILURES: Mapping[Code, tuple[Message, Message]] = {
    "unreachable": (
        Message("{store} cannot reach {server}: {detail}"),
        Message("let {store} connect to {server} through the packet filters between them"),
    ),
    "tls": (
        Message("{server} does not prove that it is the one: {detail}"),
        Message("name the authority of its certificate: --ca FILE"),
    ),
    "sign-in": (
        Message("{server} refuses the sign-in of {user}: {detail}"),
        Message("correct user or password, and run it again"),
    ),
    "no-administrator": (
        Message("{server} lets no administrator sign in for somebody else (SASL PLAIN)"),
        Message("give the people's own passwords in the list"),
    ),
    "large": (
        Message("{wanted} MiB are to be copied, and the quota leaves {free} MiB"),
        Message(
            "write a larger `quota` for {mailbox}, or have the owner delete mail there; then run "
            "it again"
        ),
    ),
    "full": (
        Message("the mailbox is full"),
        Message("write a larger `quota` for {mailbox}, then run it again"),
    ),
    "busy": (Message("another run copies into this mailbox"), Message("wait for its end")),
    "mailbox": (Message("{store} does not open the mailbox: {detail}"), _AGAIN),
    "lost": (Message("the connection to {server} was lost: {detail}"), _AGAIN),
}
"""Why a copy fails, by the code of the program on the store, and how to go on."""


def _failure(failure: Failure, chosen: Chosen, source: Source) -> tuple[Message, Message]:
    words: dict[str, object] = {
        "store": chosen.store.name,
        "mailbox": chosen.mailbox.id,
        "server": source,
        "user": source.administrator or chosen.account.user,
        "detail": printable(failure.detail) or Message("no output"),
        "wanted": -(-failure.wanted // MIB),
        "free": failure.free // MIB,
    }
    what, fix = _FAILURES[failure.code]
    return Message(what.template, **words), Message(fix.template, **words)
