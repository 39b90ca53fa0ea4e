"""One item on a server that differs from what was applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

Values = str | None
"""The value of an item; None if it does not exist."""


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """An `item` of a `kind` that was `was` when last applied and is `now` different.

    A `note` needs no action, such as a package that Debian updated.
    """

    host: str
    kind: str
    item: str
    was: Values = field(compare=False)
    now: Values = field(compare=False)
    summary: Message = field(compare=False)
    note: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """Return its name for `expected` in an inventory."""
        return f"{self.kind} {self.item}".rstrip()

    def as_dict(self, language: str) -> dict[str, Any]:
        """Return the keys of `drift --format json`."""
        return {
            "host": self.host,
            "kind": self.kind,
            "item": self.item,
            "was": self.was,
            "now": self.now,
            "severity": "note" if self.note else "drift",
            "summary": translate(self.summary, language),
        }
