"""One thing on a server that is not as it was applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

Values = str | None
"""What is told of a thing; None where it is not there."""


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """A thing of a `kind`, called `item`, that was `was` when last applied and is `now`.

    A `note` is nothing to worry about, such as a package that Debian updated.
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
        """What `expected` in an inventory calls it."""
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
