"""`hopthu codeowners`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.options import FILE, WORKSPACE, formats
from hopthu.cli.output import put, say
from hopthu.codeowners import Line, as_github, as_gitlab, lines
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.policy import Policy
from hopthu.validate import read

_FORMATS: Mapping[str, Callable[[Sequence[Line], Policy], str]] = {
    "github": as_github,
    "gitlab": as_gitlab,
}


@command()
def codeowners(
    form: str = formats(*_FORMATS, help="For .github/CODEOWNERS or .gitlab/CODEOWNERS."),
    kept: Path | None = option(
        "--check",
        type=FILE,
        help="Print the differences of this file instead; exit 2 if there are any.",
    ),
    workspace: Workspace = WORKSPACE,
) -> int:
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
        return 0
    return _compare(kept, should, f"hopthu codeowners --format {form} > {kept}", workspace.language)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read."""
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return Message("it is not UTF-8 text")


def _compare(kept: Path, should: str, command: str, language: str) -> int:
    """Print how the file differs from what it should be; return the exit code."""
    try:
        text = kept.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Message("cannot read {file}: {reason}", file=kept, reason=_reason(error)),
            fix=Message("run {command}", command=command),
        ) from error
    if text == should:
        return 0
    is_, should_be = text.splitlines(), should.splitlines()
    expected = translate(Message("expected"), language)
    for line in difflib.unified_diff(is_, should_be, str(kept), expected, lineterm="", n=0):
        click.echo(printable(line))
    outdated = UsageError(
        Message("{file} does not match the data", file=kept),
        fix=Message("run {command}", command=command),
    )
    click.echo(outdated.text(language), err=True)
    return DataError.exit_code
