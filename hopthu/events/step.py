"""Steps of a run: the operations of its deploys, with what each changes on a host."""

from __future__ import annotations

from typing import Literal, Self

from hopthu.i18n.message import Message

Effect = Literal["", "packages", "entries", "mailboxes", "access", "sessions", "tables"]
"""What an operation changes; one without a declared effect may change anything."""

CONTENT: frozenset[Effect] = frozenset({"entries", "mailboxes", "access", "sessions", "tables"})
"""Effects on data that daemons serve: no package, service, account or port is touched."""


class Step(Message):
    """The name of an operation that changes a host, and its effect."""

    effect: Effect

    def __new__(cls, name: str, effect: Effect = "") -> Self:
        """Return the step called `name`, which may be a message."""
        step = super().__new__(cls, "{name}", name=name)
        step.effect = effect
        return step
