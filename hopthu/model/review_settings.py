"""What the policy says of reviewers of a change of the data (Art. 2, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

OPERATOR = "@province/mail-operators"
PATTERN = "@province/{unit}"


@dataclass(frozen=True, slots=True)
class Owner:
    """The reviewers of one unit, if they differ from the pattern."""

    unit: str
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Reviewers, as GitHub or GitLab call them: `@person`, `@organisation/team` or an e-mail.

    `operator` reviews what belongs to no unit: code, policy, inventories. A unit has the reviewers
    named in `owners`; else, if its kind is in `kinds`, the one made from `pattern` and its id; else
    those of its parent. `approvals` is the number of reviewers who must approve.
    """

    operator: tuple[str, ...] = (OPERATOR,)
    pattern: str = PATTERN
    kinds: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    approvals: int = 1
