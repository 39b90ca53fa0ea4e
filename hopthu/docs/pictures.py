"""Pictures of README.md and README.vi.md: a terminal with a plan, and with the end of `make lab`.

The plan is the first of docs/plan.md, whose commands a test runs. The end of `make lab` is printed
from tests/transcripts/verify.json, the seconds that each probe took in a lab where all passed.
"""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from hopthu.i18n.catalogue import LANGUAGES
from hopthu.lab.guide import next_steps
from hopthu.lab.layout import load
from hopthu.lab.state import LabState
from hopthu.tool.resources import resource
from hopthu.validate import regulation_of
from hopthu.verify import report
from hopthu.verify.catalogue import PROBES
from hopthu.verify.probe import Result

RECORDED = resource("tests/transcripts/verify.json")
_COLUMNS = 110
_ROWS = 16
"""So much of the table of probes is shown, with the lines below it."""
_FONT = re.compile(r"@font-face {.*?}\s+", re.DOTALL)
"""A font that a browser would fetch from elsewhere."""


def files() -> dict[Path, str]:
    """Return each picture by its path."""
    made = {}
    for language in LANGUAGES:
        for name, lines in (("plan", _plan(language)), ("lab", _lab(language))):
            made[resource(f"docs/{name}.{language}.svg")] = _svg(f"{name}-{language}", lines)
    return made


def _svg(name: str, lines: Iterable[Text]) -> str:
    console = _terminal(io.StringIO())
    for line in lines:
        console.print(line)
    return _FONT.sub("", console.export_svg(title="hopthu", unique_id=name))


def _terminal(file: io.StringIO) -> Console:
    """Return a terminal that is the same in every environment."""
    return Console(
        file=file,
        record=True,
        width=_COLUMNS,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
    )


def _plan(language: str) -> Iterator[Text]:
    """Yield the plan of docs/plan.md, but for what differs from run to run."""
    command = "hopthu plan --on 2026-11-25" + (f" --lang {language}" if language != "en" else "")
    page = resource("docs/plan.md").read_text(encoding="utf-8")
    printed = page.partition(f"```console\n$ {command}\n")[2].partition("```")[0]
    yield _typed(command)
    for line in (line for line in printed.splitlines() if "…" not in line):
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        yield from map(Text, textwrap.wrap(line, _COLUMNS, subsequent_indent=indent))


def _lab(language: str) -> Iterator[Text]:
    yield _typed("make lab")
    yield Text("…")
    seconds = json.loads(RECORDED.read_text(encoding="utf-8"))
    results = [Result(p.id, p.title, p.article, True, "", seconds[p.id]) for p in PROBES]
    table = io.StringIO()
    report.show(results, _terminal(table), language, regulation=regulation_of(resource("")))
    yield from Text.from_ansi(table.getvalue()).split()[-_ROWS:]
    layout = load("centre")
    hosts = {host.name: host for host in layout.hosts}
    lab = LabState(layout.name, layout.name, layout.domain, Path(".lab"), Path(), hosts=hosts)
    yield Text(next_steps(lab, language))


def _typed(command: str) -> Text:
    return Text(f"$ {command}", style="bold")
