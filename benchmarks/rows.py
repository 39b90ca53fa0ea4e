"""A line of the table of measurements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: what, how much, against what, and the ratio of the two."""

    what: str
    figure: str
    against: str
    ratio: float


def against(what: str, seconds: float, limit: float, name: str) -> Row:
    """Compare seconds with a limit or a peer's seconds."""
    return Row(what, f"{seconds:.1f} s", f"{name} {limit:.1f} s", seconds / limit)


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown."""
    lines = ["| what | figure | against | ratio |", "|---|---|---|---|"]
    lines += [f"| {r.what} | {r.figure} | {r.against} | {r.ratio:.2f} |" for r in rows]
    return "\n".join(lines) + "\n"
