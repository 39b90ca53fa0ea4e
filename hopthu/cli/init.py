"""`hopthu init`."""

from __future__ import annotations

from pathlib import Path

import click

from hopthu.cli.clock import today
from hopthu.cli.options import lang
from hopthu.cli.output import has_terminal, say
from hopthu.diagnostics.problem import shown
from hopthu.errors import DataError, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.init.creation import create
from hopthu.init.repository import LEVELS, repository
from hopthu.model.policy import FREE_MAIL
from hopthu.schema import formats

_LONGEST = 60
_EXAMPLES = "--province 'tỉnh Thanh Hóa', --province 'thành phố Đà Nẵng'"
_NEXT = Message("""\
{folder} is a province's own repository: its data, inventories and pipelines.

Next:
  cd {folder}
  git add --all && git commit -m "Begin"
  hopthu check                    # is the data valid?
  hopthu lab up --layout single   # a throwaway centre on this machine, as root
  hopthu apply lab                # install the service and the data on it
  hopthu verify lab               # prove it with real mail

README.md goes on from there, README.en.md in English.""")
_NEXT_EMPTY = Message("""\
{folder} is a province's own repository, with nobody in it yet.

Next:
  cd {folder}
  # add the document that adopts the personnel list to data/documents.yaml
  hopthu check                    # is the data valid?
  git add --all && git commit -m "Begin"
  hopthu import LIST.xlsx --review REVIEW.xlsx   # what was read: decide and tick it
  hopthu import REVIEW.xlsx --basis DOCUMENT     # the units and the people
  hopthu plan                     # what would change?

README.md goes on from there, README.en.md in English.""")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--domain", metavar="DOMAIN", help="The mail domain of every address, such as tinh.gov.vn."
)
@click.option(
    "--province", metavar="NAME", help="The name of the province, such as 'tỉnh Thanh Hóa'."
)
@click.option("--empty", is_flag=True, help="Leave out the invented people and their unit.")
@click.option("--git/--no-git", default=True, help="Create a git repository.  [default: --git]")
@lang
def init(
    folder: Path,
    domain: str | None,
    province: str | None,
    empty: bool,
    git: bool,
    language: str,
) -> None:
    """Create a province's own repository in DIR, a new or empty folder.

    It contains valid data, an example inventory, pipelines for GitHub and GitLab, and a README that
    explains the next steps. The data has a few invented people, to try things on; with --empty, to
    begin with your own, it has nobody. You are asked for what is not given. DIR may lie in a git
    repository, or be an empty clone: then no git repository is created. If anything fails, nothing
    is left behind.

    The tool stays apart: requirements.txt names the hopthu to install. Templates and deploys are
    hopthu's own, unless templates/ or deploys/ of the repository has a file of the same name.

    \b
      hopthu init thanhhoa --domain thanhhoa.gov.vn --province "tỉnh Thanh Hóa"

    Exit codes: 0 if the repository was created, 2 if DIR is not empty or a value is not valid.
    """  # noqa: D301  (click reads the backspace)
    name = Message("Name of the province")
    province = _asked(province, "--province", translate(name, language))
    domain = _asked(domain, "--domain", translate(Message("Mail domain"), language))
    domain = _domain(domain.strip().lower())
    province = _province(" ".join(same(province).split()))
    folder = Path(folder.absolute())
    try:
        files = repository(province, domain, examples=not empty)
        create(folder, files, today(), git=git)
    except DataError as error:  # only what was asked for can be at fault
        first = error.problems[0]
        raise UsageError(
            Message("{problem}", problem=first.what), fix=Message("{fix}", fix=first.fix)
        ) from error
    following = _NEXT_EMPTY if empty else _NEXT
    say(Message(following, folder=folder), language)


def _domain(given: str) -> str:
    """Return the domain if it may be a province's own."""
    if fault := formats.domain(given):
        raise UsageError(fault[0], fix=fault[1])
    if given in FREE_MAIL:
        raise UsageError(
            Message("{domain} is free mail, not the domain of a province", domain=given),
            fix=Message("as in: {example}", example="--domain thanhhoa.gov.vn"),
        )
    return given


def _province(given: str) -> str:
    """Return the name of the province as documents write it, if it is one."""
    form = Message("as in: {example}", example=_EXAMPLES)
    if not given.isprintable() or not 0 < len(given) <= _LONGEST:
        what = Message(
            "--province: the name of a province has 1 to {limit} letters", limit=_LONGEST
        )
        raise UsageError(what, fix=form)
    for level in LEVELS:
        name = given[len(level) :].strip()
        if given.lower().startswith(f"{level} ") and name:
            return f"{level} {_capitals(name) if name.isupper() or name.islower() else name}"
    raise UsageError(
        Message("{province} is not the name of a province", province=shown(given)), fix=form
    )


def _capitals(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in name.split())


def _asked(value: str | None, option: str, question: str) -> str:
    """Return the value of an option; if it was not given, ask for it on a terminal."""
    if value is not None:
        return value
    if not has_terminal():
        raise UsageError(
            Message("{option} is missing, and there is no terminal to ask on", option=option),
            fix=Message("add {option}", option=option),
        )
    return str(click.prompt(question))
