"""`hopthu codeowners`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.codeowners import Line, as_github, as_gitlab, lines
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError, UsageError
from hopthu.model.policy import Policy
from hopthu.validate import read

_FORMATS: Mapping[str, Callable[[Sequence[Line], Policy], str]] = {
    "github": as_github,
    "gitlab": as_gitlab,
}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="github",
    show_default=True,
    help="For .github/CODEOWNERS or .gitlab/CODEOWNERS.",
)
@click.option(
    "--check",
    "kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write nothing; exit 2 where this file is not as it should be.",
)
@common
def codeowners(root: Path, on: date, form: str, kept: Path | None) -> int:
    """Print who reviews which file, made from the unit tree and `review` in data/policy.yaml.

    Each file of data goes to the nearest unit common to its records, everything else to the
    operator. The same data gives the same text on every day.
    """
    loaded = read(root, on)
    found = lines(loaded.source, loaded.organisation, loaded.policy)
    for line in found:
        if not line.writable:
            what = f"warning: {printable(line.path)}: a pattern cannot surely name it"
            click.echo(f"{what}; it stays with the reviewers of the folder above", err=True)
    should = _FORMATS[form](found, loaded.policy)
    if kept is None:
        click.echo(should, nl=False)
        return 0
    return _compare(kept, should, form)


def _compare(kept: Path, should: str, form: str) -> int:
    """Say how the file differs from what it should be; return the exit code."""
    try:
        text = kept.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {kept}: {error}", fix=f"hopthu codeowners --format {form} > {kept}"
        ) from error
    if text == should:
        return 0
    is_, should_be = text.splitlines(), should.splitlines()
    for line in difflib.unified_diff(
        is_, should_be, str(kept), "as it should be", lineterm="", n=0
    ):
        click.echo(printable(line))
    click.echo(f"error: {kept} does not follow the data", err=True)
    click.echo(f"  fix: hopthu codeowners --format {form} > {kept}", err=True)
    return DataError.exit_code
