"""Print in the language of the run, and ask on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from hopthu.app.writing import write_output
from hopthu.cli.language import language_in
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import HopthuError, Refused, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

Fact = TypeVar("Fact")


def in_words(message: str) -> str:
    """Return a sentence in the language of the run."""
    return translate(message, language_in())


def say(*messages: Message, err: bool = False, colour: str | None = None, indent: str = "") -> None:
    """Print sentences, each on a line; `click.echo` takes colour out wherever there is none."""
    for text in map(in_words, messages):
        click.echo(indent + (click.style(text, fg=colour) if colour else text), err=err)


def note(message: Message) -> None:
    """Print a remark beside the output proper, which programs may read."""
    click.echo(f"{in_words(Message('note'))}: {in_words(message)}", err=True)


def warn(problems: Sequence[Problem], regulation: Regulation) -> None:
    """Print warnings, if there are any, beside the output proper."""
    if problems:
        text = as_text(problems, language_in(), regulation=regulation, colour=True)
        click.echo(text, nl=False, err=True)


def has_terminal() -> bool:
    """Tell whether there is somebody to ask; Python has no standard input if it was closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def refuse_unasked(*, asked: bool) -> None:
    """Raise `Refused` if there is nobody to ask, unless that was `asked` by an option."""
    if not (asked or has_terminal()):
        raise Refused(
            Message("there is no terminal to confirm on"), fix=Message("add --yes or --dry-run")
        )


def require_terminal(missing: str, fix: Message | None = None) -> None:
    """Raise `UsageError` if there is nobody to ask for the options that are missing."""
    if not has_terminal():
        what = Message("{option} is missing, and there is no terminal to ask on", option=missing)
        raise UsageError(what, fix=fix or Message("add {option}", option=missing))


def fact(
    option: str, given: str | None, question: Message, meaning: Callable[[str], Fact],
    default: str = "", fix: Message | None = None,
) -> Fact:  # fmt: skip
    """Return what is `given`, else what is answered; raise `UsageError` if nobody answers."""
    if given is not None:
        return meaning(given)
    require_terminal(option, fix)
    return _answer(question, meaning, default or None)


def answer_if_any(question: Message, meaning: Callable[[str], Fact]) -> Fact | None:
    """Ask for what there need not be; return None if nothing is answered, or nobody is there."""
    full = Message("{question}; empty if there is none", question=question)
    return _answer(full, lambda said: meaning(said) if said else None) if has_terminal() else None


def _answer(question: Message, meaning: Callable[[str], Fact], default: str | None = "") -> Fact:
    """Ask until the answer means something."""

    def converted(said: str) -> Fact:
        try:
            return meaning(said.strip())
        except HopthuError as error:
            why = in_words(error.what)
            fix = f"; {in_words(error.fix)}" if error.fix else ""
            raise click.UsageError(f"{why}{fix}") from error

    found: Fact = click.prompt(
        in_words(question), default=default, value_proc=converted, show_default=bool(default)
    )
    return found


def agreed(question: Message, *, default: bool = False) -> bool:
    """Ask for a yes or a no."""
    return click.confirm(in_words(question), default=default)


def require_consent(question: Message, *, given: bool = False) -> None:
    """Ask unless it is `given`; who declines is told that nothing was changed, and that ends it."""
    if not (given or agreed(question)):
        say(Message("Cancelled; nothing was changed."))
        raise click.exceptions.Exit(HopthuError.exit_code)


def put(content: str | bytes | Iterable[Message], out: Path | None = None) -> None:
    """Write the result, a text or sentences, to a file, or print it."""
    if not isinstance(content, str | bytes):
        content = "".join(f"{in_words(each)}\n" for each in content)
    if out:
        write_output(out, content.encode() if isinstance(content, str) else content)
    else:
        click.echo(content, nl=False)


def page(text: str, *, wanted: bool = True) -> None:
    """Print a text; on a terminal through a pager, by the rules of git, if the screen is shorter.

    The pager is HOPTHU_PAGER, else PAGER, else less; none if that is empty or `cat`, or in CI.
    """
    pager = os.environ.get("HOPTHU_PAGER", os.environ.get("PAGER", "less"))
    is_read = has_terminal() and sys.stdout.isatty() and not os.environ.get("CI")
    if wanted and is_read and pager not in ("", "cat") and _is_long(text):
        os.environ["PAGER"] = pager  # the only way to name it to click
        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(text.removesuffix("\n"))
    else:
        put(text)


def _is_long(text: str) -> bool:
    columns, rows = shutil.get_terminal_size()
    widths = (len(line) for line in click.unstyle(text).splitlines())
    return sum(max(1, -(-width // max(1, columns))) for width in widths) >= rows
