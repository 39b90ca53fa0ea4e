"""Options that many commands have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import click

from hopthu.cli.clock import now, today
from hopthu.cli.command import Option, Together, argument, flag, option
from hopthu.cli.language import language_in
from hopthu.cli.output import in_words
from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import LANGUAGES
from hopthu.i18n.message import Message
from hopthu.i18n.terms import choices, key_of

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
        return self.fail(in_words(wrong), param, ctx)


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
        wrong = Message("{value} is not one of: {choices}", value=shown(str(value)),
                        choices=choices(self.terms))  # fmt: skip
        return self.fail(in_words(wrong), param, ctx)


def exclusive(
    one: str, other: str, *given: object, fix: Message = Message("pass only one")
) -> None:
    """Raise `UsageError` if more than one of two options is `given`."""
    if all(given):
        what = Message("{one} and {other} cannot be used together", one=one, other=other)
        raise UsageError(what, fix=fix)


class _Folder(click.Path):
    """A folder that exists; click alone lets a device pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return its path; raise `click.BadParameter` if it is something else."""
        path = super().convert(value, param, ctx)
        if not Path(os.fsdecode(path)).is_dir():
            wrong = Message("{path} is not a folder", path=shown(str(value)))
            self.fail(in_words(wrong), param, ctx)
        return path


def _language(context: click.Context, _param: click.Parameter, value: str | None) -> str:
    """Return the language of the run, which is the one that is named from here on."""
    shared = context.ensure_object(dict)
    shared["language"] = value or language_in(context)
    return str(shared["language"])


def _workspace(given: Mapping[str, Any]) -> Any:
    """Return the workspace: the one place at which the clock and the environment are read."""
    # Help needs neither.
    from hopthu.app.workspace import Workspace  # noqa: PLC0415
    from hopthu.git.repository import Repository  # noqa: PLC0415

    day, language = given["on"] or today(), given["language"]
    base, live = given.get("base"), given.get("live")
    exclusive("--base", "--live", base is not None, live)
    return Workspace(Repository(given["root"]), day, language, now, os.environ, base, live)


def formats(*names: str, help: str) -> Any:  # noqa: A002
    """Declare `--format`, the first of them by default."""
    return option(
        "--format", type=click.Choice(names), default=names[0], show_default=True, help=help
    )


FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
PATH = click.Path(path_type=Path)
ROOT = option(
    type=_Folder(exists=True, file_okay=False, path_type=Path, resolve_path=True),
    default=".",
    help="The repository: the folder with data/ and inventory/.  [default: .]",
)
LANG = option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=_language,
    help="The language of the output.  [default: from the locale]",
)
ON = option(
    type=DATE,
    help="Read the data as of this day, such as 2026-12-31.  [default: today in Vietnam]",
)
BASE = option(
    "REV",
    help="The git revision to compare with.  [default: the last commit in common with the "
    "default branch of the remote, else HEAD]",
)
LIVE = option("INVENTORY", help="Compare with what these servers hold instead of git.")
OF_WORKSPACE = {"root": ROOT, "on": ON, "language": LANG}
WORKSPACE: Any = Together(OF_WORKSPACE, _workspace)
COMPARED_WORKSPACE: Any = Together({"live": LIVE, "base": BASE, **OF_WORKSPACE}, _workspace)
INVENTORY = argument()
BASIS = option(
    "--basis DOCUMENT", required=True, help="The id of the request or decision this rests on."
)
FORMAT = formats("text", "json", help="Text for people, json for tools; its keys are a contract.")
OUT = option("-o, --out FILE", type=FILE, help="Write to this file.  [default: standard output]")
LIMIT = option("HOST...", help="Only this host; may be repeated.")
YES = flag(help="Do not ask; required without a terminal.")
PROGRESS = option(
    type=click.Choice(("auto", "plain", "json")),
    default="auto",
    show_default=True,
    help="How to show progress, on standard error: auto is one line that rewrites itself on a "
    "terminal and plain lines elsewhere; json is an object a line, for tools.",
)
NO_PAGER = flag(
    help="Print a plan that is longer than the screen at once, and not through HOPTHU_PAGER, "
    "PAGER or less."
)


def group(*params: click.Parameter, **attributes: Any) -> Callable[..., click.Group]:
    """Make a group of commands; --lang may stand before or after the command."""
    language = Option(LANG.shown, {**LANG.attributes, "expose_value": False})
    return click.group(params=[*params, *language.parameters("lang")], **attributes)


def _version(context: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from hopthu.tool.version import tool  # noqa: PLC0415  (asks git in a checkout)

        click.echo(f"hopthu {tool()}")
        context.exit()


VERSION = click.Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version, and the commit it was built from.",
)
