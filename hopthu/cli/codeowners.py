"""`hopthu codeowners`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.options import FILE, WORKSPACE, formats
from hopthu.cli.output import in_words, put, say
from hopthu.codeowners import as_github, as_gitlab, lines
from hopthu.diagnostics.problem import printable
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.validate import read

_FORMATS: Mapping[str, Callable[..., str]] = {"github": as_github, "gitlab": as_gitlab}


@command()
def codeowners(
    form: str = formats(*_FORMATS, help="For .github/CODEOWNERS or .gitlab/CODEOWNERS."),
    kept: Path | None = option(
        "--check",
        type=FILE,
        help="Print the differences of this file instead; exit 2 if there are any.",
    ),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Print who reviews which file, from the tree of units and `review` in data/policy.yaml.

    Each data file goes to the nearest unit common to its records, everything else to the operator.
    The same data gives the same text, but for units whose record names a later day for a move.
    """
    loaded = read(workspace.root, workspace.on)
    found = lines(loaded.source, loaded.organisation.at(workspace.on), loaded.policy)
    for line in found:
        if not line.writable:
            say(Message("warning: {path}: no pattern names this file safely; the reviewers of "
                        "its folder review it", path=printable(line.path)), err=True)  # fmt: skip
    should = _FORMATS[form](found, loaded.policy)
    if kept is None:
        put(should)
    else:
        _compare(kept, should, f"hopthu codeowners --format {form} > {kept}")


def _compare(kept: Path, should: str, command: str) -> None:
    """Print how the file differs from what it should be; raise `UsageError` if it does."""
    fix = Message("run {command}", command=command)
    try:
        text = kept.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        what = Message("cannot read {file}: {reason}", file=kept, reason=error.strerror or error)
        raise UsageError(what, fix=fix) from error
    if text == should:
        return
    is_, should_be = text.splitlines(), should.splitlines()
    expected = in_words(Message("expected"))
    for line in difflib.unified_diff(is_, should_be, str(kept), expected, lineterm="", n=0):
        click.echo(printable(line))
    raise UsageError(Message("{file} does not match the data", file=kept), fix=fix)
