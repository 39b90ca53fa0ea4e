"""Results as a table for people, or as JSON for tools."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hopthu.verify.probe import Result

_FIELDS = ("id", "title", "article", "passed", "detail", "seconds")


def as_json(results: Sequence[Result]) -> str:
    """Return the contract of DESIGN §5; what was left out is told apart, for it proves nothing."""
    probes = [{f: getattr(r, f) for f in _FIELDS} for r in results if not r.left_out]
    left_out = [{"id": r.id, "reason": r.detail} for r in results if r.left_out]
    return json.dumps({"probes": probes, "left_out": left_out}, ensure_ascii=False, indent=2) + "\n"


def show(results: Sequence[Result], console: Console) -> None:
    """Print the table, then what was expected and what came for each probe that failed."""
    ran = [r for r in results if not r.left_out]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("probe", "what was proven", "article", "result"):
        table.add_column(heading, overflow="fold")
    table.add_column("time", justify="right")
    for r in ran:
        mark = "[green]passed[/]" if r.passed else "[red]failed[/]"
        table.add_row(r.id, escape(r.title), r.article, mark, f"{r.seconds:.1f} s")
    console.print(table)
    for r in ran:
        if not r.passed:
            console.print(
                f"\n[red]{r.id}[/] ({r.article}): {escape(r.title)}\n  {escape(r.detail)}"
            )
    for reason in dict.fromkeys(r.detail for r in results if r.left_out):
        names = ", ".join(r.id for r in results if r.left_out and r.detail == reason)
        console.print(f"\nleft out, {escape(reason)}: {names}")
    console.print(f"\n{summary(results)}")


def summary(results: Sequence[Result]) -> str:
    """Return one line: how many passed, failed, were left out."""
    ran = [r for r in results if not r.left_out]
    passed = sum(r.passed for r in ran)
    line = f"{passed} of {len(ran)} probes passed"
    failed = [r.id for r in ran if not r.passed]
    if failed:
        line += f"; failed: {', '.join(failed)}"
    left_out = len(results) - len(ran)
    return line + (f"; {left_out} left out" if left_out else "") + "."
