"""What a probe is: one thing the service must do or refuse, and how to see that it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hopthu.verify.context import ProbeContext

MAIL = "mail"
"""Postfix and the scanners, on every host."""
DIRECTORY = "directory"
"""The host whose directory is written to."""


class ProbeFailed(Exception):
    """The service did not do what it must: what was expected, and what came instead."""

    def __init__(self, *, expected: str, got: str) -> None:
        """Keep both halves; together they are the sentence in the table."""
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe. `id` is a contract: tools and the issue's tables name it.

    `check` returns what it saw in a few words, or raises: `ProbeFailed`, or whatever went wrong.
    `parts` are the people of `policy.probe` it needs, `needs` the vantages. `uses` are services
    that must be left in peace while it runs, `disturbs` those it stops: such a probe runs in a
    lab only. One that is `last` begins when all others are through.
    """

    id: str
    title: str
    article: str
    check: Callable[[ProbeContext], str]
    parts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = (MAIL,)
    disturbs: tuple[str, ...] = ()
    last: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one probe; one that was `left_out` proves nothing and so did not pass.

    One that is `required` is a failure even then.
    """

    id: str
    title: str
    article: str
    passed: bool
    detail: str
    seconds: float = 0.0
    left_out: bool = False
    required: bool = False

    @property
    def failed(self) -> bool:
        """Whether the run has failed with it."""
        return not self.passed and (self.required or not self.left_out)


def probe(
    title: str,
    article: str,
    *,
    parts: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    uses: tuple[str, ...] = (MAIL,),
    disturbs: tuple[str, ...] = (),
    last: bool = False,
) -> Callable[[Callable[[ProbeContext], str]], Probe]:
    """Make a function a `Probe` whose id is the function's name with hyphens."""

    def make(check: Callable[[ProbeContext], str]) -> Probe:
        return Probe(
            id=check.__name__.replace("_", "-"),
            title=title,
            article=article,
            check=check,
            parts=parts,
            needs=needs,
            uses=uses,
            disturbs=disturbs,
            last=last,
        )

    return make
