"""Pages of documentation that are run as a reader would: what they say to write and to type.

In a checkout of its own, from the top of the page to its end:

- ```` ```yaml title="data/people.yaml" ```` lays records over that file, as overlay.py says;
- ```` ```diff title="data/people.yaml" ```` edits it: lines with a blank or `-` before them stand
  together in the file, once, and those with a blank or `+` take their place; `…` on a line of its
  own stands between two edits;
- ```` ```csv title="list.csv" ```` is written as it stands;
- ```` ```cells title="review.xlsx" ```` is what a person writes into a workbook, each line into a
  cell or a range: `Đơn vị!Q2:Q5 = x`;
- ```` ```console ```` runs each line that begins with `$ ` and compares what it prints, on standard
  output and error, with the lines below it. `…` stands for anything: within a line for a part of
  it, on a line of its own for any number of lines. The checkout is said to be in /srv. Every
  command succeeds, but for the last one of a block marked `exit=N`.

`in=../mail` behind the language says in which folder, from the checkout on.

Blocks of other languages, such as `sh`, are for a reader alone: what needs a server is in those.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

import overlay
from hopthu.cli.clock import today
from pages import Fence, put, sections

_WRITTEN = {"yaml", "diff", "csv", "cells"}
ANYTHING = "…\n"
PLACE = "/srv"
"""Where the checkout is, as far as pages say."""


@dataclass(frozen=True)
class Command:
    """A command of a block, and what it is expected to print."""

    line: str
    output: str


def blocks(page: Path) -> list[Fence]:
    """Return the blocks of a page that are run."""
    fences = [fence for section in sections(page) for fence in section.fences]
    return [f for f in fences if f.language == "console" or (f.language in _WRITTEN and f.title)]


def commands(fence: Fence) -> list[Command]:
    """Return the commands of a `console` block."""
    before, *rest = re.split(r"^\$ ", fence.text, flags=re.MULTILINE)
    assert not before, f"{fence.page}:{fence.line}: text before the first command"
    return [Command(line, output) for line, _, output in (each.partition("\n") for each in rest)]


def edited(text: str, fence: Fence) -> str:
    """Return `text` as a `diff` block changes it."""
    for edit in fence.text.split(ANYTHING):
        lines = edit.splitlines(keepends=True)
        assert {line[0] for line in lines} <= set(" -+"), f"{fence.page}:{fence.line}: not a diff"
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"{fence.page}:{fence.line}: not in {fence.title} once:\n{old}"
        text = text.replace(old, new)
    return text


def matches(expected: str, printed: str) -> bool:
    """Tell whether `expected`, in which `…` is anything, is what was printed."""
    pattern = "".join(
        "(?:.*\n)*?" if line == ANYTHING else re.escape(line).replace("…", ".*?")
        for line in expected.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, printed) is not None


def accepted(expected: str, printed: str) -> str:
    """Return what is printed as it should now be expected, with the ellipses that still fit.

    A line with `…` in it is kept where a line printed fits it; where the output was cut by `…` it
    is cut after as many lines again.
    """
    old = expected.splitlines(keepends=True)
    fitting = [line for line in old if "…" in line and line != ANYTHING]
    lines = [
        next((line for line in fitting if matches(line, new)), new)
        for new in printed.splitlines(keepends=True)
    ]
    if old and old[-1] == ANYTHING and len(old) <= len(lines):
        lines[len(old) - 1 :] = [ANYTHING]
    return "".join(lines)


def _fill(path: Path, text: str) -> None:
    """Write values into cells of a workbook, and save it."""
    book = load_workbook(path)
    for line in text.splitlines():
        where, _, value = line.partition(" = ")
        sheet, _, cells = where.partition("!")
        first, _, last = cells.partition(":")
        for row in book[sheet][f"{first}:{last or first}"]:
            for cell in row:
                cell.value = value
    book.save(path)


def run(page: Path, root: Path, *, accept: bool = False) -> list[str]:
    """Run a page in the checkout `root`; return what is not as the page says.

    With `accept` it is written into the page instead.
    """
    wrong: list[str] = []
    for number in range(len(blocks(page))):
        fence = blocks(page)[number]  # anew: what was accepted above may have moved it
        place = (root / fence.options.get("in", ".")).resolve()
        if fence.language == "diff":
            path = place / fence.title
            path.write_text(edited(path.read_text(encoding="utf-8"), fence), encoding="utf-8")
            continue
        if fence.language == "csv":
            (place / fence.title).write_text(fence.text, encoding="utf-8")
            continue
        if fence.language == "cells":
            _fill(place / fence.title, fence.text)
            continue
        if fence.title:
            changed = overlay.laid(overlay.read(place), fence)
            overlay.write({fence.title: changed[fence.title]}, place)
            continue
        found, codes = [], []
        for command in commands(fence):
            done = _typed(command.line, root, place)
            codes.append(done.returncode)
            printed = done.stdout.replace(str(root.parent), PLACE)
            same = matches(command.output, printed)
            output = command.output if same else dateless(accepted(command.output, printed))
            found.append(f"$ {command.line}\n{output}")
        where = f"{page.name}:{fence.line}"
        expected_codes = [0] * (len(codes) - 1) + [int(fence.options.get("exit", "0"))]
        if expected_codes != codes:
            wrong.append(f"{where}: exit codes {codes}, not {expected_codes}\n{''.join(found)}")
        elif fence.text != "".join(found) and accept:
            put(page, fence, "".join(found))
        elif fence.text != "".join(found):
            wrong.append(f"{where}: expected\n{fence.text}found\n{''.join(found)}")
    return wrong


def dateless(printed: str) -> str:
    """Return what a command printed without today's date: tomorrow it prints another one."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        printed = printed.replace(today().strftime(form), "…")
    return printed


def _typed(line: str, root: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell that finds the hopthu of the checkout `root`, in a folder."""
    program = root.parent / "bin" / "hopthu"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m hopthu "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    git = {"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org"}
    git |= {"GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.org"}
    search = f"{program.parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=place,
        env={"PATH": search, "HOME": str(root.parent), "LC_ALL": "C.UTF-8", **git},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
