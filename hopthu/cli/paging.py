"""Long text through a pager, by the rules of git."""

from __future__ import annotations

import os
import shutil
import sys

import click

from hopthu.cli.output import has_terminal


def page(text: str, *, wanted: bool = True) -> None:
    """Print a text; on a terminal through a pager if it is longer than the screen.

    The pager is HOPTHU_PAGER, else PAGER, else less; none if that is empty or `cat`, or in CI.
    """
    pager = os.environ.get("HOPTHU_PAGER", os.environ.get("PAGER", "less"))
    if wanted and pager not in ("", "cat") and _is_read_on_a_terminal() and _is_long(text):
        os.environ["PAGER"] = pager  # the only way to name it to click
        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(text.removesuffix("\n"))
    else:
        click.echo(text, nl=False)


def _is_read_on_a_terminal() -> bool:
    return has_terminal() and sys.stdout.isatty() and not os.environ.get("CI")


def _is_long(text: str) -> bool:
    columns, rows = shutil.get_terminal_size()
    widths = (len(line) for line in click.unstyle(text).splitlines())
    return sum(max(1, -(-width // max(1, columns))) for width in widths) >= rows
