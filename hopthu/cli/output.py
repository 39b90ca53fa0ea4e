"""Print sentences in the language of the run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hopthu.app.writing import write_output
from hopthu.cli.colour import coloured
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import HopthuError, Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


def say(message: Message, language: str, *, err: bool = False) -> None:
    """Print a sentence in `language`."""
    click.echo(translate(message, language), err=err)


def note(message: Message, language: str) -> None:
    """Print a remark beside the output proper, which programs may read."""
    click.echo(f"{translate(Message('note'), language)}: {translate(message, language)}", err=True)


def warn(problems: Sequence[Problem], language: str, regulation: Regulation) -> None:
    """Print warnings, if there are any, beside the output proper."""
    if problems:
        click.echo(coloured(as_text(problems, language, regulation=regulation)), nl=False, err=True)


def has_terminal() -> bool:
    """Tell whether there is somebody to ask; Python has no standard input if it was closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def refuse_unasked(*, asked: bool) -> None:
    """Raise `Refused` if there is nobody to ask, unless that was `asked` by an option."""
    if not (asked or has_terminal()):
        raise Refused(
            Message("there is no terminal to confirm on"), fix=Message("add --yes or --dry-run")
        )


def agreed(question: Message, language: str, *, default: bool = False) -> bool:
    """Ask for a yes or a no."""
    return click.confirm(translate(question, language), default=default)


def cancelled(language: str) -> int:
    """Say that nothing was changed because somebody declined; return the exit code."""
    say(Message("Cancelled; nothing was changed."), language)
    return HopthuError.exit_code


def put(content: str | bytes, out: Path | None = None) -> None:
    """Write the result to a file, or print it."""
    if out:
        write_output(out, content.encode() if isinstance(content, str) else content)
    else:
        click.echo(content, nl=False)
