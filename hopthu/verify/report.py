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
    """Return the contract of docs/verify.md; what was left out stands apart: it proves nothing."""
    probes = [{f: getattr(r, f) for f in _FIELDS} for r in results if not r.left_out]
    left_out = [
        {"id": r.id, "reason": r.detail, "required": r.required} for r in results if r.left_out
    ]
    return json.dumps({"probes": probes, "left_out": left_out}, ensure_ascii=False, indent=2) + "\n"


def show(results: Sequence[Result], console: Console) -> None:
    """Print the table, what came instead for each failure, and why probes are left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("probe", "what is proven", "article", "result"):
        table.add_column(heading, overflow="fold")
    table.add_column("time", justify="right")
    for r in results:
        took = "" if r.left_out else f"{r.seconds:.1f} s"
        table.add_row(r.id, escape(r.title), r.article, _state(r), took)
    console.print(table)
    for r in results:
        if not r.passed and not r.left_out:
            console.print(
                f"\n[red]{r.id}[/] ({r.article}): {escape(r.title)}\n  {escape(r.detail)}"
            )
    for reason in dict.fromkeys(r.detail for r in results if r.left_out):
        names = ", ".join(r.id for r in results if r.left_out and r.detail == reason)
        console.print(f"\n[yellow]left out[/], {escape(reason)}: {names}")
    missing = ", ".join(r.id for r in results if r.left_out and r.required)
    if missing:
        console.print(f"\n[red]required, but left out[/]: {missing}")
    console.print(f"\n{summary(results)}")


def _state(result: Result) -> str:
    if result.left_out:
        return "[red]left out[/]" if result.required else "[yellow]left out[/]"
    return "[green]passed[/]" if result.passed else "[red]failed[/]"


def summary(results: Sequence[Result]) -> str:
    """Return one line: how many passed, and which failed or were left out."""
    left_out = [r.id for r in results if r.left_out]
    failed = [r.id for r in results if not r.passed and not r.left_out]
    line = f"{sum(r.passed for r in results)} of {len(results)} probes passed"
    for names, state in ((failed, "failed"), (left_out, "left out")):
        if names:
            line += f", {len(names)} {state}: {' '.join(names)}"
    return f"{line}."
