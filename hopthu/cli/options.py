"""Options that every command has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Give a command `--root` and `--on`, handed over as a `Path` and a `date`."""
    root = click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True),
        default=".",
        help="The checkout: the folder with data/, inventory/ and deploys/.  [default: .]",
    )
    on = click.option(
        "--on",
        type=click.DateTime(["%Y-%m-%d"]),
        callback=lambda _ctx, _param, value: _day(value),
        help="The day the data is read for, as 2026-12-31.  [default: today]",
    )
    return root(on(command))


def _day(value: datetime | None) -> date:
    return value.date() if value else today()


def today() -> date:
    """Return the operator's own day."""
    return date.today()  # noqa: DTZ011
