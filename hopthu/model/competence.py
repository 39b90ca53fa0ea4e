"""Who may decide what: the table of acts (`acts.yaml`), as policy narrows or widens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Act = Literal[
    "post",
    "transfer",
    "head",
    "delegate",
    "lock",
    "lock_of_head",
    "hold",
    "created",
    "reorganised",
    "ended",
    "left",
    "death",
    "details",
    "name",
    "regulation",
    "correction",
    "exception",
    "allowance",
    "former_domain",
    "policy",
    "powers",
    "request",
    "undoing",
    "adoption",
]
OF_UNITS = frozenset(("created", "reorganised", "ended"))
"""The acts on units: `Policy.outside_authorities` lists who outside decides on them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table, whose head says what each field means."""

    decides: Sequence[str] = ()
    decision: Sequence[str] = ("decision",)
    request: Sequence[str] = ("request",)
    like: Act | None = None
    fixed: bool = False
    named: bool = False
    own: bool = False
    of_head: Act | None = None


def _read() -> Mapping[Act, Line]:
    """Read the table, which is ours and has the fields of `Line`."""
    raw = Path(__file__).with_name("acts.yaml").read_bytes()
    found: dict[Act, dict[str, Any]] = yaml.load(raw, Loader=yaml.CSafeLoader)
    return {act: Line(**line) for act, line in found.items()}


TABLE = _read()


def _by_default(act: Act) -> tuple[str, ...]:
    return tuple(TABLE[act].decides)


@dataclass(frozen=True, slots=True)
class Competence:
    """The issuers of each act that the regulation leaves to policy, as the table has them."""

    post: tuple[str, ...] = _by_default("post")
    transfer: tuple[str, ...] = _by_default("transfer")
    head: tuple[str, ...] = _by_default("head")
    lock: tuple[str, ...] = _by_default("lock")
    hold: tuple[str, ...] = _by_default("hold")
    created: tuple[str, ...] = _by_default("created")
    ended: tuple[str, ...] = _by_default("ended")
    left: tuple[str, ...] = _by_default("left")
    reorganised: tuple[str, ...] = _by_default("reorganised")
    details: tuple[str, ...] = _by_default("details")
    correction: tuple[str, ...] = _by_default("correction")
    exception: tuple[str, ...] = _by_default("exception")
    allowance: tuple[str, ...] = _by_default("allowance")
    former_domain: tuple[str, ...] = _by_default("former_domain")
    request: tuple[str, ...] = _by_default("request")
    policy: tuple[str, ...] = _by_default("policy")

    def of(self, act: Act) -> tuple[str, ...]:
        """Return the issuers of an act."""
        line = TABLE[act]
        if line.like:
            return self.of(line.like)
        return tuple(line.decides if line.fixed else getattr(self, act))
