"""Options that many commands have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from hopthu.cli.display import FACES
from hopthu.cli.language import language_in
from hopthu.diagnostics.problem import shown
from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import choices, key_of
from hopthu.model.calendar import today

Command = TypeVar("Command", bound=Callable[..., Any])
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<sign>[/.-])(?P<month>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4})\Z"
)
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})\Z")


class _Date(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.5
    """A day, written as 2026-12-31 or, as the law does, as 31/12/2026."""

    name = "date"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day; raise `click.BadParameter` if it is not in the calendar."""
        if isinstance(value, date):
            return value
        parts = _DAY_FIRST.match(value) or _YEAR_FIRST.match(value)
        wrong = Message(
            "{value} is not a date such as 2026-12-31 or 31/12/2026", value=shown(value)
        )
        if parts:
            with suppress(ValueError):
                return date(*(int(parts[each]) for each in ("year", "month", "day")))
            wrong = Message("{value} is not a day of the calendar", value=shown(value))
        text = translate(wrong, language_in(ctx) if ctx else "en")
        raise click.BadParameter(text, ctx=ctx, param=param)


DATE = _Date()
"""The type of options that are a day."""


class Term(click.Choice[str]):
    """One of the words of the data, or what it is called in any language: `công chức`."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        """Choose among the words that have `terms`."""
        super().__init__(list(terms))
        self.terms = terms

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word of the data; raise `click.BadParameter` if there is none."""
        if key := key_of(self.terms, str(value)):
            return key
        wrong = Message(
            "{value} is not one of: {choices}",
            value=shown(str(value)),
            choices=choices(self.terms),
        )
        text = translate(wrong, language_in(ctx) if ctx else "en")
        raise click.BadParameter(text, ctx=ctx, param=param)


class _Folder(click.Path):
    """A folder that exists; click alone lets a device pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return its path; raise `click.BadParameter` if it is something else."""
        path = super().convert(value, param, ctx)
        if not Path(os.fsdecode(path)).is_dir():
            wrong = Message("{path} is not a folder", path=shown(str(value)))
            self.fail(translate(wrong, language_in(ctx) if ctx else "en"), param, ctx)
        return path


def common(command: Command) -> Command:
    """Give a command `--root`, `--on` and `--lang`: a `Path`, a `date` and a language."""
    root = click.option(
        "--root",
        type=_Folder(exists=True, file_okay=False, path_type=Path, resolve_path=True),
        default=".",
        help="The repository: the folder with data/ and inventory/.  [default: .]",
    )
    on = click.option(
        "--on",
        type=DATE,
        metavar="DATE",
        callback=lambda _ctx, _param, value: value or today(),
        help="Read the data as of this day, such as 2026-12-31.  [default: today in Vietnam]",
    )
    return root(on(lang(command)))


def format_option(command: Command) -> Command:
    """Give a command `--format`, for people or for tools; its parameter is `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Text for people, json for tools; its keys are a contract.",
    )(command)


def base_option(command: Command) -> Command:
    """Give a command `--base`: a git revision, None for the base of the checkout."""
    return click.option(
        "--base",
        metavar="REV",
        help="The git revision to compare with.  [default: the last commit in common with the "
        "default branch of the remote, else HEAD]",
    )(command)


def lang(command: Command) -> Command:
    """Give a command `--lang`, passed on as `language`."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        callback=lambda context, _param, value: value or language_in(context),
        help="The language of the output.  [default: from the locale]",
    )(command)


def progress(command: Command) -> Command:
    """Give a command `--progress`, the name of how it shows its progress."""
    return click.option(
        "--progress",
        type=click.Choice(FACES),
        default=FACES[0],
        show_default=True,
        help="How to show progress, on standard error: auto is one line that rewrites itself on a "
        "terminal and plain lines elsewhere; json is an object a line, for tools.",
    )(command)


def no_pager(command: Command) -> Command:
    """Give a command `--no-pager`."""
    return click.option(
        "--no-pager",
        is_flag=True,
        help="Print a plan that is longer than the screen at once, and not through HOPTHU_PAGER, "
        "PAGER or less.",
    )(command)


def group_lang(command: Command) -> Command:
    """Give a group of commands `--lang`, which may stand before or after the command."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help="The language of the output.  [default: from the locale]",
    )(command)


def version_option(command: Command) -> Command:
    """Give a command `--version`."""
    return click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_version,
        help="Show the version, and the commit it was built from.",
    )(command)


def _version(context: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from hopthu.tool.version import tool  # noqa: PLC0415  (asks git in a checkout)

        click.echo(f"hopthu {tool()}")
        context.exit()
