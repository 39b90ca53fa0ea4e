"""Options that many commands have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from hopthu.cli.clock import now, today
from hopthu.cli.display import FACES
from hopthu.cli.language import language_in
from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import choices, key_of

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


def exclusive(one: str, other: str, *given: object) -> None:
    """Raise `UsageError` if more than one of two options is `given`."""
    if all(given):
        raise UsageError(
            Message("{one} and {other} cannot be used together", one=one, other=other),
            fix=Message("pass only one"),
        )


class _Folder(click.Path):
    """A folder that exists; click alone lets a device pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return its path; raise `click.BadParameter` if it is something else."""
        path = super().convert(value, param, ctx)
        if not Path(os.fsdecode(path)).is_dir():
            wrong = Message("{path} is not a folder", path=shown(str(value)))
            self.fail(translate(wrong, language_in(ctx) if ctx else "en"), param, ctx)
        return path


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--root`, `--on` and `--lang`, passed on as the one `workspace` of them all.

    The one place at which the clock and the environment are read.
    """

    @wraps(command)
    def with_workspace(
        *given: Any,
        root: Path,
        on: date | None,
        language: str,
        base: str | None = None,
        **rest: Any,
    ) -> Any:
        # Help needs neither.
        from hopthu.app.workspace import Workspace  # noqa: PLC0415
        from hopthu.git.repository import Repository  # noqa: PLC0415

        workspace = Workspace(Repository(root), on or today(), language, now, os.environ, base)
        return command(*given, workspace=workspace, **rest)

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
        help="Read the data as of this day, such as 2026-12-31.  [default: today in Vietnam]",
    )
    return root(on(lang(with_workspace)))


def formats(*names: str, help: str) -> Callable[[Command], Command]:  # noqa: A002
    """Give a command `--format`, the first of them by default; its parameter is `form`."""
    return click.option(
        "--format", "form", type=click.Choice(names), default=names[0], show_default=True, help=help
    )


format_option = formats(
    "text", "json", help="Text for people, json for tools; its keys are a contract."
)
FILE = click.Path(dir_okay=False, path_type=Path)
out_option = click.option(
    "-o", "--out", type=FILE, metavar="FILE",
    help="Write to this file.  [default: standard output]",
)  # fmt: skip
limit_option = click.option(
    "--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask; required without a terminal.")
progress = click.option(
    "--progress",
    type=click.Choice(FACES),
    default=FACES[0],
    show_default=True,
    help="How to show progress, on standard error: auto is one line that rewrites itself on a "
    "terminal and plain lines elsewhere; json is an object a line, for tools.",
)
no_pager = click.option(
    "--no-pager",
    is_flag=True,
    help="Print a plan that is longer than the screen at once, and not through HOPTHU_PAGER, "
    "PAGER or less.",
)
base_option = click.option(
    "--base",
    metavar="REV",
    help="The git revision to compare with.  [default: the last commit in common with the "
    "default branch of the remote, else HEAD]",
)
"""Part of the workspace; None for the base of the checkout."""
group_lang = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help="The language of the output.  [default: from the locale]",
)
"""Of a group of commands; it may stand before or after the command."""


lang = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    callback=lambda context, _param, value: value or language_in(context),
    help="The language of the output.  [default: from the locale]",
)


def _version(context: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from hopthu.tool.version import tool  # noqa: PLC0415  (asks git in a checkout)

        click.echo(f"hopthu {tool()}")
        context.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version, and the commit it was built from.",
)
