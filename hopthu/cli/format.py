"""`hopthu format`."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.errors import DataError, HopthuError
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.source.formatter import layouts, tidied
from hopthu.source.positions import no_garbage_collection


@click.command("format")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 2 where a file differs."
)
@common
def format_(root: Path, on: date, only_check: bool) -> int:  # noqa: ARG001 - the same on every day
    """Sort the records of each file by id and take stray blanks out.

    What the files say stays the same, and so do comments: one at the margin goes with the record
    below it, those at the top and the end of a file stay there. Files with faults are left alone;
    `hopthu check` tells them.
    """
    with no_garbage_collection():
        source = load(root)
        changed = 0
        for layout in layouts(source):
            should = tidied(layout)
            if should != layout.text:
                changed += 1
                if not only_check:
                    _replace(root / layout.name, should)
                click.echo(f"{'would format' if only_check else 'formatted'} {layout.name}")
    errors = [problem for problem in source.problems if problem.severity == "error"]
    if errors:
        raise DataError(errors)
    click.echo(f"{changed} of {len(source.files)} files" if changed else "nothing to format")
    return DataError.exit_code if only_check and changed else 0


def _replace(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file, whole or not at all."""
    path = path.resolve()
    new: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        new = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    except OSError as error:
        if new:
            new.unlink(missing_ok=True)
        raise HopthuError(
            Message(
                "{file} cannot be written: {reason}", file=path, reason=error.strerror or error
            ),
            fix=Message("see that its folder is yours to write to and has room, then run it again"),
        ) from error
