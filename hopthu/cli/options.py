"""Options that many commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from hopthu.i18n.catalogue import LANGUAGES, from_environment

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Give a command `--root` and `--on`, handed over as a `Path` and a `date`."""
    root = click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True),
        default=".",
        help="The repository: the folder with data/ and inventory/.  [default: .]",
    )
    on = click.option(
        "--on",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        callback=lambda _ctx, _param, value: _day(value),
        help="The day the data is read for, as 2026-12-31.  [default: today]",
    )
    return root(on(command))


def lang(command: Command) -> Command:
    """Give a command `--lang`, handed over as the language of its sentences.

    It is kept in the context as well: the command line ends in it if the command fails.
    """
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        callback=_language,
        help="The language of the sentences.  [default: from the locale]",
    )(command)


def _language(context: click.Context, _param: click.Parameter, value: str | None) -> str:
    language = value or from_environment(os.environ)
    context.ensure_object(dict)["language"] = language
    return language


def _day(value: datetime | None) -> date:
    return value.date() if value else today()


def today() -> date:
    """Return the operator's own day."""
    return date.today()  # noqa: DTZ011
