"""Print sentences in the language of the run."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from hopthu.cli.colour import coloured
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

CANCELLED = Message("Cancelled; nothing was changed.")


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
