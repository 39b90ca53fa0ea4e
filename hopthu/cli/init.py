"""`hopthu init`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hopthu.cli.options import today
from hopthu.errors import DataError, UsageError
from hopthu.init.creation import create
from hopthu.init.repository import repository
from hopthu.schema import formats

_LONGEST = 60
_NEXT = """\
{folder} is a province's own repository: its data, inventories and pipelines.

Next:
  cd {folder}
  git add --all && git commit -m "Begin"
  hopthu check                    # is the data valid?
  hopthu lab up --layout single   # a throwaway centre on this machine, as root
  hopthu apply lab                # bring the data to it
  hopthu verify lab               # prove it with real mail

README.md goes on from there, README.en.md in English."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--domain", help="The mail domain of every address, as tinh.gov.vn.")
@click.option("--province", help="The name of the province, as 'tỉnh Thanh Hóa'.")
@click.option("--git/--no-git", default=True, help="Make it a git repository.  [default: --git]")
def init(folder: Path, domain: str | None, province: str | None, git: bool) -> None:
    """Begin a province's own repository in DIR, a new or empty folder.

    It gets data that is valid (a few people and units that are made up, to be replaced), an example
    of an inventory, pipelines for GitHub and GitLab, and a README that says how to go on. What is
    not given is asked for. DIR may lie in a git repository, or be an empty clone: then no git
    repository is made. If anything fails, nothing is left behind.

    The tool stays apart: requirements.txt names the hopthu to install. Templates and deploys are
    hopthu's own; a file of the same name in templates/ or deploys/ of the repository is used
    instead.

    \b
      hopthu init thanhhoa --domain thanhhoa.gov.vn --province "tỉnh Thanh Hóa"

    Exit status: 0 if the repository was made, 2 if DIR is not empty or a value is not valid.
    """  # noqa: D301  (click reads the backspace)
    province = " ".join(_asked(province, "--province", "Name of the province").split())
    domain = _asked(domain, "--domain", "Mail domain").strip()
    if not province.isprintable() or not 0 < len(province) <= _LONGEST:
        raise UsageError(f"the name of a province has 1 to {_LONGEST} letters")
    if fault := formats.domain(domain):
        raise UsageError(fault[0], fix=fault[1])
    folder = Path(folder.absolute())
    try:
        create(folder, repository(province, domain), today(), git=git)
    except DataError as error:  # only what was asked for can be at fault
        raise UsageError(error.problems[0].what, fix=error.problems[0].fix) from error
    click.echo(_NEXT.format(folder=folder))


def _asked(value: str | None, option: str, question: str) -> str:
    """Return the value of an option; ask for it at a terminal where it was not given."""
    if value is not None:
        return value
    if not sys.stdin.isatty():
        raise UsageError(f"{option} is missing, and there is no terminal to ask on")
    return str(click.prompt(question))
