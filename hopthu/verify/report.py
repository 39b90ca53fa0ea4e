"""Results as a table for people, or as JSON for tools."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.verify.probe import Probe, Result

_HEADINGS = (
    Message("probe"),
    Message("what it tests"),
    Message("article"),
    Message("result"),
)
_PASSED, _FAILED, _SKIPPED = Message("passed"), Message("failed"), Message("skipped")


def as_json(results: Sequence[Result], language: str = "en", *, regulation: Regulation) -> str:
    """Return the JSON of docs/verify.md; skipped probes are listed separately."""
    report = {
        "probes": [_as_record(r, language, regulation) for r in results if not r.left_out],
        "left_out": [
            {"id": r.id, "reason": translate(r.detail, language), "required": r.required}
            for r in results
            if r.left_out
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def listing(probes: Sequence[Probe], language: str, regulation: Regulation) -> str:
    """Return a line for each probe: its id, its article and what it tests."""
    cited = {probe: translate(regulation.cite(probe.article), language) for probe in probes}
    width = max(map(len, cited.values()))
    return "".join(
        f"{probe.id:20} {article:{width}} {translate(probe.title, language)}\n"
        for probe, article in cited.items()
    )


def _as_record(result: Result, language: str, regulation: Regulation) -> dict[str, object]:
    return {
        "id": result.id,
        "title": translate(result.title, language),
        "article": translate(regulation.cite(result.article), language),
        "passed": result.passed,
        "detail": translate(result.detail, language),
        "seconds": result.seconds,
    }


def show(
    results: Sequence[Result],
    console: Console,
    language: str = "en",
    *,
    regulation: Regulation,
) -> None:
    """Print the table of results, the detail of each failure, and why probes were skipped."""

    def text(message: str) -> str:
        return escape(translate(message, language))

    console.print(_table(results, language, regulation))
    for r in results:
        if not r.passed and not r.left_out:
            where = f"[red]{r.id}[/] ({translate(regulation.cite(r.article), language)})"
            console.print(f"\n{where}: {text(r.title)}\n  {text(r.detail)}")
    for reason in dict.fromkeys(r.detail for r in results if r.left_out):
        names = ", ".join(r.id for r in results if r.left_out and r.detail == reason)
        console.print(f"\n[yellow]{text(_SKIPPED)}[/], {text(reason)}: {names}")
    missing = ", ".join(r.id for r in results if r.left_out and r.required)
    if missing:
        console.print(f"\n[red]{text(Message('required, but skipped'))}[/]: {missing}")
    console.print(f"\n{summary(results, language)}")


def _table(results: Sequence[Result], language: str, regulation: Regulation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        table.add_column(translate(heading, language), overflow="fold")
    table.add_column(translate(Message("time"), language), justify="right")
    for r in results:
        title, cited = (
            escape(translate(r.title, language)),
            translate(regulation.cite(r.article), language),
        )
        time = "" if r.left_out else f"{r.seconds:.1f} s"
        table.add_row(r.id, title, cited, _state(r, language), time)
    return table


def _state(result: Result, language: str) -> str:
    if result.left_out:
        colour, state = "red" if result.required else "yellow", _SKIPPED
    else:
        colour, state = ("green", _PASSED) if result.passed else ("red", _FAILED)
    return f"[{colour}]{translate(state, language)}[/]"


def summary(results: Sequence[Result], language: str = "en") -> str:
    """Return one line: how many probes passed, and which failed or were skipped."""
    left_out = [r.id for r in results if r.left_out]
    failed = [r.id for r in results if not r.passed and not r.left_out]
    parts = [
        Message(
            "{number} of {total} probes passed",
            number=sum(r.passed for r in results),
            total=len(results),
        )
    ]
    for names, state in ((failed, _FAILED), (left_out, _SKIPPED)):
        if names:
            parts.append(
                Message(
                    "{number} {state}: {names}",
                    number=len(names),
                    state=state,
                    names=" ".join(names),
                )
            )
    return f"{', '.join(translate(part, language) for part in parts)}."
